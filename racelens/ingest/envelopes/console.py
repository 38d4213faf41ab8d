"""Spans as OpenTelemetry's SDKs print them to a console: ids after `0x`, times as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from racelens.ingest.envelopes import spans as of_spans
from racelens.ingest.envelopes.kinds import Found, Object, at
from racelens.ingest.envelopes.otlp import identity
from racelens.ingest.envelopes.spans import Span

_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|\+00:00)?")
_SECOND = 1_000_000_000


def spans(found: Sequence[Found]) -> Iterator[tuple[int, Object]]:
    """Start and finish of each span, and its events; other records as they are."""
    told: list[Span] = []
    for place, (record, _) in enumerate(found):
        if not isinstance(record, dict):
            continue
        start, end = (_nanoseconds(record.get(key)) for key in ("start_time", "end_time"))
        if start is None or end is None:
            yield place, record
        else:
            told.append(_span(place, record, start, end))
    yield from of_spans.records(told)


def _span(place: int, record: Object, start: int, end: int) -> Span:
    code = str(at(record, ("status", "status_code")) or "").lower()
    return Span(
        place=place,
        trace=_hex(at(record, ("context", "trace_id"))),
        id=_hex(at(record, ("context", "span_id"))),
        parent=_hex(record.get("parent_id")),
        name=record.get("name"),
        kind=str(record.get("kind", "")).rpartition(".")[2].lower(),
        start=start,
        end=end,
        attributes=_object(record.get("attributes")),
        around=_object(at(record, ("resource", "attributes"))),
        status=code if code in ("ok", "error") else None,
        links=tuple(
            link
            for entry in _objects(record.get("links"))
            if (link := _hex(at(entry, ("context", "span_id"))))
        ),
        events=tuple(
            (time, entry.get("name"), _object(entry.get("attributes")))
            for entry in _objects(record.get("events"))
            if (time := _nanoseconds(entry.get("timestamp")))
        ),
    )


def _hex(text: object) -> str | None:
    return identity(text.removeprefix("0x")) if isinstance(text, str) else None


def _nanoseconds(text: object) -> int | None:
    match = _STAMP.fullmatch(text) if isinstance(text, str) else None
    if not match:
        return None
    second = int(datetime.fromisoformat(match[1]).replace(tzinfo=UTC).timestamp())
    return second * _SECOND + int((match[2] or "0").ljust(9, "0"))


def _object(value: object) -> Object:
    return value if isinstance(value, dict) else {}


def _objects(entries: object) -> list[Object]:
    return [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []
