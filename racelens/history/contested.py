"""A race needs two attempts: what only one ever touched is left out before anything costly is done.

Attempts are kept or left out whole, so whatever is decided inside an attempt stays as it was. Keys and
attempts are compared by hash.
"""

from __future__ import annotations

import polars as pl

from racelens.vocabulary import CHANGING_ACTIONS


def any_of(rows: pl.DataFrame) -> pl.Series:
    """True for the rows of attempts that share a resource, job, message, key or payload with another.

    A resource that nobody changes is no contest.
    """
    changes = pl.col("action").is_in([*CHANGING_ACTIONS, "effect", "acquire"])
    payload = pl.col("flow") + " " + pl.col("payload")
    keys = [pl.col("resource"), pl.col("job"), pl.col("delivery"), pl.col("key"), payload]
    attempts = pl.concat(
        [
            _rivals(rows, key, changes if place == 0 else pl.lit(True))
            for place, key in enumerate(keys)
        ]
    )
    return rows.select(pl.col("attempt").hash().is_in(attempts.unique().implode())).to_series()


def _rivals(rows: pl.DataFrame, key: pl.Expr, matters: pl.Expr) -> pl.Series:
    """Attempts, by hash, that share a value of `key` with another, where some event of it matters."""
    hashed = (
        rows.lazy()
        .filter(key.is_not_null())
        .select(value=key.hash(), attempt=pl.col("attempt").hash(), matters=matters)
    )
    shared = (
        hashed.group_by("value")
        .agg(
            several=pl.col("attempt").min() != pl.col("attempt").max(),
            matters=pl.col("matters").any(),
        )
        .filter(pl.col("several") & pl.col("matters"))
    )
    return hashed.join(shared, on="value", how="semi").select("attempt").collect().to_series()
