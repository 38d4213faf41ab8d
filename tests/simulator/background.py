"""What runs whether or not anybody clicks: heartbeats, health checks, cron."""

from __future__ import annotations

from .handler import Body, Call, Reply, Scope, handle, request
from .loop import Steps
from .machines import Process
from .store import Work
from .world import World

PERIOD_MS = 4_000.0
"""Time between two ticks of one cron job."""


def heartbeats(world: World) -> None:
    """A heartbeat record per process and a health request now and then."""
    for process in world.processes:
        world.loop.spawn(_beat(world, process), world.ms(0, 2_000))
    world.loop.spawn(_health(world), world.ms(0, 1_000))


def cron(world: World) -> None:
    """`rollup:daily` takes a lock and skips; `rollup:hourly` is as guarded as the dial says."""
    for name, guarded in (("rollup:daily", True), ("rollup:hourly", None)):
        careful = world.guarded(name) if guarded is None else guarded
        world.loop.spawn(_ticks(world, name, careful), world.ms(0, PERIOD_MS))


def _beat(world: World, process: Process) -> Steps[None]:
    while world.busy:
        rss = world.rng.randrange(70, 90)
        fields = {"rss_mb": rss, "event": "heartbeat", "level": "info"}
        world.log(process, None, True, fields)
        yield world.ms(9_900, 10_100)


def _health(world: World) -> Steps[None]:
    while world.busy:
        call = Call("health", "health", method="GET")
        yield from request(world, call, _healthy, world.name("c-"))
        yield world.ms(4_900, 5_100)


def _healthy(scope: Scope) -> Steps[Reply]:
    yield scope.world.ms(0.2, 1)
    return Reply()


def _ticks(world: World, name: str, guarded: bool) -> Steps[None]:
    number = 0
    while world.busy:
        number += 1
        yield from _tick(world, name, number, guarded)
        yield world.ms(PERIOD_MS - 20, PERIOD_MS + 20)


def _tick(world: World, name: str, number: int, guarded: bool) -> Steps[None]:
    """The scheduler logs a tick (no request id) and enqueues the run."""
    actor = world.actor(world.scheduler, world.name("cron-", 8))
    run = _run(world, name, f"{name.replace(':', '-')}-{number}", actor.correlation, guarded)

    def body(scope: Scope) -> Steps[Reply]:
        yield scope.world.ms(0.5, 3)
        scope.world.aside(run, scope.world.ms(5, 20))
        return Reply()

    yield from handle(world, world.scheduler, actor, Call("cron.tick", "schedule", name), body)


def _run(world: World, name: str, job: str, correlation: str, guarded: bool) -> Steps[Reply]:
    worker = world.rng.choice(world.workers)
    actor = world.actor(worker, correlation, job=job)
    call = Call("job.rollup", "rollup", name, payload="a5d9ad7f1514")
    return handle(world, worker, actor, call, _roll_up(name, guarded))


def _roll_up(name: str, guarded: bool) -> Body:
    def body(scope: Scope) -> Steps[Reply]:
        lock = scope.world.store.row(name).lock
        if guarded and not lock.take():
            scope.point("rollup.lock_held", resource=name, outcome="skipped", level="warning")
            return Reply(outcome="skipped")
        yield from _work(scope, name)
        if guarded:
            lock.release()
        return Reply()

    return body


def _work(scope: Scope, name: str) -> Steps[None]:
    world = scope.world
    work = Work(name, scope.actor, world.loop.now)
    late = world.chance(world.dial.skip_runs)
    yield world.ms(1.1 * PERIOD_MS, 1.6 * PERIOD_MS) if late else world.ms(200, 800)
    rows = 1 + world.rng.randrange(99)  # no row would say that the run did nothing
    work.line = scope.point("rollup.write", action="write", resource=name, rows=rows)
    work.ended_ns = world.loop.now
    world.store.works.append(work)
