"""Retries without backoff, of what cannot work, and right after a fault that nobody saw."""

from __future__ import annotations

from itertools import groupby, pairwise

from .evidence import Seen
from .facts import Series
from .judge_rows import names
from .machines import Actor, Attempt
from .store import Store
from .truth import Incident
from .world import MS

STORM = 6
MANY = 5
AT_ONCE_NS = 100 * MS


def retry_storms(store: Store, seen: Seen) -> list[Incident]:
    """One per operation that failed six times or more with hardly a pause."""
    return [
        _incident("retry_storm", series.resource, series.actors, seen)
        for series in store.facts.series
        if len(series.actors) >= STORM and max(series.pauses) < AT_ONCE_NS and all(series.replies)
    ]


def futile_retries(store: Store, seen: Seen) -> list[Incident]:
    """One per operation that was tried again although its input is invalid."""
    return [
        _incident("futile_retry", series.resource, series.actors, seen)
        for series in store.facts.series
        if series.replies.count("ValidationError") > 1
    ]


def masked_faults(store: Store, seen: Seen) -> list[Incident]:
    """One per operation that failed and then worked at once."""
    return [
        _incident("masked_by_retry", series.resource, series.actors, seen)
        for series in store.facts.series
        if _is_masked(series)
    ]


def masked_elsewhere(seen: Seen, incidents: list[Incident]) -> list[Incident]:
    """Signals: retries of other flows that worked after a failure, soon or a little later."""
    known = {name for found in incidents if found.kind == "masked_by_retry" for name in found.ids}
    return [
        _incident("masked_by_retry", str(other.start.record.get("resource")), actors, seen, False)
        for attempts in _tries(seen)
        for one, other in pairwise(attempts)
        if _failed(one) and not _failed(other)
        if known.isdisjoint(other.actor.ids)
        for actors in [[one.actor, other.actor]]
    ]


def storms_elsewhere(seen: Seen) -> list[Incident]:
    """Signals: tries of other flows that failed again and again, as often as a rule calls a storm."""
    return [
        _incident("retry_storm", str(tried[0].start.record.get("resource")), actors, seen, False)
        for attempts in _tries(seen)
        for failed, tried in _runs(attempts)
        if failed and len(tried) >= MANY - 1
        for actors in [[attempt.actor for attempt in attempts]]
    ]


def futile_elsewhere(seen: Seen) -> list[Incident]:
    """Signals: jobs tried again and again for a row that never came, since it was rolled back."""
    return [
        _incident("futile_retry", str(tried[0].start.record.get("resource")), actors, seen, False)
        for attempts in _tries(seen)
        for failed, tried in _runs(attempts)
        if failed and all(map(_found_nothing, tried)) and tried[-1] is attempts[-1]
        for actors in [[attempt.actor for attempt in tried]]
    ]


def _found_nothing(attempt: Attempt) -> bool:
    assert attempt.finish
    return bool(attempt.finish.record["error_type"] == "RecordNotFound")


def _runs(attempts: list[Attempt]) -> list[tuple[bool, list[Attempt]]]:
    """Tries in a row that ended alike."""
    return [(failed, list(tried)) for failed, tried in groupby(attempts, key=_failed)]


def _tries(seen: Seen) -> list[list[Attempt]]:
    """The tries of each operation: of one job, or of one request in one flow."""
    tries: dict[object, list[Attempt]] = {}
    for attempt in seen.world.attempts.values():
        record, actor = attempt.start.record, attempt.actor
        same = actor.job or (actor.correlation, record["event"], record.get("resource"))
        tries.setdefault(same, []).append(attempt)
    return list(tries.values())


def _is_masked(series: Series) -> bool:
    return len(series.replies) > 1 and bool(series.replies[0]) and series.replies[-1] is None


def _failed(attempt: Attempt) -> bool:
    return attempt.finish is not None and "error_type" in attempt.finish.record


def _incident(
    kind: str, resource: str, actors: list[Actor], seen: Seen, counts: bool = True
) -> Incident:
    """The last try first: it is the one that ought not to have been, or that hid the fault."""
    proved = counts and all(seen.attempt(actor).shown for actor in actors)
    return Incident(
        kind=kind,
        resource=resource,
        **names(actors[::-1]),
        detail=f"{len(actors)} tries",
        at_ns=seen.attempt(actors[-1]).start.true_ns,
        discoverable=proved,
        suggested=proved,
    )
