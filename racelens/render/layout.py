"""Lanes → a drawing as plain values: what a strip, a page and a trace all show.

Times are nanoseconds after the drawing's first event. Where the log has no times, events stand one unit
apart in the order they were written, and `dated` is false.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from racelens.findings import Clock, Lane, Moment, Place, rfc3339
from racelens.render.plain import clean

_STEP = 1_000_000  # between undated events
_SHORT = 12  # characters of an id
_ALONE = 4  # characters from which an id in a sentence is surely an id


@dataclass(frozen=True)
class Mark:
    """One event to draw. index: of its moment on the lane; lost: what it did is gone."""

    at: int
    sign: str
    label: str
    version: str
    value: str
    place: Place
    name: str
    phase: str
    outcome: str
    role: str | None
    note: str
    lost: bool = False


@dataclass(frozen=True)
class Track:
    """One lane. letter: in order of begins; whisker: (least, most) that its clock may differ from the
    primary's, None on the same clock. open: nobody logged how it ended."""

    letter: str
    name: str
    full_name: str
    where: str
    operation: str
    begin: int
    end: int
    open: bool
    ending: str
    exposed: tuple[tuple[int, int], ...]
    marks: tuple[Mark, ...]
    primary: bool
    whisker: tuple[int, int] | None = None
    measured: bool = False
    left_out: int = 0


@dataclass(frozen=True)
class Band:
    """Where the lanes could hurt each other."""

    begin: int
    end: int
    label: str
    tracks: tuple[int, ...]


@dataclass(frozen=True)
class Link:
    """From an event of one track to one of another. harm: what one did to the other, else a cause."""

    from_track: int
    from_at: int
    to_track: int
    to_at: int
    label: str
    harm: bool


@dataclass(frozen=True)
class Drawing:
    """start: RFC 3339, None where nothing is dated; length: of the whole, nanoseconds."""

    start: str | None
    dated: bool
    length: int
    tracks: tuple[Track, ...]
    band: Band | None
    links: tuple[Link, ...]
    harm: str


def of_lanes(lanes: Sequence[Lane], clock: Clock, harm: str = "") -> Drawing | None:
    """Lanes to scale, with what set each off."""
    if not lanes:
        return None
    times = _times(lanes)
    origin = min(times.values(), default=0)
    dated = all(moment.time_ns is not None for lane in lanes for moment in lane.moments)
    names = short_names([lane.actor or "–" for lane in lanes])
    several = {lane.actor for lane in lanes if sum(o.actor == lane.actor for o in lanes) > 1}
    primary = next((lane.clock for lane in lanes if _is_primary(lane)), lanes[0].clock)
    tracks = tuple(
        _track(index, lane, times, origin, names[lane.actor or "–"], lane.actor in several)
        for index, lane in enumerate(lanes)
    )
    tracks = tuple(
        _with_whisker(track, lane, primary, clock) if dated else track
        for track, lane in zip(tracks, lanes, strict=True)
    )
    ends = [value for track in tracks for value in (track.end, *(m.at for m in track.marks))]
    return Drawing(
        start=_start(lanes) if dated else None,
        dated=dated,
        length=max(*ends, 1),
        tracks=tracks,
        band=None,
        links=tuple(_causes(lanes, origin)) if dated else (),
        harm=harm,
    )


def letter(index: int) -> str:
    """A … Z, A2, B2 …"""
    rounds, place = divmod(index, 26)
    return string.ascii_uppercase[place] + (str(rounds + 1) if rounds else "")


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Ids cut at their tails, git style, as long as they stay apart; one that counts at its end is not cut."""
    distinct = set(names)
    length = next(
        (n for n in (_SHORT, 16, 20, 24, 32) if len({x[:n] for x in distinct}) == len(distinct)),
        40,
    )
    return {
        name: clean(name if len(name) <= length or re.search(r"[-_.:#]\d{1,4}$", name) else name[:length], 40)
        for name in distinct
    }  # fmt: skip


def lettered(text: str, tracks: Sequence[Track]) -> str:
    """The sentence with the letters of the drawing instead of ids, where an id is one track's alone."""
    names = [track.full_name for track in tracks]
    alone = {t.full_name: t.letter for t in tracks if names.count(t.full_name) == 1}
    alone = {name: sign for name, sign in alone.items() if len(name) >= _ALONE}
    if not alone:
        return text
    ids = "|".join(re.escape(name) for name in sorted(alone, key=len, reverse=True))
    return re.sub(rf"(?<![\w.:/-])(?:{ids})(?![\w/-])", lambda m: alone[m[0]], text)


def _times(lanes: Sequence[Lane]) -> dict[tuple[int, int], int]:
    """(lane, moment) → nanoseconds; of undated logs, places in the order of writing."""
    moments = [
        (i, j, moment) for i, lane in enumerate(lanes) for j, moment in enumerate(lane.moments)
    ]
    if all(moment.time_ns is not None for _, _, moment in moments):
        return {(i, j): moment.time_ns or 0 for i, j, moment in moments}
    written = sorted(moments, key=lambda entry: (entry[2].place.source, entry[2].place.line))
    return {(i, j): rank * _STEP for rank, (i, j, _) in enumerate(written)}


def _start(lanes: Sequence[Lane]) -> str | None:
    begins = [m.time_ns for lane in lanes for m in lane.moments if m.time_ns is not None]
    return rfc3339(min(begins)) if begins else None


def _track(
    index: int,
    lane: Lane,
    times: Mapping[tuple[int, int], int],
    origin: int,
    name: str,
    repeated: bool,
) -> Track:
    at = [times[index, j] - origin for j in range(len(lane.moments))]
    unknown = lane.ending == "unknown"
    tried = f" try {lane.attempt}" if repeated and lane.attempt else ""
    return Track(
        letter=letter(index),
        name=name + tried,
        full_name=lane.actor or "–",
        where=clean((lane.process or "").replace("/", "-"), 40),
        operation=clean(lane.operation or "", 60),
        begin=min(at, default=0),
        end=max(at, default=0),
        open=unknown,
        ending=lane.ending or "",
        exposed=tuple((s.begin_ns - origin, s.end_ns - origin) for s in lane.exposed if _dated(lane)),
        marks=tuple(_mark(moment, t) for moment, t in zip(lane.moments, at, strict=True)),
        primary=_is_primary(lane),
        left_out=lane.left_out,
    )  # fmt: skip


def _dated(lane: Lane) -> bool:
    return all(moment.time_ns is not None for moment in lane.moments)


def _is_primary(lane: Lane) -> bool:
    return any(moment.role == "primary" for moment in lane.moments)


def _mark(moment: Moment, at: int) -> Mark:
    version = clean(moment.version or "", 12)
    refused = {"conflict": " refused", "fail": " failed"}.get(moment.outcome, "")
    known = moment.sign in ("R∅", "✓")
    sign = "" if moment.phase == "finish" and moment.outcome == "unknown" else moment.sign
    return Mark(
        at=at,
        sign=sign,
        version=version,
        label=sign if known else f"{sign}{version}{refused}" if sign else "",
        value=clean(moment.value or "", 24) if sign else "",
        place=moment.place,
        name=clean(moment.name or "", 80),
        phase=moment.phase,
        outcome=moment.outcome,
        role=moment.role,
        note=clean(moment.note, 300),
    )


def _with_whisker(track: Track, lane: Lane, primary: str | None, clock: Clock) -> Track:
    if lane.clock == primary or lane.clock is None or primary is None:
        return track
    span, measured = _difference(lane.clock, primary, clock)
    return replace(track, whisker=span, measured=measured)


def _difference(clock_a: str, clock_b: str, clock: Clock) -> tuple[tuple[int, int], bool]:
    """How far events of `clock_a` may have to move on `clock_b`'s scale; and whether that is measured."""
    for pair in clock.pairs:
        if pair.lower_ns is None or pair.upper_ns is None or pair.contradiction:
            continue
        if (pair.a, pair.b) == (clock_a, clock_b):
            return (pair.lower_ns, pair.upper_ns), True
        if (pair.b, pair.a) == (clock_a, clock_b):
            return (-pair.upper_ns, -pair.lower_ns), True
    return (-clock.assumed_ns, clock.assumed_ns), False


def _causes(lanes: Sequence[Lane], origin: int) -> list[Link]:
    return [
        Link(
            lane.cause.lane,
            lane.cause.time_ns - origin,
            index,
            lane.running.begin_ns - origin,
            "",
            False,
        )
        for index, lane in enumerate(lanes)
        if lane.cause and lane.running and lane.cause.lane < len(lanes)
    ]
