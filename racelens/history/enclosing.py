"""Which attempts ran wholly inside a creation of their own flow: before what they need could be seen."""

from __future__ import annotations

import polars as pl

_REACH = 2  # handlers of the flow looked at on the way back


def enclose(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `within`: on a handler's finish the finish of a creating handler of its flow that was still open."""
    handlers = (
        rows.filter(
            (pl.col("phase") == "finish")
            & (pl.col("stem") == pl.col("operation"))
            & pl.col("flow").is_not_null()
            & pl.col("begin").is_not_null()
            & ~pl.col("mention")
        )
        .select("id", "flow", "attempt", "action", "begin", "end")
        .sort("flow", "begin", "id")
    )
    earlier = [_open_before(offset) for offset in range(1, _REACH + 1)]
    found = handlers.select("id", within=pl.coalesce(earlier)).filter(
        pl.col("within").is_not_null()
    )
    return rows.join(found, on="id", how="left", maintain_order="left")


def _open_before(offset: int) -> pl.Expr:
    """The finish of the creation `offset` begins before, where it ended after this handler."""
    one = (pl.col("flow") == pl.col("flow").shift(offset)) & (
        pl.col("attempt") != pl.col("attempt").shift(offset)
    )
    creates = pl.col("action").shift(offset) == "create"
    outlasts = pl.col("end").shift(offset) > pl.col("end")
    return pl.when(one & creates & outlasts).then(pl.col("id").shift(offset))
