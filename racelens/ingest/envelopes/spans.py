"""A span is two events: its start and its finish. What all tracing formats share once they are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from racelens.ingest import aliases
from racelens.ingest.aliases import ENVELOPE
from racelens.ingest.envelopes.kinds import Object

_ENTRIES = frozenset(("server", "consumer"))
_ENDINGS = ("status", "outcome", "error", "exception", "result", "status_code")


@dataclass(frozen=True)
class Span:
    """Times are nanoseconds, ids hex. `place`: of its record in what was found.

    `status`: as an outcome, None where the format says nothing; `links`: spans that caused it beside its parent.
    """

    place: int
    trace: str | None
    id: str | None
    parent: str | None
    name: object
    kind: str
    start: int
    end: int | None
    attributes: Mapping[str, object] = field(default_factory=dict)
    around: Mapping[str, object] = field(default_factory=dict)
    status: str | None = None
    links: tuple[str, ...] = ()
    events: tuple[tuple[int, object, Mapping[str, object]], ...] = ()


def records(spans: Sequence[Span]) -> Iterator[tuple[int, Object]]:
    """Start, finish and inner events of each span, with its place."""
    entries = _entries(spans)
    jobs = {span.id: ids for span in spans if span.id and (ids := _job(span))}
    for span in spans:
        entry = entries.get(span.id or "")
        unit = jobs.get(entry or "") if span.kind != "producer" else None
        for record in _told(span, unit or {"request_id": entry}):
            yield span.place, record


def _entries(spans: Iterable[Span]) -> dict[str, str]:
    """For each span the one by which its service was entered: what a request is, where none has an id."""
    known = {span.id: span for span in spans if span.id}
    entries: dict[str, str] = {}
    for span in known.values():
        above: list[str] = []
        at: Span | None = span
        while at and at.id and at.id not in entries and at.id not in above:
            above.append(at.id)
            at = None if at.kind in _ENTRIES else known.get(at.parent or "")
        found = entries.get(at.id, at.id) if at and at.id else above[-1]
        entries.update(dict.fromkeys(above, found))
    return entries


def _job(span: Span) -> Object:
    """What a consumer says of the job or message that it handles: all below it is work of that."""
    if span.kind != "consumer":
        return {}
    told = {key: value for key, value in span.attributes.items() if _names_a_try(key)}
    return told if any("job" in _meant(key) for key in told) else {}


def _names_a_try(key: str) -> bool:
    return not _meant(key).isdisjoint(("job", "try", "queue"))


@lru_cache(4096)
def _meant(key: str) -> frozenset[str]:
    """The fields that an attribute may mean; a bare `id` may be anything's."""
    return frozenset(field for field, _ in aliases.matches((key,)) if key.lower() != "id")


def _told(span: Span, unit: Mapping[str, object]) -> Iterator[Object]:
    """A parent is the cause of a span; of a job, without one, the first span it is linked to.

    Whoever queued what is no job waits for no answer, which the caller of a span does: that edge is left out.
    `unit`: whose work it is.
    """
    queued = span.kind == "consumer"
    is_job = "request_id" not in unit and not any("request" in _meant(k) for k in span.attributes)
    cause = span.parent or (next(iter(span.links), None) if queued else None)
    ids = {
        "trace_id": span.trace,
        "span_id": span.id,
        "parent_id": cause if is_job or not queued else None,
    }
    around = {ENVELOPE: {**span.around, **unit}}
    common: Object = {"event_name": span.name, **ids, **span.attributes, **around}
    before = {key: value for key, value in common.items() if not _tells_the_end(key)}
    if span.end is None:
        yield {**common, "time": str(span.start)}
        return
    yield {**before, "time": str(span.start), "phase": "start"}
    for time, name, attributes in span.events:
        yield {**ids, **attributes, **around, "event_name": name, "time": str(time)}
    ending: Object = {"status": span.status} if span.status and "status" not in common else {}
    yield {
        **common,
        **ending,
        "time": str(span.end),
        "phase": "finish",
        "duration_ns": span.end - span.start,
    }


def _tells_the_end(key: str) -> bool:
    return key.rpartition(".")[2].lower().startswith(_ENDINGS) or key.startswith(
        ("error", "exception")
    )
