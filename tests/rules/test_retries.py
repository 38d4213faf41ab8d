"""RL301, RL302, RL303: tries that were not needed, not awaited, or not alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ..histories import Record, judge, stamp, verdicts

OK, FAILED, TIMEOUT, NOOP = (
    {"status": "ok"},
    {"status": "failed"},
    {"error_type": "ReadTimeout"},
    {"outcome": "already_done"},
)


def run(
    number: int,
    start: float,
    end: float | None,
    ends: Record = OK,
    effect: float | None = None,
    **more: Any,
) -> list[Record]:
    """One try of job-9 on one worker: its start, its effect if it has one, its finish if it has one."""
    common = {"job_id": "job-9", "resource": "order:7", "pid": 1, **more}
    lines = [
        {"ts": stamp(start), **common, "attempt": number, "event": "mail.start", "action": "notify"}
    ]
    if effect is not None:
        lines.append({"ts": stamp(effect), **common, "event": "mail.sent", "action": "send"})
    if end is not None:
        lines.append(
            {
                "ts": stamp(end),
                **common,
                "attempt": number,
                "event": "mail.finish",
                "action": "notify",
                **ends,
            }
        )
    return lines


def _codes(lines: list[Record], folder: Path) -> list[tuple[str, str]]:
    ordered = sorted(lines, key=lambda line: line["ts"])
    return [(rule, confidence) for rule, confidence, _ in verdicts(judge(folder, ordered))]


@pytest.mark.parametrize(
    ("tries", "expected"),
    [
        pytest.param(
            run(1, 0, 50) + run(2, 90, 120), [("RL301", "confirmed")], id="success, then again"
        ),
        pytest.param(
            run(1, 0, 50, effect=20) + run(2, 90, 120, effect=100),
            [("RL301", "confirmed")],
            id="with effects",
        ),
        pytest.param(
            run(1, 0, 50, FAILED) + run(2, 90, 120), [("RL306", "confirmed")], id="after a failure"
        ),
        pytest.param(run(1, 0, 50) + run(2, 90, 120, NOOP), [], id="the retry found it done"),
        pytest.param(
            run(1, 0, 50, TIMEOUT, effect=20) + run(2, 90, 120, effect=100),
            [("RL302", "confirmed")],
            id="timed out, both took effect",
        ),
        pytest.param(
            run(1, 0, 50, TIMEOUT) + run(2, 90, 120, effect=100), [], id="timed out for good"
        ),
        pytest.param(
            run(1, 0, None, effect=20) + run(2, 90, 120, effect=100),
            [("RL302", "possible")],
            id="no end logged",
        ),
        pytest.param(
            run(1, 0, 100) + run(2, 50, 140), [("RL303", "confirmed")], id="while running"
        ),
        pytest.param(
            run(1, 0, 100, effect=20) + run(2, 50, 140, effect=60),
            [("RL303", "confirmed")],
            id="while running, both took effect",
        ),
        pytest.param(run(1, 0, 100) + run(2, 50, 140, NOOP), [], id="while running, refused"),
        pytest.param(run(1, 0, 50), [], id="one try"),
    ],
)
def test_what_a_second_try_means(
    tries: list[Record], expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    assert _codes(tries, tmp_path) == expected


def test_clocks_of_two_hosts_do_not_prove_an_overlap(tmp_path: Path) -> None:
    lines = run(1, 0, 1_000, host="a") + run(2, 500, 1_400, host="b")
    assert _codes(lines, tmp_path) == [("RL303", "possible")]


def test_nor_a_success_seen_before(tmp_path: Path) -> None:
    lines = run(1, 0, 50, host="a") + run(2, 900, 1_000, host="b")
    assert _codes(lines, tmp_path) == [("RL301", "possible")]


@pytest.mark.parametrize(
    ("first", "confidence"),
    [
        pytest.param(run(1, 0, 50, {}), "possible", id="an end that says nothing"),
        pytest.param(run(1, 0, 50, {}, effect=30), "confirmed", id="its effect is there"),
        pytest.param(
            run(1, 0, 50, {"event": "mail.completed"}), "confirmed", id="its name says so"
        ),
    ],
)
def test_a_success_is_said_or_seen(first: list[Record], confidence: str, tmp_path: Path) -> None:
    assert _codes(first + run(2, 90, 120), tmp_path) == [("RL301", confidence)]


def test_a_client_that_tries_again_is_judged_by_effects(tmp_path: Path) -> None:
    """A browser's own retry: what it saw is not in the log, that both took effect is."""

    def request(who: str, retry: int, start: float, end: float) -> list[Record]:
        common = {
            "correlation_id": "c1",
            "request_id": who,
            "pid": 1,
            "resource": "cart:1",
            "payload_hash": "f",
        }
        handler = {
            **common,
            "event": "order.create",
            "action": "create",
            "method": "POST",
            "retry_count": retry,
        }
        return [
            {"ts": stamp(start), **handler, "step": "start"},
            {
                "ts": stamp(start + 5),
                **common,
                "resource": f"order:{who}",
                "event": "order.insert",
                "action": "create",
            },
            {"ts": stamp(end), **handler, "step": "finish", "status_code": 200},
        ]

    sequential = request("a", 0, 0, 50) + request("b", 1, 400, 450)
    assert ("RL201", "confirmed") in _codes(sequential, tmp_path / "sequential")
    overlapping = request("a", 0, 0, 500) + request("b", 1, 400, 450)
    assert _codes(overlapping, tmp_path / "overlapping") == [("RL303", "confirmed")]


def _spans(start: float, name: str) -> list[Record]:
    """One run of job-9 as a span, and inside it another of the same name."""
    outer, inner = f"{name}1", f"{name}2"
    return [
        {"ts": stamp(at), "job_id": "job-9", "pid": 1, "event": "mail", "phase": phase, "span_id": own, "parent_id": over}
        for at, phase, own, over in (
            (start, "start", outer, None),
            (start + 10, "start", inner, outer),
            (start + 20, "finish", inner, outer),
            (start + 40, "finish", outer, None),
        )
    ]  # fmt: skip


def test_a_span_inside_a_run_is_no_run(tmp_path: Path) -> None:
    """Nor does it make two runs, one after the other, overlap."""
    assert _codes(_spans(0, "a"), tmp_path) == []
    twice = _spans(0, "a") + _spans(100, "b")
    assert _codes(twice, tmp_path) == [("RL202", "confirmed")]
