"""The life of single resources: load, build, look for races on them, and split their events into bursts."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import polars as pl

from racelens import __version__, accounts, lanes, triage
from racelens.detect import detect
from racelens.errors import RacelensError
from racelens.findings import Burst, Finding, Lane, Place, Quote, Timeline, Timelines
from racelens.history import History, build
from racelens.ingest import find, load
from racelens.ingest.capture import Progress
from racelens.ingest.quote import quote
from racelens.ingest.shipped import once
from racelens.knowledge import learn
from racelens.rules import RULES, USUAL
from racelens.scanning import clock_of, declared, with_learned
from racelens.scope import Moment
from racelens.scoping import between, dated, last_moment
from racelens.settings import Settings

_NONE = Settings()
_PAUSE = 1_000_000_000  # nanoseconds without any attempt that part two bursts, at least
_MATCHES = 20  # resources that one pattern may name


@dataclass(frozen=True)
class Window:
    """What part of a life to show. around: a finding, with `context` events about it."""

    since: Moment | None = None
    until: Moment | None = None
    around: str | None = None
    context: int = 5


_ALL = Window()


def timelines(
    paths: Iterable[str],
    resources: Sequence[str],
    settings: Settings = _NONE,
    window: Window = _ALL,
    progress: Progress | None = None,
) -> Timelines:
    """The timelines of resources, named or by a glob; of a finding's resource where `window` names one.

    Raises RacelensError when nothing in the logs has that name, or no finding that id.
    """
    arguments = tuple(paths)
    sources = find(arguments)
    capture = once(load(sources, settings.maps, progress))
    since, until, taken = dated(window.since, window.until, last_moment(capture.records))
    knowledge = declared(learn(capture.records, capture.precisions), settings)
    history = with_learned(build(capture, knowledge, everything=True), tuple(RULES))
    wanted = list(resources)
    if window.around:
        finding = triage.find(_findings(history), window.around)
        wanted = wanted or [finding.resource]
        window = replace(window, around=finding.id)
    names = _resources(history, wanted, arguments)
    lives = tuple(_life(history, name, between(since, until), window) for name in names)
    places = {
        (m.place.source, m.place.line)
        for life in lives
        for burst in life.bursts
        for lane in burst.lanes
        for m in lane.moments
    }
    quotes = (Quote(Place(*at), text) for at, text in sorted(quote(sources, places).items()))
    return Timelines(
        tool_version=__version__,
        arguments=arguments,
        resources=lives,
        clock=clock_of(capture, history),
        quotes=tuple(quotes),
        notices=(*taken, *accounts.notices(capture)),
    )


def _findings(history: History) -> tuple[Finding, ...]:
    return triage.arrange(triage.fold(detect(history, USUAL).findings))


def _resources(
    history: History, wanted: Sequence[str], arguments: Sequence[str]
) -> tuple[str, ...]:
    """Names in the order they were asked for; a glob's by how much happened to each."""
    counts = (
        history.events.filter(pl.col("resource").is_not_null())
        .group_by("resource")
        .len()
        .sort("len", "resource", descending=[True, False])
    )
    events = dict(counts.rows())
    found: dict[str, None] = {}
    for name in wanted:
        matches = [name] if name in events else [r for r in events if fnmatchcase(r, name)]
        if not matches:
            raise _unknown(name, events, arguments)
        found |= dict.fromkeys(matches[:_MATCHES])
    return tuple(found)


def _unknown(name: str, events: dict[str, int], arguments: Sequence[str]) -> RacelensError:
    where = " ".join(arguments)
    if not events:
        return RacelensError(
            f"no event of {where} names a resource", (), f"racelens inspect {where}"
        )
    close = difflib.get_close_matches(name, events, n=3, cutoff=0.5) or list(events)[:3]
    told = ", ".join(f"{each} ({events[each]:,} events)" for each in close)
    hint = f"racelens timeline {where} -r {close[0]}"
    return RacelensError(f"nothing in {where} is called {name}", (("close", told),), hint)


def _life(history: History, resource: str, inside: pl.Expr, window: Window) -> Timeline:
    touching = history.events.filter(pl.col("resource") == resource)
    attempts = touching.select("attempt").unique()
    mine = history.events.join(attempts, on="attempt", how="semi")
    found = _findings(replace(history, events=mine))
    findings = lanes.with_lanes([f for f in found if f.resource == resource], history)
    ends = pl.col("phase").is_in(["start", "finish"]) & (pl.col("stem") == pl.col("operation"))
    told = mine.filter((pl.col("resource") == resource) | ends)
    shown = _around(told.filter(inside), findings, window, history.sources)
    return Timeline(
        resource=resource,
        events=touching.height,
        attempts=attempts.height,
        bursts=tuple(_bursts(shown, history.sources, findings)),
        findings=findings,
        left_out=told.height - shown.height,
    )


def _around(
    rows: pl.DataFrame, findings: Sequence[Finding], window: Window, sources: Sequence[str]
) -> pl.DataFrame:
    """The events about the finding of the window; all where it names none."""
    around = next((finding for finding in findings if finding.id == window.around), None)
    if around is None:
        return rows
    index = {name: number for number, name in enumerate(sources)}
    lines = [(index[m.place.source], m.place.line) for lane in around.lanes for m in lane.moments]
    cited = pl.DataFrame(lines, schema={"source": pl.UInt32, "line": pl.UInt32}, orient="row")
    near = rows.sort("id").with_row_index("place")
    places = near.join(cited, on=["source", "line"], how="semi")["place"].to_list()
    first, last = min(places, default=0), max(places, default=0)
    kept = near.filter(
        pl.col("place").is_between(max(first - window.context, 0), last + window.context)
    )
    return kept.drop("place")


def _bursts(
    rows: pl.DataFrame, sources: Sequence[str], findings: Sequence[Finding]
) -> Iterable[Burst]:
    """Attempts that ran at once or soon after each other stand together."""
    drawn = lanes.of_events(rows.lazy(), sources, findings)
    held: list[Lane] = []
    first = last = 0
    quiet: int | None = None
    for lane in drawn:
        begin, end = (lane.running.begin_ns, lane.running.end_ns) if lane.running else (last, last)
        if held and begin - last > max(_PAUSE, last - first):
            yield Burst(quiet, _renumbered(held, drawn))
            quiet, held = begin - last, []
        first = begin if not held else first
        last = max(last, end) if held else end
        held.append(lane)
    if held:
        yield Burst(quiet, _renumbered(held, drawn))


def _renumbered(held: Sequence[Lane], drawn: Sequence[Lane]) -> tuple[Lane, ...]:
    """Causes count the lanes of the burst; what set a lane off in another burst is left out."""
    places = {id(lane): number for number, lane in enumerate(held)}
    out = []
    for lane in held:
        place = places.get(id(drawn[lane.cause.lane])) if lane.cause else None
        known = lane.cause is not None and place is not None
        cause = replace(lane.cause, lane=place) if known else None  # type: ignore[type-var]
        out.append(replace(lane, cause=cause))
    return tuple(out)
