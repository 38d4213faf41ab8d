"""How often `racelens diff` names the culprit first, and how often it sees one where there is none.

    python -m tests.benchmarks.diff_accuracy [--seeds 5] [--runs 10] [--trials 40]

A table: each race class under each condition, then 50 good runs against 50 other good ones.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from racelens.compare.diff import diff
from racelens.render.diff_json import as_json
from tests.simulator.dial import Dial
from tests.simulator.scenarios import SCENARIOS, write_runs

CONDITIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "clocks ±40 ms": {"skew_ms": 40.0},
    "clocks ±400 ms": {"skew_ms": 400.0},
    "3 % of lines lost": {"drop": 0.03},
    "milliseconds": {"precision": "ms"},
    "ids restart": {"restarting_ids": True},
    "pino": {"dialect": "pino"},
    "ecs": {"dialect": "ecs"},
    "busy": {"operations": 40},
    "all": {"skew_ms": 40.0, "drop": 0.03, "precision": "ms", "operations": 20},
}


def dials(seed: int, runs: int, condition: dict[str, Any]) -> list[Dial]:
    """So many runs of one condition, each with its own chance, ids and clocks."""
    told = {"clients": 3, "operations": 8} | condition
    return [Dial(seed=100_000 * seed + index, **told) for index in range(runs)]


def rank(name: str, seed: int, runs: int, condition: dict[str, Any]) -> int:
    """Where the culprit stands in one trial; 0: nowhere."""
    scenario, culprit = SCENARIOS[name]
    with tempfile.TemporaryDirectory() as folder:
        good = write_runs(Path(folder), scenario, True, dials(2 * seed, runs, condition))
        bad = write_runs(Path(folder), scenario, False, dials(2 * seed + 1, runs, condition))
        told = as_json(diff([good], [bad]))
    found = (d["rank"] for d in told["differences"] if culprit.is_named(d))
    return next(found, 0)


def verdict(name: str, seed: int, runs: int, condition: dict[str, Any]) -> str:
    """Of good runs against other good runs."""
    scenario, _ = SCENARIOS[name]
    with tempfile.TemporaryDirectory() as folder:
        one = write_runs(Path(folder), scenario, True, dials(2 * seed, runs, condition), "one")
        two = write_runs(Path(folder), scenario, True, dials(2 * seed + 1, runs, condition), "two")
        return diff([one], [two]).verdict


def _table(seeds: Iterable[int], runs: int) -> None:
    seeds = list(seeds)
    print(f"culprit at rank 1 (first three), {runs} good and {runs} bad runs, {len(seeds)} seeds")
    all_ranks: list[int] = []
    for name in SCENARIOS:
        cells = []
        for condition in CONDITIONS.values():
            ranks = [rank(name, seed, runs, condition) for seed in seeds]
            all_ranks += ranks
            cells.append(f"{sum(r == 1 for r in ranks)} ({sum(0 < r <= 3 for r in ranks)})")
        print(f"{name:18}" + "".join(f"{cell:>9}" for cell in cells), flush=True)
    first = sum(r == 1 for r in all_ranks)
    print(f"rank 1 in {first} of {len(all_ranks)} ({100 * first / len(all_ranks):.1f} %)")
    print("columns: " + ", ".join(CONDITIONS))


def _false_alarms(trials: int, runs: int) -> None:
    names = list(SCENARIOS)
    verdicts: Counter[str] = Counter()
    for trial in range(trials):
        condition = list(CONDITIONS.values())[trial % len(CONDITIONS)]
        verdicts[verdict(names[trial % len(names)], 500 + trial, runs, condition)] += 1
    print(f"{runs} good against {runs} other good runs, {trials} trials: {dict(verdicts)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--good", type=int, default=50, help="runs a side of a false-alarm trial")
    given = parser.parse_args()
    if given.seeds:
        _table(range(given.seeds), given.runs)
    if given.trials:
        _false_alarms(given.trials, given.good)


if __name__ == "__main__":
    main()
