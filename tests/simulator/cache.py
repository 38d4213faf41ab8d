"""Pages that are written to the store and read through a cache that lags behind."""

from __future__ import annotations

from .facts import Deed
from .handler import Body, Call, Reply, Scope, request
from .loop import Steps
from .world import World


def cache(world: World, user: str) -> Steps[None]:
    """Publish a page and look at it at once; readers who did not publish look as well."""
    resource = f"page:{world.rng.randrange(1, 2 + world.dial.resources)}"
    put = Call("page.publish", "publish", resource, "PUT", world.name(""))
    ask = Call("page.get", "view", resource, "GET")
    correlation, body = world.name("c-"), _publish(world.guarded(resource))
    yield from request(world, put, body, correlation, user)
    world.aside(request(world, ask, _show, world.name("c-")), world.ms(0, 300))
    yield from request(world, ask, _show, correlation, user)


def _publish(guarded: bool) -> Body:
    """Write the store; the cache follows at once when guarded, else by chance 50 to 250 ms later."""

    def body(scope: Scope) -> Steps[Reply]:
        world, facts, resource = scope.world, scope.world.store.facts, scope.call.resource
        assert resource
        yield world.think()
        before = facts.current[resource]
        number = facts.current[resource] = before + 1
        deed = Deed(world.loop.now, scope.actor, resource, number, before)
        facts.published.append(deed)
        told = {"action": "write", "resource": resource, "version": number}
        deed.lines.append(scope.point("page.write", **told))
        late = world.chance(world.dial.race) and not guarded
        if late:
            world.aside(_refresh(world, resource, number), world.ms(50, 250))
        else:
            facts.cached[resource] = number
        return Reply()

    return body


def _refresh(world: World, resource: str, number: int) -> Steps[None]:
    yield 0
    cached = world.store.facts.cached
    cached[resource] = max(cached[resource], number)


def _show(scope: Scope) -> Steps[Reply]:
    """`before` is what a fresh read could not have missed: the version when the request began."""
    world, facts, resource = scope.world, scope.world.store.facts, scope.call.resource
    assert resource
    before = facts.current[resource]
    yield world.ms(0.2, 2)
    deed = Deed(world.loop.now, scope.actor, resource, facts.cached[resource], before)
    deed.base = facts.current[resource]
    facts.cache_reads.append(deed)
    told = {"action": "read", "resource": resource, "version": deed.number}
    deed.lines.append(scope.point("page.read", **told))
    return Reply()
