"""What an attempt holds while it works, and since when it is there."""

from __future__ import annotations

import polars as pl


def hold(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `held`, the lock taken last and not yet given back, and `opened`; rows are in (attempt, id) order."""
    ended = (pl.col("phase") != "start") & ~pl.col("mention")
    took = ended & (pl.col("action") == "acquire") & (pl.col("outcome") == "ok")
    gave = (pl.col("action") == "release") & ~pl.col("mention")
    lock = pl.coalesce("resource", "guard")
    now = pl.when(took).then(lock).when(gave).then(pl.lit("")).forward_fill().over("attempt")
    return rows.with_columns(
        held=pl.when(now != "").then(now),
        opened=pl.col("id").min().over("attempt", "domain"),
    )
