"""One id, run twice: a redelivered job or a request sent again is a second attempt under the same name.

An attempt whose handler starts more than once is told apart by process and, inside one, by its starts.
"""

from __future__ import annotations

import polars as pl


def split(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `attempt` made unique for each execution."""
    starts = rows.lazy().filter(_begins() & pl.col("actor").is_not_null() & ~pl.col("mention"))
    repeated = (
        starts.group_by("attempt", "stem")
        .agg(pl.len(), first=pl.col("id").min(), taken=(pl.col("phase") == "point").all())
        .sort("taken", "first")
        .group_by("attempt", maintain_order=True)
        .agg(handler=pl.col("stem").first(), starts=pl.col("len").first())
        .filter(pl.col("starts") > 1)
        .collect()
    )
    if repeated.is_empty():
        return rows
    of_repeated = pl.col("attempt").is_in(repeated["attempt"].implode())
    several = rows.filter(of_repeated).join(repeated, on="attempt", how="left").sort("id")
    place = pl.coalesce("process", "host", pl.col("source").cast(pl.String))
    began = _begins() & (pl.col("stem") == pl.col("handler")) & ~pl.col("mention")
    run = began.cum_sum().over("attempt", place)
    # What a place says before its first start belongs to that start.
    told = several.with_columns(
        attempt=pl.col("attempt") + "@" + place + "." + pl.max_horizontal(run, 1).cast(pl.String)
    ).select(rows.columns)
    return pl.concat([rows.filter(~of_repeated), told])


def _begins() -> pl.Expr:
    """True for a start, and for a worker that takes a job and logs no start of it."""
    takes = (pl.col("action") == "deliver") & (pl.col("actor") == pl.col("job"))
    return (pl.col("phase") == "start") | (takes & (pl.col("phase") == "point")).fill_null(False)
