"""What no single copy can have answered: every order is tried, one call after the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from .evidence import Seen, shown
from .facts import Use
from .judge_rows import names
from .store import Store
from .truth import Incident

Before = Callable[[Use, Use], bool]
REFUSED = object()
"""What a step returns where the model does not allow the call."""


def impossible_answers(store: Store, seen: Seen) -> list[Incident]:
    """One per thing whose calls fit no order that respects who had finished before whom."""
    del seen
    return [_incident(uses) for uses in by_thing(store) if not explained(uses, _in_truth)]


def unlucky_answers(store: Store, seen: Seen) -> list[Incident]:
    """Gray: only lines that are lost make it look like one."""
    del seen
    return [
        _incident(uses)
        for uses in by_thing(store)
        if not all(_told(use) for use in uses) and explained(uses, _in_truth)
    ]


def by_thing(store: Store) -> list[list[Use]]:
    """The calls on each thing."""
    things: dict[str, list[Use]] = defaultdict(list)
    for use in store.facts.uses:
        things[use.resource].append(use)
    return list(things.values())


def explained(uses: Sequence[Use], before: Before, strict: bool = True) -> bool:
    """Whether some order of all calls, from some first state, is one its model allows. Not strict: others,
    who log nothing, may have counted as well."""
    return any(_fits(uses, before, first, strict) for first in _firsts(uses))


def _fits(uses: Sequence[Use], before: Before, first: Hashable, strict: bool) -> bool:
    pending = [(frozenset(range(len(uses))), first)]
    known = set(pending)
    while pending:
        left, state = pending.pop()
        if not left:
            return True
        for place in left:
            if any(before(uses[other], uses[place]) for other in left):
                continue
            after = _step(state, uses[place], strict)
            config = (left - {place}, after)
            if after is not REFUSED and config not in known:
                known.add(config)
                pending.append(config)
    return False


def _firsts(uses: Sequence[Use]) -> Iterable[Hashable]:
    """What it may have held before its first call, in the eyes of a reader who cannot know."""
    model = uses[0].model
    if model == "mutex":
        return [None]
    seen = [use.seen for use in uses if use.word == "read"]
    if model == "tags":
        return {frozenset(s) for s in seen} | {frozenset()}
    if model == "hits":
        added = sum(use.word == "incr" for use in uses)
        return range(min([0, *seen]) - added, max([0, *seen]) + 1)
    return {None, *seen, *(use.expected for use in uses)}


def _step(state: Any, use: Use, strict: bool) -> Any:
    """The state after a call, or REFUSED."""
    if use.word == "read":
        seen = frozenset(use.seen) if use.model == "tags" else use.seen
        lower = use.model == "hits" and not strict and seen >= state
        return state if lower or seen == state else REFUSED
    needed, after = _change(state, use)
    return after if state == needed else REFUSED


def _change(state: Any, use: Use) -> tuple[Any, Any]:
    """The state a call asks for, and the one it leaves."""
    if use.word == "cas":
        return (use.expected, use.given) if use.done else (state, state)
    return {
        "write": (state, use.given),
        "acquire": (None, use.actor),
        "release": (use.actor, None),
        "add": (state, state | {use.given} if use.word == "add" else None),
        "incr": (state, state + use.given if use.word == "incr" else None),
    }[use.word]


def _in_truth(one: Use, other: Use) -> bool:
    assert one.finish
    assert other.start
    return one.finish.index < other.start.index


def _by_one_clock(one: Use, other: Use) -> bool:
    return one.actor.process == other.actor.process and _in_truth(one, other)


def _told(use: Use) -> bool:
    return shown([use.start, use.finish])


def _incident(uses: Sequence[Use]) -> Incident:
    """A count may have been set back by somebody who logs nothing: that one is never proved."""
    told = all(_told(use) for use in uses)
    proved = told and not explained(uses, _by_one_clock, strict=False)
    last = uses[-1].finish
    assert last
    return Incident(
        kind="non_linearizable",
        resource=uses[0].resource,
        **names(list(dict.fromkeys(use.actor for use in uses))),
        detail=f"no order of {len(uses)} calls",
        at_ns=last.true_ns,
        discoverable=proved and uses[0].model != "hits",
        suggested=proved,
    )
