"""How long a process goes on after it took a lock, without a word of having lost it."""

from __future__ import annotations

import polars as pl


def keep(rows: pl.DataFrame) -> pl.DataFrame:
    """Adds `believes`: on a lock that its text says was taken, the last record of its clock.

    Null where a later record of that clock gives a lock up, or tells of a death.
    """
    taken = (pl.col("action") == "acquire") & pl.col("from_text").str.contains(r"\bresource\b")
    claims = (taken & pl.col("resource").str.starts_with("lock:")).fill_null(False)
    if not rows.select(claims.any()).item():
        return rows.with_columns(believes=pl.lit(None, pl.UInt32))
    over = ((pl.col("action") == "release") | pl.col("dead").is_not_null()).fill_null(False)
    last = pl.col("id").max().over("domain")
    lost = pl.col("id").filter(over).max().over("domain")
    return rows.with_columns(
        believes=pl.when(claims & (lost < pl.col("id")).fill_null(True)).then(last)
    )
