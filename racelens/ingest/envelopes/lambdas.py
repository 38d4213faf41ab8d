"""Lambda's own records in its JSON log: what became of an invocation."""

from __future__ import annotations

from collections.abc import Iterator

from racelens.ingest.envelopes.kinds import Object, at

_PHASES = {"platform.start": "start", "platform.runtimeDone": "finish"}


def platform(record: Object) -> Iterator[Object]:
    """Start and end of an invocation as phases of its request; other records as they are."""
    kind = record.get("type")
    if not isinstance(kind, str) or not kind.startswith("platform."):
        yield record
        return
    told: Object = {
        "time": record.get("time"),
        "message": "lambda" if kind in _PHASES else kind,
        "phase": _PHASES.get(kind, "point"),
        "request_id": at(record, ("record", "requestId")),
        "status": at(record, ("record", "status")),
        "duration_ms": at(record, ("record", "metrics", "durationMs")),
        "xray_trace_id": at(record, ("record", "tracing", "value")),
    }
    yield {key: value for key, value in told.items() if value is not None}
