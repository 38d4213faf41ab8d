"""Read-modify-write requests on shared rows, in every shape a real handler has."""

from __future__ import annotations

from collections.abc import Callable

from .access import CONFLICT, Change, read, roll_back, write
from .handler import Body, Call, Reply, Scope, handle, request
from .loop import Steps
from .store import View
from .world import World

VERBS = {
    "cart": ("cart.add", "add_item", "POST"),
    "inventory": ("inventory.reserve", "reserve", "POST"),
    "profile": ("profile.rename", "rename", "POST"),
    "document": ("document.save", "save", "PUT"),
}
"""noun → (event, action, method) of its editing request."""

SHAPES = {"plain": 10, "several_reads": 2, "own_writes": 2, "blind": 2, "increment": 2}
"""shape → weight. Failures come on top, by the dial."""


def edits(world: World, user: str) -> Steps[None]:
    """One editing request, or a worker's job doing the same; retried after 409 and 5xx."""
    resource = shared(world)
    body = edit_body(world, resource)
    if world.chance(0.1):
        yield from _as_job(world, resource, body)
        return
    correlation, call = world.name("c-"), edit_call(world, resource)
    for retry in range(4):
        reply = yield from request(world, call, body, correlation, user, retry)
        if reply.ok:
            return
        yield world.ms(20, 120)
        body = steady_body(world, resource)


def shared(world: World) -> str:
    """One of the contended resources, `noun:number`."""
    number = world.rng.randrange(world.dial.resources)
    return f"{list(VERBS)[number % len(VERBS)]}:{number + 1}"


def edit_call(world: World, resource: str) -> Call:
    """The request that edits a resource; three payloads are in use, by all users."""
    event, action, method = VERBS[resource.split(":", maxsplit=1)[0]]
    payload = world.digest(f"{resource} {world.rng.randrange(3)}")
    return Call(event, action, resource, method, payload)


def edit_body(world: World, resource: str) -> Body:
    """Any shape, sometimes one that fails before its write or rolls it back."""
    if world.chance(world.dial.failures):
        return _fails_early if world.chance(0.5) else _rolls_back(world.guard_for(resource))
    shape = world.rng.choices(list(SHAPES), list(SHAPES.values()))[0]
    return _shaped(shape, world.guard_for(resource), world.chance(0.5))


def steady_body(world: World, resource: str) -> Body:
    """The plain shape under the resource's guard, which never fails by itself."""
    return _shaped("plain", world.guard_for(resource), False)


def _as_job(world: World, resource: str, body: Body) -> Steps[None]:
    call = Call(
        f"job.{resource.split(':', maxsplit=1)[0]}_sync", "sync", resource, payload=world.name("")
    )
    worker = world.rng.choice(world.workers)
    actor = world.actor(worker, world.name("c-"), job=world.name("job-"))
    yield from handle(world, worker, actor, call, body)


def _shaped(shape: str, guard: str, peek: bool) -> Body:
    if shape == "blind":
        return _single("blind", False)
    if shape == "increment" or guard == "atomic":
        return _single("increment", peek)
    rereads, writes = int(shape == "several_reads"), 1 + int(shape == "own_writes")
    return _cycle(guard, rereads, writes)


def _single(kind: str, peek: bool) -> Body:
    """A write that needs no base; `peek` reads first all the same (only to show it)."""

    def body(scope: Scope) -> Steps[Reply]:
        assert scope.call.resource
        if peek:
            yield from read(scope, scope.call.resource)
        yield scope.world.think()
        yield from write(scope, scope.call.resource, Change(kind))
        return Reply()

    return body


def _cycle(guard: str, rereads: int, writes: int) -> Body:
    """Read (and re-read), think, write one or more times, each from the latest known state."""

    def body(scope: Scope) -> Steps[Reply]:
        view = yield from _open(scope, guard)
        for _ in range(rereads):
            yield scope.world.think()
            view = yield from read(scope, view.resource)
        for left in reversed(range(writes)):
            yield scope.world.think()
            change = _guarded(guard, view, left == 0)
            done = yield from write(scope, view.resource, change)
            if done is None and left == writes - 1:
                return CONFLICT
            view = done.after if done else (yield from _insist(scope, guard, view))
        return Reply()

    return body


def _guarded(guard: str, view: View, last: bool) -> Change:
    return Change("rmw", view, check=guard == "cas", locked=guard == "lock", last=last)


def _insist(scope: Scope, guard: str, view: View) -> Steps[View]:
    """After an own write, a refused one is tried again inside the handler until it lands."""
    while True:
        view = yield from read(scope, view.resource)
        done = yield from write(scope, view.resource, _guarded(guard, view, True))
        if done is not None:
            return done.after


def _open(scope: Scope, guard: str) -> Steps[View]:
    """The first read, under the row lock when that is the guard."""
    assert scope.call.resource
    if guard == "lock":
        yield from scope.world.store.row(scope.call.resource).lock.acquire()
    return (yield from read(scope, scope.call.resource))


def _fails_early(scope: Scope) -> Steps[Reply]:
    """Reads, then fails before it writes anything."""
    assert scope.call.resource
    yield from read(scope, scope.call.resource)
    yield scope.world.think()
    return Reply(503, error="UpstreamError")


def _rolls_back(guard: str) -> Body:
    def body(scope: Scope) -> Steps[Reply]:
        view = yield from _open(scope, guard)
        yield scope.world.think()
        return (yield from roll_back(scope, view.resource, view, guard == "lock"))

    return body


Flow = Callable[[World, str], Steps[None]]
"""One operation of a client, who is given by user id."""
