"""RL304: when many tries are too many, or too close together."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from ..histories import Record, judge, stamp, verdicts


def failing(begins: Iterable[float], **more: object) -> list[Record]:
    """Tries of one job that begin then and fail; `more` in every record."""
    return [
        {
            "ts": stamp(begin + 10),
            "job_id": "job-9",
            "attempt": number,
            "event": "mail.finish",
            "action": "notify",
            "pid": 1,
            "status": "failed",
            "duration_ms": 10,
            **more,
        }
        for number, begin in enumerate(begins, start=1)
    ]


STEADY = [0, 1_000, 2_000, 3_000, 4_000]


def _found(folder: Path, lines: list[Record]) -> list[str]:
    found = verdicts(judge(folder, lines, codes=["RL304"]))
    return [confidence for _, confidence, _ in found]


@pytest.mark.parametrize(
    ("tries", "expected"),
    [
        pytest.param(failing(STEADY), ["confirmed"], id="five at equal distances"),
        pytest.param(failing(STEADY[:4]), [], id="four"),
        pytest.param(failing([0, 1_000, 3_000, 7_000, 15_000]), [], id="backoff"),
        pytest.param(failing([0, 900, 2_000, 3_100, 4_000]), ["confirmed"], id="jitter alone"),
        pytest.param(failing(range(0, 500_000, 100_000)), [], id="far apart"),
        pytest.param(
            [
                line | {"pid": place in (1, 2, 5, 6)}
                for place, line in enumerate(failing([0, 1_000, 2_000, 3_000, 4_000, 5_000, 7_500]))
            ],
            ["possible"],
            id="of two waits by one clock one is longer by chance",
        ),
        pytest.param(failing(range(0, 2_000_000, 100_000)), ["confirmed"], id="twenty, far apart"),
        pytest.param(failing(STEADY, status="ok"), [], id="each succeeded"),
        pytest.param(failing(STEADY, status="already_done"), [], id="each found it done"),
        pytest.param(failing(STEADY, status="timeout"), ["confirmed"], id="timeouts"),
        pytest.param(failing(STEADY, correlation_id="c1", job_id=None), [], id="no common work"),
    ],
)
def test_how_many_and_how_close(tries: list[Record], expected: list[str], tmp_path: Path) -> None:
    assert _found(tmp_path, tries) == expected


def test_a_success_ends_the_count(tmp_path: Path) -> None:
    tries = failing([*STEADY, 5_000])
    tries[2]["status"] = "ok"
    assert _found(tmp_path, tries) == []


def test_waits_by_clocks_of_two_hosts_do_not_prove_it(tmp_path: Path) -> None:
    tries = failing(STEADY, host="a")
    tries[3]["host"] = "b"
    assert _found(tmp_path, tries) == ["possible"]


def test_requests_of_one_flow_and_payload_are_one_piece_of_work(tmp_path: Path) -> None:
    same = {"job_id": None, "attempt": None, "correlation_id": "c1", "payload_hash": "f00d"}
    tries = [
        line | {"request_id": f"r{number}"} for number, line in enumerate(failing(STEADY, **same))
    ]
    assert _found(tmp_path, tries) == ["confirmed"]


def test_the_facts_state_the_numbers(tmp_path: Path) -> None:
    (found,) = judge(tmp_path, failing(STEADY), codes=["RL304"]).findings
    assert (found.facts["tries"], found.facts["wait_ms"], found.facts["later_ms"]) == (
        5,
        1_000,
        1_000,
    )
    assert "5 tries" in found.reason
    assert "1000 ms" in found.reason
