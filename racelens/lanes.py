"""Findings → the attempts behind them as lanes: when each ran, what it saw and did, and what set it off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from racelens import timeline
from racelens.findings import Cause, Evidence, Finding, Lane, Moment, Place, Span
from racelens.history import History

Row = Mapping[str, Any]
Address = tuple[str, int]  # source name and line

_SIGNS = {
    "read": "R",
    "write": "W",
    "create": "C",
    "delete": "D",
    "effect": "E",
    "acquire": "L",
    "release": "U",
    "enqueue": "Q",
    "deliver": "M",
}
_COLUMNS = (
    "id", "source", "line", "name", "stem", "phase", "action", "role", "mark", "resource", "version", "base",
    "value", "state", "outcome", "attempt", "actor", "try", "process", "domain", "user", "request", "job",
    "span", "parent", "operation", "ending", "base_event", "visible", "mention",
)  # fmt: skip
_MOMENTS = 40  # of one lane
_LANES = 12  # of one finding
_VALUE = 60  # characters


def with_lanes(findings: Sequence[Finding], history: History) -> tuple[Finding, ...]:
    """The findings with their lanes."""
    cited = {(e.place.source, e.place.line) for f in findings for e in f.evidence}
    acting = _at(history, cited)
    by_address: dict[Address, set[str]] = defaultdict(set)
    for source, line, attempt in acting.select("source", "line", "attempt").rows():
        by_address[history.sources[source], line].add(attempt)
    wanted = {f.id: _attempts(f, by_address) for f in findings}
    pairs = {(attempt, f.resource) for f in findings for attempt in wanted[f.id]}
    rows = _of_attempts(history, pairs, acting["id"])
    return tuple(
        replace(finding, lanes=_lanes(finding, wanted[finding.id], rows, history.sources))
        for finding in findings
    )


def of_events(
    rows: pl.LazyFrame, sources: Sequence[str], findings: Iterable[Finding]
) -> tuple[Lane, ...]:
    """A lane for each attempt of some events (`events.EVENT_SCHEMA`), in order of their begins.

    What `findings` say of an event is told with it.
    """
    told: dict[Address, Evidence] = {}
    for evidence in (e for finding in findings for e in finding.evidence):
        address = evidence.place.source, evidence.place.line
        if address not in told or evidence.role == "primary":
            told[address] = evidence
    by_attempt: dict[str, list[Row]] = defaultdict(list)
    for row in _told(rows).iter_rows(named=True):
        by_attempt[row["attempt"]].append(row)
    return _linked([(members, _lane(members, sources, told)) for members in by_attempt.values()])


def _attempts(finding: Finding, by_address: Mapping[Address, set[str]]) -> tuple[str, ...]:
    """Its attempts, the primary's first."""
    found = (by_address[e.place.source, e.place.line] for e in finding.evidence)
    return tuple(dict.fromkeys(a for attempts in found for a in sorted(attempts)))[:_LANES]


def _at(history: History, addresses: Iterable[Address]) -> pl.DataFrame:
    index = {name: number for number, name in enumerate(history.sources)}
    places = pl.DataFrame(
        [(index[source], line) for source, line in addresses],
        schema={"source": pl.UInt32, "line": pl.UInt32},
        orient="row",
    )
    return history.events.join(places, on=["source", "line"], how="semi")


def _of_attempts(
    history: History, pairs: Iterable[tuple[str, str]], cited: pl.Series
) -> dict[str, list[Row]]:
    """The rows of each attempt: what touched the resource, its handler's ends, and what is cited."""
    asked = pl.LazyFrame(
        sorted(pairs), schema={"attempt": pl.String, "resource": pl.String}, orient="row"
    )
    mine = history.events.lazy().join(asked.select("attempt").unique(), on="attempt", how="semi")
    touching = mine.join(asked, on=["attempt", "resource"], how="semi").select("id")
    ends = pl.col("phase").is_in(["start", "finish"]) & (pl.col("stem") == pl.col("operation"))
    chosen = mine.join(touching.with_columns(touches=True), on="id", how="left").filter(
        pl.col("touches") | ends | pl.col("id").is_in(cited.implode())
    )
    out: dict[str, list[Row]] = defaultdict(list)
    for row in _told(chosen).iter_rows(named=True):
        out[row["attempt"]].append(row)
    return out


def _told(rows: pl.LazyFrame) -> pl.DataFrame:
    chosen = rows.select(
        *_COLUMNS, time_ns=pl.col("time").dt.epoch("ns"), nothing=timeline.found_nothing()
    )
    # A line that names several resources is one thing that happened.
    return chosen.sort("id").unique(["source", "line", "resource"], maintain_order=True).collect()


def _lanes(
    finding: Finding,
    attempts: Sequence[str],
    rows: Mapping[str, list[Row]],
    sources: Sequence[str],
) -> tuple[Lane, ...]:
    told = {(e.place.source, e.place.line): e for e in finding.evidence}
    near = [
        [row for row in rows[attempt] if _concerns(row, finding, told, sources)]
        for attempt in attempts
    ]
    return _linked([(members, _lane(members, sources, told)) for members in near if members])


def _concerns(
    row: Row, finding: Finding, told: Mapping[Address, Evidence], sources: Sequence[str]
) -> bool:
    return (
        row["resource"] == finding.resource
        or (row["stem"] == row["operation"] and row["phase"] != "point")
        or (sources[row["source"]], row["line"]) in told
    )


def _lane(rows: Sequence[Row], sources: Sequence[str], told: Mapping[Address, Evidence]) -> Lane:
    first = rows[0]
    unique = {(row["source"], row["line"]): row for row in reversed(rows)}
    ordered = sorted(unique.values(), key=lambda row: row["id"])
    moments = [_moment(row, sources, told) for row in ordered]
    kept = _around(moments)
    times = [row["time_ns"] for row in rows if row["time_ns"] is not None]
    return Lane(
        actor=first["actor"],
        attempt=next((row["try"] for row in rows if row["try"]), None),
        process=first["process"],
        clock=first["domain"],
        user=next((row["user"] for row in rows if row["user"]), None),
        operation=first["operation"],
        running=Span(min(times), max(times)) if times else None,
        ending=first["ending"],
        exposed=_exposed(rows),
        moments=kept,
        left_out=len(moments) - len(kept),
    )


def _around(moments: list[Moment]) -> tuple[Moment, ...]:
    """Of a long lane what is cited and what lies next to it."""
    if len(moments) <= _MOMENTS:
        return tuple(moments)
    cited = [i for i, moment in enumerate(moments) if moment.role] or [0]
    nearest = sorted(range(len(moments)), key=lambda i: min(abs(i - c) for c in cited))
    return tuple(moments[i] for i in sorted(nearest[:_MOMENTS]))


def _moment(row: Row, sources: Sequence[str], told: Mapping[Address, Evidence]) -> Moment:
    place = Place(sources[row["source"]], row["line"])
    evidence = told.get((place.source, place.line))
    value = row["state"] if row["value"] is None else row["value"]
    return Moment(
        place=place,
        time_ns=row["time_ns"],
        sign=_sign(row),
        name=row["name"],
        phase=row["phase"],
        outcome=row["outcome"],
        version=row["version"],
        base=row["base"],
        value=None if value is None else value[:_VALUE],
        role=evidence.role if evidence else None,
        note=evidence.note if evidence else "",
    )


def _sign(row: Row) -> str:
    if row["mark"] == "commit":
        return "✓"
    if row["nothing"]:
        return "R∅"
    is_done = row["role"] in ("access", "effect") or row["action"] in ("acquire", "release")
    if not is_done or row["phase"] == "start":
        return ""
    return _SIGNS.get(row["action"], "")


def _exposed(rows: Sequence[Row]) -> tuple[Span, ...]:
    """Where others could come between."""
    by_id = {row["id"]: row for row in rows}
    spans = []
    for row in rows:
        base, seen = by_id.get(row["base_event"]), by_id.get(row["visible"])
        if base and row["outcome"] != "fail":
            spans += _span(base, row)
        if (
            row["action"] == "create"
            and row["phase"] != "start"
            and seen
            and seen["mark"] == "commit"
        ):
            spans += _span(row, seen)
    return tuple(sorted(set(spans), key=lambda span: (span.begin_ns, span.end_ns)))


def _span(first: Row, last: Row) -> list[Span]:
    if first["time_ns"] is None or last["time_ns"] is None or first["time_ns"] > last["time_ns"]:
        return []
    return [Span(first["time_ns"], last["time_ns"])]


def _linked(lanes: Sequence[tuple[Sequence[Row], Lane]]) -> tuple[Lane, ...]:
    """The lanes in order of their begins, each with what set it off."""
    ordered = sorted(lanes, key=lambda pair: pair[1].running.begin_ns if pair[1].running else 0)
    linked = []
    for index, (rows, lane) in enumerate(ordered):
        cause = _cause(rows, lane, ordered[:index]) if index else None
        linked.append(lane if cause is None else replace(lane, cause=cause))
    return tuple(linked)


def _cause(
    rows: Sequence[Row], lane: Lane, earlier: Sequence[tuple[Sequence[Row], Lane]]
) -> Cause | None:
    """The last event before the lane's first that enqueued its job, called it or opened its span."""
    parents = {row["parent"] for row in rows if row["parent"]}
    jobs = {row["job"] for row in rows if row["job"]}
    if lane.running is None or not (parents or jobs):
        return None
    found = [
        Cause(index, row["time_ns"])
        for index, (candidates, _) in enumerate(earlier)
        for row in candidates
        if row["time_ns"] is not None and row["time_ns"] <= lane.running.begin_ns
        if row["span"] in parents
        or row["request"] in parents
        or (
            row["job"] in jobs
            and (row["action"] == "enqueue" or row["job"] == row["actor"] != lane.actor)
        )
    ]
    return max(found, key=lambda cause: cause.time_ns, default=None)
