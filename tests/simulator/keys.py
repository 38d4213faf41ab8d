"""Payments with a logged idempotency key: replayed, or reused for something else."""

from __future__ import annotations

from dataclasses import replace

from .clicks import effect
from .handler import Body, Call, Reply, Scope, request
from .loop import Steps
from .world import World


def keys(world: World, user: str) -> Steps[None]:
    """Pay; then the same key comes again with the same payload (a reload: always replayed) or
    with another one (a bug in the client: refused if guarded, else accepted)."""
    resource = f"account:{world.rng.randrange(1, 50)}"
    call = Call("payment.create", "pay", resource, "POST", world.name(""), key=world.name("idem-"))
    correlation, strict = world.name("c-"), world.guarded(resource)
    yield from request(world, call, _pay(strict), correlation, user)
    yield world.ms(50, 2000)
    if world.chance(world.dial.key_reuse):
        call = replace(call, payload=world.name(""))
    yield from request(world, call, _pay(strict), correlation, user)


def _pay(strict: bool) -> Body:
    def body(scope: Scope) -> Steps[Reply]:
        store, key, payload = scope.world.store, scope.call.key, scope.call.payload
        yield scope.world.think()
        if not store.claim((key, payload)):
            return Reply(outcome="replayed")
        if not store.claim(key) and strict:
            return Reply(422, error="IdempotencyKeyReused")
        yield from effect(scope, "charge", f"{key} {payload}")
        return Reply()

    return body
