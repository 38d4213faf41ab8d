"""Guards that let two through: checks before acts, early comparisons, leases that ran out."""

from __future__ import annotations

from itertools import combinations

from .evidence import Seen, shown
from .facts import Deed, Hold, Sale
from .judge_order import by_resource, incident, one_clock
from .judge_rows import names
from .leases import LEASE_MS
from .store import Store
from .truth import Incident
from .world import MS


def double_claims(store: Store, seen: Seen) -> list[Incident]:
    """One per claim beyond the first of one thing."""
    del seen
    return [
        _double(claim, row[:place])
        for row in by_resource(store.facts.claimed)
        for place, claim in enumerate(row)
        if place
    ]


def _double(claim: Deed, others: list[Deed]) -> Incident:
    """Looks and claims of both sides prove it, in whatever order."""
    proved = any(shown([*claim.lines, *other.lines]) for other in others)
    detail = f"claim {len(others) + 1} of one"
    return incident("check_then_act", [claim, *others], detail, proved, False)


def oversold(store: Store, seen: Seen) -> list[Incident]:
    """One per sale that left less than nothing, though whoever sold had seen enough."""
    del seen
    shows: dict[str, list[Sale]] = {}
    for sale in store.facts.sales:
        shows.setdefault(sale.resource, []).append(sale)
    return [
        _oversale(sales[place - 1], sale)
        for sales in shows.values()
        for place, sale in enumerate(sales)
        if sale.left < 0
    ]


def _oversale(earlier: Sale, sale: Sale) -> Incident:
    """Proved when one clock puts the sale before it before it."""
    told = shown([sale.looked, sale.sold, earlier.sold])
    return Incident(
        kind="oversold",
        resource=sale.resource,
        **names([sale.actor, earlier.actor]),
        detail=f"saw {sale.seen}, left {sale.left}",
        at_ns=sale.at_ns,
        discoverable=told and one_clock(earlier.sold, sale.sold),
        suggested=told,
    )


def broken_conditions(store: Store, seen: Seen) -> list[Incident]:
    """One per conditional write that was accepted although its base was gone."""
    del seen
    return [
        _broken(write, [other for other in row if write.base < other.number < write.number])
        for row in by_resource(store.facts.conditional)
        for write in row
        if write.base < write.before
    ]


def _broken(write: Deed, victims: list[Deed]) -> Incident:
    proved = any(shown([*write.lines, *victim.lines]) for victim in victims)
    detail = f"expected {write.base}, replaced {write.before}"
    return incident("broken_guard", [write, *victims], detail, proved, shown(write.lines))


def broken_fences(store: Store, seen: Seen) -> list[Incident]:
    """One per write with a lower token than the store had seen."""
    del seen
    return [
        _unfenced(write, newer)
        for row in by_resource(store.facts.fenced)
        for place, write in enumerate(row)
        if (newer := [other for other in row[:place] if other.base > write.base])
    ]


def _unfenced(write: Deed, newer: list[Deed]) -> Incident:
    """Proved by one clock: a version that no read goes with might be anybody's count."""
    told = [other for other in newer if shown([*write.lines, *other.lines])]
    proved = any(_fell(other, write) for other in told)
    detail = f"token {write.base} accepted after {newer[-1].base}"
    return incident("broken_guard", [write, *newer], detail, proved, bool(told))


def _fell(other: Deed, write: Deed) -> bool:
    """By the tokens of both writes, or by the lease that had run out when this one was logged."""
    if not one_clock(other.lines[0], write.lines[0]):
        return False
    if len(write.lines) == 1:
        return True
    held_ns = write.lines[0].local_ns - write.lines[1].local_ns
    return held_ns > LEASE_MS * MS and one_clock(write.lines[1], other.lines[1])


def overlapping_holds(store: Store, seen: Seen) -> list[Incident]:
    """One per pair of holds of one lock that overlap."""
    del seen
    return [
        _overlap(one, other)
        for one, other in combinations(store.facts.holds, 2)
        if one.resource == other.resource and other.taken_ns < one.freed_ns
    ]


def _overlap(one: Hold, other: Hold) -> Incident:
    """Proved when one clock puts the second grant before the first release."""
    assert one.released
    told = shown([one.acquired, one.released, other.acquired, other.released])
    return Incident(
        kind="broken_guard",
        resource=one.resource,
        **names([other.actor, one.actor]),
        detail=f"two holders for {(one.freed_ns - other.taken_ns) // 1_000_000} ms",
        at_ns=other.taken_ns,
        discoverable=told and not one.leased and one_clock(other.acquired, one.released),
        suggested=told and not one.leased,
    )
