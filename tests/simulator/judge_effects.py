"""Repeated effects and overlapping runs, read off the store's effect and run tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from .evidence import Seen, shown
from .judge_rows import names
from .machines import Actor, Attempt
from .store import Effect, Store, Work
from .truth import Incident


def repeated_effects(store: Store, seen: Seen) -> list[Incident]:
    """One incident per effect beyond the first of what was wanted once."""
    wanted: dict[tuple[str, str], list[Effect]] = defaultdict(list)
    for effect in store.effects:
        wanted[effect.kind, effect.intent].append(effect)
    return [
        _repeat(earlier, later, seen)
        for same in wanted.values()
        for earlier, later in pairwise(sorted(same, key=lambda e: (e.actor.retry, e.at_ns)))
    ]


def reused_keys(store: Store, seen: Seen) -> list[Incident]:
    """One incident per payload beyond the first that one idempotency key let through."""
    first: dict[str, Effect] = {}
    found = []
    for effect in store.effects:
        if effect.key and effect.payload != first.setdefault(effect.key, effect).payload:
            found.append(_pair("key_reuse", first[effect.key], effect, seen, True))
    return found


def overlapping_runs(store: Store, seen: Seen) -> list[Incident]:
    """One incident per pair of runs of one cron job that worked at the same time."""
    runs: dict[str, list[Work]] = defaultdict(list)
    for work in sorted(store.works, key=lambda work: work.began_ns):
        runs[work.name].append(work)
    return [
        _overlap(one, other, seen)
        for works in runs.values()
        for number, other in enumerate(works)
        for one in works[:number]
        if other.began_ns < one.ended_ns
    ]


def overlapped_tries(seen: Seen, guilty: Iterable[Incident]) -> list[Incident]:
    """Gray: a job's try began while another ran, but only one of them took effect."""
    known = {job for incident in guilty for job in incident.ids}
    tries: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in seen.world.attempts.values():
        if attempt.actor.job and attempt.actor.request is None:
            tries[attempt.actor.job].append(attempt)
    return [
        _harmless(one, other)
        for job, attempts in tries.items()
        for one, other in pairwise(attempts)
        if job not in known and one.finish and other.start.true_ns < one.finish.true_ns
    ]


def _repeat(earlier: Effect, later: Effect, seen: Seen) -> Incident:
    if later.kind == "credit":
        return _pair("duplicate_delivery", earlier, later, seen, True)
    if later.actor.retry == earlier.actor.retry:
        same_flow = earlier.actor.correlation == later.actor.correlation
        return _pair("duplicate_action", earlier, later, seen, same_flow)
    one, other = _try_of(earlier.actor, seen), _try_of(later.actor, seen)
    kind = _lineage_kind(one, other)
    return _pair(kind, earlier, later, seen, _order_shows(kind, one, other))


def _try_of(actor: Actor, seen: Seen) -> Attempt:
    """The job try on a worker that an effect belongs to; for a request, the request itself."""
    if actor.job is None:
        return seen.attempt(actor)
    return seen.tries[actor.job, actor.retry]


def _lineage_kind(one: Attempt, other: Attempt) -> str:
    """What a second effect of one lineage is called."""
    assert one.finish
    if one.actor.job is None:
        return "late_success"
    if other.start.true_ns < one.finish.true_ns:
        return "overlapping_attempts"
    gave_up = one.finish.record.get("error_type") == "ReadTimeout"
    return "late_success" if gave_up else "retry_after_success"


def _order_shows(kind: str, one: Attempt, other: Attempt) -> bool:
    """Whether the needed edges survived and the logged clocks show the order that was."""
    assert one.finish
    if not (one.shown and other.start.shown):
        return False
    if kind == "late_success":
        return True
    overlap = one.start.local_ns < other.start.local_ns < one.finish.local_ns
    after = one.finish.local_ns <= other.start.local_ns
    return overlap if kind == "overlapping_attempts" else after


def _pair(kind: str, earlier: Effect, later: Effect, seen: Seen, told: bool) -> Incident:
    return Incident(
        kind=kind,
        resource=later.resource,
        **names([later.actor, earlier.actor]),
        detail=f"2 x {later.kind} {(later.at_ns - earlier.at_ns) // 1_000_000} ms apart",
        at_ns=later.at_ns,
        discoverable=told and shown([earlier.line, later.line]),
        suggested=seen.attempt(earlier.actor).shown and seen.attempt(later.actor).shown,
    )


def _overlap(one: Work, other: Work, seen: Seen) -> Incident:
    """Proved by one clock, and only if both logged their work."""
    overlap = seen.overlap(one.actor, other.actor)
    one_clock = one.actor.process == other.actor.process
    return Incident(
        kind="overlapping_runs",
        resource=one.name,
        **names([other.actor, one.actor]),
        detail=f"both worked for {(one.ended_ns - other.began_ns) // 1_000_000} ms",
        at_ns=other.began_ns,
        discoverable=overlap and one_clock and shown([one.line, other.line]),
        suggested=overlap,
    )


def _harmless(one: Attempt, other: Attempt) -> Incident:
    return Incident(
        kind="overlapping_attempts",
        resource=str(one.start.record.get("resource")),
        **names([other.actor, one.actor]),
        detail="tries overlapped, a guard let one effect through",
        at_ns=other.start.true_ns,
        discoverable=False,
        suggested=False,
    )
