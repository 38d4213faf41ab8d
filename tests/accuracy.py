"""What the rules find in simulated logs against what the simulator's store knows.

`python -m tests.accuracy` prints the table: for every rule what happened, what the lines that were logged can
prove, what of that was found, and which confirmed findings were right. `python -m tests.accuracy SEED…`
does so for other seeds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from racelens import settings
from racelens.findings import Finding, Report
from racelens.scanning import scan

from .scoring import hits
from .simulator import EVERYTHING, Dial, Incident, Run, simulate
from .simulator.truth import FAIR_NAMES

SWEEP: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "guards that compare": {"guard": "cas"},
    "guards that lock": {"guard": "lock"},
    "some paths guarded": {"guard": "mixed"},
    "two clients": {"clients": 2},
    "twenty clients, few rows": {"clients": 20, "resources": 3},
    "short timeouts": {"timeout_ms": 60, "slow": 0.4},
    "redelivery": {"redelivery": 0.6},
    "clocks ± 20 ms": {"skew_ms": 20},
    "clocks ± 100 ms": {"skew_ms": 100},
    "clocks ± 500 ms": {"skew_ms": 500},
    "a tenth of the lines lost": {"drop": 0.1},
    "a third of the lines lost": {"drop": 0.3},
    "milliseconds": {"precision": "ms"},
    "whole seconds": {"precision": "s"},
    "ids restart in every process": {"restarting_ids": True},
    "pino": {"dialect": "pino"},
    "ecs": {"dialect": "ecs"},
    "canonical": {"dialect": "canonical"},
    "all at once": {"guard": "mixed", "skew_ms": 500, "drop": 0.1, "precision": "s", "clients": 12},
}
"""dial → how it differs from the usual one."""

_SIGNALS = frozenset({"RL304", "RL305", "RL306"})
"""Rules about counts and classes of errors: at any confidence they are found."""

_CLOCKED = frozenset({"skew_ms", "precision", "drop", "dialect"})
"""Where these are turned, what only clocks order need not be suggested any more."""


@dataclass(frozen=True)
class Tally:
    """One rule in one log or several.

    happened, provable, proved: incidents; unsuggested: those that were not even possible findings although
    the clocks of the log tell them; confirmed, gray, false: confirmed findings.
    """

    happened: int = 0
    provable: int = 0
    proved: int = 0
    unsuggested: int = 0
    confirmed: int = 0
    gray: int = 0
    false: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


Tallies = Mapping[str, Tally]


def dial(name: str, seed: int, operations: int = 1200) -> Dial:
    """Every flow there is, on one dial of the sweep."""
    told: dict[str, Any] = {"seed": seed, "operations": operations, "flows": EVERYTHING}
    return Dial(**told | SWEEP[name])


def report_of(run: Run, folder: Path) -> Report:
    """A scan of the logs as their owner would do it: with the lifecycle declared."""
    logs = run.write(folder)
    declared = settings.load(folder / "racelens.toml")
    return scan([str(path) for path in logs], settings=declared)


def tallies(run: Run, report: Report) -> dict[str, Tally]:
    """The tally of every rule that names a kind of incident."""
    rules = sorted({rules[0] for rules in FAIR_NAMES.values()})
    return {rule: _tally(rule, run, report) for rule in rules}


def false_ones(run: Run, report: Report) -> list[Finding]:
    """Confirmed findings that no incident excuses."""
    excused = run.incidents + run.gray + run.signals
    return [f for f in _confirmed(report.findings) if not _is_about(f, excused)]


def _tally(rule: str, run: Run, report: Report) -> Tally:
    told = report.findings
    sure = [f for f in _confirmed(told) if f.rule == rule]
    true = [f for f in sure if _is_about(f, run.incidents)]
    gray = [f for f in sure if f not in true and _is_about(f, run.gray + run.signals)]
    mine = [incident for incident in run.incidents if incident.rule == rule]
    provable = [incident for incident in mine if incident.discoverable]
    proofs = told if rule in _SIGNALS else _confirmed(told)
    return Tally(
        happened=len(mine),
        provable=len(provable),
        proved=sum(_is_found(incident, proofs) for incident in provable),
        unsuggested=sum(i.suggested and not _is_found(i, told) for i in mine),
        confirmed=len(sure),
        gray=len(gray),
        false=len(sure) - len(true) - len(gray),
    )


def _confirmed(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.confidence == "confirmed"]


def _is_about(finding: Finding, incidents: Iterable[Incident]) -> bool:
    return any(hits(finding, incident) for incident in incidents)


def _is_found(incident: Incident, findings: Iterable[Finding]) -> bool:
    return any(hits(finding, incident) for finding in findings)


def by_clock(name: str) -> bool:
    """Whether the clocks of a dial are good enough to suggest all that they order."""
    return _CLOCKED.isdisjoint(SWEEP[name])


# ── the table ─────────────────────────────────────────────────────────────────────────────────


def main(seeds: Iterable[int]) -> None:
    """Sweep and print: first the rules over all dials, then the dials over all rules."""
    total: dict[str, Tally] = {}
    per_dial: dict[str, Tally] = {}
    for name in SWEEP:
        for seed in seeds:
            with TemporaryDirectory() as folder:
                run = simulate(dial(name, seed))
                found = tallies(run, report_of(run, Path(folder)))
            for rule, tally in found.items():
                total[rule] = total.get(rule, Tally()) + tally
                per_dial[name] = per_dial.get(name, Tally()) + tally
            print(f"{name}, seed {seed}", file=sys.stderr)
    _table("rule", total)
    print()
    _table("dial", per_dial)


def _table(title: str, rows: Tallies) -> None:
    width = max(map(len, rows), default=0)
    heads = ("happened", "provable", "proved", "recall", "confirmed", "gray", "false", "precision")
    print(f"| {title:{width}} | {' | '.join(heads)} |")
    print(f"|{'-' * (width + 2)}|{'|'.join('-' * (len(head) + 2) for head in heads)}|")
    for name, row in rows.items():
        recall = _share(row.proved, row.provable)
        judged = row.confirmed - row.gray
        precision = _share(judged - row.false, judged)
        counts = (row.happened, row.provable, row.proved, recall)
        cells = (*counts, row.confirmed, row.gray, row.false, precision)
        told = (f"{cell:>{len(head)}}" for cell, head in zip(cells, heads, strict=True))
        print(f"| {name:{width}} | {' | '.join(told)} |")


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "-"


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:]] or [1])
