"""Precision and recall against truth that the logs did not write: the simulator's store, and real data."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from racelens.findings import Finding
from racelens.rules import RULES
from racelens.scanning import scan
from racelens.settings import Settings

from .scoring import NOTHING, Score, hits, scan_run, score
from .simulator import EVERYTHING, RACES, Dial, Incident, Run, simulate
from .simulator.dial import Guard

_RULES = tuple(RULES)
_NONE = Settings()
_SEEDS = range(3)
# Logs that say all there is to say: every lost update must be proved.
_TELLING: dict[str, dict[str, Any]] = {
    "no guards": {"guard": "none"},
    "half of the paths guarded": {"guard": "mixed"},
    "a tenth of the lines lost": {"drop": 0.1},
    "clocks half a second apart": {"skew_ms": 500},
    "milliseconds": {"precision": "ms"},
    "whole seconds": {"precision": "s"},
    "ids restart in every process": {"restarting_ids": True},
    "pino": {"dialect": "pino"},
    "ecs": {"dialect": "ecs"},
    "canonical": {"dialect": "canonical"},
    "everything at once": {"guard": "mixed", "precision": "s", "skew_ms": 500, "drop": 0.1},
}
_GUARDED = ("cas", "lock", "atomic")


def _total(tmp_path: Path, operations: int = 300, **dial: Any) -> Score:
    total = NOTHING
    for seed in _SEEDS:
        run = simulate(Dial(seed=seed, operations=operations, **dial))
        total += score(scan_run(run, tmp_path / str(seed)), run, _RULES)
    return total


@pytest.mark.parametrize("dial", _TELLING.values(), ids=_TELLING)
def test_simulated_incidents_are_all_proved_and_nothing_else(
    dial: dict[str, Any], tmp_path: Path
) -> None:
    total = _total(tmp_path, **dial)
    assert total.discoverable > 20
    assert total.false == ()
    assert total.missed == ()


def test_equal_versions_are_told_apart_only_where_a_base_or_one_clock_tells(tmp_path: Path) -> None:
    """Writers compute base + 1; a blind write with an equal version may have come first or last."""
    total = _total(tmp_path, versions="computed")
    assert total.false == ()
    assert total.recall >= 0.9


@pytest.mark.parametrize("guard", _GUARDED)
@pytest.mark.parametrize("drop", [0.0, 0.1])
def test_guards_that_work_are_believed(guard: str, drop: float, tmp_path: Path) -> None:
    total = _total(tmp_path, guard=guard, drop=drop)
    assert total.true == 0
    assert total.false == ()


def test_sparse_logs_confirm_nothing_false_and_do_not_claim_to_be_clean(tmp_path: Path) -> None:
    """Of a try that began before the one before had ended, two measured clocks are proof enough."""
    run = simulate(Dial(seed=1, operations=300, level="sparse"))
    report = scan_run(run, tmp_path)
    sure = [f for f in report.findings if f.confidence == "confirmed" and f.severity != "info"]
    happened = {i.resource for i in run.incidents if i.kind == "overlapping_attempts"}
    assert {f.rule for f in sure} <= {"RL303"}
    assert {f.resource for f in sure} <= happened
    (coverage,) = (entry for entry in report.coverage if entry.rule == "RL101")
    assert coverage.unchecked > coverage.checked


# ── kinds of incident whose flows a dial must name ────────────────────────────────────────────

# The rule that should find a kind, and the flows it happens in.
_NAMED: dict[str, tuple[str, tuple[str, ...]]] = {
    "stale_write": ("RL102", ("sequence",)),
    "check_then_act": ("RL103", ("claims",)),
    "stale_read": ("RL104", ("cache",)),
    "broken_guard": ("RL105", ("conditional", "leases")),
    "retry_storm": ("RL304", ("retries",)),
    "futile_retry": ("RL305", ("retries",)),
    "masked_by_retry": ("RL306", ("retries",)),
    "premature_event": ("RL401", ("premature",)),
    "illegal_transition": ("RL402", ("lifecycle",)),
    "overlapping_runs": ("RL501", ("cron", "entity", "clicks")),
}
_OF_RETRIES = {"retry_storm", "futile_retry", "masked_by_retry"}
_TOLD: dict[str, dict[str, Any]] = {
    "no guards": {},
    "mixed guards": {"guard": "mixed"},
    "a tenth of the lines lost": {"drop": 0.1},
    "clocks half a second apart": {"skew_ms": 500},
    "whole seconds": {"precision": "s"},
    "ids restart in every process": {"restarting_ids": True},
    "pino": {"dialect": "pino"},
    "ecs": {"dialect": "ecs"},
    "canonical": {"dialect": "canonical"},
    "among everything else": {"flows": EVERYTHING, "operations": 600},
}


def _landed(kind: str) -> tuple[str, tuple[str, ...]]:
    """Rule and flows of a kind; until the rule is there, there is nothing to hold it to."""
    rule, flows = _NAMED[kind]
    if rule not in RULES:
        pytest.skip(f"{rule} is not written yet")
    return rule, flows


def _simulated(dial: dict[str, Any]) -> Run:
    return simulate(Dial(**{"seed": 1, "operations": 150} | dial))


def _found(run: Run, folder: Path, rule: str) -> list[Finding]:
    """What one rule finds in the logs of a run, with the lifecycle declared if there is one."""
    report = scan_run(run, folder)
    declared = folder / "racelens.toml"
    if declared.exists() and find_spec("racelens.settings"):
        settings = import_module("racelens.settings").load(declared)
        report = import_module("racelens.scanning").scan([str(folder)], settings=settings)
    return [finding for finding in report.findings if finding.rule == rule]


def _unnamed(findings: list[Finding], incidents: tuple[Incident, ...]) -> list[Finding]:
    return [f for f in findings if not any(hits(f, incident) for incident in incidents)]


@pytest.mark.parametrize("dial", _TOLD.values(), ids=_TOLD)
@pytest.mark.parametrize("kind", _NAMED)
def test_each_kind_is_proved_by_its_rule(kind: str, dial: dict[str, Any], tmp_path: Path) -> None:
    """Confirmed where the lines prove it, at least possible where clocks must order them."""
    rule, flows = _landed(kind)
    run = _simulated({"flows": flows} | dial)
    found = _found(run, tmp_path, rule)
    sure = found if kind in _OF_RETRIES else [f for f in found if f.confidence == "confirmed"]
    assert _unnamed(sure, run.incidents + run.gray + run.signals) == []
    mine = [i for i in run.incidents if i.kind == kind]
    assert any(i.discoverable for i in mine)
    assert [i for i in mine if i.discoverable and not any(hits(f, i) for f in sure)] == []
    if dial.keys().isdisjoint({"skew_ms", "precision", "drop"}):
        assert [i for i in mine if i.suggested and not any(hits(f, i) for f in found)] == []


@pytest.mark.parametrize("kind", _NAMED)
@pytest.mark.parametrize("guard", _GUARDED)
def test_no_rule_finds_its_kind_where_guards_work(kind: str, guard: Guard, tmp_path: Path) -> None:
    rule, flows = _landed(kind)
    run = simulate(Dial(seed=1, flows=flows, operations=150, guard=guard))
    found = _found(run, tmp_path, rule)
    assert _unnamed([f for f in found if f.confidence == "confirmed"], run.gray + run.signals) == []


@pytest.mark.parametrize("flow", RACES)
def test_no_rule_is_misled_by_what_others_are_for(flow: str, tmp_path: Path) -> None:
    """Whatever is confirmed in these flows has a cause, by whichever rule."""
    for seed in _SEEDS:
        run = simulate(Dial(seed=seed, flows=(flow,), operations=200))
        assert score(scan_run(run, tmp_path / str(seed)), run, _RULES).false == ()


# ── real data, where it is ────────────────────────────────────────────────────────────────────

# Which kinds of incident a rule is a fair name for, as the lab's own scorer has it.
_KINDS = {
    "RL101": {"lost_update"},
    "RL102": {"stale_write", "illegal_transition"},
    "RL103": {"lost_update", "duplicate_action"},
    "RL104": {"stale_read", "stale_write"},
    "RL105": {"lost_update", "stale_write", "overlapping_run", "duplicate_action"},
    "RL106": {"lost_update", "stale_write"},
    "RL201": {"duplicate_action"},
    "RL202": {"duplicate_action", "retry_after_success"},
    "RL203": {"duplicate_action"},
    "RL301": {"retry_after_success", "duplicate_action"},
    "RL302": {"retry_after_success", "duplicate_action"},
    "RL303": {"retry_after_success", "overlapping_run", "duplicate_action"},
    "RL401": {"premature_event"},
    "RL402": {"illegal_transition", "stale_write"},
    "RL501": {"overlapping_run"},
}
# What an owner of the shop would declare: a cancelled or shipped order is not paid any more.
_SHOP = Settings(
    "racelens.toml",
    lifecycles={
        "order": {
            "processing": frozenset({"paid", "cancelled"}),
            "paid": frozenset({"shipped", "cancelled"}),
            "shipped": frozenset({"delivered"}),
            "cancelled": frozenset(),
        }
    },
)


def _judge_lab(
    folder: Path, settings: Settings = _NONE, sure: bool = True
) -> tuple[float, dict[str, float]]:
    """Precision of the findings, of confirmed ones or of all, and their recall for each kind of incident."""
    labels = json.loads((folder / "labels.json").read_text())
    found = [
        f
        for f in scan([str(folder)], settings=settings).findings
        if (f.confidence == "confirmed" or not sure) and f.rule in _KINDS
    ]
    true = [f for f in found if any(_hits(f, i) for i in labels["incidents"])]
    gray = [f for f in found if f not in true and any(_hits(f, g) for g in labels["gray"])]
    able = [i for i in labels["incidents"] if i["discoverable"]]
    recall = {
        kind: sum(any(_hits(f, i) for f in found) for i in of) / len(of)
        for kind in sorted({i["kind"] for i in able})
        if (of := [i for i in able if i["kind"] == kind])
    }
    return len(true) / max(len(found) - len(gray), 1), recall


def _hits(finding: Finding, incident: dict[str, Any]) -> bool:
    named = not _KINDS[finding.rule].isdisjoint(incident["accept_kinds"])
    key = finding.resource.partition(":")[2]
    there = not finding.resource or any(
        key == other.partition(":")[2] for other in incident["accept_resources"]
    )
    ids = {i for e in finding.evidence for i in (e.actor, e.request, e.job, e.correlation) if i}
    return named and there and not ids.isdisjoint(incident["ids"] + incident["correlation_ids"])


def test_lab_with_incidents(shared: Path) -> None:
    precision, recall = _judge_lab(shared / "lab" / "mixed_a")
    assert precision >= 0.97
    assert recall["lost_update"] >= 0.97
    assert recall["duplicate_action"] >= 0.97
    assert recall["retry_after_success"] == 1
    assert recall["stale_write"] >= 0.9
    assert recall["premature_event"] >= 0.95
    assert recall["overlapping_run"] >= 0.9


def test_lab_with_a_declared_lifecycle(shared: Path) -> None:
    precision, recall = _judge_lab(shared / "lab" / "mixed_a", _SHOP)
    assert precision >= 0.97
    assert recall["illegal_transition"] >= 0.9


def test_lab_that_logs_only_starts_and_finishes_suggests(shared: Path) -> None:
    folder = shared / "lab" / "mixed_sparse"
    able = Counter(
        i["kind"]
        for i in json.loads((folder / "labels.json").read_text())["incidents"]
        if i["discoverable"]
    )
    _, recall = _judge_lab(folder, sure=False)
    assert sum(recall[kind] * able[kind] for kind in able) >= 0.75 * able.total()


def test_lab_of_stock_loggers(shared: Path) -> None:
    folder = shared / "lab" / "documents_mixed"
    precision, recall = _judge_lab(folder)
    assert precision >= 0.95
    assert recall["lost_update"] >= 0.35
    assert recall["premature_event"] >= 0.9
    able = Counter(
        i["kind"]
        for i in json.loads((folder / "labels.json").read_text())["incidents"]
        if i["discoverable"]
    )
    _, recall = _judge_lab(folder, sure=False)
    assert sum(recall[kind] * able[kind] for kind in able) >= 0.85 * able.total()


@pytest.mark.parametrize("name", ["guarded_a", "mixed_sparse"])
def test_lab_where_nothing_can_be_confirmed(name: str, shared: Path) -> None:
    assert [
        f
        for f in scan([str(shared / "lab" / name)]).findings
        if f.confidence == "confirmed" and f.severity != "info"
    ] == []


def _histories(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted(folder.glob("*.jsonl")):
        yield path, json.loads((folder / "labels.json").read_text())["files"][path.name]


def test_hermitage_flags_the_lost_updates_and_nothing_else(shared: Path) -> None:
    files = list(_histories(shared / "histories" / "hermitage"))
    flagged = {path.name for path, _ in files if scan([str(path)]).findings}
    assert flagged == {
        path.name for path, _ in files if "_P4_" in path.name and "occurs" in path.name
    }
    assert flagged


@pytest.mark.parametrize("corpus", ["grail", "etcd_jepsen", "knossos"])
def test_public_histories_without_lost_updates(corpus: str, shared: Path) -> None:
    for path, _ in _histories(shared / "histories" / corpus):
        confirmed = [
            f
            for f in scan([str(path)]).findings
            if f.confidence == "confirmed" and f.severity != "info"
        ]
        assert [f for f in confirmed if f.rule != "RL106"] == []


@pytest.mark.parametrize("corpus", ["etcd_jepsen", "knossos"])
def test_histories_are_told_apart_by_whether_an_order_explains_them(
    corpus: str, shared: Path
) -> None:
    for path, label in _histories(shared / "histories" / corpus):
        report = scan([str(path)], codes=["RL106"])
        expected = {"linearizable": [], "not_linearizable": ["confirmed"]}[label["verdict"]]
        assert [f.confidence for f in report.findings] == expected, path.name
        assert report.undecided == ()


@pytest.mark.parametrize("folder", ["lab/mixed_a", "lab/guarded_a", "lab/documents_mixed"])
def test_applications_that_log_versions_are_left_to_the_other_rules(
    folder: str, shared: Path
) -> None:
    assert scan([str(shared / folder)], codes=["RL106"]).findings == ()


@pytest.mark.parametrize("corpus", ["grail", "hermitage"])
def test_transactions_are_not_single_operations(corpus: str, shared: Path) -> None:
    for path, _ in _histories(shared / "histories" / corpus):
        assert scan([str(path)], codes=["RL106"]).findings == ()


@pytest.mark.parametrize(
    "sample",
    [
        "racelens-canonical",
        "structlog",
        "python-json-logger",
        "pino",
        "bunyan",
        "slog",
        "ecs-python",
    ],
)
def test_samples_of_loggers_tell_their_story(sample: str, shared: Path) -> None:
    report = scan([str(shared / "format-samples" / f"{sample}.jsonl")])
    told = [(f.rule, f.confidence, f.resource, sorted(f.actors)) for f in report.findings]
    assert ("RL101", "confirmed", "order:42", ["req-a1", "req-b2"]) in told
    assert ("RL301", "confirmed", "order:42", ["job-9"]) in told
