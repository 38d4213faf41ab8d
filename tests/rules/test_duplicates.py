"""RL201, RL202, RL203: what took effect twice, and the many repeats that are no mistake."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ..histories import Record, judge, stamp, verdicts

CONFIRMED = "confirmed"


def charge(who: str, at: float = 0, **more: Any) -> Record:
    """A charge by a request in the flow c1."""
    record = {"ts": stamp(at), "correlation_id": "c1", "request_id": who, "resource": "order:7"}
    return record | {"action": "charge", "event": "charge.create", "payload_hash": "f00d"} | more


def _codes(lines: list[Record], folder: Path) -> list[tuple[str, str]]:
    ticks = count()
    timed = [line | {"ts": stamp(next(ticks) * 10)} for line in lines]
    return [(rule, confidence) for rule, confidence, _ in verdicts(judge(folder, timed))]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([charge("a"), charge("b")], id="double click"),
        pytest.param(
            [charge("a"), charge("b", resource="order:7", job_id="job-77aa")], id="request and job"
        ),
        pytest.param(
            [
                charge("a", idempotency_key="k"),
                charge("b", idempotency_key="k", correlation_id="c2"),
            ],
            id="one key in two flows",
        ),
        pytest.param(
            [
                charge("a", action="create", resource="payment:1"),
                charge("b", action="create", resource="payment:2"),
            ],
            id="two creations of one intent",
        ),
    ],
)
def test_one_intent_two_effects(lines: list[Record], tmp_path: Path) -> None:
    assert _codes(lines, tmp_path) == [("RL201", CONFIRMED)]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([charge("a"), charge("b", correlation_id="c2")], id="another flow"),
        pytest.param([charge("a"), charge("b", payload_hash="beef")], id="another payload"),
        pytest.param([charge("a"), charge("b", resource="order:8")], id="another target"),
        pytest.param(
            [charge("a"), charge("b", action="send", event="mail.sent")], id="another action"
        ),
        pytest.param(
            [charge("a", idempotency_key="k"), charge("b", idempotency_key="l")], id="another key"
        ),
        pytest.param([charge("a"), charge("b", outcome="replayed")], id="replayed"),
        pytest.param([charge("a"), charge("b", status=409)], id="refused"),
        pytest.param([charge("a", outcome="error"), charge("b")], id="the first failed"),
        pytest.param([charge("a", outcome="timeout"), charge("b")], id="the first is unknown"),
        pytest.param([charge("a"), charge("a")], id="one attempt, two parts"),
        pytest.param(
            [
                charge("a"),
                charge("r", action="refund", event="refund.create", payload_hash="0"),
                charge("b"),
            ],
            id="taken back in between",
        ),
        pytest.param(
            [charge("a", payload_hash=None), charge("b", payload_hash=None)], id="no payload"
        ),
        pytest.param(
            [charge("a", event="sending mail"), charge("b", event="sending mail")],
            id="announced only",
        ),
    ],
)
def test_repeats_that_are_no_mistake(lines: list[Record], tmp_path: Path) -> None:
    assert [found for found in _codes(lines, tmp_path) if found[1] == CONFIRMED] == []


def test_handlers_without_effects_of_their_own_are_possible_at_most(tmp_path: Path) -> None:
    lines = [
        charge(who, event="order.pay", step=step, action="pay")
        for who in ("a", "b")
        for step in ("start", "finish")
    ]
    assert _codes(lines, tmp_path) == [("RL201", "possible")]


def test_three_clicks_are_two_too_many(tmp_path: Path) -> None:
    assert _codes([charge(who) for who in "abc"], tmp_path) == [("RL201", CONFIRMED)] * 2


def _delivered(who: str, **more: Any) -> Record:
    return charge(who, delivery_id="evt-1", correlation_id=f"c-{who}", payload_hash=None) | more


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ({}, [("RL202", CONFIRMED)]),
        ({"outcome": "already_processed"}, []),
        ({"outcome": "error"}, []),
        ({"delivery_id": "evt-2"}, []),
    ],
)
def test_a_message_processed_again(
    second: Record, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    assert _codes([_delivered("a"), _delivered("b", **second)], tmp_path) == expected


def test_a_job_redelivered_under_its_own_try(tmp_path: Path) -> None:
    lines = [
        {"pid": pid, "job_id": "job-77aa", "resource": "order:7", **line}
        for pid in (1, 2)
        for line in (
            {"event": "job.mail", "step": "start", "action": "notify"},
            {"event": "mail.sent", "action": "send"},
            {"event": "job.mail", "step": "finish", "action": "notify", "status": "ok"},
        )
    ]
    assert _codes(lines, tmp_path) == [("RL202", CONFIRMED)]


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ({"payload_hash": "beef"}, [("RL203", CONFIRMED)]),
        ({"payload_hash": "beef", "status": 422}, []),
        ({"payload_hash": "beef", "status": 409}, []),
        ({"payload_hash": "beef", "outcome": "replayed"}, []),
        ({"payload_hash": "beef", "idempotency_key": "k2"}, []),
        ({"payload_hash": None}, []),
    ],
)
def test_one_key_two_payloads(
    second: Record, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    other = charge("b", resource="order:8", idempotency_key="k1")
    lines = [charge("a", idempotency_key="k1"), other | second]
    assert _codes(lines, tmp_path) == expected
