"""Zipkin's second JSON format: a list of spans, or a list of traces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from racelens.ingest.envelopes import spans as of_spans
from racelens.ingest.envelopes.kinds import Found, Object, at
from racelens.ingest.envelopes.otlp import identity
from racelens.ingest.envelopes.spans import Span


def spans(found: Sequence[Found]) -> Iterator[tuple[int, Object]]:
    """Start and finish of each span; other records as they are."""
    told: list[Span] = []
    for place, (record, _) in enumerate(found):
        if not isinstance(record, dict):
            continue
        if isinstance(start := record.get("timestamp"), int) and "traceId" in record:
            told.append(_span(place, record, start))
        else:
            yield place, record
    yield from of_spans.records(told)


def _span(place: int, record: Object, start: int) -> Span:
    duration = record.get("duration")
    tags = record.get("tags")
    endpoint = "localEndpoint"
    return Span(
        place=place,
        trace=identity(record.get("traceId")),
        id=identity(record.get("id")),
        parent=identity(record.get("parentId")),
        name=record.get("name"),
        kind=str(record.get("kind", "")).lower(),
        start=start * 1000,
        end=(start + duration) * 1000 if isinstance(duration, int) else None,
        attributes=tags if isinstance(tags, dict) else {},
        around={
            "service": at(record, (endpoint, "serviceName")),
            "host": at(record, (endpoint, "ipv4")),
        },
        status="error" if isinstance(tags, dict) and "error" in tags else None,
    )
