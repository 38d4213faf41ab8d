"""Cycles: what each write was based on. One read-modify-write is a read and the next write of a resource.

Inside an attempt the base is its latest access, a read or its own write, before the write; a base the
write itself logs comes first, unless the attempt has itself moved the version on since.
"""

from __future__ import annotations

import polars as pl

from racelens import events


def base(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Fills `base`, `base_event`, `base_value`, `base_time`, `base_source` of every write."""
    is_access = (pl.col("role") == "access") & pl.col("outcome").is_in(["ok", "unknown"])
    accesses = (
        rows.filter(is_access)
        .select("id", "time", "attempt", "resource", "action", "version", "value", "base")
        .sort("attempt", "resource", "id")
    )
    same = pl.all_horizontal(pl.col(c) == pl.col(c).shift(1) for c in ("attempt", "resource"))
    seen = {
        c: pl.when(same).then(pl.col(c).shift(1))
        for c in ("id", "time", "version", "value", "action")
    }
    own_is_newer = (seen["action"] != "read") & (
        seen["version"].cast(pl.Int64, strict=False) > pl.col("base").cast(pl.Int64, strict=False)
    )
    logged = pl.col("base").is_not_null() & ~own_is_newer.fill_null(False)
    source = (
        pl.when(logged)
        .then(pl.lit("logged"))
        .when(pl.coalesce(seen["version"], seen["value"]).is_not_null())
        .then(pl.lit("read"))
        .cast(events.BaseSource)
    )
    based = accesses.with_columns(
        found_base=pl.when(logged).then("base").otherwise(seen["version"]),
        base_event=seen["id"],
        base_value=seen["value"],
        base_time=seen["time"],
        base_source=source,
    ).filter(pl.col("action").is_in(["write", "delete"]))
    columns = ("found_base", "base_event", "base_value", "base_time", "base_source")
    return (
        rows.join(based.select("id", *columns), on="id", how="left", maintain_order="left")
        .with_columns(base=pl.coalesce("found_base", "base"))
        .drop("found_base")
    )
