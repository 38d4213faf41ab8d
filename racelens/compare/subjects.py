"""What a scenario is about: the resources that come up in nearly every run, and not those of passing traffic."""

from __future__ import annotations

import polars as pl

from racelens.compare import identity, marks

_NEARLY = 0.9  # of the runs


def find(events: pl.DataFrame, runs: int) -> pl.DataFrame:
    """`resource`, `ran`, `subject`, for each resource that has a place in the scenario.

    A resource that nearly every run names is a subject by its name. One whose id is new in each run is one by
    its type and turn (`payment#1`), where nearly every run has the same number of them.
    """
    seen = (
        events.lazy()
        .filter(pl.col("resource").is_not_null() & ~pl.col("mention"))
        .group_by("resource", "ran")
        .agg(pl.col("id").min())
        .with_columns(name=marks.bare_column(pl.col("resource")), kind=identity.kind("resource"))
        .with_columns(fixed=pl.col("ran").n_unique().over("name") >= _NEARLY * runs)
    )
    fresh = seen.filter(~pl.col("fixed")).with_columns(
        turn=pl.col("id").rank("ordinal").over("ran", "kind"), many=pl.len().over("ran", "kind")
    )
    usual = (
        fresh.select("ran", "kind", "many")
        .unique()
        .group_by("kind", "many")
        .len()
        .filter(pl.col("len") >= _NEARLY * runs)
    )
    regular = fresh.join(usual.select("kind"), on="kind").select(
        "resource", "ran", subject=pl.format("{}#{}", "kind", "turn")
    )
    named = seen.filter("fixed").select("resource", "ran", subject="name")
    return pl.concat([named, regular]).sort("ran", "subject").collect()
