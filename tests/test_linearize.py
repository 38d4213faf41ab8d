"""The search against trying every order of a few operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from racelens.linearize.models import counter, register
from racelens.linearize.operations import Moment, Operation, Step, Unknown, surely
from racelens.linearize.search import decide

_START = Unknown()


def _by_trying(operations: Sequence[Operation], step: Step, start: Unknown = _START) -> bool:
    """True when some order of the certain operations and any of the others is one the model allows."""
    certain = [o for o in operations if o.certain]
    others = [o for o in operations if not o.certain]
    chosen = chain.from_iterable(combinations(others, size) for size in range(len(others) + 1))
    return any(
        _keeps_time(order) and _is_allowed(order, step, start)
        for some in chosen
        for order in permutations([*certain, *some])
    )


def _keeps_time(order: Sequence[Operation]) -> bool:
    return not any(
        later.end and surely(later.end, earlier.begin) for earlier, later in combinations(order, 2)
    )


def _is_allowed(order: Sequence[Operation], step: Step, start: Unknown) -> bool:
    state: object = start
    for operation in order:
        state = step(state, operation)  # type: ignore[arg-type]
        if state is None:
            return False
    return True


@st.composite
def _histories(draw: st.DrawFn, most: int = 5, clocks: int = 1) -> list[Operation]:
    """Up to `most` register operations whose begins and ends are shuffled among each other."""
    count = draw(st.integers(1, most))
    places = draw(st.permutations(range(2 * count)))
    spans = [sorted(places[2 * id_ : 2 * id_ + 2]) for id_ in range(count)]
    return [_drawn(draw, id_, begin, end, clocks) for id_, (begin, end) in enumerate(spans)]


def _drawn(draw: st.DrawFn, id_: int, begin: int, end: int, clocks: int) -> Operation:
    clock = draw(st.integers(0, clocks - 1))
    certain = draw(st.booleans() | st.just(True))
    seen, given = draw(
        st.sampled_from([(0, None), (1, None), (None, 0), (None, 1), (0, 1), (1, 0), (1, 2)])
    )
    first, last = (Moment(place, clock, f"host-{clock}", place) for place in (begin, end))
    return Operation(id_, first, last if certain else None, seen, given, certain)


@given(_histories())
@settings(max_examples=200, deadline=None)
def test_one_clock_as_by_trying_every_order(history: list[Operation]) -> None:
    legal = _by_trying(history, register)
    assert (decide(history, register, Unknown(), surely).word == "legal") == legal


@given(_histories(clocks=2))
@settings(max_examples=200, deadline=None)
def test_two_clocks_as_by_trying_every_order(history: list[Operation]) -> None:
    legal = _by_trying(history, register)
    assert (decide(history, register, Unknown(), surely).word == "legal") == legal


@given(_histories(most=6, clocks=2))
@settings(max_examples=200, deadline=None)
def test_what_is_told_proves_it_and_nothing_of_it_is_idle(history: list[Operation]) -> None:
    verdict = decide(history, register, Unknown(), surely)
    if verdict.culprit is None:
        return
    told = {verdict.culprit.id, *(o.id for o in verdict.needed)}
    for kept in (told, *(told - {id_} for id_ in told)):
        loose = [replace(o, certain=o.certain and o.id in kept) for o in history]
        assert _by_trying(loose, register) == (kept != told)


@given(_histories(most=6))
@settings(max_examples=200, deadline=None)
def test_the_prefix_is_the_shortest(history: list[Operation]) -> None:
    culprit = decide(history, register, Unknown(), surely).culprit
    if culprit is None or culprit.end is None:
        return
    earlier = culprit.end.place
    until = [o for o in history if o.begin.place < earlier]
    done = [replace(o, certain=bool(o.end) and o.end.place < earlier) for o in until if o.end]
    assert not _by_trying(until, register)
    assert _by_trying([*done, *(o for o in until if not o.end)], register)


def _sequence(*steps: tuple[int | None, int | None]) -> list[Operation]:
    """One operation after the other."""
    return [
        Operation(id_, Moment(2 * id_), Moment(2 * id_ + 1), seen, given)
        for id_, (seen, given) in enumerate(steps)
    ]


def test_states_are_carried_over_moments_at_which_nothing_is_open() -> None:
    both = [
        Operation(0, Moment(0), Moment(2), given=1),
        Operation(1, Moment(1), Moment(3), given=2),
    ]
    read_one, read_two = (
        Operation(2, Moment(4), Moment(5), seen=1),
        Operation(3, Moment(6), Moment(7), seen=2),
    )
    assert decide([*both, read_one], register, Unknown(), surely).word == "legal"
    assert decide([*both, replace(read_two, id=2)], register, Unknown(), surely).word == "legal"
    assert decide([*both, read_one, read_two], register, Unknown(), surely).word == "illegal"


def test_a_long_history_is_cut_and_told_by_its_end() -> None:
    written = [(None, number) for number in range(5_000)]
    history = _sequence(*written, (4_998, None))
    verdict = decide(history, register, Unknown(), surely)
    assert verdict.word == "illegal"
    assert [o.given for o in verdict.needed] == [4_999]


def test_an_effect_without_an_end_may_come_late_or_never() -> None:
    late = Operation(9, Moment(0), None, given=7, certain=False)
    shifted = [
        replace(o, begin=Moment(o.begin.place + 1), end=Moment(o.end.place + 1))
        for o in _sequence((None, 1), (1, None), (7, None))
        if o.end
    ]
    assert decide([late, *shifted], register, Unknown(), surely).word == "legal"
    back = Operation(8, Moment(20), Moment(21), seen=1)
    assert decide([late, *shifted, back], register, Unknown(), surely).word == "illegal"


def test_a_search_that_takes_too_long_is_given_up() -> None:
    open_ = [Operation(i, Moment(i), Moment(100 + i), given=i) for i in range(20)]
    impossible = Operation(20, Moment(200), Moment(201), seen=99)
    verdict = decide([*open_, impossible], register, Unknown(), surely, cap=500)
    assert verdict.word == "undecided"
    assert verdict.culprit is None


@pytest.mark.parametrize(
    ("seen", "word"), [(5, "legal"), (7, "legal"), (4, "illegal"), (2, "illegal")]
)
def test_a_counter_never_stands_lower_than_what_was_added(seen: int, word: str) -> None:
    history = _sequence((3, None), (None, 1), (None, 1), (seen, None))
    assert decide(history, counter, Unknown(), surely).word == word


def test_ties_of_two_sources_on_one_clock_prove_no_order() -> None:
    first, second = Moment(1, 0, "host", 50, tick=10), Moment(2, 1, "host", 55, tick=10)
    assert not surely(first, second)
    assert surely(first, replace(second, time=60))
    assert not surely(first, Moment(2, 1, "other", 9_999))
