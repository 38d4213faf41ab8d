"""A clock that was set back, seen where a source that is else in order falls back once and goes on from there.

Before and after are two clocks: which of two stamps came first, nobody knows any more. A shuffled file falls
back at every other line, an export of several hosts now and then, one late line is followed by a punctual
one, spans tell of begins long past: these are left as they are.
"""

from __future__ import annotations

import polars as pl

from racelens.tables import collect

_LEAST = 50_000_000  # nanoseconds; threads of one process write in another order than they stamp
_MOST = 2  # times that a clock is set back in one source
_LINES = 20  # dated lines that show that a source is in order
_BELOW = 5  # lines after it that repeat times that have been


def part(records: pl.DataFrame) -> pl.DataFrame:
    """The records, with another `domain` for what one clock stamped after it had been set back."""
    stamped = records.select("source", "line", time=pl.col("time").dt.epoch("ns")).with_row_index()
    fell = (pl.col("time").diff() < -_LEAST) & (pl.col("source") == pl.col("source").shift(1))
    if not stamped.select(fell.any()).item():
        return records
    # Rows that were read in a second way stand behind the others.
    written = stamped.lazy().sort("source", "line", maintain_order=True)
    told = written.with_columns(
        fell=fell.fill_null(False),
        below=(pl.col("time") < pl.col("time").cum_max().over("source")).fill_null(False),
        # A span is written at its end and tells its begin, too.
        spans=(pl.col("time").min() != pl.col("time").max()).over("source", "line"),
    )
    counted = told.group_by("source").agg(
        pl.col("fell", "below").sum(), pl.col("spans").any(), lines=pl.col("time").count()
    )
    back = counted.filter(
        ~pl.col("spans")
        & (pl.col("fell") > 0)
        & (pl.col("fell") <= _MOST)
        & (pl.col("lines") >= _LINES)
        & (pl.col("below") >= _BELOW * pl.col("fell"))
    )
    sources = collect(back)["source"]
    if sources.is_empty():
        return records
    eras = told.with_columns(
        era=pl.when(pl.col("source").is_in(sources.implode()))
        .then(pl.col("fell").cum_sum().over("source"))
        .otherwise(0)
    ).sort("index")
    later = pl.col("era") > pl.col("era").min().over("source", "domain")
    return (
        records.with_columns(collect(eras)["era"])
        .with_columns(
            domain=pl.when(later)
            .then(pl.format("{}, set back {}", "domain", "era"))
            .otherwise("domain")
        )
        .drop("era")
    )
