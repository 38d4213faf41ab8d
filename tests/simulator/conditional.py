"""Writes that name the version they expect, to a store that may check it too early."""

from __future__ import annotations

from .facts import Deed
from .handler import Body, Call, Reply, Scope, request
from .loop import Steps
from .world import World

CONFLICT = Reply(409, error="VersionConflict")


def conditional(world: World, user: str) -> Steps[None]:
    """A user reads a setting and saves it; by chance a colleague does the same."""
    resource = f"setting:{world.rng.randrange(1, 2 + world.dial.resources)}"
    if world.chance(world.dial.race):
        world.aside(_edit(world, resource, f"{user}x"), world.ms(0, 10))
    yield from _edit(world, resource, user)


def _edit(world: World, resource: str, user: str) -> Steps[None]:
    correlation, seen = world.name("c-"), [0]
    ask = Call("setting.get", "view", resource, "GET")
    yield from request(world, ask, _show(seen), correlation, user)
    yield world.ms(5, 40)
    put = Call("setting.save", "save", resource, "PUT", world.name(""))
    body = _save(seen[0], world.guarded(resource))
    yield from request(world, put, body, correlation, user)


def _show(seen: list[int]) -> Body:
    def body(scope: Scope) -> Steps[Reply]:
        yield scope.world.ms(0.2, 2)
        assert scope.call.resource
        seen[0] = scope.world.store.facts.current[scope.call.resource]
        told = {"action": "read", "resource": scope.call.resource, "version": seen[0]}
        scope.point("setting.read", **told)
        return Reply()

    return body


def _save(base: int, guarded: bool) -> Body:
    """Compare, think, set; guarded: think, then compare and set in one step."""

    def body(scope: Scope) -> Steps[Reply]:
        world, facts, resource = scope.world, scope.world.store.facts, scope.call.resource
        assert resource
        early = facts.current[resource]
        yield world.think()
        before = facts.current[resource]
        if base != (before if guarded else early):
            told = {"resource": resource, "expected_version": base, "level": "warning"}
            scope.point("setting.conflict", error_type=CONFLICT.error, **told)
            return CONFLICT
        number = facts.current[resource] = before + 1
        deed = Deed(world.loop.now, scope.actor, resource, number, before, base)
        facts.conditional.append(deed)
        told = {"resource": resource, "expected_version": base, "version": number}
        deed.lines.append(scope.point("setting.write", action="write", **told))
        return Reply()

    return body
