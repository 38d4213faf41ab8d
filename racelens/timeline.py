"""Questions about a timeline, as expressions and small queries that rules share.

A rule receives events of whole keys (all of a resource's, say) in any order. Neighbours are found by
sorting once and comparing with the rows above: `neighbours`. What an order *proves* is asked here, too:
ids number one total order, but only events of one clock domain are surely in it.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

OTHER = "_other"  # suffix of the columns that describe the neighbour


def acted(events: pl.LazyFrame, *actions: str) -> pl.LazyFrame:
    """The accesses of these actions that took effect or may have."""
    may_have = pl.col("outcome").is_in(["ok", "unknown"])
    return events.filter((pl.col("role") == "access") & pl.col("action").is_in(actions) & may_have)


def number(column: str) -> pl.Expr:
    """A version as a whole number; null when it is an opaque tag."""
    return pl.col(column).cast(pl.Int64, strict=False)


def with_incarnation(events: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `incarnation`: versions start anew when a resource is deleted or created again."""
    born = (
        (pl.col("action") == "create") & (pl.col("outcome") == "ok") & (pl.col("role") == "access")
    )
    died = (
        (pl.col("action") == "delete") & (pl.col("outcome") == "ok") & (pl.col("role") == "access")
    )
    reborn = (born.sum() > 1) | died.any()
    lives = (born | died).cast(pl.Int32).cum_sum()
    counted = pl.when(reborn.over("resource")).then(lives.over("resource", order_by="id"))
    return events.with_columns(incarnation=counted.fill_null(0))


def neighbours(
    rows: pl.LazyFrame, key: Sequence[str], order: Sequence[str], keep: Sequence[str], reach: int
) -> pl.LazyFrame:
    """Each row beside up to `reach` rows before and after it in `order` within `key`.

    The columns `keep` of the neighbour come with the suffix `_other`; `before` tells its side.
    """
    ranked = rows.sort(*key, *order)
    pairs = []
    for offset in (*range(1, reach + 1), *range(-1, -reach - 1, -1)):
        same = pl.all_horizontal(pl.col(k).eq_missing(pl.col(k).shift(offset)) for k in key)
        other = [pl.col(c).shift(offset).alias(c + OTHER) for c in keep]
        pairs.append(ranked.with_columns(*other, before=pl.lit(offset > 0)).filter(same))
    return pl.concat(pairs)


def same_clock() -> pl.Expr:
    """True where a row and its neighbour were stamped by one clock."""
    return pl.col("domain") == pl.col("domain" + OTHER)


def by_another() -> pl.Expr:
    """True where another attempt made the neighbouring event."""
    return pl.col("attempt") != pl.col("attempt" + OTHER)
