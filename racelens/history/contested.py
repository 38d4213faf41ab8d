"""A race needs two attempts: what only one ever touched is left out before anything costly is done.

Attempts are kept or left out whole, so whatever is decided inside an attempt stays as it was.
"""

from __future__ import annotations

import polars as pl

from racelens.vocabulary import CHANGING_ACTIONS


def contested(rows: pl.DataFrame, key: str) -> pl.Series:
    """True for the rows of attempts that share a value of `key` with another attempt.

    A value nobody changes is no contest. Keys and attempts are compared by hash.
    """
    hashed = rows.select(
        value=pl.when(pl.col(key).is_not_null()).then(pl.col(key).hash()),
        attempt=pl.col("attempt").hash(),
        changes=pl.col("action").is_in([*CHANGING_ACTIONS, "effect"]),
    ).lazy()
    shared = (
        hashed.filter(pl.col("value").is_not_null())
        .group_by("value")
        .agg(
            several=pl.col("attempt").min() != pl.col("attempt").max(),
            changes=pl.col("changes").any(),
        )
        .filter(pl.col("several") & pl.col("changes"))
    )
    rivals = hashed.join(shared, on="value", how="semi").select("attempt").unique().collect()
    return hashed.select(pl.col("attempt").is_in(rivals["attempt"].implode())).collect().to_series()
