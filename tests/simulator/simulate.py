"""From a dial to a run: start the clients and the background, then ask the judges."""

from __future__ import annotations

from .background import cron, heartbeats
from .cache import cache
from .claims import claims
from .clicks import clicks
from .conditional import conditional
from .copies import copies
from .dial import Dial
from .edits import Flow, edits
from .entity import entity
from .evidence import Seen
from .exchange import exchange
from .jobs import jobs
from .judge_copies import impossible_answers, unlucky_answers
from .judge_effects import overlapped_tries, overlapping_runs, repeated_effects, reused_keys
from .judge_guards import (
    broken_conditions,
    broken_fences,
    double_claims,
    overlapping_holds,
    oversold,
)
from .judge_order import illegal_transitions, stale_reads, stale_writes, uncertain_reads
from .judge_premature import doubtful_lookups, premature_events
from .judge_retries import (
    futile_elsewhere,
    futile_retries,
    masked_elsewhere,
    masked_faults,
    retry_storms,
    storms_elsewhere,
)
from .judge_rows import apparent, lost_updates
from .keys import keys
from .leases import leases
from .lifecycle import lifecycle
from .loop import Steps
from .premature import premature
from .retries import retries
from .run import Run
from .sequence import sequence
from .tabs import tabs
from .tickets import tickets
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
    "sequence": (sequence, 2),
    "premature": (premature, 2),
    "claims": (claims, 2),
    "cache": (cache, 2),
    "conditional": (conditional, 2),
    "leases": (leases, 1),
    "lifecycle": (lifecycle, 2),
    "entity": (entity, 1),
    "retries": (retries, 1),
    "copies": (copies, 2),
    "tickets": (tickets, 2),
}
"""flow → (what a client does, weight among the flows that the dial names)."""

JUDGES = (
    lost_updates,
    repeated_effects,
    reused_keys,
    overlapping_runs,
    stale_writes,
    stale_reads,
    illegal_transitions,
    double_claims,
    broken_conditions,
    broken_fences,
    overlapping_holds,
    premature_events,
    retry_storms,
    futile_retries,
    masked_faults,
    impossible_answers,
    oversold,
)
"""Each reads one kind of incident off the store."""


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
        gray=(
            *apparent(world.store, seen),
            *overlapped_tries(seen, incidents),
            *uncertain_reads(world.store, seen),
            *doubtful_lookups(world.store, seen),
            *unlucky_answers(world.store, seen),
        ),
        signals=(
            *masked_elsewhere(seen, incidents),
            *storms_elsewhere(seen),
            *futile_elsewhere(seen),
        ),
        offsets_ns={process.name: process.offset_ns for process in world.processes},
        journal=tuple(world.store.journal),
        effects=tuple(world.store.effects),
    )


def _judge(world: World, seen: Seen) -> list[Incident]:
    """Every incident, in order of true time."""
    found = [incident for judge in JUDGES for incident in judge(world.store, seen)]
    return sorted(found, key=lambda incident: incident.at_ns)
