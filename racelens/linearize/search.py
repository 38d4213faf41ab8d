"""The search of Wing and Gong with Lowe's memory: which sets of operations can have happened, in which state.

A configuration is the set of operations that have taken effect, as bits, and the state they left. Each
configuration is visited once. Histories are cut where nothing is open; what crosses a cut is the set of
states the resource can be in. Operations without an end stay open, so nothing is cut behind them.

Operations that are not certain may be left out. One with an end can only take effect before what began
after that end; one without an end at any time, also never.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Literal

from racelens.linearize.operations import Moment, Operation, Precedes, State, Step, Unknown

CAP = 100_000  # configurations visited for one resource
LONGEST = 2_000  # operations between two moments where nothing is open


class _ExhaustedError(Exception):
    pass


@dataclass
class Budget:
    """Configurations that may still be visited."""

    left: int

    def spend(self) -> None:
        if not self.left:
            raise _ExhaustedError
        self.left -= 1


@dataclass(frozen=True)
class Verdict:
    """culprit: the operation whose completion no order explains, needed: the fewest others found with it.

    Everything that began before the culprit's end is the prefix that cannot be ordered.
    """

    word: Literal["legal", "illegal", "undecided"]
    culprit: Operation | None = None
    needed: tuple[Operation, ...] = ()


def decide(
    operations: Iterable[Operation],
    step: Step,
    initial: State,
    precedes: Precedes,
    cap: int = CAP,
) -> Verdict:
    """Whether some order of the operations, each inside its interval, is one the model allows."""
    parts = _cut(sorted(operations, key=lambda operation: operation.begin.place))
    budget, states = Budget(cap), {initial}
    try:
        for place, part in enumerate(parts):
            if len(part) > LONGEST:
                return Verdict("undecided")
            found = Span(part, step, precedes).endings(states, budget)
            after = set(found if place < len(parts) - 1 else islice(found, 1))
            if not after:
                return _explained(parts[: place + 1], initial, states, step, precedes)
            states = after
    except _ExhaustedError:
        return Verdict("undecided")
    return Verdict("legal")


def _cut(ordered: Sequence[Operation]) -> list[list[Operation]]:
    """Split where everything before has ended before everything after begins; one source only."""
    sources = {_source(moment) for o in ordered for moment in (o.begin, o.end) if moment}
    if len(sources) != 1:
        return [list(ordered)]
    parts: list[list[Operation]] = [[ordered[0]]]
    latest = _last(ordered[0])
    for operation in ordered[1:]:
        if latest < operation.begin.place:
            parts.append([])
        parts[-1].append(operation)
        latest = max(latest, _last(operation))
    return parts


def _last(operation: Operation) -> float:
    return operation.end.place if operation.end else float("inf")


class Span:
    """Operations that are searched together. Bit i stands for the i-th in the order of their begins."""

    def __init__(self, operations: Sequence[Operation], step: Step, precedes: Precedes) -> None:
        self.operations = sorted(operations, key=lambda operation: operation.begin.place)
        self.step = step
        self.certain = self.mask(o for o in self.operations if o.certain)
        self.before = _before(self.operations, precedes)
        self.twin = _twins(self.operations)

    def mask(self, chosen: Iterable[Operation]) -> int:
        return sum(1 << self._index[operation.id] for operation in chosen)

    def endings(
        self, starts: Iterable[State], budget: Budget, certain: int | None = None
    ) -> Iterator[State]:
        """States after all `certain` operations (by default all that are); none: no order explains them."""
        must = self.certain if certain is None else certain
        pending = [(0, state) for state in starts]
        visited = set(pending)
        while pending:
            taken, state = pending.pop()
            budget.spend()
            if not must & ~taken:
                yield state
                continue
            fresh = [c for c in self._next(taken, state, must) if c not in visited]
            visited.update(fresh)
            pending.extend(fresh)

    def _next(self, taken: int, state: State, must: int) -> list[tuple[int, State]]:
        """The configurations one operation later."""
        found = []
        for index in sorted(self._eligible(taken, must), key=self._last_ended, reverse=True):
            operation = self.operations[index]
            after = self.step(state, operation)
            needless = after == state and not must >> index & 1
            if after is None or needless:
                continue
            # What had to come before this one, if at all, has missed its chance.
            config = (taken | 1 << index | self.before[index], after)
            only_looks = operation.given is None and after == state
            if only_looks and not self.before[index] & ~taken:
                return [config]  # nothing misses its chance: to look later gains nothing
            found.append(config)
        return found

    def _eligible(self, taken: int, must: int) -> Iterator[int]:
        for stream in self._streams:
            rest = stream & ~taken
            while rest:
                index = (rest & -rest).bit_length() - 1
                if self.before[index] & must & ~taken:
                    break  # so has everything that begins later in this stream
                twin = self.twin[index]
                if twin is None or taken >> twin & 1:
                    yield index
                rest &= rest - 1

    def _last_ended(self, index: int) -> float:
        """What ended first has most likely happened first: it is tried first."""
        return _last(self.operations[index])

    @cached_property
    def _index(self) -> dict[int, int]:
        return {operation.id: index for index, operation in enumerate(self.operations)}

    @cached_property
    def _streams(self) -> list[int]:
        streams: dict[tuple[int, str], int] = defaultdict(int)
        for index, operation in enumerate(self.operations):
            streams[_source(operation.begin)] |= 1 << index
        return list(streams.values())


def _before(ordered: Sequence[Operation], precedes: Precedes) -> list[int]:
    """For each operation the bits of those that had ended when it began."""
    begins, ends = defaultdict(list), defaultdict(list)
    for index, operation in enumerate(ordered):
        begins[_source(operation.begin)].append((operation.begin, index))
        if operation.end:
            ends[_source(operation.end)].append((operation.end, index))
    before = [0] * len(ordered)
    for entered in begins.values():
        for left in ends.values():
            left.sort(key=lambda pair: pair[0].place)
            done, mask = 0, 0
            for begin, index in entered:
                while done < len(left) and precedes(left[done][0], begin):
                    mask |= 1 << left[done][1]
                    done += 1
                before[index] |= mask
    return before


def _source(moment: Moment) -> tuple[int, str]:
    return moment.stream, moment.clock


def _twins(ordered: Sequence[Operation]) -> list[int | None]:
    """Of equal operations that may happen at any later time, the one begun before: it goes first."""
    latest: dict[object, int] = {}
    twins: list[int | None] = []
    for index, o in enumerate(ordered):
        free = not o.certain and o.end is None
        kind = (o.seen, o.given, _source(o.begin))
        twins.append(latest.get(kind) if free else None)
        if free:
            latest[kind] = index
    return twins


# ── the shortest account of what cannot be ─────────────────────────────────────────────────────


def _explained(
    parts: Sequence[list[Operation]],
    initial: State,
    states: set[State],
    step: Step,
    precedes: Precedes,
) -> Verdict:
    """The culprit by the states the last part began in; then what needs no such states to prove it."""
    budget = Budget(CAP)
    last = Span(parts[-1], step, precedes)
    completed = _completed(parts[-1])
    upto = _least(
        len(completed), lambda count: _is_impossible(last, states, budget, completed[:count])
    )
    culprit = completed[upto - 1]
    prefix = completed[:upto]
    reach, span = 1, last
    starts: set[State] = {initial if len(parts) == 1 else Unknown()}
    while reach < len(parts) and not _is_impossible(span, starts, budget, prefix):
        reach = min(2 * reach, len(parts))
        starts = {initial if reach == len(parts) else Unknown()}
        earlier = [operation for part in parts[-reach:-1] for operation in part]
        span = Span([*earlier, *parts[-1]], step, precedes)
        prefix = [*_completed(earlier), *completed[:upto]]
    return Verdict("illegal", culprit, _needed(span, starts, budget, prefix))


def _needed(
    span: Span, starts: set[State], budget: Budget, prefix: Sequence[Operation]
) -> tuple[Operation, ...]:
    """The fewest of the prefix that, with its last, are impossible whatever of the rest happened."""

    def impossible(chosen: Sequence[Operation]) -> bool:
        return _is_impossible(span, starts, budget, chosen)

    kept = _least(len(prefix), lambda count: impossible(prefix[-count:]))
    needed = list(prefix[-kept:])
    for operation in needed[:-1]:
        fewer = [other for other in needed if other is not operation]
        needed = fewer if impossible(fewer) else needed
    return tuple(needed[:-1])


def _completed(operations: Iterable[Operation]) -> list[Operation]:
    """The certain ones in the order of their ends."""
    ended = [(o.end.place, o) for o in operations if o.certain and o.end]
    return [operation for _, operation in sorted(ended, key=lambda pair: pair[0])]


def _is_impossible(
    span: Span, starts: set[State], budget: Budget, chosen: Sequence[Operation]
) -> bool:
    """False also where the search was given up: then nothing is left out."""
    try:
        return next(span.endings(starts, budget, span.mask(chosen)), None) is None
    except _ExhaustedError:
        return False


def _least(most: int, holds: Callable[[int], bool]) -> int:
    """The least count that holds; `most` does, and so does every count above one that does."""
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return high
