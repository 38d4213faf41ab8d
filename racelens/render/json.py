"""The JSON report: a contract (design, section 9). Keys are only ever added."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, TextIO

from racelens.findings import (
    Clock,
    ClockPair,
    Evidence,
    Finding,
    Group,
    Lane,
    Moment,
    Place,
    Quote,
    Report,
    Span,
)
from racelens.render.laid import laid_out

SCHEMA_VERSION = 1
_DEEPEST = 3  # report, findings, a finding, its events


def render(report: Report, out: TextIO) -> None:
    """Deterministic, and ASCII: nothing a log contains can disturb who reads the bytes."""
    out.write(laid_out(as_json(report), _DEEPEST))
    out.write("\n")


def as_json(report: Report) -> dict[str, Any]:
    """The report as JSON values. Nanosecond numbers are strings: they do not fit a double."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "racelens", "version": report.tool_version},
        "command": report.command,
        "inputs": [asdict(entry) for entry in report.inputs],
        "summary": asdict(report.summary),
        "coverage": [asdict(entry) for entry in report.coverage],
        "undecided": [asdict(entry) for entry in report.undecided],
        "skipped": [asdict(entry) for entry in report.skipped],
        "cleared": [
            {"rule": c.rule, "reason": c.reason, "count": c.count, "example": asdict(c.example)}
            for c in report.cleared
        ],
        "artefacts": [
            {"reason": a.reason, "count": a.count, "example": asdict(a.example)}
            for a in report.artefacts
        ],
        "rejects": [{**asdict(entry.place), "reason": entry.reason} for entry in report.rejects],
        "clock": as_clock(report.clock),
        "groups": [_group(entry) for entry in report.groups],
        "suppressed_groups": [_group(entry) for entry in report.suppressed_groups],
        "findings": [as_finding(entry) for entry in report.findings],
        "notices": list(report.notices),
        "arguments": list(report.arguments),
        "quotes": [as_quote(entry) for entry in report.quotes],
        "interrupted": report.interrupted,
        "unread": [asdict(entry) for entry in report.unread],
    }


def as_quote(quote: Quote) -> dict[str, Any]:
    """A line of an input and its text."""
    return {**_place(quote.place), "text": quote.text}


def as_clock(clock: Clock) -> dict[str, Any]:
    return {
        "precision_ns": str(clock.precision_ns),
        "assumed_ns": str(clock.assumed_ns),
        "domains": clock.domains,
        "first": clock.first,
        "last": clock.last,
        "hosts": [_pair(pair) for pair in clock.pairs],
    }


def _pair(pair: ClockPair) -> dict[str, Any]:
    return {
        "a": pair.a,
        "b": pair.b,
        "lower_ns": None if pair.lower_ns is None else str(pair.lower_ns),
        "upper_ns": None if pair.upper_ns is None else str(pair.upper_ns),
        "evidence": pair.evidence,
        "contradiction": pair.contradiction,
    }


def _group(group: Group) -> dict[str, Any]:
    return {**asdict(group), "operations": list(group.operations)}


def as_finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "reason": finding.reason,
        "resource": finding.resource,
        "resource_type": finding.resource_type,
        "operations": list(finding.operations),
        "actors": list(finding.actors),
        "message": finding.message,
        "title": finding.title,
        "story": finding.story,
        "lost": finding.lost,
        "facts": dict(finding.facts),
        "fix": finding.fix,
        "fingerprint": finding.fingerprint,
        "group": finding.fingerprint,
        "evidence": [_evidence(entry) for entry in finding.evidence],
        "settle": finding.settle,
        "cause": finding.cause,
        "blast_radius": {**vars(finding.radius), "examples": list(finding.radius.examples)},
        "lanes": [as_lane(lane) for lane in finding.lanes],
        "suppressed": None if finding.suppressed is None else asdict(finding.suppressed),
    }


def _evidence(entry: Evidence) -> dict[str, Any]:
    return {
        "role": entry.role,
        **_place(entry.place),
        "time": entry.time,
        "actor": entry.actor,
        "request": entry.request,
        "job": entry.job,
        "correlation": entry.correlation,
        "try": entry.attempt,
        "process": entry.process,
        "name": entry.name,
        "action": entry.action,
        "version": entry.version,
        "note": entry.note,
    }


def as_lane(lane: Lane) -> dict[str, Any]:
    """One attempt: when it ran, what it saw and did."""
    cause = lane.cause
    return {
        "actor": lane.actor,
        "try": lane.attempt,
        "process": lane.process,
        "clock": lane.clock,
        "user": lane.user,
        "operation": lane.operation,
        "running": None if lane.running is None else _span(lane.running),
        "ending": lane.ending,
        "exposed": [_span(span) for span in lane.exposed],
        "cause": None if cause is None else {"lane": cause.lane, "time_ns": str(cause.time_ns)},
        "moments": [_moment(moment) for moment in lane.moments],
        "left_out": lane.left_out,
    }


def _span(span: Span) -> dict[str, str]:
    return {"begin_ns": str(span.begin_ns), "end_ns": str(span.end_ns)}


def _moment(moment: Moment) -> dict[str, Any]:
    return {
        **_place(moment.place),
        "time_ns": None if moment.time_ns is None else str(moment.time_ns),
        "sign": moment.sign,
        "name": moment.name,
        "phase": moment.phase,
        "outcome": moment.outcome,
        "version": moment.version,
        "base": moment.base,
        "value": moment.value,
        "role": moment.role,
        "note": moment.note,
    }


def _place(place: Place) -> dict[str, Any]:
    return {"source": place.source, "line": place.line}
