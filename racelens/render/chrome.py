"""A trace in the Trace Event Format: Perfetto and chrome://tracing open it. One process for each finding."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from racelens.findings import Report
from racelens.findings import nanoseconds as read_time
from racelens.render.conflict import draw
from racelens.render.layout import Drawing, Link, Track

Event = dict[str, Any]


def render(report: Report, out: TextIO) -> None:
    """Undated findings are left out: a trace is a picture of time."""
    drawn = [
        (f"{f.rule} {f.name} {f.resource} ({f.confidence})", draw(f, report.clock))
        for f in report.findings
    ]
    write(drawn, f"racelens {report.tool_version}", out)


def write(drawings: Iterable[tuple[str, Drawing | None]], tool: str, out: TextIO) -> None:
    """Write named drawings as one trace."""
    events: list[Event] = []
    for number, (name, drawing) in enumerate(drawings, 1):
        if drawing is not None and drawing.start is not None:
            events += _process(number, name, drawing, read_time(drawing.start))
    trace = {"traceEvents": events, "displayTimeUnit": "ms", "otherData": {"tool": tool}}
    out.write(json.dumps(trace, separators=(",", ":")))
    out.write("\n")


def _process(pid: int, name: str, drawing: Drawing, origin: int) -> Iterator[Event]:
    yield {"ph": "M", "name": "process_name", "pid": pid, "args": {"name": name}}
    for tid, track in enumerate(drawing.tracks, 1):
        label = f"{track.letter} {track.full_name}"
        yield {
            "ph": "M",
            "name": "thread_name",
            "pid": pid,
            "tid": tid,
            "args": {"name": label},
        }
        yield {
            "ph": "M",
            "name": "thread_sort_index",
            "pid": pid,
            "tid": tid,
            "args": {"sort_index": tid},
        }
        yield from _track(pid, tid, track, origin)
    for number, link in enumerate(drawing.links):
        yield from _arrow(pid, f"{pid}.{number}", link, origin)


def _track(pid: int, tid: int, track: Track, origin: int) -> Iterator[Event]:
    where = {"pid": pid, "tid": tid}
    running = {"process": track.where, "ending": track.ending}
    yield _slice(
        where, track.operation or "running", track.begin, track.end, "attempt", running, origin
    )
    for begin, end in track.exposed:
        yield _slice(where, "exposed", begin, end, "exposed", {}, origin)
    for mark in track.marks:
        told = {"line": f"{mark.place.source}:{mark.place.line}", "note": mark.note}
        name = " ".join(filter(None, (mark.label, mark.value))) or mark.name
        yield {
            **where,
            "ph": "i",
            "s": "t",
            "ts": _microseconds(origin + mark.at),
            "name": name,
            "cat": mark.role or "event",
            "args": {"event": mark.name, **told},
        }


def _slice(
    where: Event, name: str, begin: int, end: int, kind: str, args: Event, origin: int
) -> Event:
    return {
        **where,
        "ph": "X",
        "ts": _microseconds(origin + begin),
        "dur": _microseconds(end - begin),
        "name": name,
        "cat": kind,
        "args": args,
    }


def _arrow(pid: int, number: str, link: Link, origin: int) -> Iterator[Event]:
    shared = {"pid": pid, "id": number, "cat": "harm" if link.harm else "cause", "name": link.label}
    yield {
        **shared,
        "ph": "s",
        "tid": link.from_track + 1,
        "ts": _microseconds(origin + link.from_at),
    }
    yield {
        **shared,
        "ph": "f",
        "bp": "e",
        "tid": link.to_track + 1,
        "ts": _microseconds(origin + link.to_at),
    }


def _microseconds(nanoseconds: int) -> float:
    return nanoseconds / 1_000
