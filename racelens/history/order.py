"""Which event comes first, as far as one total order can say it (design, section 4).

Times order events of different sources; inside one source the line order breaks ties, and places records
that carry no time. Whether the numbering *proves* an order is another question: see `timeline`.
"""

from __future__ import annotations

import polars as pl


def number(records: pl.DataFrame, precision: tuple[int, ...]) -> pl.DataFrame:
    """The records, as they stand, with their `id` and the `precision` of their source in ns."""
    known = dict(enumerate(precision))
    return records.with_columns(
        id=_rank(records),
        precision=pl.col("source").replace_strict(known, return_dtype=pl.Int64, default=1),
    )


def _rank(records: pl.DataFrame) -> pl.Series:
    """Each row's place in history order."""
    rows = pl.int_range(records.height, dtype=pl.UInt32, eager=True)
    keys = records.select(
        "source", "line", "time", pl.col("seq").fill_null(0), pl.col("part").fill_null(0)
    )
    reversed_ = _newest_first(keys)
    placed = _place_undated(keys, reversed_)
    if not reversed_ and _is_ordered(placed):
        return rows
    written = pl.col("line", "part").cast(pl.Int64)
    tie = pl.when(pl.col("source").is_in(reversed_)).then(-written).otherwise(written)
    ordered = placed.select("place", "source", "seq", tie, row=rows).sort(
        "place", "source", "seq", "line", "part", maintain_order=True
    )
    return rows.scatter(ordered["row"], rows.clone())


def _newest_first(records: pl.DataFrame) -> list[int]:
    """Sources whose times mostly fall from line to line: exports that show the latest on top."""
    step = pl.col("time").diff().over("source")
    steps = records.lazy().select("source", back=step < pl.duration(), on=step > pl.duration())
    counted = steps.group_by("source").agg(pl.col("back").sum(), pl.col("on").sum())
    moved = pl.col("back") + pl.col("on")
    falling = counted.filter((moved > 0) & (pl.col("back") > 0.9 * moved)).collect()
    return sorted(falling["source"].to_list())


def _place_undated(records: pl.DataFrame, reversed_: list[int]) -> pl.DataFrame:
    """`place`: the time, or for a record without one the time of the record written before it."""
    if not records["time"].has_nulls():
        return records.with_columns(place="time")
    before = pl.col("time").forward_fill().over("source")
    after = pl.col("time").backward_fill().over("source")
    newest = pl.col("source").is_in(reversed_)
    return records.with_columns(
        place=pl.when(newest).then(pl.coalesce(after, before)).otherwise(pl.coalesce(before, after))
    )


def _is_ordered(keys: pl.DataFrame) -> bool:
    """True when sorting would change nothing."""
    one_source = keys["source"].n_unique() == 1
    return one_source and all(keys[c].is_sorted() for c in ("place", "line", "part", "seq"))
