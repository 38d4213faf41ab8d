"""What the search orders: operations with an interval, what each saw and what it left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """An element that comes into a set or goes."""

    element: str
    comes: bool


@dataclass(frozen=True)
class Start:
    """What a counter is set to."""

    at: int


Value = str | int | Change | Start | frozenset[str]


@dataclass(frozen=True)
class Unknown:
    """The state before the log begins: anything, `but` what it surely was not.

    The first operation that sees a state resolves it.
    """

    but: frozenset[Value] = frozenset()


@dataclass(frozen=True)
class Members:
    """What is known of a set: who is in it, who is not, and whether nobody else can be."""

    present: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    complete: bool = False


State = Value | Unknown | Members


@dataclass(frozen=True)
class Moment:
    """A logged event. place: its number in the order of all; the others say what that is worth.

    stream: the source that wrote it. clock: who stamped it. time: nanoseconds, None if undated.
    tick: what the clock could tell apart.
    """

    place: int
    stream: int = 0
    clock: str = ""
    time: int | None = None
    tick: int = 1


@dataclass(frozen=True)
class Operation:
    """seen: the state it found. given: what it put in. Either may be None: it looked at or left nothing.

    certain: False when it may have happened or not. end: None when its effect may come at any later time.
    """

    id: int
    begin: Moment
    end: Moment | None
    seen: Value | None = None
    given: Value | None = None
    certain: bool = True


Step = Callable[[State, Operation], State | None]
Precedes = Callable[[Moment, Moment], bool]


def surely(end: Moment, begin: Moment) -> bool:
    """One clock: in line order of one source, else when it had moved on. No offset changes that."""
    if end.clock != begin.clock:
        return False
    return _passed(end, begin, end.tick) if end.stream != begin.stream else end.place < begin.place


def within(skew: int) -> Precedes:
    """`surely`, or apart by more than two clocks are assumed to differ, `skew` nanoseconds."""

    def precedes(end: Moment, begin: Moment) -> bool:
        if end.clock == begin.clock:
            return surely(end, begin)
        return _passed(end, begin, skew + end.tick)

    return precedes


def _passed(end: Moment, begin: Moment, least: int) -> bool:
    return end.time is not None and begin.time is not None and end.time + least <= begin.time
