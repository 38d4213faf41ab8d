"""Which attempts are runs of a job that is meant to run one at a time."""

from __future__ import annotations

import polars as pl

from racelens import singletons
from racelens.knowledge import Knowledge


def assign(rows: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """Adds `duty` to the rows of such runs: what their first start is there to do."""
    if not (knowledge.singletons or knowledge.declared_singletons):
        return rows.with_columns(duty=pl.lit(None, pl.String))
    duties = (
        rows.filter(singletons.begins() & ~pl.col("mention"))
        .unique("attempt", keep="first", maintain_order=True)
        .filter(singletons.is_one(knowledge))
        .select("attempt", duty=singletons.duty())
    )
    return rows.join(duties, on="attempt", how="left", maintain_order="left")
