"""When findings happened: the span of a capture cut into even pieces, and how many fell into each."""

from __future__ import annotations

from collections.abc import Iterable

from racelens.findings import Finding, Report, nanoseconds

_HEIGHTS = "▂▄▆█"


def bounds(report: Report) -> tuple[int, int]:
    """From the first to the last moment of the capture; of its findings where it has no span."""
    stamps = [f.primary.time_ns for f in report.findings if f.primary.time_ns is not None]
    known = [nanoseconds(t) for t in (report.clock.first, report.clock.last) if t]
    both = [*stamps, *known]
    return (min(both), max(both)) if both else (0, 0)


def share(finding: Finding, span: tuple[int, int]) -> float | None:
    """Where in the span it happened, 0 to 1; None where it has no time."""
    stamp = finding.primary.time_ns
    return None if stamp is None else (stamp - span[0]) / max(span[1] - span[0], 1)


def counts(findings: Iterable[Finding], span: tuple[int, int], columns: int) -> list[int]:
    """Findings in each of so many pieces of the span; those without a time are in none."""
    cells = [0] * columns
    for finding in findings:
        at = share(finding, span)
        if at is not None:
            cells[min(int(at * columns), columns - 1)] += 1
    return cells


def bars(cells: list[int]) -> str:
    """A character for each piece: `·` for none, then the higher the more; one alone is always the lowest."""
    return "".join(
        "·" if not n else _HEIGHTS[min(n.bit_length(), len(_HEIGHTS)) - 1] for n in cells
    )
