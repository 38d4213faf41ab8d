"""OpenTelemetry's own JSON: logs and traces, as the collector, an SDK or protobuf's printer writes them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence

import orjson

from racelens.ingest.aliases import ENVELOPE
from racelens.ingest.envelopes import spans as of_spans
from racelens.ingest.envelopes.kinds import Found, Object, at
from racelens.ingest.envelopes.spans import Span

_HEX = re.compile(r"(?:[0-9a-fA-F]{16}){1,2}")
_STATUS = {1: "ok", 2: "error", "STATUS_CODE_OK": "ok", "STATUS_CODE_ERROR": "error"}
_KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}


def log(record: object, *around: Object) -> Iterator[Object]:
    """A log record with its attributes on top; what the resource and the scope say stands behind."""
    if not isinstance(record, dict):
        return
    body = value(record.get("body"))
    if isinstance(body, str) and body.startswith("{"):
        body = _object(body)
    inside: Object = body if isinstance(body, dict) else {"message": body}
    told = {
        **inside,
        **attributes(record.get("attributes")),
        "time": nanoseconds(record.get("timeUnixNano"))
        or nanoseconds(record.get("observedTimeUnixNano")),
        "event_name": record.get("eventName") or None,
        "severity": record.get("severityText"),
        "trace_id": identity(record.get("traceId")),
        "span_id": identity(record.get("spanId")),
        ENVELOPE: resource(around),
    }
    yield {key: entry for key, entry in told.items() if entry is not None}


def spans(found: Sequence[Found]) -> Iterator[tuple[int, Object]]:
    """Start and finish of each span, and its events."""
    told = [
        _span(place, record, resource(around))
        for place, (record, around) in enumerate(found)
        if isinstance(record, dict)
    ]
    yield from of_spans.records(told)


def _span(place: int, record: Object, around: Object) -> Span:
    start = nanoseconds(record.get("startTimeUnixNano"))
    end = nanoseconds(record.get("endTimeUnixNano"))
    kind = record.get("kind")
    code = at(record, ("status", "code"))
    return Span(
        place=place,
        trace=identity(record.get("traceId")),
        id=identity(record.get("spanId")),
        parent=identity(record.get("parentSpanId")),
        name=record.get("name"),
        kind=_KINDS.get(kind, "") if isinstance(kind, int) else str(kind).lower()[10:],
        start=int(start or end or 0),
        end=int(end) if end else None,
        attributes=attributes(record.get("attributes")),
        around=around,
        status=_STATUS.get(code) if isinstance(code, int | str) else None,
        links=tuple(
            linked
            for link in _objects(record.get("links"))
            if (linked := identity(link.get("spanId")))
        ),
        events=tuple(
            (int(time), event.get("name"), attributes(event.get("attributes")))
            for event in _objects(record.get("events"))
            if (time := nanoseconds(event.get("timeUnixNano")))
        ),
    )


def resource(around: Sequence[Object]) -> Object:
    """What the objects around a record say of where it is from."""
    told: Object = {}
    for outer in around:
        told |= attributes(at(outer, ("resource", "attributes")))
    return told


def attributes(pairs: object) -> Object:
    """`[{key, value}]` as an object; anything else is none."""
    return {str(pair["key"]): value(pair.get("value")) for pair in _objects(pairs) if "key" in pair}


def value(wrapped: object) -> object:
    """What stands in `{stringValue: …}` and its relatives; integers are written as text."""
    if not isinstance(wrapped, dict) or len(wrapped) != 1:
        return wrapped
    ((kind, inside),) = wrapped.items()
    if kind == "arrayValue":
        values = inside.get("values") if isinstance(inside, dict) else None
        return [value(entry) for entry in values] if isinstance(values, list) else []
    if kind == "kvlistValue":
        return attributes(inside.get("values") if isinstance(inside, dict) else None)
    return inside if kind in _SCALARS else wrapped


_SCALARS = frozenset(("stringValue", "intValue", "boolValue", "doubleValue", "bytesValue"))


def identity(text: object) -> str | None:
    """A trace or span id as hex, also where it is base64; None for an empty or zero one."""
    if not isinstance(text, str) or not text:
        return None
    if not _HEX.fullmatch(text):
        try:
            raw = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return text
        text = raw.hex() if len(raw) in (8, 16) else text
    return text.lower() if text.strip("0") else None


def nanoseconds(stamp: object) -> str | None:
    """The digits of a time; None for zero."""
    digits = str(stamp) if isinstance(stamp, int | str) and not isinstance(stamp, bool) else ""
    return digits if digits.isascii() and digits.isdigit() and int(digits) else None


def _objects(entries: object) -> list[Object]:
    return [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []


def _object(text: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
