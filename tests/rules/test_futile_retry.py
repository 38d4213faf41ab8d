"""RL305: which errors stay, whoever asks again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ..histories import Record, judge, stamp, verdicts


def tries(*ends: Record, **more: Any) -> list[Record]:
    """Tries of one job, a second apart, that end like this."""
    common = {"job_id": "job-9", "event": "mail.finish", "action": "notify", "pid": 1, **more}
    return [
        {"ts": stamp(number * 1_000), **common, "attempt": number, "duration_ms": 10, **end}
        for number, end in enumerate(ends, start=1)
    ]


def error(name: str) -> Record:
    return {"status": "failed", "error_type": name}


def _found(folder: Path, lines: list[Record]) -> list[str]:
    return [confidence for _, confidence, _ in verdicts(judge(folder, lines, codes=["RL305"]))]


@pytest.mark.parametrize(
    "name",
    [
        *("ValidationError", "InvalidArgument", "PermissionDenied", "Unauthorized", "Forbidden"),
        *(
            "RecordNotFound",
            "NoSuchKey",
            "DoesNotExist",
            "NotImplementedError",
            "UnsupportedMediaType",
        ),
    ],
)
def test_errors_that_stay(name: str, tmp_path: Path) -> None:
    assert _found(tmp_path, tries(error(name), error(name))) == ["confirmed"]


@pytest.mark.parametrize(
    "name",
    [
        *("ServiceUnavailable", "ConnectionRefused", "ReadTimeout", "UpstreamError"),
        *("VersionConflict", "TooManyRequests", "RuntimeError"),
    ],
)
def test_errors_that_may_pass(name: str, tmp_path: Path) -> None:
    assert _found(tmp_path, tries(error(name), error(name))) == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        *((code, ["confirmed"]) for code in (400, 401, 403, 404, 405, 410, 415, 422)),
        *((code, []) for code in (408, 409, 412, 423, 425, 429, 500, 502, 503, 504)),
    ],
)
def test_statuses(code: int, expected: list[str], tmp_path: Path) -> None:
    lines = tries({"status_code": code}, {"status_code": code})
    assert _found(tmp_path, [*lines, *tries(error("RuntimeError"), job_id="job-8")]) == expected


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        pytest.param(["RecordNotFound"], [], id="not retried"),
        pytest.param(["RecordNotFound", None], [], id="premature, not futile"),
        pytest.param(["RecordNotFound", "RecordNotFound", None], [], id="carried out in the end"),
        pytest.param(["RecordNotFound", "ServiceUnavailable"], ["possible"], id="another error"),
        pytest.param(["ServiceUnavailable", "RecordNotFound"], [], id="the last one stays"),
        pytest.param(["Forbidden"] * 4, ["confirmed"], id="one finding for all tries"),
    ],
)
def test_what_followed(ends: list[str | None], expected: list[str], tmp_path: Path) -> None:
    lines = tries(*(error(name) if name else {"status": "ok"} for name in ends))
    assert _found(tmp_path, lines) == expected


def test_a_later_try_without_an_end_leaves_it_open(tmp_path: Path) -> None:
    lines = tries(error("Forbidden"), {"event": "mail.start", "duration_ms": None})
    assert _found(tmp_path, lines) == ["possible"]


def test_a_form_that_may_have_been_corrected_is_left_alone(tmp_path: Path) -> None:
    form = {"job_id": None, "attempt": None, "correlation_id": "c1", "resource": "profile:7"}
    lines = tries(error("ValidationError"), error("ValidationError"))
    sent = [line | form | {"request_id": f"r{n}"} for n, line in enumerate(lines)]
    assert _found(tmp_path / "corrected", sent) == []
    same = [line | {"payload_hash": "f00d"} for line in sent]
    assert _found(tmp_path / "same", same) == ["confirmed"]


def test_without_numbers_two_clocks_do_not_prove_the_order(tmp_path: Path) -> None:
    form = {"job_id": None, "attempt": None, "correlation_id": "c1", "payload_hash": "f00d"}
    lines = tries(error("Forbidden"), error("Forbidden"))
    sent = [line | form | {"request_id": f"r{n}", "host": f"h{n}"} for n, line in enumerate(lines)]
    assert _found(tmp_path, sent) == ["possible"]
