"""The flows that a dial must name: each kind occurs, no guard lets it through, logs only show it."""

from __future__ import annotations

import json
import tomllib
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pytest

from . import EVERYTHING, RACES, Dial, Incident, Run, simulate
from .dial import Dialect, Guard
from .tickets import SEATS
from .truth import FAIR_NAMES

KINDS = {
    "sequence": {"stale_write"},
    "premature": {"premature_event"},
    "claims": {"check_then_act"},
    "cache": {"stale_read"},
    "conditional": {"broken_guard"},
    "leases": {"broken_guard"},
    "lifecycle": {"illegal_transition"},
    "entity": set[str](),
    "retries": {"retry_storm", "futile_retry", "masked_by_retry"},
    "copies": {"non_linearizable"},
    "tickets": {"oversold"},
}
"""flow → what goes wrong in it."""
BUSY = Dial(seed=3, operations=300, flows=RACES, skew_ms=20, drop=0.05)


def story(run: Run) -> list[tuple[Any, ...]]:
    """The incidents, without how they were logged."""
    return [(i.kind, i.resource, i.detail, i.at_ns) for i in run.incidents]


def text(run: Run) -> dict[str, list[str]]:
    """Every log as text."""
    return {name: run.lines(name) for name in run.files}


def records(run: Run, event: str) -> dict[str, list[dict[str, Any]]]:
    """resource → its records of one event in true order; needs clocks without skew."""
    found = defaultdict(list)
    everything = (record for lines in run.files.values() for record in lines)
    for record in sorted(everything, key=lambda record: record["time_ns"]):
        if record["event"] == event:
            found[record["resource"]].append(record)
    return found


def test_every_flow_has_its_kinds() -> None:
    assert set(KINDS) == set(RACES)


@pytest.mark.parametrize("flow", RACES)
def test_each_kind_occurs_in_its_flow(flow: str) -> None:
    counts = Counter(i.kind for i in simulate(Dial(flows=(flow,), operations=200)).incidents)
    assert set(counts) == KINDS[flow]
    assert all(count > 5 for count in counts.values())


def test_one_dial_has_everything() -> None:
    run = simulate(Dial(flows=EVERYTHING, operations=2500))
    assert {incident.kind for incident in run.incidents} == set(FAIR_NAMES)


@pytest.mark.parametrize("guard", ["cas", "lock", "atomic"])
@pytest.mark.parametrize("seed", range(5))
def test_guards_leave_nothing(guard: Guard, seed: int) -> None:
    assert simulate(replace(BUSY, seed=seed, guard=guard)).incidents == ()


@pytest.mark.parametrize("flow", RACES)
def test_nothing_happens_where_nobody_races(flow: str) -> None:
    calm = Dial(flows=(flow,), race=0, clients=1, operations=200)
    assert simulate(calm).incidents == ()


def test_same_dial_same_bytes() -> None:
    one, other = simulate(BUSY), simulate(BUSY)
    assert text(one) == text(other)
    assert one.truth() == other.truth()
    assert text(one) != text(simulate(replace(BUSY, seed=4)))


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
    assert story(simulate(BUSY)) == story(simulate(other))


def test_the_more_is_lost_the_less_is_proved() -> None:
    proved = [
        {(i.kind, i.at_ns) for i in simulate(replace(BUSY, drop=drop)).incidents if i.discoverable}
        for drop in (0.0, 0.3, 1.0)
    ]
    assert proved[0] > proved[1] > proved[2] == set()


def test_clocks_prove_nothing() -> None:
    one, other = simulate(BUSY), simulate(replace(BUSY, skew_ms=60_000))
    assert [i.discoverable for i in one.incidents] == [i.discoverable for i in other.incidents]


def test_sparse_logs_prove_only_retries() -> None:
    kinds = {i.kind for i in simulate(replace(BUSY, level="sparse")).incidents if i.discoverable}
    assert kinds <= KINDS["retries"]


def test_incident_ids_are_as_logged() -> None:
    run = simulate(Dial(flows=RACES, operations=300))
    logged = {r.get(k) for rs in run.files.values() for r in rs for k in ("request_id", "job_id")}
    assert all(set(incident.ids) <= logged for incident in run.incidents)
    assert all(len(i.ids) == len(i.processes) > 0 for i in run.incidents)


@pytest.mark.parametrize("dialect", ["structlog", "pino", "ecs", "canonical"])
def test_every_dialect_writes_what_proves(dialect: Dialect) -> None:
    whole = "\n".join(
        line for lines in text(simulate(replace(BUSY, dialect=dialect))).values() for line in lines
    )
    assert all(json.loads(line) for line in whole.splitlines())
    camel = dialect == "pino"
    for word in ("new_status", "fencing_token", "expected_version"):
        head, _, tail = word.partition("_")
        assert (head + tail.capitalize() if camel else word) in whole


# ── the definitions once more, by brute force over complete logs ──────────────────────────────


def told(run: Run, kind: str, noun: str) -> Counter[str]:
    """resource → how many incidents of a kind it has."""
    mine = (i for i in run.incidents if i.kind == kind and i.resource.startswith(noun))
    return Counter(incident.resource for incident in mine)


@pytest.mark.parametrize("seed", range(3))
def test_stale_writes_are_those_that_come_after_a_higher_number(seed: int) -> None:
    run = simulate(Dial(seed=seed, flows=("sequence",), guard="mixed"))
    expected: Counter[str] = Counter()
    for resource, writes in records(run, "subscription.write").items():
        numbers = [write["version"] for write in writes]
        late = (max(numbers[:n], default=0) > number for n, number in enumerate(numbers))
        expected[resource] = sum(late)
    assert told(run, "stale_write", "subscription") == +expected


@pytest.mark.parametrize("seed", range(3))
def test_claims_beyond_the_first(seed: int) -> None:
    run = simulate(Dial(seed=seed, flows=("claims",), guard="mixed"))
    for noun, act in (("seat", "insert"), ("username", "insert"), ("desk", "write")):
        taken = records(run, f"{noun}.{act}").items()
        expected = Counter({resource: len(made) - 1 for resource, made in taken})
        assert told(run, "check_then_act", noun) == +expected


@pytest.mark.parametrize("seed", range(3))
def test_conditional_writes_that_rest_on_an_old_version(seed: int) -> None:
    run = simulate(Dial(seed=seed, flows=("conditional",), guard="mixed"))
    expected = Counter(
        {
            resource: sum(w["expected_version"] != w["version"] - 1 for w in writes)
            for resource, writes in records(run, "setting.write").items()
        }
    )
    assert told(run, "broken_guard", "setting") == +expected


@pytest.mark.parametrize("seed", range(3))
def test_moves_along_no_edge_of_the_declared_lifecycle(seed: int, tmp_path: Path) -> None:
    run = simulate(Dial(seed=seed, flows=("lifecycle",), guard="mixed"))
    run.write(tmp_path)
    edges = tomllib.loads((tmp_path / "racelens.toml").read_text())["lifecycle"]["order"]
    expected: Counter[str] = Counter()
    for resource, writes in records(run, "order.write").items():
        states = ["created", *(write["new_status"] for write in writes)]
        moves = pairwise(states)
        expected[resource] = sum(new not in edges.get(old, ()) for old, new in moves)
    assert told(run, "illegal_transition", "order") == +expected


@pytest.mark.parametrize("seed", range(3))
def test_dropped_messages_whose_row_came_later(seed: int) -> None:
    run = simulate(Dial(seed=seed, flows=("premature",), guard="mixed"))
    expected: Counter[str] = Counter()
    for noun, message in (("invoice", "job.render_invoice"), ("payment", "webhook.settled")):
        made = _finished(run, f"{noun}.create", "status_code", {200})
        dropped = _finished(run, message, "outcome", {"dropped", "ignored"})
        expected.update(made & dropped)
    assert Counter(i.resource for i in run.incidents) == expected


def _finished(run: Run, event: str, field: str, values: set[Any]) -> set[str]:
    """Resources with a finish of an event that says one of these values."""
    return {
        resource
        for resource, lines in records(run, event).items()
        if any(line.get(field) in values for line in lines if line["step"] == "finish")
    }


@pytest.mark.parametrize("seed", range(3))
def test_seats_sold_beyond_the_last(seed: int) -> None:
    run = simulate(Dial(seed=seed, flows=("tickets",), guard="mixed"))
    sold = records(run, "show.decrement").items()
    expected = Counter({resource: max(len(sales) - SEATS, 0) for resource, sales in sold})
    assert told(run, "oversold", "show") == +expected


@pytest.mark.parametrize("seed", range(3))
def test_holds_of_a_mutex_overlap_where_no_order_explains_them(seed: int) -> None:
    """The definition by the clock: the world knows the true time of each answer and each release."""
    run = simulate(Dial(seed=seed, flows=("copies",), guard="mixed"))
    expected = set()
    for resource, answers in records(run, "mutex.acquire").items():
        taken = [(r["time_ns"], 1) for r in answers if r["step"] == "finish"]
        given = records(run, "mutex.release")[resource]
        over = [(r["time_ns"], -1) for r in given if r["step"] == "start"]
        steps = [step for _, step in sorted(taken + over)]
        if max(accumulate(steps)) > 1:
            expected.add(resource)
    assert expected
    assert set(told(run, "non_linearizable", "mutex")) == expected


@pytest.mark.parametrize("seed", range(3))
def test_what_a_careless_switch_lets_through_twice(seed: int) -> None:
    """Two swaps of one state, each of which gave it a state of its own, fit no order."""
    run = simulate(Dial(seed=seed, flows=("copies",), guard="mixed"))
    twice = set()
    for resource, answers in records(run, "switch.cas").items():
        done = [r for r in answers if r["step"] == "finish" and "outcome" not in r]
        if len({r["expected"] for r in done}) < len(done):
            twice.add(resource)
    assert twice
    assert twice <= set(told(run, "non_linearizable", "switch"))


def test_jobs_that_may_overlap_do() -> None:
    run = simulate(Dial(flows=("entity",), operations=50))
    edges = sorted(
        (record["time_ns"], 1 if record["step"] == "start" else -1)
        for lines in run.files.values()
        for record in lines
        if record["event"] == "job.thumbnail"
    )
    assert edges
    open_ones = [sum(step for _, step in edges[: n + 1]) for n in range(len(edges))]
    assert max(open_ones) > 5


def test_the_dial_without_races_knows_none_of_them() -> None:
    kinds = {i.kind for i in simulate(Dial(operations=300)).incidents}
    assert kinds.isdisjoint(set[str]().union(*KINDS.values()))


def test_incidents_name_a_culprit_first() -> None:
    def both(incident: Incident) -> bool:
        return len(incident.ids) > 1 or incident.kind in ("retry_storm", "futile_retry")

    assert all(both(incident) for incident in simulate(BUSY).incidents)
