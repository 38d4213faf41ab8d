"""RL102, RL104, RL105, RL401, RL402, RL501: what hangs on which came first, or on a guard."""

from __future__ import annotations

from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from racelens.settings import Settings

from ..histories import Record, judge, records, stamp, verdicts

ORDER = Settings(
    "racelens.toml",
    lifecycles={
        "order": {
            "created": frozenset({"paid", "cancelled"}),
            "paid": frozenset({"shipped"}),
            "cancelled": frozenset(),
        }
    },
)


def _only(code: str, lines: list[Record], folder: Path, **more: Any) -> list[str]:
    """The confidences of this rule's findings."""
    report = judge(folder, sorted(lines, key=itemgetter("ts")), codes=[code], **more)
    return [confidence for rule, confidence, _ in verdicts(report) if rule == code]


def applied(job: str, number: int, start: float, end: float, **more: Any) -> list[Record]:
    """A job that had a numbered message applied to plan:7 from start to end, and its write."""
    both = {"job_id": job, "resource": "plan:7", "version": number, "pid": 1, **more}
    return [
        {"ts": stamp(start), **both, "event": "apply", "step": "start"},
        {"ts": stamp(end), **both, "event": "plan.write", "action": "write"},
        {"ts": stamp(end + 1), **both, "event": "apply", "step": "finish"},
    ]


def _read(at: float, version: int, **more: Any) -> Record:
    reader = {"request_id": f"r{at}", "resource": "plan:7", "action": "read", "pid": 1}
    return {"ts": stamp(at), **reader, "version": version, **more}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(applied("a", 1, 0, 50) + applied("b", 2, 5, 30), ["confirmed"], id="fell"),
        pytest.param(applied("a", 1, 0, 20) + applied("b", 2, 5, 30), [], id="rose"),
        pytest.param(applied("a", 2, 0, 50) + applied("b", 2, 5, 30), [], id="same number"),
        pytest.param(
            applied("a", 1, 0, 50, pid=2) + applied("b", 2, 5, 30), ["possible"], id="two clocks"
        ),
        pytest.param(
            [*applied("a", 1, 0, 50, pid=2), *applied("b", 2, 5, 30), _read(90, 1)],
            ["confirmed"],
            id="two clocks, and a later read shows the lower",
        ),
        pytest.param(
            [*applied("a", 1, 0, 50), *applied("b", 2, 5, 30), _read(90, 2)],
            [],
            id="a later read shows the newer: only the records were late",
        ),
        pytest.param(
            records("a w8, b w7", resource="plan:7", pid=1),
            ["possible"],
            id="a number of the store's",
        ),
        pytest.param(
            applied("a", 1, 0, 50, outcome="ignored") + applied("b", 2, 5, 30), [], id="ignored"
        ),
    ],
)
def test_stale_write(lines: list[Record], expected: list[str], tmp_path: Path) -> None:
    assert _only("RL102", lines, tmp_path) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(records("a w8, b r7", pid=1), ["confirmed"], id="older than before it began"),
        pytest.param(records("a w8, b r8", pid=1), [], id="current"),
        pytest.param(records("b r7, a w8, b r7", pid=1), [], id="began before: may be a snapshot"),
        pytest.param(
            records("a w8", pid=1) + records("b r7", pid=2), [], id="two clocks at one time"
        ),
        pytest.param(records("a w?8, b r7", pid=1), [], id="the write may not have happened"),
    ],
)
def test_stale_read(lines: list[Record], expected: list[str], tmp_path: Path) -> None:
    assert _only("RL104", lines, tmp_path) == expected


def lock(who: str, at: float, action: str, **more: Any) -> Record:
    fields = {"request_id": who, "resource": "lock:x", "action": action, "pid": 1}
    return {"ts": stamp(at), **fields, "event": f"lock.{action}", "outcome": "ok", **more}


def cas(who: str, at: float, expected: int, version: int, **more: Any) -> Record:
    fields = {"request_id": who, "resource": "order:7", "action": "write", "pid": 1}
    return {"ts": stamp(at), **fields, "expected": expected, "version": version, **more}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            [lock("a", 0, "acquire"), lock("b", 5, "acquire"), lock("a", 9, "release")],
            ["confirmed"],
            id="held twice",
        ),
        pytest.param(
            [
                lock("a", 0, "acquire"),
                lock("b", 5, "acquire", outcome="locked"),
                lock("a", 9, "release"),
            ],
            [],
            id="refused",
        ),
        pytest.param(
            [lock("a", 0, "acquire"), lock("a", 9, "release"), lock("b", 10, "acquire")],
            [],
            id="one after the other",
        ),
        pytest.param(
            [lock("a", 0, "acquire"), lock("b", 5, "acquire", pid=2), lock("a", 9, "release")],
            ["possible"],
            id="two clocks",
        ),
        pytest.param([cas("a", 0, 3, 4), cas("b", 5, 3, 5)], ["confirmed"], id="stale condition"),
        pytest.param([cas("a", 0, 3, 4), cas("b", 5, 4, 5)], [], id="condition met"),
        pytest.param(
            [cas("a", 0, 3, 4), cas("b", 5, 3, 5, status=412)], [], id="condition refused"
        ),
        pytest.param(
            [
                {**cas("a", 0, 1, 1, fencing_token=34), "expected": None, "version": None},
                {**cas("b", 5, 1, 1, fencing_token=33), "expected": None, "version": None},
            ],
            ["confirmed"],
            id="fencing token fell",
        ),
    ],
)
def test_broken_guard(lines: list[Record], expected: list[str], tmp_path: Path) -> None:
    assert _only("RL105", lines, tmp_path) == expected


def looked(at: float, ends: Record, **more: Any) -> list[Record]:
    """A job that looks for invoice:7 in vain and ends so."""
    both = {"job_id": "j", "resource": "invoice:7", "pid": 1, **more}
    return [
        {"ts": stamp(at), **both, "event": "render", "step": "start"},
        {"ts": stamp(at + 1), **both, "event": "invoice.not_found", "error_type": "RecordNotFound"},
        {"ts": stamp(at + 2), **both, "event": "render", "step": "finish", **ends},
    ]


def made(at: float, **more: Any) -> list[Record]:
    both = {"request_id": "q", "resource": "invoice:7", "pid": 1, **more}
    return [{"ts": stamp(at), **both, "event": "invoice.insert", "action": "create"}]


DROPPED = {"outcome": "dropped"}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(looked(0, DROPPED) + made(50), ["confirmed"], id="dropped before it was made"),
        pytest.param(
            looked(0, DROPPED, pid=2) + made(50), ["confirmed"], id="order by value, not by clock"
        ),
        pytest.param(looked(0, {"outcome": "failed"}) + made(50), [], id="failed: will be retried"),
        pytest.param(
            made(0) + looked(50, DROPPED), [], id="it was there: the look-up went elsewhere"
        ),
        pytest.param(looked(0, DROPPED)[:2] + made(50), ["possible"], id="its end is not logged"),
        pytest.param(
            looked(0, DROPPED)
            + made(50)
            + [
                {**line, "job_id": "j", "retry_count": 1}
                for line in (
                    {
                        "ts": stamp(60),
                        "resource": "invoice:7",
                        "event": "render",
                        "step": "start",
                        "pid": 1,
                    },
                    {
                        "ts": stamp(62),
                        "resource": "invoice:7",
                        "event": "render",
                        "step": "finish",
                        "status": "ok",
                        "pid": 1,
                    },
                )
            ],
            [],
            id="a later try found it",
        ),
    ],
)
def test_premature_event(lines: list[Record], expected: list[str], tmp_path: Path) -> None:
    assert _only("RL401", lines, tmp_path) == expected


@pytest.mark.parametrize(
    "refused",
    [
        {"event": "name.conflict", "error_type": "UniqueViolation", "outcome": "conflict"},
        {"event": "name.insert", "action": "create", "rows": 0},
        {"event": "INSERT failed: duplicate key value violates unique constraint", "status": 409},
    ],
    ids=["conflict", "no rows", "in its own words"],
)
def test_a_look_before_a_refused_creation_is_no_message_lost(
    refused: Record, tmp_path: Path
) -> None:
    """Get-or-create under a unique constraint: the look finds nothing since the other is faster."""
    common = {"resource": "name:bob", "pid": 1}
    lines = [
        {"ts": stamp(0), **common, "request_id": "a", "event": "take", "step": "start"},
        {"ts": stamp(1), **common, "request_id": "a", "event": "name.not_found", "action": "read"},
        {"ts": stamp(5), **common, "request_id": "b", "event": "name.insert", "action": "create"},
        {"ts": stamp(9), **common, "request_id": "a", **refused},
        {"ts": stamp(10), **common, "request_id": "a", "event": "take", "step": "finish", "status": 409},
    ]  # fmt: skip
    assert judge(tmp_path, lines).findings == ()


def _exchanged(name: str, sender: str, receiver: str, sent: float, received: float) -> list[Record]:
    return [
        {"ts": stamp(sent), "host": sender, "request_id": f"{name}s", "message_id": name, "action": "enqueue"},
        {"ts": stamp(received), "host": receiver, "request_id": f"{name}r", "message_id": name, "action": "deliver"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        pytest.param(20, [], id="long before, as measured"),
        pytest.param(150, ["confirmed"], id="inside, as measured"),
        pytest.param(350, [], id="long after, as measured"),
    ],
)
def test_measured_clocks_order_both_ends_of_a_hold(
    taken: float, expected: list[str], tmp_path: Path
) -> None:
    """y's clock is 500 ms ahead: its stamps put its hold after x's in either case."""
    lines = [
        *_exchanged("m1", "x", "y", 1_000, 1_502), *_exchanged("m2", "y", "x", 1_510, 1_012),
        {**lock("a", 100, "acquire"), "host": "x"}, {**lock("a", 300, "release"), "host": "x"},
        {**lock("b", taken + 500, "acquire"), "host": "y"}, {**lock("b", taken + 530, "release"), "host": "y"},
    ]  # fmt: skip
    assert _only("RL105", lines, tmp_path) == expected


def states(*moves: str, **more: Any) -> list[Record]:
    return [
        {
            "ts": stamp(10 * place),
            "request_id": f"q{place}",
            "resource": "order:7",
            "action": "write",
            "new_status": state,
            "version": place + 1,
            **more,
        }
        for place, state in enumerate(moves)
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(states("created", "cancelled", "paid"), ["confirmed"], id="not an edge"),
        pytest.param(states("created", "paid", "shipped"), [], id="edges"),
        pytest.param(states("created", "paid", "paid"), [], id="the same state again is no move"),
        pytest.param(states("created", "lost", "paid"), ["confirmed"], id="into an unknown state"),
        pytest.param(
            states("created", "cancelled", "shipped", "paid")[::2] + states("x")[:0],
            ["possible"],
            id="a version in between is not logged",
        ),
    ],
)
def test_illegal_transition(lines: list[Record], expected: list[str], tmp_path: Path) -> None:
    assert _only("RL402", lines, tmp_path, settings=ORDER) == expected


def test_without_a_lifecycle_it_says_that_it_could_not_look(tmp_path: Path) -> None:
    report = judge(tmp_path, states("created", "cancelled", "paid"), codes=["RL402"])
    assert not report.findings
    assert [entry.rule for entry in report.skipped] == ["RL402"]
    assert not report.looked


def test_a_good_run_shows_the_lifecycle(tmp_path: Path) -> None:
    good = tmp_path / "good"
    runs = [
        {**line, "resource": f"order:{n}", "request_id": f"{n}-{line['request_id']}"}
        for n in range(40)
        for line in states("created", "paid", "shipped")
    ]
    judge(good, runs)
    bad = states("created", "shipped")
    settings = Settings(good=(str(good / "log.jsonl"),))
    assert _only("RL402", bad, tmp_path, settings=settings) == ["confirmed"]


def rollup(
    number: int, start: float, end: float, ends: Record | None = None, **more: Any
) -> list[Record]:
    both = {"job_id": f"run-{number}", "resource": "rollup:daily", "pid": 1, **more}
    work = {"ts": stamp(end - 1), **both, "event": "rollup.write", "action": "write"}
    return [
        {"ts": stamp(start), **both, "event": "rollup", "step": "start"},
        *([] if ends else [work]),
        {"ts": stamp(end), **both, "event": "rollup", "step": "finish", **(ends or {})},
    ]


def cron(*last: list[Record]) -> list[Record]:
    """Runs every second, the last ones as given."""
    first = [rollup(n, 1000 * n, 1000 * n + 500) for n in range(5)]
    return [line for lines in (*first, *last) for line in lines]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            cron(rollup(5, 5000, 6300), rollup(6, 6000, 6500)), ["confirmed"], id="overlap"
        ),
        pytest.param(cron(rollup(5, 5000, 5900), rollup(6, 6000, 6500)), [], id="one by one"),
        pytest.param(
            cron(rollup(5, 5000, 6300), rollup(6, 6000, 6001, {"outcome": "skipped"})),
            [],
            id="skipped",
        ),
        pytest.param(
            cron(rollup(5, 5000, 6300), rollup(6, 6000, 6500, pid=2)), ["possible"], id="two clocks"
        ),
        pytest.param(
            [
                line
                for n, start in enumerate((0, 13, 40, 41, 97, 99))
                for line in rollup(n, start, start + 60)
            ],
            [],
            id="events start it: no period",
        ),
    ],
)
def test_overlapping_runs(lines: list[Record], expected: list[str], tmp_path: Path) -> None:
    assert _only("RL501", lines, tmp_path) == expected


def test_a_declared_singleton_needs_no_period(tmp_path: Path) -> None:
    lines = rollup(0, 0, 60) + rollup(1, 13, 70)
    declared = Settings("racelens.toml", singletons=frozenset({"rollup"}))
    assert _only("RL501", lines, tmp_path, settings=declared) == ["confirmed"]
