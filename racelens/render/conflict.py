"""A finding → its drawing, with what the lanes mean for it: who lost what to whom, and where it could happen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from racelens.findings import Clock, Finding
from racelens.render.layout import Band, Drawing, Link, Mark, Track, lettered, of_lanes
from racelens.render.plain import clean, duration

_PARALLEL = ("RL303", "RL501")  # running at once is itself the harm
_VICTIM = {"RL101": "overwrites {}", "RL102": "undoes {}", "RL105": "overwrites {}"}
_AGAIN = ("RL201", "RL202", "RL301", "RL302", "RL303")  # the first effect and its repetition


def draw(finding: Finding, clock: Clock) -> Drawing | None:
    """None when the finding has no lanes."""
    drawing = of_lanes(finding.lanes, clock, finding.primary.harm)
    if drawing is None:
        return None
    victims = _victims(finding, drawing.tracks)
    tracks = tuple(_mourned(t, victims.get(i, ())) for i, t in enumerate(drawing.tracks))
    return replace(
        drawing,
        tracks=tracks,
        harm=lettered(drawing.harm, tracks),
        band=_band(finding, tracks) if drawing.dated else None,
        links=(*drawing.links, *_harms(finding, tracks, victims)),
    )


def _victims(finding: Finding, tracks: Sequence[Track]) -> dict[int, tuple[Mark, ...]]:
    """Per track the writes that are gone: those the proof names, of the others."""
    if finding.rule not in _VICTIM:
        return {}
    out = {}
    for index, track in enumerate(tracks):
        gone = tuple(
            m for m in track.marks if m.role and m.sign in ("W", "C") and not track.primary
        )
        if gone:
            out[index] = gone
    return out  # fmt: skip


def _mourned(track: Track, gone: tuple[Mark, ...]) -> Track:
    if not gone:
        return track
    return replace(track, marks=tuple(replace(m, lost=m in gone) for m in track.marks))


def _harms(
    finding: Finding, tracks: Sequence[Track], victims: Mapping[int, tuple[Mark, ...]]
) -> list[Link]:
    """Dashed arrows from what was lost, or done first, to what undid or repeated it."""
    deed = _deed(tracks)
    if deed is None:
        return []
    index, mark = deed
    if victims:
        label = _VICTIM[finding.rule]
        return [
            Link(i, m.at, index, mark.at, label.format(f"v{m.version}" if m.version else "it"), True)
            for i, marks in victims.items()
            for m in marks
        ]  # fmt: skip
    if finding.rule not in _AGAIN:
        return []
    effects = [
        (m.at, i)
        for i, t in enumerate(tracks)
        for m in t.marks
        if m.role and m.sign and m.outcome == "ok"
    ]
    if len(effects) < 2:
        return []
    (first, one), (last, other) = min(effects), max(effects)
    return [Link(one, first, other, last, "and again", True)] if one != other else []


def _deed(tracks: Sequence[Track]) -> tuple[int, Mark] | None:
    return next(
        ((i, m) for i, t in enumerate(tracks) for m in t.marks if m.role == "primary"), None
    )


def _band(finding: Finding, tracks: Sequence[Track]) -> Band | None:
    """Where the primary's lane and another could hurt each other, the first such stretch."""
    deed = _deed(tracks)
    if deed is None:
        return None
    index, mark = deed
    if mark.sign == "R∅":
        return _unseen(tracks, index, mark)
    parties = [
        i for i, t in enumerate(tracks) if i != index and t.exposed and any(m.role for m in t.marks)
    ]
    label = "both exposed"
    if finding.rule in _PARALLEL:
        spans = {i: [(t.begin, t.end)] for i, t in enumerate(tracks)}
        parties, label = [i for i in spans if i != index], "both running"
    else:
        spans = {i: list(tracks[i].exposed) for i in (*parties, index)}
        if base := finding.facts.get("base"):
            label = f"{'both' if len(parties) < 2 else 'all'} on v{clean(str(base), 12)}"
    meets = [
        (max(a, c), min(b, d), other)
        for other in parties
        for a, b in spans[index]
        for c, d in spans[other]
        if max(a, c) < min(b, d)
    ]
    if not meets:
        return None
    begin, end = min(m[0] for m in meets), max(m[1] for m in meets)
    involved = tuple(sorted({index, *(m[2] for m in meets)}))
    return Band(begin, end, f"{label}, {duration(end - begin)}", involved)


def _unseen(tracks: Sequence[Track], index: int, mark: Mark) -> Band | None:
    """From the begin of who looked, or the creation, to the look that found nothing."""
    for other, track in enumerate(tracks):
        for begin, end in track.exposed:
            if other != index and begin <= mark.at < end:
                start = max(begin, tracks[index].begin)
                return Band(
                    start,
                    mark.at,
                    f"not visible yet, {duration(end - mark.at)} early",
                    (other, index),
                )
    return None  # fmt: skip
