"""Baselines and ignore files, as flags name them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from racelens import saved, suppressions
from racelens.findings import Report
from racelens.suppressions import Ignore

Known = tuple[Report | None, tuple[Ignore, ...]]


def load(baseline: Path | None, ignore_file: Path | None, strict: bool) -> Known:
    """strict: entries must give a reason.

    Raises RacelensError before anything is scanned when one of them cannot be read.
    """
    place = ignore_file or suppressions.find(Path.cwd())
    entries = suppressions.read(place) if place else ()
    if strict:
        suppressions.check_reasons(entries)
    return (saved.read(baseline) if baseline else None), entries


def mark(report: Report, known: Known) -> Report:
    """The report with what is known or ignored marked."""
    baseline, entries = known
    marks, notices = suppressions.ignored(report, entries, datetime.now(UTC).date())
    if baseline is not None:
        found, grown = suppressions.known(report, baseline)
        marks = {**found, **marks}
        notices += grown
    return suppressions.mark(report, marks, notices)
