"""Attempts that died: their process ended, and never wrote of them again.

The record of a death names no job. `[swarm] child exited, PID 81` closes what process 81 had open; a shutdown or
an out-of-memory line closes what its own process had, else its host or its source.
"""

from __future__ import annotations

import polars as pl

_OWN = "*"


def close(rows: pl.DataFrame, families: tuple[str, ...]) -> pl.DataFrame:
    """Adds `died`: on the rows of an attempt that died, the id of the record that says so."""
    told = rows.filter(pl.col("dead").is_not_null() & ~pl.col("mention"))
    if told.is_empty():
        return rows.with_columns(died=pl.lit(None, pl.UInt32))
    family = pl.col("source").replace_strict(dict(enumerate(families)), return_dtype=pl.String)
    own = pl.coalesce("process", "host", family)
    deaths = told.select(
        place=pl.when(pl.col("dead") == _OWN).then(own).otherwise("dead"),
        host=pl.coalesce("host", family),
        died="id",
    ).sort("died")
    pid = pl.col("process").str.extract(r"([^/]+)$")
    begun = (pl.col("phase") == "start") | (pl.col("action") == "deliver")
    last = (
        rows.filter(pl.col("actor").is_not_null())
        .sort("id")
        .group_by("attempt")
        .agg(
            open=(begun.any() & ~(pl.col("phase") == "finish").any()),
            id=pl.col("id").last(),
            pid=pid.last(),
            process=pl.col("process").last(),
            place=own.last(),
            host=pl.coalesce("host", family).last(),
        )
        .filter("open")
    )
    found = []
    for key in ("pid", "process", "place"):
        asked = last.filter(pl.col(key).is_not_null()).sort("id")
        found.append(
            asked.join_asof(
                deaths,
                left_on="id",
                right_on="died",
                by_left=[key, "host"],
                by_right=["place", "host"],
                strategy="forward",
                check_sortedness=False,
            ).select("attempt", "died")
        )
    first = (
        pl.concat(found)
        .filter(pl.col("died").is_not_null())
        .group_by("attempt")
        .agg(pl.col("died").min())
    )
    return rows.join(first, on="attempt", how="left", maintain_order="left")
