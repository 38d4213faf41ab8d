"""Which attempts ran wholly inside a creation that they may depend on: before it could be seen."""

from __future__ import annotations

import polars as pl

from racelens.events import of_handler

_REACH = 2  # handlers looked at on the way back


def enclose(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `within`: on a handler's finish that of a creation, in its flow or of its resource, still open then."""
    handlers = rows.filter(
        of_handler("finish") & pl.col("begin").is_not_null() & ~pl.col("mention")
    ).select("id", "flow", "resource", "attempt", "action", "begin", "end")
    inside = pl.concat([_inside(handlers, key) for key in ("flow", "resource")])
    found = inside.unique("id", keep="first", maintain_order=True)
    return rows.join(found, on="id", how="left", maintain_order="left")


def _inside(handlers: pl.LazyFrame, key: str) -> pl.LazyFrame:
    ordered = handlers.filter(pl.col(key).is_not_null()).sort(key, "begin", "id")
    earlier = [_open_before(key, offset) for offset in range(1, _REACH + 1)]
    return ordered.select("id", within=pl.coalesce(earlier)).filter(pl.col("within").is_not_null())


def _open_before(key: str, offset: int) -> pl.Expr:
    """The finish of the creation `offset` begins before, where it ended after this handler."""
    shares = (pl.col(key) == pl.col(key).shift(offset)) & (
        pl.col("attempt") != pl.col("attempt").shift(offset)
    )
    creates = pl.col("action").shift(offset) == "create"
    outlasts = pl.col("end").shift(offset) > pl.col("end")
    return pl.when(shares & creates & outlasts).then(pl.col("id").shift(offset))
