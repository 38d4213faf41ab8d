"""One-click purchases: double clicks and late successes, and the repeats that people want."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .edits import steady_body
from .handler import Body, Call, Reply, Scope, request
from .loop import Steps
from .store import Effect
from .world import MS, World

EVENTS = {
    "charge": "charge.create",
    "refund": "refund.create",
    "credit": "wallet.credit",
    "send": "notification.sent",
}
"""kind of effect → the event that logs it; its action is the kind."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """What one user wants once: `intent` is its identity, which no log shows."""

    user: str
    correlation: str
    call: Call
    intent: str
    guarded: bool


def clicks(world: World, user: str) -> Steps[None]:
    """A purchase: clicked twice, or by one of the ways that are no mistake."""
    order = _purchase(world, user)
    if world.chance(world.dial.double_click):
        yield from _double(world, order)
        return
    ways = (_patient, _again_later, _with_undo, _three_wanted)
    yield from world.rng.choices(ways, (4, 2, 2, 1))[0](world, order)


def _purchase(world: World, user: str) -> Purchase:
    resource = f"product:{world.rng.randrange(1, 4 * world.dial.resources)}"
    call = Call("product.quickbuy", "quickbuy", resource, "POST", world.digest(resource))
    return Purchase(user, world.name("c-"), call, world.name("i-"), world.guarded(resource))


def buy(
    world: World, order: Purchase, retry: int = 0, fails: bool = False, late: bool = False
) -> Steps[Reply]:
    """One request for a purchase."""
    body = _charging(order, fails, late)
    return request(world, order.call, body, order.correlation, order.user, retry)


def _charging(order: Purchase, fails: bool, late: bool) -> Body:
    """Charge once per intent if guarded, else every time; `late` answers after the timeout."""

    def body(scope: Scope) -> Steps[Reply]:
        yield scope.world.think()
        if fails:
            return Reply(503, error="UpstreamError")
        slow = int(scope.world.dial.timeout_ms * MS) if late else 0
        early = int(slow * scope.world.rng.uniform(0, 1.4))
        yield early
        if order.guarded and not scope.world.store.claim(order.intent):
            return Reply(outcome="replayed")
        yield from effect(scope, "charge", order.intent)
        yield scope.world.ms(1, 5) + max(0, int(slow * 1.1) - early)
        return Reply()

    return body


def effect(scope: Scope, kind: str, intent: str) -> Steps[None]:
    """Put a row into the effect table and log it."""
    call, store = scope.call, scope.world.store
    assert call.resource
    assert call.payload
    row = Effect(
        scope.world.loop.now, scope.actor, kind, call.resource, intent, call.payload, call.key
    )
    store.effects.append(row)
    yield scope.world.ms(0.05, 0.8)
    row.line = scope.point(
        EVENTS[kind],
        action=kind,
        resource=call.resource,
        payload_hash=call.payload,
        idempotency_key=call.key,
        delivery_id=call.delivery,
    )


def _double(world: World, order: Purchase) -> Steps[None]:
    """Two clicks (sometimes three) 5 to 150 ms apart, one correlation, one payload."""
    first = world.loop.spawn(buy(world, order))
    for _ in range(1 + world.chance(0.15)):
        yield world.ms(5, 150)
        yield from buy(world, order)
    yield first


def _patient(world: World, order: Purchase) -> Steps[None]:
    """One click; the browser retries by itself after a 503 or a timeout."""
    fails, late = world.chance(world.dial.failures), world.chance(world.dial.slow)
    first = world.loop.spawn(buy(world, order, 0, fails, late))
    answered = yield from world.loop.within(first, int(world.dial.timeout_ms * MS))
    if answered and first.value.ok:
        return
    yield world.ms(10, 100)
    yield from buy(world, order, retry=1)
    yield first


def _again_later(world: World, order: Purchase) -> Steps[None]:
    """The same user wants the same thing again two to five minutes later."""
    yield from buy(world, order)
    later = replace(order, correlation=world.name("c-"), intent=world.name("i-"))
    world.aside(buy(world, later), world.ms(120_000, 300_000))


def _with_undo(world: World, order: Purchase) -> Steps[None]:
    """Bought, refunded, and bought after all, in one correlation."""
    yield from buy(world, order)
    yield world.ms(500, 3000)
    call = replace(order.call, event="product.refund", action="refund")
    yield from request(world, call, _refund, order.correlation, order.user)
    yield world.ms(500, 3000)
    yield from buy(world, replace(order, intent=world.name("i-")))


def _refund(scope: Scope) -> Steps[Reply]:
    yield scope.world.think()
    yield from effect(scope, "refund", scope.world.name("i-"))
    return Reply()


def _three_wanted(world: World, order: Purchase) -> Steps[None]:
    """Three times "one more" within two seconds, on a cart of the user's own: each click
    waits for the one before, so each is a new state."""
    cart = f"cart:{world.name('', 8)}"
    call = Call("cart.add", "add_item", cart, "POST", world.name(""))
    for _ in range(3):
        body = steady_body(world, cart)
        yield from request(world, call, body, order.correlation, order.user)
        yield world.ms(200, 500)
