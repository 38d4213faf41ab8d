"""Jobs that events start, one name for many things: they overlap all the time and may."""

from __future__ import annotations

from .handler import Call, Reply, Scope, handle
from .loop import Steps
from .world import World


def entity(world: World, user: str) -> Steps[None]:
    """Three thumbnails at once, of three assets."""
    del user
    for _ in range(3):
        world.aside(_thumbnail(world, f"asset:{world.name('', 8)}"), world.ms(0, 30))
    yield world.ms(1, 20)


def _thumbnail(world: World, resource: str) -> Steps[Reply]:
    worker = world.rng.choice(world.workers)
    actor = world.actor(worker, world.name("c-"), job=world.name("job-"))
    call = Call("job.thumbnail", "thumbnail", resource, payload=world.name(""))
    return handle(world, worker, actor, call, _draw)


def _draw(scope: Scope) -> Steps[Reply]:
    yield scope.world.ms(30, 300)
    scope.point("asset.write", action="write", resource=scope.call.resource)
    return Reply()
