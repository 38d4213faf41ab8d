"""From logged calls to operations on a model: register, lock, counter or set, or none that fits.

A *reading* is one way to take the log at its word. What nobody can know is left open in all of them: the
state before the log begins, the effect of a call that timed out, a reading without a value.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from racelens.linearize.operations import (
    Change,
    Members,
    Moment,
    Operation,
    Precedes,
    Start,
    State,
    Step,
    Unknown,
    Value,
    surely,
    within,
)

_FREE = "free"
_LOCK_PROOF = "each held it until its own release came back; only orders of one clock are used"
_REGISTER_PROOF = (
    "no order of these operations explains what they saw; only orders of one clock are used"
)
_SET_PROOF = "no order of these changes and readings explains what was read; only orders of one clock are used"
_NOT_WHOLE = (
    "unless a reading shows only a part of it, or something came or went without a record of it"
)
_COUNTER_PROOF = (
    "the log shows how it was made and all that was added, and no order of that explains what was read; "
    "only orders of one clock are used"
)
_RESET = "unless the counter was reset, or expired, without a record of it"
_FAILED = (
    "what was seen was written only by a call that reports failure; the resource is taken to be empty "
    "before the log began"
)
_OWNERS = ("attempt", "worker", "process")


@dataclass(frozen=True)
class Call:
    """A logged invocation and its completion. refused: the store said why nothing happened. expires: what it is
    about goes away by itself.

    end: None when no completion is logged. id: of the completion, else of the invocation.
    """

    id: int
    begin: Moment
    end: Moment | None
    action: str
    outcome: str
    value: str | None
    base: str | None
    refused: bool
    attempt: str
    worker: str | None
    process: str | None
    expires: bool = False


@dataclass(frozen=True)
class Reading:
    """The question for the search. proof: why its verdict is sure; doubt: what else would explain it."""

    operations: tuple[Operation, ...]
    step: Step
    initial: State
    precedes: Precedes
    proof: str = ""
    doubt: str = ""


def register(state: State, operation: Operation) -> State | None:
    """What was seen must be the state; what was given replaces it."""
    seen = operation.seen
    if seen is not None and not _may_be(state, seen):
        return None
    if operation.given is not None:
        return operation.given
    return state if seen is None else seen


def counter(state: State, operation: Operation) -> State | None:
    """The least it can stand at: others may add unlogged, so it may be higher than what was added."""
    if isinstance(operation.given, Start):
        return operation.given.at
    if isinstance(operation.given, int):
        return state + operation.given if isinstance(state, int) else state
    seen = operation.seen
    return None if isinstance(state, int) and isinstance(seen, int) and seen < state else seen


def members(state: State, operation: Operation) -> State | None:
    """Elements come and go; a reading shows all of them."""
    known = state if isinstance(state, Members) else Members()
    if isinstance(operation.given, Change):
        one = frozenset([operation.given.element])
        present, absent = known.present - one, known.absent - one
        if operation.given.comes:
            return Members(present | one, absent, known.complete)
        return Members(present, absent if known.complete else absent | one, known.complete)
    seen = operation.seen
    if not isinstance(seen, frozenset):
        return state
    if known.complete:
        return state if seen == known.present else None
    fits = known.present <= seen and seen.isdisjoint(known.absent)
    return Members(seen, complete=True) if fits else None


def _may_be(state: State, seen: Value) -> bool:
    return seen not in state.but if isinstance(state, Unknown) else seen == state


def readings(model: str, calls: Sequence[Call], skew: int) -> list[Reading]:
    """The ways to read the calls, the surest first; none when they do not fit the model."""
    return list(_READERS[model](calls, skew))


# ── registers ──────────────────────────────────────────────────────────────────────────────────


def _of_register(calls: Sequence[Call], skew: int) -> Iterator[Reading]:
    strange = _unexplained(calls)
    if strange:
        # Who wrote several values without logging it may have written others, too.
        known = [call for call in calls if _saw(call) not in strange]
        told = tuple(chain.from_iterable(_register_operations(known)))
        if len(strange) == 1:
            yield Reading(told, register, Unknown(), surely, proof=_unlogged(strange))
        return
    cautious = tuple(chain.from_iterable(_register_operations(calls)))
    failed = {call.id for call in calls if call.outcome == "fail"}
    literal = tuple(o for o in cautious if o.id not in failed)
    values = {o.given for o in literal}
    tried = frozenset(o.given for o in cautious if o.given is not None and o.given not in values)
    yield Reading(cautious, register, Unknown(), surely, proof=_REGISTER_PROOF)
    if len(literal) < len(cautious):
        yield Reading(literal, register, Unknown(tried), surely, proof=_FAILED)
    if _clocks(calls) > 1:
        yield Reading(cautious, register, Unknown(), within(skew), doubt=_by_clock(skew))


def _unlogged(strange: set[str]) -> str:
    return f"{_REGISTER_PROOF}; {min(strange)}, which nobody logged writing, is left out"


def _unexplained(calls: Iterable[Call]) -> set[str]:
    """Values that were seen and that nobody logged, but for the one from before the log began."""
    changes = [call for call in calls if call.action != "read" and not call.refused]
    written = {call.value for call in changes}
    seen = [(call, _saw(call)) for call in calls if call.outcome == "ok"]
    strange = [(call, value) for call, value in seen if value is not None and value not in written]
    changed = [call.end.place for call in changes if call.outcome == "ok" and call.end]
    may_be_first = any(call.begin.place < min(changed, default=call.id) for call, _ in strange)
    values = {value for _, value in strange}
    return set() if may_be_first and len(values) == 1 else values


def _saw(call: Call) -> str | None:
    seen = {"read": call.value, "compare": call.base}
    return seen.get(call.action)


def _register_operations(calls: Iterable[Call]) -> Iterator[list[Operation]]:
    for call in calls:
        if call.action == "read":
            # A reading without a value says nothing: it may stand for “nothing there” or for “not logged”.
            told = call.outcome == "ok" and call.value is not None
            yield [_operation(call, seen=call.value)] if told else []
        else:
            yield _effect(call, _saw(call), call.value)


# ── locks ──────────────────────────────────────────────────────────────────────────────────────


def _of_lock(calls: Sequence[Call], skew: int) -> Iterator[Reading]:
    """A compare-and-set register: free → held for this acquisition → free.

    Its owner's next successful release ends a hold. One that nobody ends may be over at any time: its owner
    died, its lease ran out. If the release came back refused, the owner took it for held until then.
    """
    owner = _owner(calls)
    if owner is None:
        return
    by_owner = defaultdict(list)
    for call in sorted(calls, key=lambda call: call.id):
        by_owner[getattr(call, owner)].append(call)
    operations = tuple(chain.from_iterable(_holds(of_one) for of_one in by_owner.values()))
    yield Reading(operations, register, Unknown(), surely, proof=_LOCK_PROOF)
    if _clocks(calls) > 1:
        yield Reading(operations, register, Unknown(), within(skew), doubt=_by_clock(skew))


def _owner(calls: Sequence[Call]) -> str | None:
    """The column that ties a release to its acquisition; None where nothing does."""
    acquired, released = (
        [call for call in calls if call.action == action and call.outcome == "ok"]
        for action in ("acquire", "release")
    )
    for column in _OWNERS:
        ended = {getattr(call, column) for call in released} - {None}
        begun = {getattr(call, column) for call in acquired} - {None}
        clocks = {(getattr(call, column), call.begin.clock) for call in (*acquired, *released)}
        if ended & begun and len({name for name, _ in clocks}) == len(clocks):
            return column
    return None


def _holds(calls: Sequence[Call]) -> Iterator[Operation]:
    """The operations of one owner, in its own order.

    An acquisition that may have failed only takes away: without it more is possible.
    """
    holding: Call | None = None
    for call in calls:
        if call.action == "acquire":
            if call.outcome == "ok":
                yield from _lapse(holding)
                yield _operation(call, seen=_FREE, given=call.id)
                holding = call
        elif call.outcome == "ok" and holding:
            yield _operation(call, seen=holding.id, given=_FREE)
            holding = None
        elif call.refused:
            yield from _lapse(holding, call.end)
            holding = None
        elif not holding:
            # Whoever held it, since before the log began or by another's name.
            yield Operation(call.id, call.begin, None, given=_FREE, certain=False)
    yield from _lapse(holding)


def _lapse(holding: Call | None, over: Moment | None = None) -> Iterator[Operation]:
    """The end of a hold that no release tells of: at any time, or not before `over`."""
    if holding:
        begin = over or holding.end or holding.begin
        yield Operation(-holding.id - 1, begin, None, holding.id, _FREE, certain=False)


# ── counters ───────────────────────────────────────────────────────────────────────────────────


def _of_counter(calls: Sequence[Call], skew: int) -> Iterator[Reading]:
    """Increments by one logged amount, what was read, and what it was made with."""
    added = [call for call in calls if call.action == "add"]
    made = [call for call in calls if call.action == "start" and not call.refused]
    seen = [c for c in calls if c.action == "read" and c.outcome == "ok" and c.value is not None]
    numbers = {c.id: n for c in (*added, *made, *seen) if (n := _number(c.value)) is not None}
    if len(numbers) < len(added) + len(made) + len(seen) or len(made) > 1:
        return
    amounts = {numbers[call.id] for call in added}
    if len(amounts) != 1 or min(amounts) < 1:
        return
    begun = [_effect(call, None, Start(numbers[call.id])) for call in made]
    sure = [_operation(c, given=numbers[c.id]) for c in added if c.outcome == "ok"]
    read = [_operation(call, seen=numbers[call.id]) for call in seen]
    operations = (*chain.from_iterable(begun), *sure, *read)
    most = sum(numbers[call.id] for call in (*made, *added))
    if _is_made_first(calls, made) and all(numbers[call.id] <= most for call in seen):
        yield Reading(operations, counter, Unknown(), surely, proof=_COUNTER_PROOF)
    yield Reading(operations, counter, Unknown(), within(skew), doubt=_RESET)


def _is_made_first(calls: Sequence[Call], made: Sequence[Call]) -> bool:
    """Made before anything else on one clock: who set it back would have made it again, for all to read.

    Not where it goes away by itself, and comes back with the next addition.
    """
    first = [c for c in made if c.outcome == "ok" and not any(call.expires for call in calls)]
    return any(
        make.end and all(call is make or surely(make.end, call.begin) for call in calls)
        for make in first
    )


def _number(value: str | None) -> int | None:
    return int(value) if value is not None and value.lstrip("-").isdecimal() else None


# ── sets ───────────────────────────────────────────────────────────────────────────────────────


def _of_set(calls: Sequence[Call], skew: int) -> Iterator[Reading]:
    """Additions and removals of single elements, and readings of all of them."""
    seen = {call.id: elements(call.value) for call in calls if call.action == "read"}
    if any(elements is None for elements in seen.values()):
        return
    operations = tuple(chain.from_iterable(_set_operations(calls, seen)))
    shown = [elements for elements in seen.values() if elements]
    paged = any(a.isdisjoint(b) for a, b in pairwise(shown))
    first = min((c.id for c in calls if c.action == "read" and seen[c.id]), default=0)
    added = {c.value for c in calls if c.action == "add"} | (seen.get(first) or frozenset())
    if paged or any(not elements <= added for elements in shown):
        yield Reading(operations, members, Unknown(), surely, doubt=_NOT_WHOLE)
        return
    yield Reading(operations, members, Unknown(), surely, proof=_SET_PROOF)
    if _clocks(calls) > 1:
        yield Reading(operations, members, Unknown(), within(skew), doubt=_by_clock(skew))


def _set_operations(
    calls: Iterable[Call], seen: Mapping[int, frozenset[str] | None]
) -> Iterator[list[Operation]]:
    for call in calls:
        if call.action == "read":
            told = call.outcome == "ok" and call.value is not None
            yield [_operation(call, seen=seen[call.id])] if told else []
        elif call.value is not None:
            yield _effect(call, None, Change(call.value, comes=call.action == "add"))


def elements(value: str | None) -> frozenset[str] | None:
    """`["a", 1]` → its elements as text; None for what is no set of plain values."""
    if value is None:
        return frozenset()
    try:
        listed = json.loads(value)
    except ValueError:
        return None
    if not isinstance(listed, list) or any(isinstance(e, (list, dict)) for e in listed):
        return None
    named = [e if isinstance(e, str) else json.dumps(e) for e in listed]
    return frozenset(named) if len(set(named)) == len(named) else None


# ── common to all ──────────────────────────────────────────────────────────────────────────────


def _operation(call: Call, seen: Value | None = None, given: Value | None = None) -> Operation:
    return Operation(call.id, call.begin, call.end, seen, given)


def _effect(call: Call, seen: Value | None, given: Value | None) -> list[Operation]:
    """A change, that may have happened unless it was refused. An error may come after the effect."""
    if call.refused:
        return []
    if call.outcome == "ok":
        return [_operation(call, seen, given)]
    return [Operation(call.id, call.begin, None, seen, given, certain=False)]


def _clocks(calls: Iterable[Call]) -> int:
    return len({m.clock for call in calls for m in (call.begin, call.end) if m})


def _by_clock(skew: int) -> str:
    return f"order by clocks of several hosts, assumed to be at most {skew // 1_000_000} ms apart"


_READERS = {"register": _of_register, "lock": _of_lock, "counter": _of_counter, "set": _of_set}
