"""Reads and writes of versioned rows inside a handler, logged a little after they happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .handler import Reply, Scope
from .loop import Steps
from .store import View, Write

CONFLICT = Reply(409, error="VersionConflict")


@dataclass(frozen=True, slots=True)
class Change:
    """One intended write. `check`: refuse it unless `base` is current (compare-and-set).
    `locked`: the caller holds the row lock; `last`: give it back on commit."""

    kind: str
    base: View | None = None
    check: bool = False
    locked: bool = False
    last: bool = True


def read(scope: Scope, resource: str) -> Steps[View]:
    """See the row now; the record follows up to 0.6 ms later."""
    yield scope.world.ms(0.2, 2)
    view = scope.world.store.row(resource).now
    yield scope.world.ms(0.02, 0.6)
    scope.point(_named(resource, "read"), action="read", **_shown(view))
    return view


def write(scope: Scope, resource: str, change: Change) -> Steps[Write | None]:
    """Commit under the row lock, release, then log. None: the guard refused, nothing changed."""
    world, row = scope.world, scope.world.store.row(resource)
    yield world.ms(0.2, 2)
    if not change.locked:
        yield from row.lock.acquire()
    stale = change.check and change.base is not None and change.base.revision != row.now.revision
    done = None
    if not stale:
        done = world.store.apply(world.loop.now, scope.actor, change.kind, resource, change.base)
    if change.last or not change.locked:
        row.lock.release()
    yield world.ms(0.02, 0.6)
    _log_write(scope, resource, change, done)
    return done


def roll_back(scope: Scope, resource: str, base: View, locked: bool) -> Steps[Reply]:
    """Write, log it, hold the row lock for a while, then undo it all and answer 500."""
    world, row = scope.world, scope.world.store.row(resource)
    if not locked:
        yield from row.lock.acquire()
    done = world.store.provisional(world.loop.now, scope.actor, resource, base)
    done.line = _log_done(scope, done)
    yield world.think()
    row.lock.release()
    return Reply(500, error="IntegrityError")


def _log_write(scope: Scope, resource: str, change: Change, done: Write | None) -> None:
    if done is not None:
        done.line = _log_done(scope, done)
        return
    version = change.base.version if change.base else None
    scope.point(
        _named(resource, "conflict"),
        resource=resource,
        version=version,
        error_type=CONFLICT.error,
        level="warning",
    )


def _log_done(scope: Scope, done: Write) -> Any:
    base = done.base.version if done.base and done.kind == "rmw" else None
    fields = "email" if done.kind == "patch" else None
    action = {"rmw": "write", "blind": "write"}.get(done.kind, done.kind)
    event = _named(done.resource, action)
    return scope.point(event, action=action, base_version=base, fields=fields, **_shown(done.after))


def _named(resource: str, verb: str) -> str:
    return f"{resource.split(':', maxsplit=1)[0]}.{verb}"


def _shown(view: View) -> dict[str, Any]:
    qty = view.value if view.resource.startswith("inventory") else None
    return {"resource": view.resource, "version": view.version, "qty": qty}
