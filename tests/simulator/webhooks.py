"""A provider's webhooks: at-least-once, so one delivery id may come twice."""

from __future__ import annotations

from .clicks import effect
from .handler import Body, Call, Reply, Scope, request
from .loop import Steps
from .world import World


def webhooks(world: World, user: str) -> Steps[None]:
    """One event, by chance delivered again (in a correlation of its own, soon or late)."""
    del user  # the provider is nobody's session
    resource, delivery = f"wallet:{world.rng.randrange(1, 60)}", world.name("evt-")
    call = Call("webhook.payment", "webhook", resource, "POST", world.name(""), delivery=delivery)
    body = _credit(delivery, world.guarded(resource))
    if world.chance(world.dial.redelivery):
        again = request(world, call, body, world.name("c-"))
        world.aside(again, world.ms(2, 40) if world.chance(0.5) else world.ms(1_000, 9_000))
    yield from request(world, call, body, world.name("c-"))


def _credit(delivery: str, guarded: bool) -> Body:
    def body(scope: Scope) -> Steps[Reply]:
        yield scope.world.think()
        if guarded and not scope.world.store.claim(delivery):
            scope.point("webhook.ignored", resource=scope.call.resource, outcome="ignored")
            return Reply(outcome="ignored")
        yield from effect(scope, "credit", delivery)
        return Reply()

    return body
