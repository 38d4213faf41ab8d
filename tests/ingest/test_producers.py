"""Who wrote a file, and what that decides: units, and what no log should hold."""

from __future__ import annotations

from typing import Any

import pytest

from racelens.ingest.producers import secrets
from tests.ingest.feeding import capture, one

STAMP = "2026-05-04T12:00:00.1Z"


@pytest.mark.parametrize(
    ("line", "producer"),
    [
        ({"level": 30, "time": 1777896000100, "pid": 1, "hostname": "h", "msg": "x"}, "pino"),
        ({"@t": STAMP, "@mt": "x"}, "Serilog CLEF"),
        (
            {"asctime": "2026-05-04 12:00:00,100", "levelname": "INFO", "message": "x"},
            "python-json-logger",
        ),
        ({"level": "info", "time": "2026-05-04T12:00:00Z", "message": "x"}, "zerolog"),
        ({"level": "INFO", "time": STAMP, "msg": "x"}, "slog"),
        ({"level": "info", "time": STAMP, "msg": "x"}, "logrus"),
        ({"made": "by hand"}, None),
    ],
)
def test_keys_give_the_logger_away(line: dict[str, Any], producer: str | None) -> None:
    assert capture(line).inputs[0].mapping.producer == producer


@pytest.mark.parametrize(
    ("line", "nanoseconds"),
    [
        ({"level": "INFO", "time": STAMP, "msg": "x", "duration": 4_200_000}, 4_200_000),
        (
            {
                "ts": 1777896000.1,
                "level": "info",
                "caller": "a.go:1",
                "msg": "x",
                "duration": 0.0042,
            },
            4_200_000,
        ),
        ({"time": STAMP, "duration": "4.2ms"}, 4_200_000),
        ({"time": STAMP, "latency": "0.0042s"}, 4_200_000),
        ({"time": STAMP, "duration_ms": 4.2}, 4_200_000),
        ({"time": STAMP, "duration": 42}, None),
    ],
)
def test_a_duration_has_a_unit_or_is_left_alone(
    line: dict[str, Any], nanoseconds: int | None
) -> None:
    assert one(line).get("duration") == nanoseconds


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("password", "hunter2", True),
        ("password", "********", False),
        ("password", "[REDACTED]", False),
        ("note", "eyJhbGciOi.eyJzdWIi.c2ln", True),
        ("card", "4111 1111 1111 1111", True),
        ("card", "4111 1111 1111 1112", False),
        ("time", "1777896000100123", False),
    ],
)
def test_secrets(key: str, value: str, found: bool) -> None:
    assert bool(secrets({(key,): [value]})) == found
