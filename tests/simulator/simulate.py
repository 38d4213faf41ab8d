"""From a dial to a run: start the clients and the background, then ask the judges."""

from __future__ import annotations

from .background import cron, heartbeats
from .clicks import clicks
from .dial import Dial
from .edits import Flow, edits
from .evidence import Seen
from .exchange import exchange
from .jobs import jobs
from .judge_effects import overlapped_tries, overlapping_runs, repeated_effects, reused_keys
from .judge_rows import apparent, lost_updates
from .keys import keys
from .loop import Steps
from .run import Run
from .tabs import tabs
from .truth import Incident
from .webhooks import webhooks
from .world import World

FLOWS: dict[str, tuple[Flow, int]] = {
    "edits": (edits, 10),
    "tabs": (tabs, 4),
    "clicks": (clicks, 4),
    "jobs": (jobs, 4),
    "webhooks": (webhooks, 2),
    "keys": (keys, 1),
    "exchange": (exchange, 2),
}
"""flow → (what a client does, weight among the flows that the dial names)."""


def simulate(dial: Dial) -> Run:
    """Run one world to its end. The same dial gives the same run, byte for byte."""
    world = World(dial)
    for number in range(dial.clients):
        world.aside(_client(world, f"u{100 + number}"), world.ms(0, 50))
    if "heartbeat" in dial.flows:
        heartbeats(world)
    if "cron" in dial.flows:
        cron(world)
    world.loop.run()
    return _run(world)


def _client(world: World, user: str) -> Steps[None]:
    chosen = [FLOWS[name] for name in world.dial.flows if name in FLOWS]
    flows, weights = [flow for flow, _ in chosen], [weight for _, weight in chosen]
    while chosen and world.remaining > 0:
        world.remaining -= 1
        yield world.think() + world.ms(1, 20)
        yield from world.rng.choices(flows, weights)[0](world, user)


def _run(world: World) -> Run:
    seen = Seen(world)
    incidents = _judge(world, seen)
    return Run(
        dial=world.dial,
        files={process.name: process.records for process in world.processes},
        incidents=tuple(incidents),
        gray=(*apparent(world.store, seen), *overlapped_tries(seen, incidents)),
        offsets_ns={process.name: process.offset_ns for process in world.processes},
        journal=tuple(world.store.journal),
        effects=tuple(world.store.effects),
    )


def _judge(world: World, seen: Seen) -> list[Incident]:
    """Every incident, in order of true time."""
    judges = (lost_updates, repeated_effects, reused_keys, overlapping_runs)
    found = [incident for judge in judges for incident in judge(world.store, seen)]
    return sorted(found, key=lambda incident: incident.at_ns)
