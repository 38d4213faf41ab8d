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
