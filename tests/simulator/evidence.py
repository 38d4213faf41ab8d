"""What a perfect reader could still prove from the lines that survived."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from .machines import Actor, Attempt, Line
from .store import Write
from .world import World

Flow = tuple[str, str | None]


class Seen:
    """Indexes of shown access lines. Used only to mark incidents, never to find them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tries = _tries(world)
        self._own: dict[tuple[Actor, str], list[Line]] = defaultdict(list)
        self._flow: dict[tuple[Flow, str], list[Line]] = defaultdict(list)
        for line in world.lines:
            if line.shown and line.actor and _is_access(line):
                self._file(line, line.actor, line.record["resource"])

    def base(self, write: Write) -> int | None:
        """The base version a reader would assume: logged, own access, else the flow's."""
        if write.line is None or not write.line.shown:
            return None
        if self.world.dial.dialect == "canonical" and "base_version" in write.line.record:
            return int(write.line.record["base_version"])
        if write.kind != "rmw":
            return None
        before = _before(self._own[write.actor, write.resource], write.line)
        if before is None and write.actor.job is None:
            flow = write.actor.correlation, write.actor.user
            before = _before(self._flow[flow, write.resource], write.line)
        return before.record["version"] if before else None

    def attempt(self, actor: Actor) -> Attempt:
        """The envelope of an actor."""
        return self.world.attempts[actor]

    def overlap(self, one: Actor, other: Actor) -> bool:
        """Whether both envelopes are shown and overlap as logged."""
        a, b = self.attempt(one), self.attempt(other)
        if not (a.shown and b.shown and a.finish and b.finish):
            return False
        return a.start.local_ns < b.finish.local_ns and b.start.local_ns < a.finish.local_ns

    def _file(self, line: Line, actor: Actor, resource: str) -> None:
        self._own[actor, resource].append(line)
        if actor.job is None:
            self._flow[(actor.correlation, actor.user), resource].append(line)


def _tries(world: World) -> dict[tuple[str, int], Attempt]:
    """(job id, 0-based try) → the worker's attempt."""
    return {
        (actor.job, actor.retry): attempt
        for actor, attempt in world.attempts.items()
        if actor.job is not None and actor.request is None
    }


def shown(lines: Iterable[Line | None]) -> bool:
    """Whether all of these lines exist and survived."""
    return all(line is not None and line.shown for line in lines)


def _is_access(line: Line) -> bool:
    return "version" in line.record and line.record.get("action") is not None


def _before(lines: list[Line], line: Line) -> Line | None:
    return next((known for known in reversed(lines) if known.index < line.index), None)
