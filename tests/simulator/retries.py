"""Tries that hurt, tries in vain, and tries that hide a fault."""

from __future__ import annotations

from .facts import Series
from .handler import Body, Call, Reply, Scope, handle, request
from .loop import Steps
from .world import World

DOWN = Reply(503, error="UpstreamUnavailable")
INVALID = Reply(422, error="ValidationError")
HICCUP = Reply(500, error="UnexpectedError")


def retries(world: World, user: str) -> Steps[None]:
    """One of: a client without backoff, a runner that retries what cannot work, a hiccup."""
    way = world.rng.choice((_storm, _futile, _masked))
    yield from way(world, user, world.chance(world.dial.race))


def _storm(world: World, user: str, bad: bool) -> Steps[None]:
    """The callee is down. Six to twelve tries in a row; guarded: four, ever farther apart."""
    resource = f"report:{world.name('', 8)}"
    careless = bad and not world.guarded(resource)
    call = Call("report.generate", "generate", resource, "POST", world.name(""))
    series, correlation = _series(world, resource), world.name("c-")
    for retry in range(world.rng.randrange(6, 13) if careless else 4):
        yield from _pause(
            series, retry, world.ms(1, 15) if careless else world.ms(200, 300) << retry
        )
        yield from request(world, call, _answer(series, DOWN), correlation, user, retry)


def _futile(world: World, user: str, bad: bool) -> Steps[None]:
    """A job whose input is invalid. Three tries; guarded: given up after the first."""
    resource = f"contact:{world.name('', 8)}"
    careless = bad and not world.guarded(resource)
    job, correlation, series = world.name("job-"), world.name("c-"), _series(world, resource)
    call = Call("job.import_contact", "import", resource, payload=world.name(""))
    for retry in range(3 if careless else 1):
        yield from _pause(series, retry, world.ms(100, 400))
        worker = world.rng.choice(world.workers)
        actor = world.actor(worker, correlation, job=job, user=user, retry=retry)
        yield from handle(world, worker, actor, call, _answer(series, INVALID))


def _masked(world: World, user: str, bad: bool) -> Steps[None]:
    """It fails and works at the next try, at once; guarded: it works."""
    resource = f"quote:{world.name('', 8)}"
    hiccup = bad and not world.guarded(resource)
    call = Call("quote.price", "price", resource, "POST", world.name(""))
    series, correlation = _series(world, resource), world.name("c-")
    for retry, reply in enumerate((HICCUP, Reply()) if hiccup else (Reply(),)):
        yield from _pause(series, retry, world.ms(5, 60))
        yield from request(world, call, _answer(series, reply), correlation, user, retry)


def _series(world: World, resource: str) -> Series:
    series = Series(resource)
    world.store.facts.series.append(series)
    return series


def _pause(series: Series, retry: int, pause: int) -> Steps[None]:
    if retry:
        series.pauses.append(pause)
        yield pause


def _answer(series: Series, reply: Reply) -> Body:
    def body(scope: Scope) -> Steps[Reply]:
        series.actors.append(scope.actor)
        series.replies.append(reply.error)
        yield scope.world.ms(1, 10)
        return reply

    return body
