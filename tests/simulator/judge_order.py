"""What came in the wrong order: older writes over newer ones, old reads, moves without an edge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from .evidence import Seen, shown
from .facts import Deed
from .judge_rows import names
from .lifecycle import EDGES
from .machines import Line
from .store import Store
from .truth import Incident


def by_resource(deeds: Iterable[Deed]) -> list[list[Deed]]:
    """The deeds on each resource, in the store's order."""
    rows: dict[str, list[Deed]] = defaultdict(list)
    for deed in deeds:
        rows[deed.resource].append(deed)
    return list(rows.values())


def one_clock(earlier: Line, later: Line) -> bool:
    """Whether both lines are in one file, in this order."""
    assert earlier.actor
    assert later.actor
    return earlier.actor.process == later.actor.process and earlier.index < later.index


def incident(kind: str, deeds: list[Deed], detail: str, proved: bool, hinted: bool) -> Incident:
    """An incident of which the first of the deeds is guilty."""
    return Incident(
        kind=kind,
        resource=deeds[0].resource,
        **names(list(dict.fromkeys(deed.actor for deed in deeds))),
        detail=detail,
        at_ns=deeds[0].at_ns,
        discoverable=proved,
        suggested=proved or hinted,
    )


def stale_writes(store: Store, seen: Seen) -> list[Incident]:
    """One per event applied after one with a higher number."""
    looks = {row[0].resource: row for row in by_resource(store.facts.shown)}
    return [
        _stale_write(write, newer, looks.get(write.resource, []), seen)
        for row in by_resource(store.facts.applied)
        for place, write in enumerate(row)
        if (newer := [other for other in row[:place] if other.number > write.number])
    ]


def _stale_write(write: Deed, newer: list[Deed], looks: list[Deed], seen: Seen) -> Incident:
    """Proved by one clock, or by a look that one clock puts after the newer write and that
    shows the older number. That the numbers are the messages' own only the starts tell. Clocks hint at
    it unless the older one's handler ended first."""
    told = [other for other in newer if shown([*write.lines, *other.lines])]
    numbered = [
        other for other in told if _came_with_it(write, seen) and _came_with_it(other, seen)
    ]
    afterwards = [write, *(look for look in looks if look.number == write.number)]
    proved = any(
        shown(later.lines) and one_clock(other.lines[0], later.lines[0])
        for other in numbered
        for later in afterwards
    )
    detail = f"event {write.number} applied over {newer[-1].number}"
    hinted = any(_ended(other, seen) <= _ended(write, seen) for other in told)
    return incident("stale_write", [write, *newer], detail, proved, hinted)


def _ended(write: Deed, seen: Seen) -> int:
    """When a reader sees its handler end, or where that line is lost, the write itself."""
    end = seen.attempt(write.actor).finish
    return (end if end and end.shown else write.lines[0]).local_ns


def _came_with_it(write: Deed, seen: Seen) -> bool:
    return shown([seen.attempt(write.actor).start])


def stale_reads(store: Store, seen: Seen) -> list[Incident]:
    """One per read of less than what was there when its request began."""
    return [
        _stale_read(read, store, seen)
        for read in store.facts.cache_reads
        if read.number < read.before
    ]


def uncertain_reads(store: Store, seen: Seen) -> list[Incident]:
    """Gray: the write landed while the request that does not show it was on its way."""
    del seen
    return [
        incident("stale_read", [read], "written meanwhile", False, False)
        for read in store.facts.cache_reads
        if read.before <= read.number < read.base
    ]


def _stale_read(read: Deed, store: Store, seen: Seen) -> Incident:
    missed = [
        write
        for write in store.facts.published
        if write.resource == read.resource and read.number < write.number <= read.before
    ]
    proved = any(_completed_before(write, read, seen) for write in missed)
    hinted = shown(read.lines) and any(shown(write.lines) for write in missed)
    detail = f"showed {read.number}, not {read.before}"
    return incident("stale_read", [read, *missed], detail, proved, hinted)


def _completed_before(write: Deed, read: Deed, seen: Seen) -> bool:
    """Whether one clock shows the write's request end before the read's begins."""
    end, begin = seen.attempt(write.actor).finish, seen.attempt(read.actor).start
    if end is None or not shown([*write.lines, *read.lines, end, begin]):
        return False
    return one_clock(end, begin)


def illegal_transitions(store: Store, seen: Seen) -> list[Incident]:
    """One per move along an edge that is not declared; versions prove the order."""
    del seen
    found = []
    for row in by_resource(store.facts.moves):
        for left, move in pairwise(row):
            if move.state not in EDGES.get(left.state, ()):
                proved = shown([*left.lines, *move.lines])
                detail = f"{left.state} -> {move.state}"
                found.append(incident("illegal_transition", [move, left], detail, proved, False))
    return found
