"""In which order the lines are told, and how each place in it is known (design, section 4)."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from racelens.knowledge import Knowledge
from racelens.trail import Order

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """A line to tell. `row`: its event, None where it did not parse."""

    source: int
    line: int
    row: Row | None
    raw: bytes
    via: str | None

    @property
    def writer(self) -> str:
        """What orders its lines: the clock, or the file of a line without an event."""
        return self.row["domain"] if self.row else f"file {self.source}"

    @property
    def time_ns(self) -> int | None:
        return self.row["time_ns"] if self.row else None


def arrange(told: Sequence[Told], known: Mapping[int, Sequence[tuple[int, int]]]) -> list[Told]:
    """The lines in order of their events; a line that did not parse stays behind the one above it.

    known: by source, (line, event id) of every event that was read, ascending by line.
    """
    ordered = sorted(told, key=lambda line: _key(line, known.get(line.source, ())))
    return _after_causes(ordered)


def _key(told: Told, known: Sequence[tuple[int, int]]) -> tuple[float, int, int]:
    if told.row:
        return (told.row["id"], told.source, told.line)
    above = bisect_right(known, (told.line, 1 << 40)) - 1
    if above >= 0:
        return (known[above][1] + 0.5, told.source, told.line)
    return (known[0][1] - 0.5 if known else -1.0, told.source, told.line)


def causes(told: Sequence[Told]) -> list[tuple[int, int]]:
    """Pairs of positions: the first surely came before the second, whatever the clocks say.

    A job is sent before it starts; a version is written before it is read or built upon.
    """
    sent: dict[str, int] = {}
    wrote: dict[tuple[str, str], int] = {}
    for at, line in enumerate(told):
        row = line.row
        if row and row["action"] == "enqueue" and row["job"]:
            sent.setdefault(row["job"], at)
        if row and row["action"] in ("write", "create") and row["resource"] and row["version"]:
            wrote.setdefault((row["resource"], row["version"]), at)
    pairs = []
    for at, line in enumerate(told):
        for cause in _causes_of(line, sent, wrote):
            if cause is not None and cause != at:
                pairs.append((cause, at))
    return pairs


def _causes_of(
    line: Told, sent: Mapping[str, int], wrote: Mapping[tuple[str, str], int]
) -> tuple[int | None, ...]:
    row = line.row
    if not row:
        return ()
    begins = row["job"] and row["phase"] == "start"
    seen = row["version"] if row["action"] == "read" else row["base"]
    return (
        sent.get(row["job"]) if begins else None,
        wrote.get((row["resource"], seen)) if row["resource"] and seen else None,
    )


def _after_causes(told: list[Told]) -> list[Told]:
    """The same order, changed only where an effect stands before its cause in another clock's time."""
    pairs = causes(told)
    if all(cause < effect for cause, effect in pairs):
        return told
    after: dict[int, set[int]] = defaultdict(set)
    last: dict[str, int] = {}
    for at, line in enumerate(told):
        if line.writer in last:
            after[last[line.writer]].add(at)
        last[line.writer] = at
    for cause, effect in pairs:
        if told[cause].writer != told[effect].writer:
            after[cause].add(effect)
    order = _topological(len(told), after)
    return [told[at] for at in order] if order else told


def _topological(size: int, after: Mapping[int, set[int]]) -> list[int] | None:
    """The numbers below `size`, the smallest that may come always first; None when they form a circle."""
    waiting = [0] * size
    for followers in after.values():
        for follower in followers:
            waiting[follower] += 1
    ready = [at for at in range(size) if not waiting[at]]
    order = []
    while ready:
        at = heapq.heappop(ready)
        order.append(at)
        for follower in after.get(at, ()):
            waiting[follower] -= 1
            if not waiting[follower]:
                heapq.heappush(ready, follower)
    return order if len(order) == size else None


def relations(told: Sequence[Told], knowledge: Knowledge) -> list[Order]:
    """For each line how it is known to come after the one before it."""
    caused = set(causes(told))
    out: list[Order] = ["first"] if told else []
    for at in range(1, len(told)):
        out.append(
            "cause" if (at - 1, at) in caused else _relation(told[at - 1], told[at], knowledge)
        )
    return out


def _relation(before: Told, after: Told, knowledge: Knowledge) -> Order:
    if before.time_ns is None or after.time_ns is None:
        return "written"
    if before.writer == after.writer:
        return "line"
    apart = after.time_ns - before.time_ns
    return "time" if apart > _difference(before.writer, after.writer, knowledge) else "clock"


def _difference(a: str, b: str, knowledge: Knowledge) -> int:
    """Nanoseconds that two clocks may differ by."""
    for bound in knowledge.bounds:
        if {bound.a, bound.b} == {a, b} and bound.is_measured:
            return max(abs(bound.lower or 0), abs(bound.upper or 0))
    return knowledge.skew
