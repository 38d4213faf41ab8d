"""Scarce things: look whether it is free, think, take it."""

from __future__ import annotations

from typing import Any

from .facts import Deed
from .handler import Body, Call, Reply, Scope, request
from .loop import Steps
from .machines import Line
from .world import World

FREE = 1


def claims(world: World, user: str) -> Steps[None]:
    """One user wants a seat (shown free), a name (not found) or a desk (its state says free); by chance
    another does, too."""
    noun = world.rng.choice(("seat", "username", "desk"))
    resource = f"{noun}:{world.name('', 8)}"
    guarded = world.guarded(resource)
    if world.chance(world.dial.race):
        world.aside(_want(world, resource, f"{user}x", guarded), world.ms(0, 15))
    yield from _want(world, resource, user, guarded)


def _want(world: World, resource: str, user: str, guarded: bool) -> Steps[Reply]:
    noun = resource.split(":", maxsplit=1)[0]
    call = Call(f"{noun}.take", "take", resource, "POST", world.name(""))
    return request(world, call, _take(resource, guarded), world.name("c-"), user)


def _take(resource: str, guarded: bool) -> Body:
    """Insert a claim, unless the look showed one; guarded: the claim is unique in the store."""
    noun = resource.split(":", maxsplit=1)[0]

    def body(scope: Scope) -> Steps[Reply]:
        world, facts = scope.world, scope.world.store.facts
        yield world.ms(0.2, 2)
        base = facts.current[resource]
        deed = Deed(0, scope.actor, resource, base + 1, base, base)
        deed.lines.append(_look(scope, noun, resource, base))
        if base != FREE:
            return Reply(422, error="Taken")
        yield world.think()
        if guarded and facts.current[resource] != FREE:
            told = {"error_type": "UniqueViolation", "outcome": "conflict", "level": "warning"}
            scope.point(f"{noun}.conflict", resource=resource, **told)
            return Reply(409, error="UniqueViolation")
        deed.at_ns, deed.before = world.loop.now, facts.current[resource]
        facts.current[resource] += 1
        facts.claimed.append(deed)
        deed.lines.append(_act(scope, noun, resource))
        return Reply()

    return body


def _act(scope: Scope, noun: str, resource: str) -> Line:
    """A desk is there and changes its state; the others are inserted."""
    if noun == "desk":
        return scope.point("desk.write", action="write", resource=resource, new_status="taken")
    return scope.point(f"{noun}.insert", action="create", resource=resource)


def _look(scope: Scope, noun: str, resource: str, version: int) -> Line:
    """A name that is free is not there; a seat is, with a version."""
    if noun == "username" and version == FREE:
        return scope.point("username.not_found", action="read", resource=resource)
    told: dict[str, Any] = {"action": "read", "resource": resource}
    if noun == "desk":
        told |= {"new_status": "free" if version == FREE else "taken"}
    else:
        told |= {"version": version}
    return scope.point(f"{noun}.read", **told)
