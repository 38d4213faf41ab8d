"""One scenario at a time, in a good and a bad form, amid traffic of others: what `diff` is measured on.

Each is a race class. The good form does the same things in an order that works; nothing in the log says
which form it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from .clicks import effect
from .dial import Dial
from .dialects import encode
from .handler import Body, Call, Reply, Scope, handle, request
from .loop import Lock, Signal, Steps
from .simulate import _client
from .world import World

BACKGROUND = ("edits", "jobs", "clicks", "webhooks")
"""What others do meanwhile; they race among themselves, in good runs as in bad ones."""


@dataclass
class Stage:
    """What a scenario works with. `seen`: the versions its rows are at."""

    world: World
    good: bool
    seen: dict[str, int]

    def ask(self, call: Call, body: Body, correlation: str | None = None) -> Steps[Reply]:
        return request(self.world, call, body, correlation or self.world.name("c-"), "u1")

    def job(self, call: Call, body: Body, **who: str) -> Steps[Reply]:
        world = self.world
        worker = world.rng.choice(world.workers)
        told = {"job": world.name("job-")} | who
        actor = world.actor(worker, world.name("c-"), **told)
        return handle(world, worker, actor, call, body)

    def aside(self, steps: Steps[Reply], low: float = 0, high: float = 0) -> Signal:
        return self.world.aside(steps, self.world.ms(low, high))


Scenario = Callable[[Stage], Steps[None]]


# ── race classes ──────────────────────────────────────────────────────────────────────────────


def lost_update(stage: Stage) -> Steps[None]:
    """Two requests read, think and write one row."""
    row = "inventory:777"
    call = Call("inventory.reserve", "reserve", row, "POST", stage.world.name(""))
    first = stage.aside(stage.ask(call, _reserve(stage, row)))
    if stage.good:
        yield first
    yield stage.world.ms(0, 10)
    yield from stage.ask(call, _reserve(stage, row))


def _reserve(stage: Stage, row: str) -> Body:
    def body(scope: Scope) -> Steps[Reply]:
        yield scope.world.ms(0.3, 2)
        base = stage.seen.setdefault(row, 1)
        scope.point("inventory.read", action="read", resource=row, version=base)
        yield scope.world.ms(25, 50)
        stage.seen[row] += 1
        scope.point("inventory.write", action="write", resource=row, version=stage.seen[row])
        return Reply()

    return body


def duplicate(stage: Stage) -> Steps[None]:
    """A double click: the second is answered from memory, or charges again."""
    call = Call("product.quickbuy", "quickbuy", "product:777", "POST", stage.world.digest("777"))
    correlation, done = stage.world.name("c-"), Lock()
    first = stage.aside(stage.ask(call, _buy(stage, done), correlation))
    yield stage.world.ms(5, 60)
    yield from stage.ask(call, _buy(stage, done), correlation)
    yield first


def _buy(stage: Stage, done: Lock) -> Body:
    def body(scope: Scope) -> Steps[Reply]:
        yield scope.world.ms(1, 4)
        if not done.take() and stage.good:
            return Reply(outcome="replayed")
        yield scope.world.ms(10, 40)
        yield from effect(scope, "charge", "777")
        return Reply()

    return body


def premature(stage: Stage) -> Steps[None]:
    """The provider calls back about a row: after its commit, or before."""
    row = f"payment:{stage.world.name('', 8)}"
    call = Call("payment.create", "create", row, "POST", stage.world.name(""))
    yield from stage.ask(call, _create(stage, row))


def _create(stage: Stage, row: str) -> Body:
    hook = Call("webhook.settled", "webhook", row, "POST", stage.world.name(""))

    def body(scope: Scope) -> Steps[Reply]:
        yield scope.world.ms(0.3, 2)
        scope.point("payment.insert", action="create", resource=row, version=1)
        if not stage.good:
            stage.aside(stage.ask(hook, _settle(stage, row)), 1, 15)
        yield scope.world.ms(40, 90)
        stage.seen[row] = 1
        scope.point("payment.committed", resource=row)
        if stage.good:
            stage.aside(stage.ask(hook, _settle(stage, row)), 1, 30)
        return Reply()

    return body


def _settle(stage: Stage, row: str) -> Body:
    def body(scope: Scope) -> Steps[Reply]:
        yield scope.world.ms(0.3, 2)
        if row not in stage.seen:
            told = {"error_type": "RecordNotFound", "level": "warning"}
            scope.point("payment.not_found", resource=row, **told)
            return Reply(outcome="dropped")
        scope.point("payment.read", action="read", resource=row, version=1)
        scope.point("payment.write", action="write", resource=row, version=2, new_status="settled")
        return Reply()

    return body


def stale_event(stage: Stage) -> Steps[None]:
    """Two numbered events of one subscription, applied in order or the older one last."""
    row = f"subscription:{stage.world.name('', 8)}"
    events = [(1, "renewed"), (2, "cancelled")]
    for number, state in events if stage.good else reversed(events):
        call = Call("job.apply_event", "apply", row, payload=stage.world.name(""), version=number)
        yield from stage.job(call, _apply(row, number, state))
        yield stage.world.ms(2, 60)
    yield stage.world.ms(150, 400)
    last = 2 if stage.good else 1
    look = Call("job.reconcile", "reconcile", row, payload=stage.world.name(""))
    yield from stage.job(look, _look(row, last))


def _apply(row: str, number: int, state: str) -> Body:
    def body(scope: Scope) -> Steps[Reply]:
        yield scope.world.ms(2, 20)
        told = {"version": number, "new_status": state}
        scope.point("subscription.write", action="write", resource=row, **told)
        return Reply()

    return body


def _look(row: str, version: int) -> Body:
    def body(scope: Scope) -> Steps[Reply]:
        yield scope.world.ms(0.2, 2)
        scope.point("subscription.read", action="read", resource=row, version=version)
        return Reply()

    return body


def overlapping_jobs(stage: Stage) -> Steps[None]:
    """Two runs of a nightly job: the first is done in time, or is still running."""
    name, world = "rollup:nightly", stage.world
    call = Call("job.rollup_nightly", "rollup", name, payload="a5d9ad7f1514")
    first = stage.aside(stage.job(call, _roll(name, world.ms(300, 900))))
    if stage.good:
        yield first
        yield world.ms(400, 900)
    else:
        yield world.ms(50, 200)
    yield from stage.job(call, _roll(name, world.ms(300, 900)))
    yield first


def _roll(name: str, lasts: int) -> Body:
    def body(scope: Scope) -> Steps[Reply]:
        yield lasts
        scope.point("rollup.write", action="write", resource=name, rows=12)
        return Reply()

    return body


def broken_lock(stage: Stage) -> Steps[None]:
    """Two jobs take one lock in turn; the lease of the first holds, or runs out before its work is done."""
    lock, row, world = "lock:ledger-777", "ledger:777", stage.world
    call = Call("job.close_ledger", "close", row, payload=world.name(""))
    first = stage.aside(stage.job(call, _close(stage, lock, row, world.ms(250, 400))))
    if stage.good:
        yield first
        yield world.ms(3, 12)
    else:
        yield world.ms(60, 90)
    yield from stage.job(call, _close(stage, lock, row, world.ms(20, 60)))
    yield first


def _close(stage: Stage, lock: str, row: str, lasts: int) -> Body:
    def body(scope: Scope) -> Steps[Reply]:
        token = stage.seen[lock] = stage.seen.get(lock, 0) + 1
        told = {"resource": lock, "fencing_token": token}
        scope.point("lock.acquired", action="acquire", **told)
        yield scope.world.ms(0.3, 2)
        base = stage.seen.setdefault(row, 1)
        scope.point("ledger.read", action="read", resource=row, version=base)
        yield lasts
        stage.seen[row] += 1
        scope.point("ledger.write", action="write", resource=row, version=stage.seen[row])
        yield scope.world.ms(0.3, 2)
        scope.point("lock.released", action="release", **told)
        return Reply()

    return body


def check_then_act(stage: Stage) -> Steps[None]:
    """Two users take one name: the second finds it taken, or both find it free."""
    row = f"username:{stage.world.name('', 6)}"
    call = Call("username.take", "take", row, "POST", stage.world.name(""))
    first = stage.aside(stage.ask(call, _take(stage, row)))
    if stage.good:
        yield first
    yield stage.world.ms(0, 8)
    yield from stage.ask(call, _take(stage, row))
    yield first


def _take(stage: Stage, row: str) -> Body:
    def body(scope: Scope) -> Steps[Reply]:
        yield scope.world.ms(0.3, 2)
        if row in stage.seen:
            scope.point("username.read", action="read", resource=row, version=1)
            return Reply(422, error="Taken")
        scope.point("username.not_found", action="read", resource=row)
        yield scope.world.ms(20, 40)
        stage.seen[row] = 1
        scope.point("username.insert", action="create", resource=row)
        return Reply()

    return body


def stale_read(stage: Stage) -> Steps[None]:
    """A page is saved and shown again: as saved, or as a cache remembers it."""
    row, world = "page:777", stage.world
    save = Call("page.save", "save", row, "PUT", world.name(""))
    show = Call("page.show", "view", row, "GET")
    yield from stage.ask(save, _save(row))
    yield world.ms(5, 60)
    yield from stage.ask(show, _show(row, 2 if stage.good else 1))


def _save(row: str) -> Body:
    def body(scope: Scope) -> Steps[Reply]:
        yield scope.world.ms(0.3, 2)
        scope.point("page.read", action="read", resource=row, version=1)
        yield scope.world.ms(5, 30)
        scope.point("page.write", action="write", resource=row, version=2)
        return Reply()

    return body


def _show(row: str, version: int) -> Body:
    def body(scope: Scope) -> Steps[Reply]:
        yield scope.world.ms(0.3, 2)
        scope.point("page.read", action="read", resource=row, version=version)
        return Reply()

    return body


# ── truth ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Culprit:
    """What rank 1 must be: on one of these types, of one of these kinds, about all events of one set."""

    resource_types: frozenset[str]
    kinds: frozenset[str]
    events: tuple[frozenset[str], ...]

    def is_named(self, difference: Mapping[str, object]) -> bool:
        told = f"{difference['a']} {difference['b'] or ''}"
        about = any(all(event in told for event in events) for events in self.events)
        right = difference["resource_type"] in self.resource_types
        return right and difference["kind"] in self.kinds and about


def _culprit(types: str, kinds: str, *events: str) -> Culprit:
    sets = tuple(frozenset(event.split()) for event in events)
    return Culprit(frozenset(types.split()), frozenset(kinds.split()), sets)


SCENARIOS: dict[str, tuple[Scenario, Culprit]] = {
    "lost update": (lost_update, _culprit("inventory", "order concurrency", "inventory.write inventory.read", "inventory.reserve")),
    "duplicate": (duplicate, _culprit("product", "repeated extra", "charge.create")),
    "premature event": (premature, _culprit("payment", "order extra", "payment.not_found")),
    "stale event": (stale_event, _culprit("subscription", "order", "subscription.write", "job.apply_event")),
    "overlapping jobs": (overlapping_jobs, _culprit("rollup", "concurrency order", "job.rollup_nightly", "rollup.write")),
    "broken lock": (broken_lock, _culprit("lock ledger", "order concurrency", "lock.released lock.acquired", "ledger.write ledger.read", "job.close_ledger")),
    "check then act": (check_then_act, _culprit("username", "order extra repeated", "username.insert username.not_found", "username.insert")),
    "stale read": (stale_read, _culprit("page", "order", "page.write page.read")),
}  # fmt: skip


# ── runs ──────────────────────────────────────────────────────────────────────────────────────


def play(dial: Dial, scenario: Scenario, good: bool) -> list[str]:
    """One run's log, all processes in one file, as JSON lines."""
    world = World(dial)
    for number in range(dial.clients):
        world.aside(_client(world, f"u{100 + number}"), world.ms(0, 50))
    world.aside(scenario(Stage(world, good, {})), world.ms(50, 400))
    world.loop.run()
    return [encode(record, dial) for process in world.processes for record in process.records]


def write_runs(
    folder: Path, scenario: Scenario, good: bool, dials: list[Dial], prefix: str = ""
) -> str:
    """`<good|bad>_<n>.jsonl` for each dial; returns the glob that finds them."""
    name = prefix or ("good" if good else "bad")
    folder.mkdir(parents=True, exist_ok=True)
    for index, dial in enumerate(dials):
        lines = play(replace(dial, flows=BACKGROUND), scenario, good)
        path = folder / f"{name}_{index:02d}.jsonl"
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return str(folder / f"{name}_*.jsonl")
