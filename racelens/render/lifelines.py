"""Timelines of resources as text, JSON, a page or a trace."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import escape
from typing import Any, TextIO

from rich.text import Text

from racelens.findings import Burst, Clock, Timeline, Timelines
from racelens.render import chrome, html, ladder, view
from racelens.render import json as report_json
from racelens.render.conflict import draw
from racelens.render.layout import Drawing, of_lanes
from racelens.render.plain import clean, duration
from racelens.render.screen import Screen, row
from racelens.vocabulary import count

Json = dict[str, Any]


def text(lives: Timelines, out: TextIO) -> None:
    """One event a row, quiet times folded."""
    screen = Screen(out)
    for life in lives.resources:
        for line in _lines(life, lives, screen):
            screen.print(line)


def _lines(life: Timeline, lives: Timelines, screen: Screen) -> Iterator[Text]:
    yield Text(clean(life.resource, 80), style="bold").append(f"  {_told(life)}", style="not bold")
    for burst in life.bursts:
        yield from _burst(burst, lives, screen)
    yield Text()
    yield from row("order", _order(lives), screen.page)
    if life.left_out:
        yield from row("not shown", count(life.left_out, "event"), screen.page)
    for finding in life.findings[:5]:
        told = f"{finding.rule} {finding.name}, {finding.confidence}: {finding.story}"
        yield from row(finding.id, told, screen.page)
    yield Text()
    yield Text(f"{_races(life)} on {clean(life.resource, 80)} · {_told(life, False)}", style="bold")


def _burst(burst: Burst, lives: Timelines, screen: Screen) -> Iterator[Text]:
    drawing = of_lanes(burst.lanes, lives.clock)
    if drawing is None:
        return
    yield Text()
    if burst.quiet_ns is not None:
        yield Text(f"  ┄ {duration(burst.quiet_ns)}, nothing touched it ┄", style="dim")
        yield Text()
    users = sorted({clean(lane.user, 24) for lane in burst.lanes if lane.user})
    by = f", {'user' if len(users) == 1 else 'users'} {', '.join(users[:4])}" if users else ""
    start = (drawing.start or "")[:23].replace("T", " ")
    when = (
        f"{start} UTC  {duration(drawing.length)}" if start else "as written: the log has no times"
    )
    yield Text(f"  {when}{by}")
    yield from ladder.lines(drawing, screen.drawn)


def _told(life: Timeline, with_races: bool = True) -> str:
    parts = [count(life.events, "event"), count(life.attempts, "attempt")]
    return ", ".join([*parts, _races(life)] if with_races else parts)


def _races(life: Timeline) -> str:
    """`3 lost-updates, 1 stale-read`."""
    counted = Counter(finding.name for finding in life.findings)
    return ", ".join(count(number, name) for name, number in counted.items()) or "no races"


def _order(lives: Timelines) -> str:
    if lives.clock.domains < 2:
        return "one clock: as stamped and written"
    return (
        "by cause and version where there is one; across clocks by time, "
        f"±{duration(lives.clock.assumed_ns)} assumed where nothing was measured, so neighbours may swap"
    )


def as_json(lives: Timelines) -> Json:
    """The timelines as JSON values; nanosecond numbers are strings."""
    return {
        "schema_version": report_json.SCHEMA_VERSION,
        "tool": {"name": "racelens", "version": lives.tool_version},
        "command": "timeline",
        "arguments": list(lives.arguments),
        "clock": report_json.as_clock(lives.clock),
        "resources": [
            {
                "resource": life.resource,
                "events": life.events,
                "attempts": life.attempts,
                "left_out": life.left_out,
                "bursts": [
                    {
                        "quiet_ns": None if burst.quiet_ns is None else str(burst.quiet_ns),
                        "lanes": [report_json.as_lane(lane) for lane in burst.lanes],
                    }
                    for burst in life.bursts
                ],
                "findings": [report_json.as_finding(finding) for finding in life.findings],
            }
            for life in lives.resources
        ],
        "quotes": [report_json.as_quote(entry) for entry in lives.quotes],
        "notices": list(lives.notices),
    }


def write_json(lives: Timelines, out: TextIO) -> None:
    """ASCII, like the JSON report."""
    json.dump(as_json(lives), out, indent=1)
    out.write("\n")


def trace(lives: Timelines, out: TextIO) -> None:
    """Every burst on one process, one thread for each attempt."""
    drawn = [
        (f"{life.resource} {number}", of_lanes(burst.lanes, lives.clock))
        for life in lives.resources
        for number, burst in enumerate(life.bursts, 1)
    ]
    chrome.write(drawn, f"racelens {lives.tool_version}", out)


def page(lives: Timelines, out: TextIO) -> None:
    """The page of a report, with bursts in the place of findings."""
    title = ", ".join(clean(life.resource, 60) for life in lives.resources)
    told = "; ".join(_told(life) for life in lives.resources)
    head = (
        f'<header><h1>{escape(title)}</h1><p class="read">{escape(told)}</p>'
        f'<p class="read">order: {escape(_order(lives))}</p></header>'
    )
    html.page(head, {**as_json(lives), **_listed(lives)}, _view(lives), out)


def _listed(lives: Timelines) -> Json:
    """Bursts in the shape of findings, so that one script draws both."""
    return {
        "findings": [
            {
                "id": f"{number}.{index}",
                "rule": "",
                "name": life.resource,
                "severity": "info",
                "confidence": "confirmed",
                "resource": count(len(burst.lanes), "attempt"),
                "operations": sorted({lane.operation for lane in burst.lanes if lane.operation}),
                "actors": [lane.actor for lane in burst.lanes if lane.actor],
                "evidence": [],
                "lanes": [report_json.as_lane(lane) for lane in burst.lanes],
                "suppressed": None,
            }
            for number, life in enumerate(lives.resources, 1)
            for index, burst in enumerate(life.bursts, 1)
        ],
        **{key: [] for key in ("coverage", "cleared", "skipped", "undecided")},
    }


def _drawn(burst: Burst, life: Timeline, clock: Clock) -> tuple[Drawing | None, Json | None]:
    """A burst's drawing; where something raced in it, with the harm and the story of the first that did."""
    places = {moment.place for lane in burst.lanes for moment in lane.moments}
    raced = next((f for f in life.findings if f.primary.place in places), None)
    if raced is None:
        return of_lanes(burst.lanes, clock), None
    drawing = draw(replace(raced, lanes=burst.lanes), clock)
    return drawing, view.story(raced, drawing)


def _view(lives: Timelines) -> Json:
    drawn = [_drawn(b, life, lives.clock) for life in lives.resources for b in life.bursts]
    drawings = [drawing for drawing, _ in drawn]
    members = iter(range(len(drawings)))
    groups = []
    for life in lives.resources:
        mine = [next(members) for _ in life.bursts]
        if mine:
            groups.append(
                {
                    "rule": "",
                    "name": clean(life.resource, 80),
                    "type": _races(life),
                    "severity": "error" if life.findings else "info",
                    "confidence": "confirmed",
                    "operations": [],
                    "resources": 1,
                    "count": len(mine),
                    "part": "bursts",
                    "members": mine,
                    "example": mine[0],
                }
            )
    empty: list[Any] = [None] * len(drawings)
    return {
        "groups": groups,
        "drawings": [None if d is None else view.as_drawing(d) for d in drawings],
        "stories": [story for _, story in drawn],
        "lost": empty,
        "next": empty,
        "at": empty,
        "clock": [(d.start or "")[11:23] if d else "" for d in drawings],
        "span": "",
        "heat": {"rows": [], "columns": 0},
        "clocks": [],
        "read": [["note", note] for note in lives.notices],
        "folder": "",
        "printed": len(groups),
    }


FORMATS: dict[str, Callable[[Timelines, TextIO], None]] = {
    "text": text,
    "json": write_json,
    "html": page,
    "chrome": trace,
}
