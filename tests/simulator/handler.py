"""The envelope every request and job try runs in: start, inner points, finish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .loop import Steps
from .machines import Actor, Attempt, Line, Process
from .store import View
from .world import MS, World


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked for. `method` is None for jobs, which have no status code either."""

    event: str
    action: str
    resource: str | None = None
    method: str | None = None
    payload: str | None = None
    key: str | None = None
    delivery: str | None = None
    version: int | None = None

    def fields(self) -> dict[str, Any]:
        """The part of start and finish records that tells the call."""
        return {
            "method": self.method,
            "resource": self.resource,
            "action": self.action,
            "payload_hash": self.payload,
            "idempotency_key": self.key,
            "delivery_id": self.delivery,
            "version": self.version,
        }


@dataclass(frozen=True, slots=True)
class Reply:
    """How it ended; `view` is the state that a GET shows to its client."""

    status: int = 200
    outcome: str | None = None
    error: str | None = None
    view: View | None = None

    @property
    def ok(self) -> bool:
        """Whether the caller is content."""
        return self.status < 400


@dataclass(slots=True)
class Scope:
    """What a handler's body works with."""

    world: World
    process: Process
    actor: Actor
    call: Call

    def point(self, event: str, **fields: Any) -> Line:
        """Log one inner record; None fields are left out, `level` is info unless given."""
        return self.world.log(
            self.process,
            self.actor,
            True,
            fields | {"event": event, "level": fields.get("level", "info")},
        )

    def edge(self, step: str, **fields: Any) -> Line:
        """Log the start or finish record."""
        told = {"step": step, "retry_count": self.actor.retry} | self.call.fields() | fields
        return self.world.log(
            self.process, self.actor, False, {"level": "info"} | told | {"event": self.call.event}
        )


Body = Callable[[Scope], Steps[Reply]]


def handle(world: World, process: Process, actor: Actor, call: Call, body: Body) -> Steps[Reply]:
    """Run a body at a process inside its envelope."""
    scope = Scope(world, process, actor, call)
    attempt = world.attempts[actor] = Attempt(actor, scope.edge("start"))
    reply = yield from body(scope)
    yield world.ms(0.1, 0.8)
    attempt.finish = scope.edge("finish", **_ending(world, attempt, call, reply))
    return reply


def request(
    world: World,
    call: Call,
    body: Body,
    correlation: str,
    user: str | None = None,
    retry: int = 0,
) -> Steps[Reply]:
    """A client's request to either API process, over the wire and back."""
    yield world.ms(0.3, 3)
    process = world.rng.choice(world.apis)
    actor = world.visitor(process, correlation, user=user, retry=retry)
    reply = yield from handle(world, process, actor, call, body)
    yield world.ms(0.3, 3)
    return reply


def _ending(world: World, attempt: Attempt, call: Call, reply: Reply) -> dict[str, Any]:
    return {
        "duration_ms": round((world.loop.now - attempt.start.true_ns) / MS, 2),
        "status_code": reply.status if call.method else None,
        "outcome": reply.outcome,
        "error_type": reply.error,
        "level": "error" if reply.error else "info",
    }
