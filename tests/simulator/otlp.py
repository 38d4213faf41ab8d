"""Neutral records → OTLP spans: a handler is one span with its two times, what it logs inside are span events.

Lines are what the collector's file exporter writes: spans in batches, each exported when it has ended, so
not in the order in which they began. What OpenTelemetry has a name for goes by it; the rest are the
application's own attributes. Who was called names its caller as parent; who was queued, as a link.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

from .machines import Record

_NAMES = {
    "method": "http.request.method",
    "status_code": "http.response.status_code",
    "error_type": "error.type",
    "user_id": "enduser.id",
}
_ELSEWHERE = frozenset(
    [
        "time_ns",
        "service",
        "host",
        "pid",
        "event",
        "level",
        "step",
        "duration_ms",
        "span_id",
        "parent_id",
    ]
)
_BATCH = 50


@dataclass(eq=False, slots=True)
class _Span:
    begun: Record
    events: list[Record] = field(default_factory=list)
    ended: Record | None = None

    @property
    def id(self) -> str:
        told = self.begun.get("span_id")
        return str(told) if told else _hex(*self.begun.values())[:16]


def exported(files: dict[str, list[Record]]) -> dict[str, list[dict[str, Any]]]:
    """For each process its export requests."""
    told = {name: list(_spans(records)) for name, records in files.items() if records}
    edges = _Edges([span for spans in told.values() for span in spans])
    return {
        name: [
            _request(files[name][0], spans[at : at + _BATCH], edges)
            for at in range(0, len(spans), _BATCH)
        ]
        for name, spans in told.items()
    }


def _spans(records: Iterable[Record]) -> Iterator[_Span]:
    """Spans as they end. What no handler encloses is a span that takes no time; what never ends comes last."""
    running: dict[tuple[object, ...], list[_Span]] = {}
    for record in records:
        handler = tuple(record.get(key) for key in ("correlation_id", "request_id", "job_id"))
        if record.get("action") == "enqueue":  # it names a job that another handler will be
            handler = (*handler[:2], None)
        opened = running.setdefault(handler, [])
        if record.get("step") == "start":
            opened.append(_Span(record))
        elif record.get("step") == "finish":
            begun = [s for s in opened if _try(s.begun) == _try(record)] or [_Span(record)]
            begun[0].ended = record
            running[handler] = [span for span in opened if span is not begun[0]]
            yield begun[0]
        elif opened:
            opened[-1].events.append(record)
        else:
            yield _Span(record, ended=record)
    for left in running.values():
        yield from left


class _Edges:
    """Which span called or queued which."""

    def __init__(self, spans: Sequence[_Span]) -> None:
        self.tries = {_try(s.begun): s.id for s in spans if "request_id" not in s.begun}
        inner = ((event, span.id) for span in spans for event in (span.begun, *span.events))
        self.queued = {
            e["job_id"]: by for e, by in inner if e.get("action") == "enqueue" and "job_id" in e
        }

    def of(self, record: Record) -> dict[str, Any]:
        if "parent_id" in record:
            return {"parentSpanId": record["parent_id"]}
        if "job_id" not in record or record.get("action") == "enqueue":
            return {}
        if "request_id" in record:
            return {"parentSpanId": caller} if (caller := self.tries.get(_try(record))) else {}
        by = self.queued.get(record["job_id"])
        return {"links": [{"traceId": _trace(record), "spanId": by}]} if by else {}


def _try(record: Record) -> tuple[object, object]:
    return record.get("job_id"), record.get("retry_count")


def _request(record: Record, spans: Iterable[_Span], edges: _Edges) -> dict[str, Any]:
    about = {"service.name": record["service"], "process.pid": record["pid"]}
    about |= {"host.name": record["host"]} if record.get("host") else {}
    scope = {"scope": {"name": "app"}, "spans": [_encoded(span, edges) for span in spans]}
    return {"resourceSpans": [{"resource": {"attributes": _pairs(about)}, "scopeSpans": [scope]}]}


def _encoded(span: _Span, edges: _Edges) -> dict[str, Any]:
    record = span.begun
    ended = span.ended or {}
    end = {"endTimeUnixNano": str(ended["time_ns"])} if ended else {}
    events = [
        {
            "timeUnixNano": str(event["time_ns"]),
            "name": event["event"],
            "attributes": _attributes(event),
        }
        for event in span.events
    ]
    return {
        "traceId": _trace(record),
        "spanId": span.id,
        **edges.of(record),
        "name": record["event"],
        "kind": 2 if "method" in record else 5 if "job_id" in record else 1,
        "startTimeUnixNano": str(record["time_ns"]),
        **end,
        "attributes": _attributes(record | ended),
        "events": events,
        "status": {"code": 2} if "error_type" in ended else {},
    }


def _trace(record: Record) -> str:
    return _hex(record.get("correlation_id") or record["time_ns"])


def _hex(*values: object) -> str:
    return md5(repr(values).encode(), usedforsecurity=False).hexdigest()


def _attributes(record: Record) -> list[dict[str, Any]]:
    return _pairs({_NAMES.get(k, k): v for k, v in record.items() if k not in _ELSEWHERE})


def _pairs(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: object) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": str(value)}
