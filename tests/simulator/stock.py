"""Neutral records → stock loggers of an application that names neither resource nor action.

`stock` is what Fastify, pino and BullMQ print beside an application's own short messages: ids as
`orderId`, versions as `rev`, routes, verbs. `sql` has the statements of a query log in place of messages.
"""

from __future__ import annotations

from typing import Any

from .dial import Dial
from .machines import Record

_LEVELS = {"info": 30, "warning": 40, "error": 50}
_SAID = {
    "read": "loaded {noun}",
    "write": "{noun} saved",
    "create": "{noun} created",
    "increment": "{noun} incremented",
    "charge": "card charged",
    "send": "notification sent",
    "refund": "refund sent",
    "enqueue": "{noun} work queued",
}
_SQL = {
    "read": "SELECT * FROM {table} WHERE id = {key}",
    "write": "UPDATE {table} SET body = 'x', version = {version} WHERE id = {key}",
}


def stock(record: Record, dial: Dial) -> dict[str, Any]:
    """One line of pino, with what the frameworks say of requests and jobs."""
    told = _head(record, dial) | _ids(record)
    if "step" in record:
        return told | (
            _job(record) if "job_id" in record and not _asked(record) else _request(record)
        )
    noun, key = _resource(record)
    said = _SAID.get(
        record.get("action") or "", record["event"].replace(".", " ").replace("_", " ")
    )
    subject = {f"{noun}Id": key} if noun else {}
    outcome = {"outcome": record["outcome"]} if "outcome" in record else {}
    version = {"rev": record["version"]} if "version" in record else {}
    return told | subject | version | outcome | {"msg": said.format(noun=noun)}


def sql(record: Record, dial: Dial) -> dict[str, Any]:
    """The same, but reads and writes are the statements that a driver logs."""
    text = _SQL.get(record.get("action") or "") if "step" not in record else None
    noun, key = _resource(record)
    if not text or not key.isdigit() or (record["action"] == "write" and "version" not in record):
        return stock(record, dial)
    statement = text.format(table=f"{noun}s", key=key, version=record.get("version"))
    seen = {"version": record["version"]} if "version" in record else {}
    return _head(record, dial) | _ids(record) | seen | {"msg": "query", "sql": statement}


def _head(record: Record, dial: Dial) -> dict[str, Any]:
    unit = max(dial.precision_ns, 1_000_000)
    host = {"hostname": record["host"]} if "host" in record else {}
    return {
        "level": _LEVELS[record["level"]],
        "time": record["time_ns"] // unit,
        "pid": record.get("pid"),
        "name": record["service"],
        **host,
    }


def _ids(record: Record) -> dict[str, Any]:
    names = {
        "request_id": "reqId",
        "correlation_id": "correlationId",
        "job_id": "jobId",
        "user_id": "userId",
        "message_id": "messageId",
        "delivery_id": "deliveryId",
        "span_id": "spanId",
        "parent_id": "parentId",
        "payload_hash": "payloadHash",
        "idempotency_key": "idempotencyKey",
    }
    return {name: record[key] for key, name in names.items() if key in record}


def _asked(record: Record) -> bool:
    return "request_id" in record and "method" in record


def _request(record: Record) -> dict[str, Any]:
    noun, key = _resource(record)
    verb = record["event"].rpartition(".")[2]
    url = f"/{noun}s/{key}/{verb}" if noun else f"/{verb}"
    if record["step"] == "start":
        return {
            "req": {"method": record.get("method", "POST"), "url": url},
            "msg": "incoming request",
        }
    return {
        "res": {"statusCode": record.get("status_code", 200)},
        "responseTime": record.get("duration_ms"),
        "msg": "request completed",
        **_failed(record),
    }


def _job(record: Record) -> dict[str, Any]:
    tried = record.get("retry_count", 0)
    noun, key = _resource(record)
    told = {"queue": record["event"], f"{noun}Id": key} if noun else {"queue": record["event"]}
    if record["step"] == "start":
        return {**told, "attemptsMade": tried, "msg": "job active"}
    said = "job failed" if "error_type" in record else "job completed"
    lasted = {"durationMs": record["duration_ms"]} if "duration_ms" in record else {}
    return {**told, **lasted, **_failed(record), "attemptsMade": tried + 1, "msg": said}


def _failed(record: Record) -> dict[str, Any]:
    return {"err": {"type": record["error_type"]}} if "error_type" in record else {}


def _resource(record: Record) -> tuple[str, str]:
    noun, _, key = (record.get("resource") or "").partition(":")
    return noun, key
