"""Locks with a lease: whoever is slower than the lease works on without the lock."""

from __future__ import annotations

from .facts import Deed, Hold
from .handler import Body, Call, Reply, Scope, handle
from .loop import Steps
from .machines import Line
from .world import MS, World

LEASE_MS = 80.0
FOREVER_NS = 1 << 62


def leases(world: World, user: str) -> Steps[None]:
    """Two jobs that close the same ledger, one after the other if the lock holds. Ledgers with an even
    number log how long the lease lasts, the others a fencing token."""
    del user
    resource = f"ledger:{world.rng.randrange(1, 2 + world.dial.resources)}"
    guarded = world.guarded(resource)
    world.aside(_close(world, resource, guarded), world.ms(0, 10))
    yield from _close(world, resource, guarded)


def _close(world: World, resource: str, guarded: bool) -> Steps[Reply]:
    worker = world.rng.choice(world.workers)
    actor = world.actor(worker, world.name("c-"), job=world.name("job-"))
    call = Call("job.close_ledger", "close", resource, payload=world.name(""))
    slow = world.chance(world.dial.race)
    return handle(world, worker, actor, call, _work(guarded, slow))


def _work(guarded: bool, slow: bool) -> Body:
    """Hold the lock for the work; guarded: the lease is renewed for as long as it takes."""

    def body(scope: Scope) -> Steps[Reply]:
        world, resource = scope.world, scope.call.resource
        assert resource
        lock = f"lock:{resource.replace(':', '-')}"
        token = yield from _acquire(world, lock, guarded)
        leased = int(resource.rpartition(":")[2]) % 2 == 0
        told = {"resource": lock} | ({} if leased else {"fencing_token": token})
        lasts = {"lease_ms": LEASE_MS} if leased else {}
        acquired = scope.point("lock.acquired", action="acquire", **told, **lasts)
        hold = Hold(lock, scope.actor, world.loop.now, acquired, leased and not guarded)
        world.store.facts.holds.append(hold)
        long = world.rng.uniform(1.2, 1.8) if slow else world.rng.uniform(0.2, 0.6)
        yield int(long * LEASE_MS * MS)
        _write(scope, resource, token, acquired if leased else None)
        yield world.ms(0.5, 3)
        hold.freed_ns = world.loop.now
        hold.released = scope.point("lock.released", action="release", **told)
        _release(world, lock, token)
        return Reply()

    return body


def _acquire(world: World, lock: str, guarded: bool) -> Steps[int]:
    lease = world.store.facts.leases[lock]
    while lease.until_ns > world.loop.now:
        yield world.ms(3, 12)
    lease.token += 1
    lease.until_ns = FOREVER_NS if guarded else world.loop.now + int(LEASE_MS * MS)
    return lease.token


def _release(world: World, lock: str, token: int) -> None:
    lease = world.store.facts.leases[lock]
    if lease.token == token:
        lease.until_ns = 0


def _write(scope: Scope, resource: str, token: int, leased: Line | None) -> None:
    facts = scope.world.store.facts
    before = facts.current[resource]
    number = facts.current[resource] = before + 1
    deed = Deed(scope.world.loop.now, scope.actor, resource, number, before, token)
    facts.fenced.append(deed)
    told = {"resource": resource} | ({} if leased else {"version": number, "fencing_token": token})
    deed.lines.append(scope.point("ledger.write", action="write", **told))
    deed.lines.extend([leased] if leased else [])
