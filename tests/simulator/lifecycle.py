"""Orders with a declared lifecycle, and messages that come too late for it."""

from __future__ import annotations

from .facts import Deed
from .handler import Body, Call, Reply, Scope, request
from .loop import Steps
from .world import World

EDGES: dict[str, tuple[str, ...]] = {"created": ("paid", "cancelled"), "paid": ("shipped",)}
"""state → states it may become."""

WAREHOUSE = "u900"
"""Whoever ships is not whoever ordered."""


def lifecycle(world: World, user: str) -> Steps[None]:
    """An order is paid and shipped, or cancelled; by chance both, at about the same time."""
    resource, correlation = f"order:{world.name('', 10)}", world.name("c-")
    guarded = world.guarded(resource)
    yield from _ask(world, "create", "created", resource, guarded, correlation, user)
    if world.chance(world.dial.race):
        world.aside(_paid(world, resource, guarded), world.ms(0, 60))
        yield world.ms(0, 40)
        yield from _ask(world, "cancel", "cancelled", resource, guarded, correlation, user)
        return
    yield world.ms(5, 50)
    if world.chance(0.3):
        yield from _ask(world, "cancel", "cancelled", resource, guarded, correlation, user)
        return
    yield from _paid(world, resource, guarded)
    yield world.ms(20, 80)
    other = world.name("c-")
    yield from _ask(world, "dispatch", "shipped", resource, guarded, other, WAREHOUSE)


def _ask(
    world: World, verb: str, state: str, resource: str, guarded: bool, correlation: str, user: str
) -> Steps[Reply]:
    call = Call(f"order.{verb}", verb, resource, "POST", world.name(""))
    return request(world, call, _move(state, guarded), correlation, user)


def _paid(world: World, resource: str, guarded: bool) -> Steps[Reply]:
    """The provider's webhook, in a correlation of its own."""
    call = Call("webhook.order_paid", "webhook", resource, "POST", world.name(""))
    return request(world, call, _move("paid", guarded), world.name("c-"))


def _move(state: str, guarded: bool) -> Body:
    """Set the state, whatever it was; guarded: only along an edge."""

    def body(scope: Scope) -> Steps[Reply]:
        world, facts, resource = scope.world, scope.world.store.facts, scope.call.resource
        assert resource
        yield world.think()
        left = facts.states.get(resource, "")
        if guarded and left and state not in EDGES.get(left, ()):
            scope.point("order.ignored", resource=resource, outcome="ignored")
            return Reply(outcome="ignored")
        _set(scope, resource, state)
        return Reply()

    return body


def _set(scope: Scope, resource: str, state: str) -> None:
    facts, first = scope.world.store.facts, state == "created"
    before = 0 if first else facts.current[resource]
    facts.current[resource], facts.states[resource] = before + 1, state
    deed = Deed(scope.world.loop.now, scope.actor, resource, before + 1, before, state=state)
    facts.moves.append(deed)
    event, action = ("order.insert", "create") if first else ("order.write", "write")
    told = {"resource": resource, "version": before + 1, "new_status": state}
    deed.lines.append(scope.point(event, action=action, **told))
