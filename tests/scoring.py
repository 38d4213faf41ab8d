"""Findings against truth: which incidents were found, and which findings were false."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from racelens.findings import Finding, Report
from racelens.scanning import scan

from .simulator import Incident, Run


@dataclass(frozen=True)
class Score:
    """Counts over one run or many. `missed`: discoverable incidents without a finding."""

    true: int
    gray: int
    false: tuple[Finding, ...]
    found: int
    discoverable: int
    missed: tuple[Incident, ...] = ()

    @property
    def precision(self) -> float:
        judged = self.true + len(self.false)
        return self.true / judged if judged else 1.0

    @property
    def recall(self) -> float:
        return self.found / self.discoverable if self.discoverable else 1.0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.true + other.true,
            self.gray + other.gray,
            self.false + other.false,
            self.found + other.found,
            self.discoverable + other.discoverable,
            self.missed + other.missed,
        )


NOTHING = Score(0, 0, (), 0, 0)


def scan_run(run: Run, folder: Path) -> Report:
    """Scan the simulated logs as a user would."""
    return scan([str(path) for path in run.write(folder)])


def score(
    report: Report, run: Run, rules: Iterable[str], confidence: Sequence[str] = ("confirmed",)
) -> Score:
    """The findings of `rules` with these confidences against the incidents these rules should find."""
    wanted = set(rules)
    findings = [f for f in report.findings if f.rule in wanted and f.confidence in confidence]
    true = [f for f in findings if any(hits(f, incident) for incident in run.incidents)]
    others = [f for f in findings if f not in true]
    gray = [f for f in others if any(hits(f, incident) for incident in run.gray + run.signals)]
    able = [i for i in run.incidents if i.discoverable and i.rule in wanted]
    found = [i for i in able if any(hits(f, i) for f in findings)]
    return Score(
        len(true),
        len(gray),
        tuple(f for f in others if f not in gray),
        len(found),
        len(able),
        tuple(i for i in able if i not in found),
    )


def hits(finding: Finding, incident: Incident) -> bool:
    """A fair name for the incident, on its resource, with one of its ids."""
    named = finding.rule in incident.accept and finding.resource in ("", incident.resource)
    return named and not set(finding.actors).isdisjoint(incident.ids)
