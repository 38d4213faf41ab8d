"""Workflow commands: GitHub shows them beside the lines of a change, and in the run's summary."""

from __future__ import annotations

from typing import TextIO

from racelens.findings import Finding, Report
from racelens.render.plain import clean
from racelens.render.words import lines_of, verdict

_COMMAND = {"error": "error", "warning": "warning", "info": "notice"}


def render(report: Report, out: TextIO) -> None:
    """One annotation for each finding that counts, and one for the verdict."""
    for finding in report.counted:
        out.write(_annotation(finding))
    words = verdict(report)
    kind = "notice" if words.good else "warning"
    out.write(f"::{kind} title=racelens::{_message(f'{words.headline}  {words.rest}')}\n")


def _annotation(finding: Finding) -> str:
    place = finding.primary.place
    title = f"{finding.rule} {finding.name} ({finding.confidence})"
    facts = [
        finding.story,
        f"sure: {finding.reason}",
        f"lost: {finding.lost}",
        f"guard: {finding.fix}",
        f"lines: {', '.join(lines_of(finding))}",
    ]
    message = "%0A".join(_message(fact) for fact in (finding.title, *facts))
    where = f"file={_property(place.source)},line={place.line},title={_property(title)}"
    return f"::{_COMMAND[finding.severity]} {where}::{message}\n"


def _message(text: str) -> str:
    """`%` first: it is what the runner decodes. A line end would begin a command of the log's own."""
    return clean(text, 2_000).replace("%", "%25")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
