"""Jaeger's JSON: traces with spans and the processes they ran in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from racelens.ingest.envelopes import spans as of_spans
from racelens.ingest.envelopes.kinds import Found, Object, at
from racelens.ingest.envelopes.otlp import identity
from racelens.ingest.envelopes.spans import Span


def spans(found: Sequence[Found]) -> Iterator[tuple[int, Object]]:
    """Start and finish of each span, and its logs."""
    told = [
        _span(place, record, around[-1] if around else {})
        for place, (record, around) in enumerate(found)
        if isinstance(record, dict) and isinstance(record.get("startTime"), int)
    ]
    yield from of_spans.records(told)


def _span(place: int, record: Object, trace: Object) -> Span:
    start, duration = record["startTime"], record.get("duration")
    assert isinstance(start, int)
    tags = _tags(record.get("tags"))
    process = at(trace, ("processes", str(record.get("processID"))))
    caused = [entry for entry in _list(record.get("references")) if entry.get("spanID")]
    parents = [e["spanID"] for e in caused if e.get("refType") == "CHILD_OF"]
    links = [str(e["spanID"]) for e in caused if e.get("refType") != "CHILD_OF"]
    return Span(
        place=place,
        trace=identity(record.get("traceID")),
        id=identity(record.get("spanID")),
        parent=identity(parents[0] if parents else record.get("parentSpanID")),
        name=record.get("operationName"),
        kind=str(tags.get("span.kind", "")),
        start=start * 1000,
        end=(start + duration) * 1000 if isinstance(duration, int) else None,
        attributes=tags,
        around={
            "service.name": at(process, ("serviceName",)),
            **_tags(at(process, ("tags",))),
        },
        status="error" if tags.get("error") in (True, "true") else None,
        links=tuple(links),
        events=tuple(_log(entry) for entry in _list(record.get("logs"))),
    )


def _log(entry: Object) -> tuple[int, object, Object]:
    fields = _tags(entry.get("fields"))
    time = entry.get("timestamp")
    return (time * 1000 if isinstance(time, int) else 0), fields.get("event"), fields


def _tags(pairs: object) -> Object:
    return {str(pair["key"]): pair.get("value") for pair in _list(pairs) if "key" in pair}


def _list(entries: object) -> list[Object]:
    return [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []
