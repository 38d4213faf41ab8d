"""RL306: it goes away on refresh."""

from __future__ import annotations

from pathlib import Path

import pytest

from racelens import triage

from ..histories import Record, judge, stamp, verdicts


def request(number: int, begin: float, status: int, **more: object) -> Record:
    """One access line of a flow."""
    return {
        "ts": stamp(begin + 20),
        "pid": 1,
        "correlation_id": "c1",
        "request_id": f"r{number}",
        "event": "order.pay",
        "action": "charge",
        "resource": "order:7",
        "payload_hash": "f00d",
        "status_code": status,
        "duration_ms": 20,
        **more,
    }


def _found(folder: Path, *lines: Record) -> list[str]:
    found = verdicts(judge(folder, lines, codes=["RL306"]))
    return [confidence for _, confidence, _ in found]


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        pytest.param(request(2, 1_000, 200), ["confirmed"], id="at once"),
        pytest.param(request(2, 30_000, 200), [], id="much later"),
        pytest.param(request(2, 1_000, 503), [], id="failed again"),
        pytest.param(request(2, 1_000, 409), [], id="refused"),
        pytest.param(request(2, 1_000, 200, payload_hash="beef"), [], id="another payload"),
        pytest.param(request(2, 1_000, 200, correlation_id="c2"), [], id="another flow"),
        pytest.param(request(2, 1_000, 200, event="order.cancel"), [], id="something else"),
        pytest.param(request(2, 1_000, 200, host="b", pid=2), ["possible"], id="another clock"),
    ],
)
def test_what_followed_a_failure(second: Record, expected: list[str], tmp_path: Path) -> None:
    assert _found(tmp_path, request(1, 0, 503), second) == expected


def test_without_a_payload_it_may_have_been_something_else(tmp_path: Path) -> None:
    lines = [request(1, 0, 503, payload_hash=None), request(2, 1_000, 200, payload_hash=None)]
    assert _found(tmp_path, *lines) == ["possible"]


def test_a_page_that_nobody_changes_counts_too(tmp_path: Path) -> None:
    page = {"action": "read", "event": "order.show", "payload_hash": None}
    assert _found(tmp_path, request(1, 0, 500, **page), request(2, 900, 200, **page)) == [
        "possible"
    ]


def test_a_timeout_is_not_called_a_failure(tmp_path: Path) -> None:
    assert _found(tmp_path, request(1, 0, 504), request(2, 1_000, 200)) == []


def test_it_never_fails_a_build(tmp_path: Path) -> None:
    report = judge(tmp_path, [request(1, 0, 503), request(2, 1_000, 200)], codes=["RL306"])
    assert report.findings
    assert not triage.fails(report, "possible")
