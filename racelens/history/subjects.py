"""What the records of an attempt are about, under one name for one thing."""

from __future__ import annotations

import polars as pl

from racelens.knowledge import Knowledge

_ROUTE = "route:"


def name(rows: pl.DataFrame, knowledge: Knowledge) -> pl.DataFrame:
    """`resource` in the type's one spelling; a route without an id only where the attempt names nothing better."""
    return _without_routes(_in_one_spelling(rows, knowledge))


def _in_one_spelling(rows: pl.DataFrame, knowledge: Knowledge) -> pl.DataFrame:
    if not knowledge.types:
        return rows
    short = pl.col("resource").str.extract("^([^:]*):")
    long = short.replace_strict(dict(knowledge.types), default=None, return_dtype=pl.String)
    spelled = long + pl.col("resource").str.replace("^[^:]*", "")
    return rows.with_columns(resource=pl.coalesce(spelled, "resource"))


def _without_routes(rows: pl.DataFrame) -> pl.DataFrame:
    route = pl.col("resource").str.starts_with(_ROUTE)
    routed = rows.filter(route)["attempt"].unique()
    if routed.is_empty():
        return rows
    better = rows.filter(~route & ~pl.col("mention") & pl.col("attempt").is_in(routed.implode()))
    known = pl.col("attempt").is_in(better["attempt"].unique().implode())
    return rows.with_columns(resource=pl.when(~(route & known).fill_null(False)).then("resource"))
