"""Two-way messages between processes, from which a reader can bound clock offsets."""

from __future__ import annotations

from .handler import Call, Reply, Scope, handle
from .loop import Steps
from .machines import Actor, Process
from .world import World


def exchange(world: World, user: str) -> Steps[None]:
    """One request/response between two processes: spans on the envelopes, and one message id
    each way (`enqueue` where sent, `deliver` where received). One way takes 0.2 to 2 ms."""
    del user
    caller, callee = world.rng.sample(world.processes, 2)
    actor = world.visitor(caller, world.name("c-"), span=world.name("", 16))
    call = Call("peer.sync", "sync", f"peer:{callee.name}")

    def body(scope: Scope) -> Steps[Reply]:
        yield world.ms(0.1, 1)
        there, back = world.name("m-"), world.name("m-")
        _message(scope, "sent", "enqueue", there)
        yield from _answer(world, callee, actor, there, back)
        _message(scope, "received", "deliver", back)
        return Reply()

    yield from handle(world, caller, actor, call, body)


def _answer(world: World, process: Process, caller: Actor, there: str, back: str) -> Steps[None]:
    yield world.ms(0.2, 2)
    span = world.name("", 16)
    actor = world.visitor(process, caller.correlation, span=span, parent=caller.span)
    call = Call("peer.serve", "serve", f"peer:{process.name}")

    def body(scope: Scope) -> Steps[Reply]:
        _message(scope, "received", "deliver", there)
        yield world.ms(0.5, 10)
        _message(scope, "sent", "enqueue", back)
        return Reply()

    yield from handle(world, process, actor, call, body)
    yield world.ms(0.2, 2)


def _message(scope: Scope, word: str, action: str, name: str) -> None:
    scope.point(f"message.{word}", action=action, message_id=name)
