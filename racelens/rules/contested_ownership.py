"""RL502: one kind of state, several owners, nothing that keeps their writes apart."""

from __future__ import annotations

import polars as pl

from racelens import hits
from racelens.close_calls import is_delta, is_guarded
from racelens.knowledge import Knowledge
from racelens.rule import Line, rule

_NAMED = 4  # owners listed


def _changes() -> pl.Expr:
    """Updates and deletions: who creates a resource and leaves it alone is no owner of its state."""
    is_change = pl.col("action").is_in(["write", "delete"]) & (pl.col("role") == "access")
    return is_change & pl.col("kind").is_not_null()


def _checked() -> pl.Expr:
    written = _changes() & (pl.col("outcome") == "ok")
    return pl.when(written).then(pl.coalesce("service", "operation").is_not_null())


@rule(
    "RL502",
    severity="info",
    key=("kind",),
    needs=("resource", "action"),
    message="{owners} all write {type}, and nothing keeps their writes apart",
    lost="nothing in this log: {shared} of {resources} were written by more than one of them",
    fix="give {type} one owner that the others ask, or make every write to it conditional on its version",
    unit="write",
    wish="Log each write with its action, its resource and the service",
    line=Line(
        "{noun}.write", ("{noun}_id", "service"), ("service",), "which service or code path wrote"
    ),
    blind_spot="do not say which service or operation made them",
    advice="Log the service on {name}",
    checked=_checked,
    opt_in=True,
)
def contested_ownership(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:  # noqa: ARG001
    """One kind of state is written by several services or code paths, and no guard orders them.

    Flagged
        {"time":"2026-05-04T12:00:00.100Z","service":"shop","request_id":"a","event":"order.update","resource":"order:42","action":"write"}
        {"time":"2026-05-04T12:00:07.150Z","service":"billing","request_id":"b","event":"order.mark_paid","resource":"order:42","action":"write"}

    Silent
        {"time":"2026-05-04T12:00:00.100Z","service":"shop","request_id":"a","event":"order.update","resource":"order:42","action":"write","expected_version":7,"version":8}
        {"time":"2026-05-04T12:00:07.150Z","service":"billing","request_id":"b","event":"order.mark_paid","resource":"order:42","action":"write","expected_version":8,"version":9}
        {"time":"2026-05-04T12:00:09.100Z","service":"shop","request_id":"c","event":"order.update","resource":"order:43","action":"write"}

    How it is found
        Asked with --latent. Per type of resource: the services that change it, or, where one service does,
        its operations. It is told when some resource was changed by two of them and at least one changes it
        without a condition, a delta, a lock or a serializable transaction.
        latent: it is no race that happened; it is where the next one will be. RL101, RL102 and RL402 tell
        what did happen.
        Cannot see: writers that log nothing, owners by part (each its own column).

    Fix
        One owner decides the order of writes: let the others send it a request or an event. Where that is
        too much, compare a version on every write: UPDATE … WHERE id = :id AND version = :read.
    """
    changes = events.filter(_changes())
    several = pl.col("service").n_unique().over("kind") > 1
    owned = changes.with_columns(
        owner=pl.when(several).then("service").otherwise("operation"),
        guarded=is_guarded(),
        delta=is_delta(),
    ).filter(pl.col("owner").is_not_null())
    paths = owned.group_by("kind", "owner").agg(
        unguarded=~pl.col("guarded").any() & ~pl.col("delta").all()
    )
    made = owned.filter(pl.col("outcome") == "ok").sort("id")
    shared = made.group_by("kind", "resource", maintain_order=True).agg(
        owners=pl.col("owner").n_unique(),
        first=pl.col("id").first(),
        at=pl.col("id").filter(pl.col("owner") != pl.col("owner").first()).first(),
    )
    per_kind = paths.sort("owner").group_by("kind").agg("owner", pl.col("unguarded").any())
    return (
        shared.group_by("kind")
        .agg(
            resources=pl.len(),
            shared=(pl.col("owners") > 1).sum(),
            example=pl.struct("resource", "first", "at").filter(pl.col("owners") > 1).first(),
        )
        .filter(pl.col("shared") > 0)
        .join(per_kind.filter(pl.col("unguarded")), on="kind")
        .unnest("example")
        .with_columns(
            owners=_in_words(pl.col("owner")),
            note=pl.lit("then changed it, too: no guard orders the two"),
            related=pl.concat_list(hits.event("first", pl.lit("changed it"), raced=True)),
            confidence=pl.lit("latent"),
            reason=pl.lit(
                "no collision is claimed: this is about who may write, not about what happened"
            ),
        )
        .select(*hits.COLUMNS, "owners", "resources", "shared")
    )


def _in_words(names: pl.Expr) -> pl.Expr:
    more = names.list.len() - _NAMED
    listed = names.list.head(_NAMED).list.join(", ")
    return (
        pl.when(names.list.len() > _NAMED)
        .then(listed + pl.lit(" and ") + more.cast(pl.String) + pl.lit(" more"))
        .otherwise(listed)
    )
