"""Neutral records → what structlog, pino, an ECS logger and racelens' own form would write."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from .dial import Dial
from .machines import Record

Encode = Callable[[Record, Dial], dict[str, Any]]


def encode(record: Record, dial: Dial) -> str:
    """One JSON line without its newline."""
    return json.dumps(DIALECTS[dial.dialect](record, dial))


def clock(time_ns: int, dial: Dial) -> str:
    """ISO 8601 UTC, truncated to the dial's precision."""
    time_ns -= time_ns % dial.precision_ns
    digits = {1_000: 6, 1_000_000: 3, 1_000_000_000: 0}[dial.precision_ns]
    whole = datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{time_ns % 10**9:09d}"[:digits]
    return f"{whole}.{fraction}Z" if digits else f"{whole}Z"


def structlog(record: Record, dial: Dial) -> dict[str, Any]:
    """Flat, like the lab's shop: no host, no base; a sparse logger leaves the pid out too."""
    hidden = {"time_ns", "host", "base_version", "event", "level"}
    if dial.level == "sparse" and not dial.restarting_ids:
        hidden.add("pid")
    flat = {key: value for key, value in record.items() if key not in hidden}
    flat |= {"event": record["event"], "level": record["level"]}
    return flat | {"timestamp": clock(record["time_ns"], dial)}


PINO_LEVELS = {"info": 30, "warning": 40, "error": 50}
PINO_NAMES = {"service": "name", "host": "hostname", "request_id": "reqId", "event": "msg"}


def pino(record: Record, dial: Dial) -> dict[str, Any]:
    """Flat camelCase; `time` is epoch ms, or epoch s at whole-second precision (unixTime)."""
    unit = max(dial.precision_ns, 1_000_000)
    head = {"level": PINO_LEVELS[record["level"]], "time": record["time_ns"] // unit}
    hidden = ("time_ns", "level", "base_version")
    rest = {_camel(key): value for key, value in record.items() if key not in hidden}
    return head | rest


def ecs(record: Record, dial: Dial) -> dict[str, Any]:
    """Nested ECS with what it has no name for under `labels`, all strings."""
    homes: tuple[str, ...] = (
        "time_ns",
        "level",
        "event",
        "service",
        "host",
        "pid",
        "user_id",
        "request_id",
    )
    homes += ("method", "status_code", "duration_ms", "error_type", "step", "base_version")
    out = {
        "@timestamp": clock(record["time_ns"], dial),
        "log.level": record["level"],
        "message": record["event"],
        "ecs.version": "1.6.0",
        "event": _ecs_event(record),
        "http": _ecs_http(record),
        "error": {"type": record.get("error_type")},
        "user": {"id": record.get("user_id")},
        "service": {"name": record["service"]},
        "host": {"name": record["host"]},
        "process": {"pid": record["pid"]},
        "labels": {key: _text(value) for key, value in record.items() if key not in homes},
    }
    return _pruned(out)


CANONICAL_NAMES = {"payload_hash": "fingerprint", "step": "phase", "status_code": "http_status"}


def canonical(record: Record, dial: Dial) -> dict[str, Any]:
    """racelens' own form: `ts`, `base_version`, `phase`, 1-based `attempt`, `status`."""
    hidden = ("time_ns", "retry_count", "outcome")
    out: dict[str, Any] = {"ts": clock(record["time_ns"], dial)}
    out |= {CANONICAL_NAMES.get(k, k): v for k, v in record.items() if k not in hidden}
    if "retry_count" in record:
        out["attempt"] = record["retry_count"] + 1
    if record.get("step") != "start":
        out["status"] = record.get("outcome") or _status(record)
    return out


def _status(record: Record) -> str:
    if record.get("error_type") == "VersionConflict":
        return "conflict"
    return "fail" if record.get("error_type") else "ok"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _ecs_event(record: Record) -> dict[str, Any]:
    kinds = {"start": ["start"], "finish": ["end"]}
    milliseconds = record.get("duration_ms")
    failed = "failure" if record.get("error_type") else "success"
    return {
        "action": record["event"],
        "type": kinds.get(record.get("step", ""), ["info"]),
        "outcome": failed if record.get("step") == "finish" else None,
        "duration": None if milliseconds is None else round(milliseconds * 1_000_000),
    }


def _ecs_http(record: Record) -> dict[str, Any]:
    return {
        "request": {"id": record.get("request_id"), "method": record.get("method")},
        "response": {"status_code": record.get("status_code")},
    }


def _pruned(value: dict[str, Any]) -> dict[str, Any]:
    """Without None and without objects that become empty."""
    out = {k: _pruned(v) if isinstance(v, dict) else v for k, v in value.items()}
    return {k: v for k, v in out.items() if v is not None and v != {}}


def _camel(key: str) -> str:
    head, *tail = PINO_NAMES.get(key, key).split("_")
    return head + "".join(word.capitalize() for word in tail)


DIALECTS: dict[str, Encode] = {
    "structlog": structlog,
    "pino": pino,
    "ecs": ecs,
    "canonical": canonical,
}
