"""Which event comes first, as far as one total order can say it (design, section 4).

Times order events of different sources; inside one source the line order breaks ties, and places records
that carry no time. Whether the numbering *proves* an order is another question: see `timeline`.
"""

from __future__ import annotations

import polars as pl


def number(records: pl.DataFrame, precision: tuple[int, ...]) -> pl.DataFrame:
    """Rows in history order with their `id` and the `precision` of their source, in nanoseconds."""
    reversed_ = _newest_first(records)
    placed = _place_undated(records, reversed_)
    line = pl.col("line").cast(pl.Int64)
    tie = pl.when(pl.col("source").is_in(reversed_)).then(-line).otherwise(line)
    ordered = (
        placed
        if not reversed_ and _is_ordered(placed)
        else placed.sort("place", "source", pl.col("seq").fill_null(0), tie, maintain_order=True)
    )
    return (
        ordered.drop("place")
        .with_row_index("id")
        .with_columns(
            precision=pl.col("source").replace_strict(
                dict(enumerate(precision)), return_dtype=pl.Int64, default=1
            )
        )
    )


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


def _is_ordered(records: pl.DataFrame) -> bool:
    return (
        records["source"].n_unique() == 1
        and records["place"].is_sorted()
        and (records["line"].is_sorted())
        and not records["seq"].count()
    )
