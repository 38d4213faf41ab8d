"""Whether `diff` names the culprit first, and is silent where there is none: on scenarios with known truth.

`tests/benchmarks/diff_accuracy.py` measures more of the same.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from racelens.compare.diff import diff
from racelens.render.diff_json import as_json
from tests.simulator.dial import Dial
from tests.simulator.scenarios import SCENARIOS, write_runs

LAB = Path(__file__).parents[3] / "shared" / "lab"
_HARD: dict[str, Any] = {"skew_ms": 40.0, "drop": 0.03, "precision": "ms", "operations": 12}
_RUNS = 10


def _dials(seed: int, runs: int, **told: Any) -> list[Dial]:
    return [Dial(seed=seed + index, **{"clients": 3, **told}) for index in range(runs)]


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_culprit_is_rank_1_amid_traffic_skew_and_lost_lines(name: str, tmp_path: Path) -> None:
    scenario, culprit = SCENARIOS[name]
    good = write_runs(tmp_path, scenario, True, _dials(7_000, _RUNS, **_HARD))
    bad = write_runs(tmp_path, scenario, False, _dials(8_000, _RUNS, **_HARD))
    told = as_json(diff([good], [bad]))
    assert told["verdict"] == "different"
    assert culprit.is_named(told["differences"][0]), told["differences"][0]["message"]


@pytest.mark.parametrize("name", ["lost update", "duplicate", "broken lock"])
def test_good_runs_against_other_good_runs_are_the_same(name: str, tmp_path: Path) -> None:
    scenario, _ = SCENARIOS[name]
    one = write_runs(tmp_path, scenario, True, _dials(1_000, 50, **_HARD), "one")
    two = write_runs(tmp_path, scenario, True, _dials(2_000, 50, **_HARD), "two")
    seen = diff([one], [two])
    assert (seen.verdict, [d.message for d in seen.differences]) == ("same", [])
    assert seen.tested > 20


# ── logs of a real application ────────────────────────────────────────────────────────────────

_ACCEPTED = {
    "diff_inventory_a": [{"inventory.read", "inventory.write"}],
    "diff_webhook_a": [{"payment.not_found"}, {"payment.committed", "webhook.payment"}],
}


def _rank(folder: Path, good: str, bad: str) -> int:
    told = as_json(diff([str(folder / good)], [str(folder / bad)]))
    for difference in told["differences"]:
        named = f"{difference['a']} {difference['b'] or ''}"
        if any(all(event in named for event in events) for events in _ACCEPTED[folder.name]):
            return int(difference["rank"])
    return 99


@pytest.mark.parametrize("name", _ACCEPTED)
def test_the_labelled_order_is_rank_1_of_ten_against_ten(name: str) -> None:
    if not (LAB / name).is_dir():
        pytest.skip("no labelled runs beside this checkout")
    assert _rank(LAB / name, "good_*.jsonl", "bad_*.jsonl") == 1
    labels = json.loads((LAB / name / "labels.json").read_text())
    assert labels["scenario"] in name


@pytest.mark.parametrize("name", _ACCEPTED)
def test_one_run_against_one_names_it_among_the_first_three(name: str) -> None:
    if not (LAB / name).is_dir():
        pytest.skip("no labelled runs beside this checkout")
    chance = Random(name)
    pairs = [(chance.randint(1, 10), chance.randint(1, 10)) for _ in range(10)]
    ranks = [_rank(LAB / name, f"good_{g:02d}.jsonl", f"bad_{b:02d}.jsonl") for g, b in pairs]
    assert sum(rank <= 3 for rank in ranks) >= 8, ranks
