"""Numbered events of a provider, applied by workers in whatever order they come through."""

from __future__ import annotations

from .facts import Deed
from .handler import Body, Call, Reply, Scope, handle, request
from .loop import Steps
from .world import World

STATES = ("active", "paused", "active", "cancelled")


def sequence(world: World, user: str) -> Steps[None]:
    """Two or three events of one subscription; by chance so close that jobs overtake."""
    del user  # the provider is nobody's session
    resource = f"subscription:{world.name('', 8)}"
    guarded, close = world.guarded(resource), world.chance(world.dial.race)
    for number in range(1, 3 + world.chance(0.3)):
        event = _event(world, resource, number, guarded)
        world.aside(event, world.ms(0, 60) if close else 0)
        yield world.ms(2, 20) if close else world.ms(400, 600)
    world.aside(_reconcile(world, resource), world.ms(200, 900))


def _event(world: World, resource: str, number: int, guarded: bool) -> Steps[None]:
    """The webhook: accepted at once, applied by a job."""
    correlation, job, payload = world.name("c-"), world.name("job-"), world.name("")
    call = Call("webhook.subscription", "webhook", resource, "POST", payload, version=number)

    def body(scope: Scope) -> Steps[Reply]:
        yield world.ms(0.3, 2)
        scope.point("job.enqueued", action="enqueue", resource=resource, job_id=job)
        world.aside(_job(world, call, correlation, job, guarded), world.ms(3, 30))
        return Reply(202)

    yield from request(world, call, body, correlation)


def _job(world: World, asked: Call, correlation: str, job: str, guarded: bool) -> Steps[Reply]:
    worker = world.rng.choice(world.workers)
    call = Call(
        "job.apply_subscription_event",
        "apply",
        asked.resource,
        payload=asked.payload,
        version=asked.version,
    )
    actor = world.actor(worker, correlation, job=job)
    return handle(world, worker, actor, call, _apply(guarded))


def _apply(guarded: bool) -> Body:
    """Store the event's state, whatever is there; guarded: unless what is there is newer."""

    def body(scope: Scope) -> Steps[Reply]:
        world, facts = scope.world, scope.world.store.facts
        resource, number = scope.call.resource, scope.call.version
        assert resource
        assert number
        yield world.think()
        before = facts.current[resource]
        if guarded and number < before:
            scope.point("subscription.ignored", resource=resource, outcome="ignored")
            return Reply(outcome="noop")
        facts.current[resource] = number
        deed = Deed(world.loop.now, scope.actor, resource, number, before)
        facts.applied.append(deed)
        told = {"action": "write", "version": number, "new_status": STATES[number % len(STATES)]}
        deed.lines.append(scope.point("subscription.write", resource=resource, **told))
        return Reply()

    return body


def _reconcile(world: World, resource: str) -> Steps[None]:
    """A worker looks at what has become of it."""
    worker = world.rng.choice(world.workers)
    actor = world.actor(worker, world.name("c-"), job=world.name("job-"))
    call = Call("job.reconcile", "reconcile", resource, payload=world.name(""))
    yield from handle(world, worker, actor, call, _look)


def _look(scope: Scope) -> Steps[Reply]:
    world, resource = scope.world, scope.call.resource
    assert resource
    yield world.ms(0.2, 2)
    number = world.store.facts.current[resource]
    deed = Deed(world.loop.now, scope.actor, resource, number, number)
    world.store.facts.shown.append(deed)
    told = {"action": "read", "version": number}
    deed.lines.append(scope.point("subscription.read", resource=resource, **told))
    return Reply()
