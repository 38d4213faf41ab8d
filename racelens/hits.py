"""From pairs to hits: what rules that compare two events do with what they found."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from racelens.timeline import OTHER

_CONFIRMED = pl.lit("confirmed")
Event = pl.Struct({"id": pl.UInt32, "note": pl.String, "raced": pl.Boolean})
# What every hit has; the columns a rule adds beyond them are the finding's facts.
SCHEMA = pl.Schema(
    {
        "resource": pl.String(),
        "at": pl.UInt32(),
        "note": pl.String(),
        "related": pl.List(Event),
        "confidence": pl.String(),
        "reason": pl.String(),
    }
)
COLUMNS = tuple(SCHEMA)


def event(id_: str, note: pl.Expr, raced: bool) -> pl.Expr:
    """A related event, null where `id_` is. raced: its attempt is a party, not only a witness."""
    told = pl.struct(id=pl.col(id_), note=note, raced=pl.lit(raced)).cast(Event)
    return pl.when(pl.col(id_).is_not_null()).then(told)


def where() -> pl.Expr:
    """“ on order:7” for a message, empty where no resource is named."""
    named = pl.col("resource").is_not_null()
    return pl.when(named).then(pl.format(" on {}", "resource")).otherwise(pl.lit(""))


def unless(
    doubts: Sequence[tuple[pl.Expr, pl.Expr | str]],
    reason: pl.Expr,
    confidence: pl.Expr = _CONFIRMED,
) -> dict[str, pl.Expr]:
    """Confidence and reason of pairs: possible, for the first of the doubts that holds, where one does."""
    for doubt, why in reversed(doubts):
        holds = doubt.fill_null(False)
        confidence = pl.when(holds).then(pl.lit("possible")).otherwise(confidence)
        reason = pl.when(holds).then(pl.lit(why) if isinstance(why, str) else why).otherwise(reason)
    return {"confidence": confidence, "reason": reason}


def strongest(pairs: pl.LazyFrame) -> pl.LazyFrame:
    """For each primary event (`id`) its pairs of the highest confidence; each pair once."""
    rank = pl.col("confidence").replace_strict(
        {"confirmed": 0, "possible": 1, "undecided": 2}, return_dtype=pl.Int8
    )
    kept = pairs.filter(rank == rank.min().over("id"))
    return kept.unique(["id", "id" + OTHER], keep="first", maintain_order=True)


def nearest(pairs: pl.LazyFrame) -> pl.LazyFrame:
    """One hit for each primary event: of its strongest pairs that with the nearest other."""
    return strongest(pairs).sort("id", "id" + OTHER).unique("id", keep="last", maintain_order=True)


def one_each(pairs: pl.LazyFrame, joined: tuple[str, ...]) -> pl.LazyFrame:
    """One hit for each primary event, with the number of `others`.

    `related` lists are united, texts in `joined` listed in words.
    """
    names = pairs.collect_schema().names()
    single = [pl.col(c).first() for c in names if c not in ("id", "related", *joined)]
    several = [pl.col(c).unique(maintain_order=True).alias(c) for c in joined]
    return (
        pairs.sort("id", "id" + OTHER)
        .group_by("id", maintain_order=True)
        .agg(
            *single,
            *several,
            pl.col("related").explode().unique(maintain_order=True),
            others=pl.len(),
        )
        .with_columns(pl.col(c).list.join(" and ") for c in joined)
        .with_columns(at="id")
    )
