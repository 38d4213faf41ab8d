"""Guards that held clear a lost update that only times suggest; guards that did not hold are RL105."""

from __future__ import annotations

from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from ..histories import Record, judge, stamp, verdicts


def said(who: str, at: float, action: str, resource: str = "order:42", **more: Any) -> Record:
    fields = {"request_id": who, "pid": 1, "resource": resource, "action": action}
    return {"ts": stamp(at), **fields, "event": f"{resource.partition(':')[0]}.{action}", **more}


def cycle(who: str, read: float, write: float, **more: Any) -> list[Record]:
    """A read and a write that say nothing of versions."""
    return [said(who, read, "read", **more), said(who, write, "write", **more)]


def hold(who: str, took: float, gave: float | None = None, **more: Any) -> list[Record]:
    """Taking a lock, with its lease if one is logged, and giving it back."""
    taken = said(who, took, "acquire", "lock:order/42", outcome="ok", **more)
    given = [] if gave is None else [said(who, gave, "release", "lock:order/42", outcome="ok")]
    return [taken, *given]


def begun(who: str, at: float, isolation: str) -> Record:
    return {"ts": stamp(at), "request_id": who, "pid": 1, "event": "BEGIN", "isolation": isolation}


CROSSED = cycle("a", 0, 30) + cycle("b", 10, 20)


def _report(lines: list[Record], folder: Path, *codes: str) -> Any:
    return judge(folder, sorted(lines, key=itemgetter("ts")), codes=codes)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(CROSSED, ["possible"], id="nothing guards"),
        pytest.param(
            cycle("a", 0, 30, lock="order-42") + cycle("b", 10, 20, lock="order-42"),
            [],
            id="both name one lock",
        ),
        pytest.param(
            cycle("a", 0, 30, lock="order-42") + cycle("b", 10, 20, lock="order-43"),
            ["possible"],
            id="two locks",
        ),
        pytest.param(
            cycle("a", 0, 30, lock="order-42") + cycle("b", 10, 20), ["possible"], id="one asks"
        ),
        pytest.param(
            [
                said("a", 0, "read", guard="x", isolation="FOR UPDATE"),
                said("a", 30, "write"),
                *cycle("b", 10, 20),
            ],
            [],
            id="the row was locked by its reader",
        ),
        pytest.param(
            [
                *cycle("a", 0, 30),
                said("b", 10, "read", isolation="FOR UPDATE"),
                said("b", 20, "write"),
            ],
            ["possible"],
            id="only the other locked the row",
        ),
        pytest.param(
            [*CROSSED, begun("a", -1, "SERIALIZABLE"), begun("b", 9, "serializable")],
            [],
            id="both serializable",
        ),
        pytest.param(
            [*CROSSED, begun("a", -1, "SERIALIZABLE"), begun("b", 9, "read committed")],
            ["possible"],
            id="one serializable",
        ),
        pytest.param(
            [*CROSSED, *hold("a", -1, 31), *hold("b", 9, 21)],
            [],
            id="one lock over both cycles: that it was held twice is RL105's to say",
        ),
        pytest.param(
            [*CROSSED, *hold("a", 25, 31), *hold("b", 15, 21)],
            ["possible"],
            id="locked after the read",
        ),
        pytest.param(
            [*CROSSED, *hold("a", -1, 5), *hold("a", 25, 31), *hold("b", 9, 21)],
            ["possible"],
            id="given back between read and write",
        ),
    ],
)
def test_a_guard_over_the_cycle_clears_what_only_times_suggest(
    lines: list[Record], expected: list[str], tmp_path: Path
) -> None:
    report = _report(lines, tmp_path, "RL101")
    assert [confidence for _, confidence, _ in verdicts(report)] == expected


def test_what_guarded_is_counted_as_cleared(tmp_path: Path) -> None:
    lines = cycle("a", 0, 9, lock="order-42") + cycle("b", 10, 20, lock="order-42")
    assert [(c.reason, c.count) for c in _report(lines, tmp_path, "RL101").cleared] == [
        ("lock held over the read and the write", 2)
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            [*hold("a", 0, ttl_ms=50), *cycle("a", 1, 90), *hold("b", 60), *cycle("b", 61, 70)],
            [("order:42", "confirmed")],
            id="outlived its lease, another wrote",
        ),
        pytest.param(
            [*hold("a", 0, ttl_ms=50), *cycle("a", 1, 90), *hold("b", 60), said("b", 61, "read")],
            [],
            id="the other did not write",
        ),
        pytest.param(
            [*hold("a", 0, ttl_ms=50), *cycle("a", 1, 40), *hold("b", 60), *cycle("b", 61, 70)],
            [],
            id="wrote in time",
        ),
        pytest.param(
            [
                *hold("a", 0, ttl_ms=50),
                *hold("a", 45, ttl_ms=50),
                *cycle("a", 1, 90),
                *cycle("b", 61, 70),
            ],
            [],
            id="renewed",
        ),
        pytest.param(
            [*hold("a", 0, ttl=50), *cycle("a", 1, 90), *hold("b", 60), *cycle("b", 61, 70)],
            [],
            id="seconds, since no unit is named",
        ),
        pytest.param(
            [
                *hold("a", 0, ttl_ms=50, pid=2),
                *cycle("a", 1, 90, pid=2),
                *hold("b", 60),
                *cycle("b", 61, 70),
            ],
            [("order:42", "possible")],
            id="two clocks",
        ),
        pytest.param(
            [*hold("a", 0, 95, ttl_ms=50), *hold("b", 60, 80)],
            [],
            id="a hold ends with its lease",
        ),
        pytest.param(
            [*hold("a", 0, 95, ttl_ms=50), *hold("b", 40, 80)],
            [("lock:order/42", "confirmed")],
            id="taken before the lease ended",
        ),
    ],
)
def test_a_lease_that_runs_out_protects_no_longer(
    lines: list[Record], expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    found = _report(lines, tmp_path, "RL105").findings
    assert [(finding.resource, finding.confidence) for finding in found] == expected
