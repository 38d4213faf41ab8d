"""Browser tabs: a GET shows a state, the user edits, a PUT writes from what the GET showed."""

from __future__ import annotations

from .access import CONFLICT, Change, read, write
from .edits import shared
from .handler import Body, Call, Reply, Scope, request
from .loop import Steps
from .store import View
from .world import World


def tabs(world: World, user: str) -> Steps[None]:
    """One tab, or two of one user on one resource; each tab is a correlation of its own, but
    one pair in ten shares it (then the log cannot tell which GET a PUT came from)."""
    resource, first = shared(world), world.name("c-")
    if world.chance(world.dial.two_tabs):
        second = first if world.chance(0.1) else world.name("c-")
        world.aside(_tab(world, user, resource, second), world.ms(5, 200))
    yield from _tab(world, user, resource, first)


def _tab(world: World, user: str, resource: str, correlation: str) -> Steps[None]:
    """GET, edit, PUT; after a 409 once more from the start."""
    noun = resource.split(":", maxsplit=1)[0]
    ask = Call(f"{noun}.get", "view", resource, "GET")
    put = Call(f"{noun}.update", "update", resource, "PUT", world.name(""))
    for _ in range(3):
        page = yield from request(world, ask, _show, correlation, user)
        assert page.view
        yield world.ms(50, 600)
        body = _save(page.view, world.guard_for(resource))
        reply = yield from request(world, put, body, correlation, user)
        if reply.ok:
            return


def _show(scope: Scope) -> Steps[Reply]:
    assert scope.call.resource
    view = yield from read(scope, scope.call.resource)
    return Reply(view=view)


def _save(base: View, guard: str) -> Body:
    """Write the whole form; guarded by the client's version, or by sending changed fields only."""
    kind = "patch" if guard == "atomic" else "rmw"
    change = Change(kind, base, check=guard in ("cas", "lock"))

    def body(scope: Scope) -> Steps[Reply]:
        yield scope.world.think()
        done = yield from write(scope, base.resource, change)
        return Reply() if done else CONFLICT

    return body
