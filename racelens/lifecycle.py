"""The states a resource went through, and which moves between them are known to be right."""

from __future__ import annotations

import polars as pl

from racelens import timeline
from racelens.knowledge import Lifecycle
from racelens.timeline import OTHER, neighbours

_COMMON = 20  # moves one way before those the other way look wrong
_RARE = 5  # times as many the one way as the other
_SHOWN = 30  # moves out of a state after which one that was never seen is not part of the lifecycle
_LIFE = ("resource", "incarnation")
_KEPT = [
    *("id", "time", "actor", "attempt", "domain", "outcome", "version", "moved", "number"),
    *("visible", "visible_time", "happened"),
]


def moves(events: pl.LazyFrame) -> pl.LazyFrame:
    """Each write of a state (`moved`) beside the one before it; `by_version`: versions put them in order.

    Numbers that came with a message tell when it was sent, not when it was applied.
    """
    living = timeline.with_incarnation(events)
    writes = (
        timeline.with_carried(timeline.acted(living, "write", "create"), living)
        .filter(pl.col("state").is_not_null())
        .with_columns(
            happened=pl.col("outcome") == "ok",
            moved=pl.col("state").str.to_lowercase(),
            number=timeline.number("version"),
        )
    )
    numbered = (
        pl.col("number").is_not_null().all()
        & ~pl.col("carried").any()
        & (pl.col("number").n_unique() == pl.len())
    ).over(*_LIFE)
    placed = writes.with_columns(by_version=numbered).with_columns(
        place=pl.when("by_version").then("number").otherwise(pl.col("visible").cast(pl.Int64))
    )
    return neighbours(placed, _LIFE, ("place", "id"), _KEPT, 1).filter(pl.col("before"))


def counts(events: pl.LazyFrame) -> pl.LazyFrame:
    """How often each move was made, by resource type: `kind`, `moved_other` → `moved`, `times`."""
    changed = moves(events).filter(pl.col("moved") != pl.col("moved" + OTHER))
    return changed.group_by("kind", "moved" + OTHER, "moved").agg(times=pl.len())


def of_good_run(events: pl.LazyFrame, name: str) -> dict[str, Lifecycle]:
    """The lifecycles that a run known to be good shows, for the states it left often enough."""
    seen = counts(events).collect()
    often = seen.filter(pl.col("times").sum().over("kind", "moved" + OTHER) >= _SHOWN)
    edges: dict[str, dict[str, frozenset[str]]] = {}
    for (kind, state), rows in often.group_by("kind", "moved" + OTHER):
        edges.setdefault(str(kind), {})[str(state)] = frozenset(rows["moved"])
    source = f"shown by the good run {name}"
    return {kind: Lifecycle(states, source) for kind, states in sorted(edges.items())}


# A success is final: what goes on after it is another run of the thing, or an older update that came late.
_SUCCESS = ["succeeded", "success", "completed", "complete", "finished", "done"]
_BEFORE = [
    *(
        "running",
        "started",
        "pending",
        "scheduled",
        "queued",
        "requested",
        "processing",
        "in_progress",
    ),
    *("waiting", "new", "open", "failed", "error", "up_for_retry", "retry", "retrying"),
]


def departures(events: pl.LazyFrame) -> tuple[tuple[str, str, str], ...]:
    """Moves (type, state, state before) that leave a success for what comes before one, or for a failure."""
    seen = counts(events.filter(pl.col("state").is_not_null()))
    left = seen.filter(pl.col("moved" + OTHER).is_in(_SUCCESS) & pl.col("moved").is_in(_BEFORE))
    chosen = left.select("kind", "moved", "moved" + OTHER)
    return tuple(chosen.sort("kind", "moved", "moved" + OTHER).collect().rows())


def reversals(events: pl.LazyFrame) -> tuple[tuple[str, str, str, int, int], ...]:
    """Moves (type, state, state before) whose opposite is much more common: its count, and theirs."""
    seen = counts(events.filter(pl.col("state").is_not_null()))
    opposite = seen.rename({"moved": "moved" + OTHER, "moved" + OTHER: "moved", "times": "forward"})
    rare = seen.join(opposite, on=["kind", "moved", "moved" + OTHER]).filter(
        (pl.col("forward") >= _COMMON) & (pl.col("forward") >= _RARE * pl.col("times"))
    )
    chosen = rare.select("kind", "moved", "moved" + OTHER, "forward", "times")
    return tuple(chosen.sort("kind", "moved", "moved" + OTHER).collect().rows())
