"""SARIF 2.1.0. A finding's primary event is the location, the others are related ones.

One thread flow for each attempt; `executionOrder` runs across them, which is how SARIF says “at the same
time, in this order”. Suppressed findings stay, marked: dropping them makes alerts flap.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, TextIO
from urllib.parse import quote

from racelens import catalogue
from racelens.findings import Evidence, Finding, Lane, Place, Report, in_order, rfc3339
from racelens.render.laid import laid_out
from racelens.rule import Page

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVEL = {"error": "error", "warning": "warning", "info": "note"}
_DEEPEST = 5  # log, runs, a run, results, a result, its properties
_IMPORTANCE = {"primary": "essential", "related": "important", None: "unimportant"}
Json = dict[str, Any]


def render(report: Report, out: TextIO) -> None:
    """ASCII, like the JSON report."""
    codes = sorted({finding.rule for finding in report.findings} | set(catalogue.pages()))
    index = {code: number for number, code in enumerate(codes)}
    rules = [_rule(code, catalogue.pages().get(code)) for code in codes]
    run = {
        "tool": {
            "driver": {"name": "racelens", "semanticVersion": report.tool_version, "rules": rules}
        },
        "invocations": [_invocation(report)],
        "results": [_result(finding, index) for finding in report.findings],
        "columnKind": "unicodeCodePoints",
        "properties": {"coverage": [vars(entry) for entry in report.coverage]},
    }
    out.write(laid_out({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, _DEEPEST))
    out.write("\n")


def _rule(code: str, page: Page | None) -> Json:
    if page is None:
        return {"id": code}
    text = "\n\n".join(f"{title}\n{body}" for title, body in page.sections.items())
    fenced = "\n\n".join(
        f"**{title}**\n\n```\n{body}\n```" for title, body in page.sections.items()
    )
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in page.name.split("-")),
        "shortDescription": {"text": page.summary},
        "fullDescription": {"text": page.summary},
        "help": {"text": text, "markdown": fenced},
        "defaultConfiguration": {"level": _LEVEL[page.severity]},
        "properties": {"tags": ["race-condition", *page.key]},
    }


def _invocation(report: Report) -> Json:
    """What could not be looked at is part of the answer."""
    said = [f"{entry.rule} skipped: {entry.reason}" for entry in report.skipped]
    said += [
        f"{entry.rule}: {entry.reason}. {entry.advice}"
        for entry in report.coverage
        if entry.unchecked
    ]
    said += list(report.notices)
    if not report.looked:
        said.insert(0, "nothing could be checked: no result here does not mean clean")
    return {
        "executionSuccessful": not (report.interrupted or report.unread),
        "toolExecutionNotifications": [
            {"level": "note", "message": {"text": text}} for text in said
        ],
    }


def _result(finding: Finding, index: Mapping[str, int]) -> Json:
    related = [entry for entry in finding.evidence if entry.role == "related"]
    result = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": _LEVEL[finding.severity],
        "message": {"text": f"{finding.message}. {finding.confidence}: {finding.reason}"},
        "locations": [_location(finding.primary.place)],
        "relatedLocations": [
            {"id": number, **_location(entry.place, _did(entry))}
            for number, entry in enumerate(related, 1)
        ],
        "codeFlows": [{"threadFlows": _flows(finding)}],
        "partialFingerprints": {
            "racelens/v1": finding.fingerprint,
            "racelens/exact/v1": finding.id,
        },
        "properties": {
            "confidence": finding.confidence,
            "reason": finding.reason,
            "resource": finding.resource,
            "actors": list(finding.actors),
            "lost": finding.lost,
            "guard": finding.fix,
        },
    }
    if finding.suppressed:
        why = f"{finding.suppressed.by}: {finding.suppressed.reason}"
        result["suppressions"] = [{"kind": "external", "justification": why}]  # accepted
    return result


def _did(entry: Evidence) -> str:
    return f"{entry.actor or 'a record'} {entry.note}"


def _flows(finding: Finding) -> list[Json]:
    if not finding.lanes:
        return [_told_flow(finding)]
    stamps = sorted(
        {m.time_ns for lane in finding.lanes for m in lane.moments if m.time_ns is not None}
    )
    order = {stamp: number for number, stamp in enumerate(stamps, 1)}
    return [_flow(number, lane, order) for number, lane in enumerate(finding.lanes, 1)]


def _flow(number: int, lane: Lane, order: Mapping[int, int]) -> Json:
    steps = []
    for moment in lane.moments:
        text = moment.note or " ".join(
            filter(None, (moment.name, moment.sign, moment.version and f"v{moment.version}"))
        )
        step: Json = {
            "location": _location(moment.place, text or "event"),
            "importance": _IMPORTANCE[moment.role],
        }
        if moment.time_ns is not None:
            step["executionOrder"] = order[moment.time_ns]
            step["executionTimeUtc"] = _milliseconds(moment.time_ns)
        steps.append(step)
    return {
        "id": f"{number}",
        "message": {"text": lane.actor or "without an id"},
        "locations": steps,
    }


def _told_flow(finding: Finding) -> Json:
    """A report of an older version has no lanes."""
    steps = [
        {"location": _location(entry.place, _did(entry)), "executionOrder": number}
        for number, entry in enumerate(in_order(finding.evidence), 1)
    ]
    return {"id": "1", "locations": steps}


def _milliseconds(nanoseconds: int) -> str:
    return f"{(rfc3339(nanoseconds) or '')[:23]}Z"


def _location(place: Place, text: str | None = None) -> Json:
    physical = {
        "artifactLocation": {"uri": _uri(place.source)},
        "region": {"startLine": max(place.line, 1)},
    }
    message = {"message": {"text": text}} if text else {}
    return {"physicalLocation": physical, **message}


def _uri(source: str) -> str:
    """A path as a URI reference; what is no path (`<stdin>`) is percent-encoded like one."""
    path = quote(source.encode("utf-8", "surrogatepass"), safe="/")
    return f"file://{path}" if PurePath(source).is_absolute() else path
