"""Shows with few seats: look how many are left, think, take one off."""

from __future__ import annotations

from .facts import Sale
from .handler import Body, Call, Reply, Scope, request
from .loop import Steps
from .world import World

SEATS = 3


def tickets(world: World, user: str) -> Steps[None]:
    """Four buyers of one show with three seats; by chance all at once."""
    resource = f"show:{world.name('', 8)}"
    guarded, close = world.guarded(resource), world.chance(world.dial.race)
    left = {resource: SEATS}
    call = Call("show.book", "book", resource, "POST", world.name(""))
    buyers = [
        request(world, call, _book(left, guarded), world.name("c-"), f"{user}{letter}")
        for letter in "abcd"
    ]
    if not close:
        for buyer in buyers:
            yield from buyer
        return
    waiting = [world.aside(buyer, world.ms(0, 30)) for buyer in buyers]
    while waiting:
        yield waiting.pop()


def _book(left: dict[str, int], guarded: bool) -> Body:
    """Take one off if the look showed one; guarded: if there is one, in one statement."""

    def body(scope: Scope) -> Steps[Reply]:
        world, resource = scope.world, scope.call.resource
        assert resource
        yield world.ms(0.2, 2)
        seen = left[resource]
        looked = scope.point("show.read", action="read", resource=resource, qty=seen)
        if not seen:
            return Reply(422, error="SoldOut")
        yield world.think()
        if guarded and not left[resource]:
            told = {"error_type": "SoldOut", "outcome": "conflict", "level": "warning"}
            scope.point("show.conflict", resource=resource, **told)
            return Reply(409, error="SoldOut")
        left[resource] -= 1
        taken = {"action": "decrement", "resource": resource, "qty": left[resource]}
        sold = scope.point("show.decrement", **taken)
        sale = Sale(scope.actor, resource, world.loop.now, seen, left[resource], looked, sold)
        world.store.facts.sales.append(sale)
        return Reply()

    return body
