"""How queries run: the one place that knows which of polars' engines does it."""

from __future__ import annotations

import polars as pl

# Predicates that are pushed down make polars 2.1 panic in memory ("i < self.len()", RL302 on real logs).
_SAFE = pl.QueryOptFlags(predicate_pushdown=False)


def collect(query: pl.LazyFrame) -> pl.DataFrame:
    """The rows of a query over tables that are in memory anyway.

    For those the streaming engine, the library's own choice, takes a third more time and twice the memory.
    """
    return query.collect(engine="in-memory", optimizations=_SAFE)


def put(column: pl.Series, at: pl.Series, values: pl.Series) -> pl.Series:
    """The texts of a column with `values` at the rows `at`.

    `Series.scatter` of polars 2.1 leaves texts that `n_unique` takes for different ones.
    """
    end = len(column)
    rows = pl.int_range(end, eager=True)
    moved = rows.scatter(at, pl.int_range(end, end + len(values), eager=True))
    return pl.concat([column, values]).gather(moved)
