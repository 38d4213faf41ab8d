"""Read-modify-writes that nothing guards and that did not collide in this log: how close they came.

A path is an operation (a handler) on a type of resource. It is unguarded when none of its writes carried a
condition, a lock or an isolation, and the store never refused one. A delta guards itself alone. The chance to collide takes
the other writes to come independently, at this log's rate: E = Σ windowᵢ · othersᵢ / span, P = 1 − e^−E.
"""

from __future__ import annotations

import polars as pl

from racelens import hits
from racelens.knowledge import Knowledge
from racelens.rule import Latent
from racelens.timeline import OTHER, neighbours

_PATH = ("kind", "operation")
_GUARDS = r"^(?:conditional|token )"
_DELTAS = r"^(?:atomic|partial)"
_KEPT = ["id", "time", "attempt", "actor"]
_FACTS = ("path", "cycles", "resources", "gap", "chance")


def unguarded(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:  # noqa: ARG001
    """One latent hit for each unguarded path, told by the cycle that another write came nearest to."""
    changes = events.filter(
        pl.col("action").is_in(["write", "create", "delete"])
        & (pl.col("role") == "access")
        & pl.col("kind").is_not_null()
        & pl.col("operation").is_not_null()
    )
    writes = changes.filter(pl.col("outcome") == "ok")
    cycles = _with_distance(writes, events).filter(_is_cycle())
    guarded = changes.group_by(*_PATH).agg(guarded=is_guarded().any())
    return (
        cycles.join(guarded, on=list(_PATH))
        .filter(~pl.col("guarded"))
        .sort("gap", "id", nulls_last=True)
        .group_by(*_PATH, maintain_order=True)
        .agg(
            pl.col("id", "resource", "attempt", "base_event", "near", "gap").first(),
            cycles=pl.len(),
            resources=pl.col("resource").n_unique(),
            expected=pl.col("expected").sum(),
        )
        .with_columns(chance=1 - (-pl.col("expected")).exp())
        .pipe(_told)
    )


def is_guarded() -> pl.Expr:
    """True for a change that a guard let through or refused: its path has one."""
    by_guard = pl.col("guard").str.contains(_GUARDS) | pl.col("cover").is_not_null()
    return by_guard.fill_null(False) | (pl.col("outcome") == "conflict")


def is_delta() -> pl.Expr:
    """True for a change that the store computes, or of one part only: nothing of another's is lost by it."""
    return pl.col("guard").str.contains(_DELTAS).fill_null(False)


def _is_cycle() -> pl.Expr:
    """True for a write whose base its own attempt had read."""
    read = pl.col("base_source").eq_missing("read")
    return (pl.col("action") == "write") & read & ~is_delta()


def _with_distance(writes: pl.LazyFrame, events: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `gap`, from the cycle to another attempt's write nearest to it (`near`), and `expected`,
    the writes of others that its window would meet at the rate of its type."""
    span = (pl.col("time").max() - pl.col("time").min()).dt.total_nanoseconds()
    spans = events.filter(pl.col("kind").is_not_null()).group_by("kind").agg(lasted=span)
    total, own = pl.len().over("resource"), pl.len().over("resource", "attempt")
    window = (pl.col("time") - pl.col("base_time")).dt.total_nanoseconds()
    counted = writes.join(spans, on="kind").with_columns(
        expected=(window * (total - own) / pl.col("lasted")).fill_nan(0).fill_null(0)
    )
    before = pl.col("base_time") - pl.col("time" + OTHER)
    after = pl.col("time" + OTHER) - pl.col("time")
    gap = pl.when("before").then(before).otherwise(after)
    apart = (
        neighbours(writes, ("resource",), ("id",), _KEPT, 1)
        .filter(pl.col("attempt") != pl.col("attempt" + OTHER))
        .select("id", near="id" + OTHER, gap=gap.dt.total_nanoseconds())
        .filter(pl.col("gap") >= 0)
        .sort("gap", "near")
        .unique("id", keep="first", maintain_order=True)
    )
    return counted.join(apart, on="id", how="left", maintain_order="left")


def _told(paths: pl.LazyFrame) -> pl.LazyFrame:
    milliseconds = (pl.col("gap") / 1_000_000).round(1).cast(pl.String).str.strip_suffix(".0")
    near = pl.when(pl.col("gap").is_not_null()).then(
        pl.lit("another write came within ") + milliseconds + " ms of it"
    )
    percent = (100 * pl.col("chance")).round(1).cast(pl.String).str.strip_suffix(".0")
    chance = pl.when(pl.col("expected") > 0).then(
        pl.when(pl.col("chance") < 0.0005).then(pl.lit("under 0.1")).otherwise(percent) + " %"
    )
    reason = (
        pl.format("{} cycles on {} {} did not collide in this log: ", "cycles", "resources", "kind")
        + near.fill_null("no second attempt wrote the same resource")
        + pl.format(
            "; at this rate a log like this shows a collision with a chance of {}", chance
        ).fill_null("")
    )
    return paths.with_columns(
        at="id",
        note=pl.lit("then wrote it: no guard is logged over the two"),
        related=pl.concat_list(
            hits.event("base_event", pl.lit("read it"), raced=False),
            hits.event("near", pl.lit("wrote it nearby"), raced=False),
        ).list.drop_nulls(),
        confidence=pl.lit("latent"),
        reason=reason,
        path="operation",
        chance=chance,
    ).select(*hits.COLUMNS, *_FACTS)


UNGUARDED = Latent(
    query=unguarded,
    message="{path} reads and writes {type} without a guard",
    lost="nothing in this log; the next time, what another writes between the read and the write",
    fix="make the write conditional on what was read: UPDATE {type} SET …, version = version + 1 WHERE id = :id "
    "AND version = :read; on 0 rows read again and retry",
)
