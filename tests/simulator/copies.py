"""Small things that ought to answer as one copy would: flags, switches, mutexes, hit counts, tag sets.

Every call has a start and a finish of its own and no handler around it. All calls on one thing come
through one process or through both; a careless thing has a replica that lags, compares too early, hands out
a lock that is held, or adds in two steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .facts import Use
from .loop import Steps
from .machines import Actor, Process
from .world import World

CALLERS = 3
CALLS = 2


@dataclass(slots=True)
class Copy:
    """One thing: what the store holds and what its replica shows."""

    world: World
    resource: str
    model: str
    careless: bool
    processes: list[Process]
    now: Any
    shown: Any
    holder: Actor | None = None
    uses: list[Use] = field(default_factory=list)

    def settle(self, value: Any) -> None:
        """The store has it at once, the replica when it has caught up."""
        self.now = value
        if not self.careless:
            self.shown = value
            return
        self.world.aside(self._follow(value), self.world.ms(10, 120))

    def _follow(self, value: Any) -> Steps[None]:
        yield 0
        self.shown = value


Body = Callable[[Copy, Use], Steps[None]]


def copies(world: World, user: str) -> Steps[None]:
    """One thing, given its first value, then used by several callers at once."""
    del user
    model = world.rng.choice(list(MODELS))
    noun, initial, _ = MODELS[model]
    resource = f"{noun}:{world.name('', 8)}"
    careless = not world.guarded(resource) and world.chance(world.dial.race)
    one = [world.rng.choice(world.apis)] if world.chance(0.7) else world.apis
    copy = Copy(world, resource, model, careless, one, initial, initial)
    if model != "mutex":
        yield from _call(copy, _visitor(copy), *_first(model))
    waiting = [world.aside(_caller(copy, number), world.ms(0, 25)) for number in range(CALLERS)]
    while waiting:
        yield waiting.pop()


def _first(model: str) -> tuple[str, Any, Any]:
    return ("write", "v0", None) if model in ("flag", "switch") else ("read", None, None)


def _caller(copy: Copy, number: int) -> Steps[None]:
    plan = MODELS[copy.model][2]
    for turn in range(CALLS):
        yield from plan(copy, f"v{number}{turn}")
        yield copy.world.ms(1, 15)


def _visitor(copy: Copy) -> Actor:
    process = copy.world.rng.choice(copy.processes)
    return copy.world.visitor(process, copy.world.name("c-"))


# ── what a caller does with each ──────────────────────────────────────────────────────────────


def _flag(copy: Copy, value: str) -> Steps[None]:
    if copy.world.chance(0.5):
        yield from _call(copy, _visitor(copy), "write", value, None)
    else:
        yield from _call(copy, _visitor(copy), "read", None, None)


def _switch(copy: Copy, value: str) -> Steps[None]:
    seen = yield from _call(copy, _visitor(copy), "read", None, None)
    yield copy.world.ms(0.5, 6)
    yield from _call(copy, _visitor(copy), "cas", value, seen.seen)


def _mutex(copy: Copy, value: str) -> Steps[None]:
    del value
    actor = _visitor(copy)
    yield from _call(copy, actor, "acquire", None, None)
    yield copy.world.ms(3, 20)
    yield from _call(copy, actor, "release", None, None)


def _hits(copy: Copy, value: str) -> Steps[None]:
    del value
    word, given = ("incr", 1) if copy.world.chance(0.6) else ("read", None)
    yield from _call(copy, _visitor(copy), word, given, None)


def _tags(copy: Copy, value: str) -> Steps[None]:
    word, given = ("add", value) if copy.world.chance(0.6) else ("read", None)
    yield from _call(copy, _visitor(copy), word, given, None)


MODELS: dict[str, tuple[str, Any, Callable[[Copy, str], Steps[None]]]] = {
    "flag": ("flag", "v0", _flag),
    "switch": ("switch", "v0", _switch),
    "mutex": ("mutex", None, _mutex),
    "hits": ("hits", 0, _hits),
    "tags": ("tags", (), _tags),
}
"""model → (noun, what it holds at first, what a caller does with it)."""


# ── calls ─────────────────────────────────────────────────────────────────────────────────────


def _call(copy: Copy, actor: Actor, word: str, given: Any, expected: Any) -> Steps[Use]:
    """One call: logged, carried out at some moment, logged again with its answer."""
    world, use = copy.world, Use(copy.resource, copy.model, actor, word, given, expected)
    said = {} if given is None else {"value": given}
    said |= {} if expected is None else {"expected": expected}
    use.start = _log(copy, use, "start", said)
    yield world.ms(0.3, 3)
    yield from _WORDS[word](copy, use)
    yield world.ms(0.3, 3)
    answer = {"value": use.seen} if word == "read" and use.seen is not None else {}
    refused = {} if use.done else {"outcome": "conflict", "level": "warning"}
    use.finish = _log(copy, use, "finish", said | answer | refused)
    world.store.facts.uses.append(use)
    return use


def _log(copy: Copy, use: Use, step: str, told: dict[str, Any]) -> Any:
    call = {"event": f"{copy.resource.split(':', maxsplit=1)[0]}.{use.word}", "level": "info"}
    call |= {"action": use.word, "resource": copy.resource, "step": step}
    process = next(p for p in copy.world.processes if p.name == use.actor.process)
    return copy.world.log(process, use.actor, True, call | told)


def _read(copy: Copy, use: Use) -> Steps[None]:
    value = copy.shown
    use.seen = list(value) if copy.model == "tags" else value
    yield 0


def _write(copy: Copy, use: Use) -> Steps[None]:
    copy.settle(use.given)
    yield 0


def _swap(copy: Copy, use: Use) -> Steps[None]:
    use.done = copy.now == use.expected
    if copy.careless:
        yield copy.world.ms(1, 8)
    if use.done:
        copy.settle(use.given)


def _acquire(copy: Copy, use: Use) -> Steps[None]:
    while copy.holder is not None and not copy.careless:
        yield copy.world.ms(1, 4)
    copy.holder = use.actor


def _release(copy: Copy, use: Use) -> Steps[None]:
    if copy.holder is use.actor:
        copy.holder = None
    yield 0


def _add(copy: Copy, use: Use) -> Steps[None]:
    before = copy.now
    if copy.careless:
        yield copy.world.ms(1, 8)
    else:
        before = copy.now
    grown = before + use.given if copy.model == "hits" else (*before, use.given)
    copy.settle(grown)


_WORDS: dict[str, Body] = {
    "read": _read,
    "write": _write,
    "cas": _swap,
    "acquire": _acquire,
    "release": _release,
    "incr": _add,
    "add": _add,
}
