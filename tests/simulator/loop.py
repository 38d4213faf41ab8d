"""Virtual time: generators that yield nanoseconds to sleep or a Signal to wait for."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Generator
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")


class Signal:
    """Fires once with a value; whoever waits for it goes on at that instant."""

    __slots__ = ("_waiting", "fired", "value")

    def __init__(self) -> None:
        self.fired = False
        self.value: Any = None
        self._waiting: list[Callable[[Any], None]] = []

    def when(self, call: Callable[[Any], None]) -> None:
        """Call now if it has fired, else when it fires."""
        if self.fired:
            call(self.value)
        else:
            self._waiting.append(call)

    def fire(self, value: Any = None) -> None:
        """The first call counts, later ones are ignored."""
        if self.fired:
            return
        self.fired, self.value = True, value
        for call in self._waiting:
            call(value)


Steps: TypeAlias = Generator["int | Signal", Any, T]
"""A coroutine in virtual time that ends with a T."""


class Loop:
    """Runs steps in order of virtual time; ties go to whoever was scheduled first."""

    def __init__(self) -> None:
        self.now = 0
        self._count = 0
        self._queue: list[tuple[int, int, Steps[Any], Signal, Any]] = []

    def spawn(self, steps: Steps[Any], delay: int = 0) -> Signal:
        """Start steps `delay` ns from now; the signal fires with their result."""
        done = Signal()
        self._push(self.now + delay, steps, done, None)
        return done

    def run(self) -> None:
        """Until nothing is left to do."""
        while self._queue:
            self.now, _, steps, done, value = heapq.heappop(self._queue)
            self._advance(steps, done, value)

    def within(self, signal: Signal, limit: int) -> Steps[bool]:
        """Whether the signal fires in the next `limit` ns; waits no longer than that."""
        first = Signal()
        signal.when(lambda _: first.fire(True))
        self.spawn(_expire(first, limit))
        return bool((yield first))

    def _push(self, at: int, steps: Steps[Any], done: Signal, value: Any) -> None:
        self._count += 1
        heapq.heappush(self._queue, (at, self._count, steps, done, value))

    def _advance(self, steps: Steps[Any], done: Signal, value: Any) -> None:
        try:
            wait = steps.send(value)
        except StopIteration as stop:
            done.fire(stop.value)
            return
        if isinstance(wait, Signal):
            wait.when(lambda got: self._push(self.now, steps, done, got))
        else:
            self._push(self.now + wait, steps, done, None)


def _expire(signal: Signal, limit: int) -> Steps[None]:
    yield limit
    signal.fire(False)


class Lock:
    """A fair mutex: a release hands it to whoever waited longest."""

    __slots__ = ("_queue", "held")

    def __init__(self) -> None:
        self.held = False
        self._queue: deque[Signal] = deque()

    def acquire(self) -> Steps[None]:
        """Wait until it is ours."""
        if self.held:
            turn = Signal()
            self._queue.append(turn)
            yield turn
        self.held = True

    def take(self) -> bool:
        """Take it if it is free; never waits."""
        free, self.held = not self.held, True
        return free

    def release(self) -> None:
        """Pass it on; it stays held when somebody waits."""
        if self._queue:
            self._queue.popleft().fire()
        else:
            self.held = False
