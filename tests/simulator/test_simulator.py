"""The simulator is trusted as an oracle, so it is tested against its own journal."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from . import Dial, Incident, Run, simulate
from .dial import Dialect, Guard, Level, Precision
from .store import Effect, Write

FIELDS: dict[Dialect, set[str]] = {
    "structlog": {"timestamp", "event", "level", "service", "pid"},
    "pino": {"time", "msg", "level", "hostname", "pid", "name"},
    "ecs": {"@timestamp", "log.level", "message", "event", "service", "host", "ecs.version"},
    "canonical": {"ts", "event", "service", "host"},
}
BUSY = Dial(seed=3, operations=600, resources=5, skew_ms=20, drop=0.05)


def story(run: Run) -> list[tuple[Any, ...]]:
    """What happened, without how it was logged."""
    writes = [(w.at_ns, w.resource, w.kind, w.replaced, w.committed) for w in run.journal]
    return writes + [(e.at_ns, e.resource, e.kind, e.intent) for e in run.effects]


def everything(run: Run) -> dict[str, list[str]]:
    """Every log as text."""
    return {name: run.lines(name) for name in run.files}


def lost(journal: tuple[Write, ...]) -> int:
    """The definition, by brute force: somebody else's write lies between base and result."""
    done = [write for write in journal if write.committed]
    return sum(
        w.kind == "rmw"
        and w.base is not None
        and any(
            other.resource == w.resource
            and other.actor is not w.actor
            and w.base.revision < other.revision < w.revision
            for other in done
        )
        for w in done
    )


def repeats(effects: tuple[Effect, ...]) -> int:
    """Effects beyond the first of one intent."""
    return sum(n - 1 for n in Counter((e.kind, e.intent) for e in effects).values())


def test_same_dial_same_bytes() -> None:
    one, other = simulate(BUSY), simulate(BUSY)
    assert everything(one) == everything(other)
    assert one.truth() == other.truth()


def test_seeds_differ() -> None:
    assert everything(simulate(BUSY)) != everything(simulate(replace(BUSY, seed=4)))


@pytest.mark.parametrize(
    "other",
    [
        replace(BUSY, level="sparse"),
        replace(BUSY, dialect="pino", precision="s"),
        replace(BUSY, skew_ms=500, drop=0.5),
        replace(BUSY, restarting_ids=True),
    ],
)
def test_logging_never_changes_the_story(other: Dial) -> None:
    one, two = simulate(BUSY), simulate(other)
    assert story(one) == story(two)
    assert [i.detail for i in one.incidents] == [i.detail for i in two.incidents]


@pytest.mark.parametrize("guard", ["cas", "lock", "atomic"])
@pytest.mark.parametrize("seed", range(5))
def test_guards_leave_nothing(guard: Guard, seed: int) -> None:
    run = simulate(Dial(seed=seed, guard=guard, resources=3, clients=12, operations=400))
    assert run.incidents == ()
    assert lost(run.journal) == 0


@pytest.mark.parametrize("flow", ["edits", "tabs"])
def test_no_guard_loses_updates(flow: str) -> None:
    run = simulate(Dial(flows=(flow,)))
    assert run.count("lost_update") == len(run.incidents) > 0


def test_every_kind_occurs() -> None:
    kinds = {incident.kind for incident in simulate(Dial(operations=1500)).incidents}
    assert kinds == {
        "lost_update",
        "duplicate_action",
        "duplicate_delivery",
        "key_reuse",
        "retry_after_success",
        "late_success",
        "overlapping_attempts",
        "overlapping_runs",
    }


@pytest.mark.parametrize("guard", ["none", "mixed", "cas"])
@pytest.mark.parametrize("versions", ["store", "computed"])
@pytest.mark.parametrize("seed", range(3))
def test_truth_is_what_the_journal_says(guard: Guard, versions: Any, seed: int) -> None:
    run = simulate(Dial(seed=seed, guard=guard, versions=versions, operations=500))
    of_effects = [i for i in run.incidents if i.kind not in ("lost_update", "key_reuse")]
    assert run.count("lost_update") == lost(run.journal)
    assert len(of_effects) - run.count("overlapping_runs") == repeats(run.effects)


def test_journal_is_a_chain() -> None:
    heads: dict[str, int] = {}
    for write in simulate(BUSY).journal:
        assert write.replaced == heads.get(write.resource, 1)
        if write.committed:
            heads[write.resource] = write.revision


def test_calm_traffic_has_no_incident() -> None:
    calm = Dial(clients=1, double_click=0, two_tabs=0, redelivery=0, slow=0, skip_runs=0)
    run = simulate(replace(calm, key_reuse=0, failures=0.5, operations=300))
    assert run.incidents == ()
    assert run.gray == ()
    assert sum(map(len, run.files.values())) > 1000


def test_complete_logs_prove_all_but_shared_tabs() -> None:
    run = simulate(Dial(operations=1000, flows=("edits", "tabs")))
    hidden = [i for i in run.incidents if not i.discoverable]
    assert len(hidden) < len(run.incidents) / 10
    assert all(_same_correlation_twice(i, run) for i in hidden)


def _same_correlation_twice(incident: Incident, run: Run) -> bool:
    writes = [w for w in run.journal if w.actor.correlation == incident.correlations[0]]
    return len(writes) > 1


@pytest.mark.parametrize("level", ["full", "sparse"])
@pytest.mark.parametrize("precision", ["us", "ms", "s"])
@pytest.mark.parametrize("dialect", list(FIELDS))
def test_every_line_is_json_of_its_dialect(
    dialect: Dialect, precision: Precision, level: Level
) -> None:
    run = simulate(replace(BUSY, dialect=dialect, precision=precision, level=level))
    optional = {"pid"} if level == "sparse" else set()
    for lines in everything(run).values():
        records = [json.loads(line) for line in lines]
        assert records
        assert all(FIELDS[dialect] - optional <= set(record) for record in records)


def test_canonical_logs_bases() -> None:
    run = simulate(Dial(dialect="canonical", flows=("tabs",)))
    assert all(incident.discoverable for incident in run.incidents)


def test_sparse_logs_envelopes_only() -> None:
    run = simulate(Dial(level="sparse"))
    assert all("step" in record for records in run.files.values() for record in records)
    assert not any(incident.discoverable for incident in run.incidents)
    assert any(incident.suggested for incident in run.incidents)


def test_restarting_ids_repeat_across_processes() -> None:
    run = simulate(Dial(restarting_ids=True))
    one, two = (
        {record.get("request_id") for record in run.files[name]} for name in ("api-1", "api-2")
    )
    assert {"req-1", "req-2"} <= one & two


def test_incident_ids_are_as_logged() -> None:
    run = simulate(Dial(operations=400))
    logged = {r.get(k) for rs in run.files.values() for r in rs for k in ("request_id", "job_id")}
    assert all(set(incident.ids) <= logged for incident in run.incidents)
    assert all(len(i.ids) == len(i.processes) > 0 for i in run.incidents)


def test_clocks_are_off_by_their_offset_and_never_run_backwards() -> None:
    run, true = simulate(Dial(skew_ms=200)), simulate(Dial())
    for name, offset in run.offsets_ns.items():
        assert abs(offset) <= 200_000_000
        times = [record["time_ns"] - offset for record in run.files[name]]
        assert times == [record["time_ns"] for record in true.files[name]] == sorted(times)


def test_messages_bound_the_clocks() -> None:
    """Each pair of processes exchanges messages both ways, so that ε is within some ms."""
    run = simulate(Dial(flows=("exchange",), operations=100, skew_ms=100))
    sent, got = _messages(run, "message.sent"), _messages(run, "message.received")
    assert sent.keys() == got.keys()
    for message, (sender, time) in sent.items():
        receiver, later = got[message]
        delay = later - run.offsets_ns[receiver] - time + run.offsets_ns[sender]
        assert 0 < delay < 5_000_000


def _messages(run: Run, event: str) -> dict[str, tuple[str, int]]:
    return {
        record["message_id"]: (name, record["time_ns"])
        for name, records in run.files.items()
        for record in records
        if record["event"] == event
    }


def test_written_folder(tmp_path: Path) -> None:
    run = simulate(Dial(operations=50))
    paths = run.write(tmp_path)
    assert {path.stem: path.read_text().splitlines() for path in paths} == everything(run)
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert len(truth["incidents"]) == len(run.incidents)
    assert all(told["rule"].startswith("RL") for told in truth["incidents"])


def test_two_thousand_operations_in_a_second() -> None:
    began = perf_counter()
    simulate(Dial(operations=2000))
    assert perf_counter() - began < 1
