"""Messages that were dropped because their row was not committed yet."""

from __future__ import annotations

from .evidence import Seen, shown
from .facts import Creation, Lookup
from .judge_rows import names
from .store import Store
from .truth import Incident


def premature_events(store: Store, seen: Seen) -> list[Incident]:
    """One per look-up that gave up on a row which was committed later."""
    return [
        _incident(lookup, creation, _provable(lookup, creation, seen))
        for lookup, creation in _pairs(store)
        if creation.committed_ns
    ]


def doubtful_lookups(store: Store, seen: Seen) -> list[Incident]:
    """Gray: the row was rolled back, but the finish that says so is lost."""
    return [
        _incident(lookup, creation, False)
        for lookup, creation in _pairs(store)
        if not creation.committed_ns and not shown([seen.attempt(creation.actor).finish])
    ]


def _pairs(store: Store) -> list[tuple[Lookup, Creation]]:
    made = {creation.resource: creation for creation in store.facts.creations}
    return [
        (lookup, made[lookup.resource])
        for lookup in store.facts.lookups
        if lookup.gave_up and lookup.resource in made
    ]


def _provable(lookup: Lookup, creation: Creation, seen: Seen) -> bool:
    """The look-up, its end, and the row with its commit; not found comes before found."""
    visible = seen.attempt(creation.actor).finish
    given_up = seen.attempt(lookup.actor).finish
    committed = shown([creation.committed]) or shown([visible])
    return committed and shown([lookup.line, given_up, creation.line])


def _incident(lookup: Lookup, creation: Creation, proved: bool) -> Incident:
    return Incident(
        kind="premature_event",
        resource=lookup.resource,
        **names([lookup.actor, creation.actor]),
        detail=f"looked {(creation.committed_ns - lookup.at_ns) // 1_000_000} ms before the commit",
        at_ns=lookup.at_ns,
        discoverable=proved,
        suggested=proved or shown([lookup.line]),
    )
