"""What the page's script draws, as plain values: groups, drawings, sentences, the heat strip.

Everything that must be decided, counted or ordered is decided here; the script only places it on the screen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from racelens.findings import Finding, Group, Report, in_order
from racelens.render import scale, when
from racelens.render.conflict import draw
from racelens.render.layout import Drawing, Track, lettered
from racelens.render.plain import clean, duration
from racelens.render.words import at, half, pair_name, part, rejected, steps_of
from racelens.vocabulary import count

Json = dict[str, Any]
_ROWS = 14  # of the heat strip
_COLUMNS = 60
_PRINTED = 16  # examples on paper
_ENDED = {"unknown": "end unknown"}


def view(report: Report) -> Json:
    """Everything the script needs beside the report, by the index of the finding."""
    drawings = [draw(finding, report.clock) for finding in report.findings]
    span = when.bounds(report)
    return {
        "groups": _groups(report),
        "drawings": [None if d is None else as_drawing(d) for d in drawings],
        "stories": [story(f, d) for f, d in zip(report.findings, drawings, strict=True)],
        "lost": [
            lettered(f.lost, d.tracks if d else ())
            for f, d in zip(report.findings, drawings, strict=True)
        ],
        "next": [list(steps_of(finding, report)) for finding in report.findings],
        "at": [_place(when.share(finding, span)) for finding in report.findings],
        "clock": [(finding.primary.time or "")[11:23] for finding in report.findings],
        "span": _span(report),
        "heat": _heat(report, span),
        "clocks": _clocks(report),
        "read": _read(report),
        "folder": _folder(report),
        "printed": _PRINTED,
    }


def _folder(report: Report) -> str:
    """The folder that all inputs are in: said once."""
    folders = {str(PurePath(entry.path).parent) for entry in report.inputs}
    return f"{folders.pop()}/" if len(folders) == 1 and "/" in report.inputs[0].path else ""


def _place(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _span(report: Report) -> str:
    first, last = report.clock.first, report.clock.last
    return f"worst first · {first[11:16]} → {last[11:16]}" if first and last else "worst first"


def _groups(report: Report) -> list[Json]:
    """Groups in the report's order with their findings by index; those of suppressed findings last."""
    index = {finding.id: number for number, finding in enumerate(report.findings)}
    members: dict[tuple[str, bool], list[int]] = {}
    for number, finding in enumerate(report.findings):
        key = (finding.fingerprint, finding.suppressed is not None)
        members.setdefault(key, []).append(number)
    both = [(False, group) for group in report.groups]
    both += [(True, group) for group in report.suppressed_groups]
    return [
        _group(group, hidden, members[group.fingerprint, hidden], index)
        for hidden, group in both
        if (group.fingerprint, hidden) in members
    ]


def _group(group: Group, hidden: bool, members: list[int], index: Mapping[str, int]) -> Json:
    return {
        "rule": group.rule,
        "name": group.name,
        "type": group.resource_type,
        "severity": group.severity,
        "confidence": group.confidence,
        "operations": list(group.operations),
        "resources": group.resources,
        "count": group.count,
        "part": "suppressed" if hidden else part(group),
        "members": members,
        "example": index.get(group.example, members[0]),
    }


def story(finding: Finding, drawing: Drawing | None) -> Json:
    tracks = drawing.tracks if drawing else ()
    one = len({entry.place.source for entry in finding.evidence}) == 1
    acts = []
    for entry in in_order(finding.evidence):
        who = _who(entry.place.source, entry.place.line, tracks) or entry.actor or "a record"
        where = f"line {entry.place.line}" if one else at(entry.place)
        acts.append([who, lettered(entry.act, tracks), where])
    return {"acts": acts, "harm": lettered(finding.primary.harm, tracks)}


def _who(source: str, line: int, tracks: tuple[Track, ...]) -> str | None:
    """The letter of the lane that shows the line."""
    for track in tracks:
        if any((m.place.source, m.place.line) == (source, line) and m.role for m in track.marks):
            return track.letter
    return None


def as_drawing(drawing: Drawing) -> Json:
    size, name = scale.unit_of(drawing.length)
    band = drawing.band
    return {
        "start": drawing.start,
        "dated": drawing.dated,
        "length": drawing.length,
        "unit": [size, name],
        "tracks": [_track(track) for track in drawing.tracks],
        "band": band and {"begin": band.begin, "end": band.end, "label": band.label},
        "links": [vars(link) for link in drawing.links],
    }


def _track(track: Track) -> Json:
    marks = track.marks
    return {
        "letter": track.letter,
        "name": track.name,
        "where": track.where,
        "begin": track.begin,
        "end": track.end,
        "open": track.open,
        "ended": _ENDED.get(track.ending, ""),
        "starts": bool(marks) and marks[0].phase == "start",
        "finishes": bool(marks) and marks[-1].phase == "finish",
        "exposed": track.exposed,
        "whisker": track.whisker,
        "whiskername": _whisker(track),
        "measured": track.measured,
        "left_out": track.left_out,
        "marks": [[mark.at, mark.sign, mark.label, mark.value, int(mark.lost)] for mark in marks],
    }


def _whisker(track: Track) -> str:
    if track.whisker is None:
        return ""
    least, most = track.whisker
    return f"±{duration((most - least) // 2)}{'' if track.measured else ' assumed'}"


def _heat(report: Report, span: tuple[int, int]) -> Json:
    """Findings by resource and time: the resources with most of them, the rest in one row."""
    counted = [f for f in report.findings if f.primary.time_ns is not None]
    totals = Counter(finding.resource for finding in counted)
    named = [name for name, _ in sorted(totals.items(), key=lambda item: (-item[1], item[0]))]
    shown = named[:_ROWS] if len(named) > _ROWS + 1 else named
    members: dict[str, list[Finding]] = {name: [] for name in shown}
    others: list[Finding] = []
    for finding in counted:
        members.get(finding.resource, others).append(finding)
    rows = {name: when.counts(found, span, _COLUMNS) for name, found in members.items()}
    rest = when.counts(others, span, _COLUMNS)
    out: list[Json] = [
        {"name": clean(name, 26) or "no resource", "filter": name, "cells": cells}
        for name, cells in rows.items()
    ]
    if any(rest):
        out.append({"name": f"{len(named) - len(shown):,} others", "filter": "", "cells": rest})
    most = max((max(cells) for cells in (*rows.values(), rest)), default=1)
    return {
        "rows": out,
        "columns": _COLUMNS,
        "most": most,
        "first": (report.clock.first or "")[11:23],
        "last": (report.clock.last or "")[11:23],
    }


def _clocks(report: Report) -> list[list[str]]:
    clock = report.clock
    rows = [["stamps", f"tell {duration(clock.precision_ns)} apart"]] if clock.first else []
    rows.append(["clocks", f"{clock.domains:,}"])
    for pair in clock.pairs:
        span = half(pair)
        if pair.contradiction:
            rows.append(["wrong", f"{pair_name(pair)} contradict each other"])
        elif span is not None:
            rows.append(
                [
                    "measured",
                    f"{pair_name(pair)} ±{duration(span)} ({count(pair.evidence, 'message')})",
                ]
            )
    if clock.domains > 1:
        rows.append(["assumed", f"±{duration(clock.assumed_ns)} between all others"])
    return rows  # fmt: skip


def _read(report: Report) -> list[list[str]]:
    folder = _folder(report)
    rows = [["folder", folder]] if folder else []
    rows += [
        [f"{entry.events:,}", f"events in {entry.path[len(folder) :]}"]
        for entry in report.inputs[:20]
    ]
    if len(report.inputs) > 20:
        rows.append(["…", f"and {count(len(report.inputs) - 20, 'file')} more"])
    if report.rejects:
        rows.append(["rejected", rejected(report)])
    rows += [["repeats", f"{a.count:,}: {a.reason}"] for a in report.artefacts]
    return rows + [["note", text] for text in report.notices]
