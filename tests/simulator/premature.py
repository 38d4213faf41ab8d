"""Messages that are sent before the row they are about is committed."""

from __future__ import annotations

from dataclasses import dataclass

from .facts import Creation, Lookup
from .handler import Body, Call, Reply, Scope, handle, request
from .loop import Signal, Steps
from .world import World


@dataclass(frozen=True, slots=True)
class Order:
    """One row to be made and the message about it. `outbox`: sent after the commit;
    `patient`: a message that finds nothing fails, and is delivered again."""

    resource: str
    correlation: str
    user: str
    job: str
    hook: bool
    outbox: bool
    patient: bool


def premature(world: World, user: str) -> Steps[None]:
    """Create an invoice (its job renders it) or a payment (its provider calls back)."""
    hook = world.chance(0.4)
    resource = f"{'payment' if hook else 'invoice'}:{world.name('', 8)}"
    guarded = world.guarded(resource)
    outbox = (guarded and world.chance(0.5)) or not world.chance(world.dial.race)
    order = Order(
        resource, world.name("c-"), user, world.name("job-"), hook, outbox, guarded and not outbox
    )
    noun = resource.split(":", maxsplit=1)[0]
    call = Call(f"{noun}.create", "create", resource, "POST", world.name(""))
    yield from request(world, call, _create(order), order.correlation, user)


def _create(order: Order) -> Body:
    """Insert, think, commit; a transaction now and then ends in a rollback."""

    def body(scope: Scope) -> Steps[Reply]:
        world = scope.world
        yield world.ms(0.3, 2)
        fails = world.chance(world.dial.failures / 2)
        if not order.outbox:
            _send(scope, order)
        yield world.ms(0, 20)
        made = _insert(scope, order)
        yield world.think() + world.ms(5, 80)
        if fails:
            return Reply(500, error="IntegrityError")
        made.committed_ns = world.loop.now
        if world.chance(0.5):
            made.committed = scope.point(f"{_noun(order)}.committed", resource=order.resource)
        if order.outbox:
            _send(scope, order)
        return Reply()

    return body


def _insert(scope: Scope, order: Order) -> Creation:
    told = {"action": "create", "resource": order.resource, "version": 1}
    made = Creation(scope.actor, order.resource, scope.point(f"{_noun(order)}.insert", **told))
    scope.world.store.facts.creations.append(made)
    return made


def _send(scope: Scope, order: Order) -> Signal:
    world = scope.world
    if order.hook:
        return world.aside(_tries(world, order), world.ms(3, 60))
    told = {"action": "enqueue", "resource": order.resource, "job_id": order.job}
    scope.point("job.enqueued", **told)
    return world.aside(_tries(world, order), world.ms(3, 60))


def _tries(world: World, order: Order) -> Steps[None]:
    """Deliver until it is taken: one that fails comes again, one that is dropped never."""
    delivery, payload, correlation = world.name("evt-"), world.name(""), world.name("c-")
    for retry in range(5):
        if order.hook:
            call = Call(
                "webhook.settled", "webhook", order.resource, "POST", payload, delivery=delivery
            )
            reply = yield from request(world, call, _react(order), correlation, retry=retry)
        else:
            reply = yield from _job(world, order, payload, retry)
        if reply.ok:
            return
        yield world.ms(150, 300)


def _job(world: World, order: Order, payload: str, retry: int) -> Steps[Reply]:
    worker = world.rng.choice(world.workers)
    actor = world.actor(worker, order.correlation, job=order.job, user=order.user, retry=retry)
    call = Call("job.render_invoice", "render", order.resource, payload=payload)
    return (yield from handle(world, worker, actor, call, _react(order)))


def _react(order: Order) -> Body:
    """Look the row up; without it drop the message, or fail when patient."""

    def body(scope: Scope) -> Steps[Reply]:
        yield scope.world.ms(0.3, 3)
        if not _is_there(scope.world, order.resource):
            return _not_found(scope, order)
        told = {"resource": order.resource, "version": 1}
        scope.point(f"{_noun(order)}.read", action="read", **told)
        yield scope.world.think()
        scope.point(f"{_noun(order)}.processed", action="process", resource=order.resource)
        return Reply()

    return body


def _not_found(scope: Scope, order: Order) -> Reply:
    error, resource = "RecordNotFound", order.resource
    line = scope.point(
        f"{_noun(order)}.not_found", resource=resource, error_type=error, level="warning"
    )
    now, gave_up = scope.world.loop.now, not order.patient
    scope.world.store.facts.lookups.append(Lookup(now, scope.actor, resource, line, gave_up))
    if order.patient:
        return Reply(500, error=error)
    return Reply(outcome="ignored" if order.hook else "dropped")


def _is_there(world: World, resource: str) -> bool:
    made = world.store.facts.creations
    return any(row.resource == resource and row.committed_ns for row in made)


def _noun(order: Order) -> str:
    return order.resource.split(":", maxsplit=1)[0]
