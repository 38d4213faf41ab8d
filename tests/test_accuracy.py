"""Precision and recall against truth that the logs did not write: the simulator's store, and real data."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from racelens.findings import Finding
from racelens.rules import RULES
from racelens.scanning import scan
from racelens.settings import Settings

from .accuracy import SWEEP, by_clock, dial, false_ones, report_of, tallies
from .scoring import NOTHING, Score, scan_run, score
from .simulator import Dial, simulate
from .simulator.truth import FAIR_NAMES

_RULES = tuple(RULES)
_NONE = Settings()
_SEEDS = range(3)
# Logs that say all there is to say: every lost update must be proved.
_TELLING = ("as it comes", "some paths guarded", "a tenth of the lines lost", "all at once")
_GUARDED = ("cas", "lock", "atomic")


def _total(tmp_path: Path, operations: int = 300, **dial: Any) -> Score:
    total = NOTHING
    for seed in _SEEDS:
        run = simulate(Dial(seed=seed, operations=operations, **dial))
        total += score(scan_run(run, tmp_path / str(seed)), run, _RULES)
    return total


@pytest.mark.parametrize("name", _TELLING)
def test_simulated_incidents_are_all_proved_and_nothing_else(name: str, tmp_path: Path) -> None:
    total = _total(tmp_path, **SWEEP[name])
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


@pytest.mark.parametrize("seed", _SEEDS)
def test_sparse_logs_prove_which_tries_overlapped_and_nothing_else(
    seed: int, tmp_path: Path
) -> None:
    """Measured clocks prove of two tries that they overlapped, never what they did; and no pair of tries
    that overlapped goes untold."""
    run = simulate(Dial(seed=seed, operations=300, level="sparse"))
    report = scan_run(run, tmp_path)
    sure = [f for f in report.findings if f.confidence == "confirmed" and f.severity != "info"]
    overlapped = [i for i in run.incidents + run.gray if i.kind == "overlapping_attempts"]
    jobs = {name for i in overlapped for name in i.ids if name.startswith("job-")}
    assert {f.rule for f in sure} == {"RL303"}
    assert {name for f in sure for name in f.actors} <= jobs
    told = [
        name
        for f in report.findings
        for name in f.actors
        if f.rule in FAIR_NAMES["overlapping_attempts"]
    ]
    assert {name for name in jobs if name not in told} == set()
    (coverage,) = (entry for entry in report.coverage if entry.rule == "RL101")
    assert coverage.unchecked > coverage.checked


# ── every rule at once ────────────────────────────────────────────────────────────────────────

# So many lines are gone that some proofs are no more than possible: a rolled back write without an end
# looks like one that others read too late.
_BLURRED = {"a third of the lines lost"}


@pytest.mark.parametrize("name", SWEEP)
def test_every_rule_proves_its_incidents_and_nothing_else(name: str, tmp_path: Path) -> None:
    """Exact counts: all that the logged lines prove is confirmed, and nothing that did not happen."""
    run = simulate(dial(name, seed=1))
    report = report_of(run, tmp_path)
    assert false_ones(run, report) == []
    told = tallies(run, report)
    proved = {rule: tally.proved for rule, tally in told.items()}
    provable = {rule: tally.provable for rule, tally in told.items()}
    if name in _BLURRED:
        assert sum(proved.values()) >= 0.9 * sum(provable.values())
        return
    assert proved == provable
    if by_clock(name):
        inside = Counter({entry.rule: entry.count for entry in report.undecided})
        assert [r for r, tally in told.items() if tally.unsuggested > inside[r]] == []


def test_the_sweep_has_something_of_every_rule_to_find() -> None:
    run = simulate(dial("as it comes", seed=1))
    provable = Counter(i.rule for i in run.incidents if i.discoverable)
    assert set(provable) == set(RULES) - {"RL502"}
    assert min(provable.values()) >= 3


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_paths_that_only_could_race_are_told_exactly(seed: int, tmp_path: Path) -> None:
    """One client, so that nothing collides: the store's journal has every path."""
    run = simulate(Dial(seed=seed, clients=1, flows=("edits",), operations=60))
    found = scan([str(path) for path in run.write(tmp_path)], settings=Settings(latent=True))
    told = [f for f in found.findings if f.confidence == "latent"]
    event = {
        who: r["event"] for rs in run.files.values() for r in rs if "step" in r for who in _who(r)
    }
    paths: dict[tuple[str, str], set[str]] = {}
    owners: dict[str, set[str]] = {}
    for write in (write for write in run.journal if write.committed):
        kind = write.resource.split(":")[0]
        paths.setdefault((kind, event[write.actor.ids[0]]), set()).add(write.kind)
        owners.setdefault(write.resource, set()).add(write.actor.process.split("-")[0])
    could = {path for path, kinds in paths.items() if "rmw" in kinds}
    assert could
    assert {(f.resource_type, f.operations[0]) for f in told if f.rule == "RL101"} == could
    shared = {resource.split(":")[0] for resource, names in owners.items() if len(names) > 1}
    assert {f.resource_type for f in told if f.rule == "RL502"} == shared


def _who(record: dict[str, Any]) -> list[str]:
    return [record[key] for key in ("request_id", "job_id") if key in record]


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
