"""Which attempts meet, and where: two attempts on one key, near each other.

Of attempts that do the same, each meets the next one; of those that do different things, each meets the
nearest of the other kind. A timeline of a thousand attempts is so a thousand cases, not half a million.
"""

from __future__ import annotations

import polars as pl

from racelens import timeline
from racelens.compare import identity

_REACH = 6  # attempts on either side that are looked at
_ITEMS = 12  # events of one attempt on one key that are told apart

FIRST, SECOND = "first", "second"


def rows(events: pl.DataFrame, unit: str) -> pl.LazyFrame:
    """The events that belong to a case, with its `key` and `kind`."""
    return (
        events.lazy()
        .filter(pl.col(unit).is_not_null() & ~pl.col("mention"))
        .with_columns(key=pl.col(unit), kind=identity.kind(unit))
    )


def items(case_rows: pl.LazyFrame) -> pl.LazyFrame:
    """What can be put in order: each attempt's events on the key but its envelope, told by `item`.

    A repeated event is its first and its last occurrence. A look-up that finds what it wants in one case
    and nothing in another is one more item under both names: it is the same step.
    """
    of_label = ["key", "attempt", "label"]
    at = pl.col("id").rank("ordinal").over(of_label)
    count = pl.len().over(of_label)
    nth = pl.col("id").rank("ordinal").over("key", "attempt")
    repeated = pl.lit("last ") + pl.col("label")
    single = (
        fine(case_rows)
        .with_columns(at=at, count=count, nth=nth)
        .filter(
            ((pl.col("at") == 1) | (pl.col("at") == pl.col("count"))) & (pl.col("nth") <= _ITEMS)
        )
        .with_columns(
            item=pl.when(pl.col("at") == 1).then("label").otherwise(repeated),
            changed=identity.changed().fill_null(False),
            looked=identity.looked().fill_null(False),
            shows=(pl.col("mark") == "commit").fill_null(False),
        )
    )
    return pl.concat([single, _lookups(single)])


def fine(case_rows: pl.LazyFrame) -> pl.LazyFrame:
    """Without envelopes and without starts whose finish tells the same."""
    paired_start = (pl.col("phase") == "start") & (pl.col("op") != pl.col("id"))
    return case_rows.filter((pl.col("role") != "envelope") & ~pl.col("whole") & ~paired_start)


def _lookups(single: pl.LazyFrame) -> pl.LazyFrame:
    looks = single.filter("looked").with_columns(nothing=timeline.found_nothing())
    names = looks.group_by("kind", "does").agg(
        either=pl.col("label").unique().sort().str.join(" / "),
        mixed=pl.col("nothing").any() & ~pl.col("nothing").all(),
    )
    return (
        looks.join(names.filter("mixed"), on=["kind", "does"])
        .filter(pl.col("id") == pl.col("id").min().over("key", "attempt"))
        .with_columns(item="either")
        .select(single.collect_schema().names())
    )


def visits(case_rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row for each attempt on each key: what it `does`, its `first` and `last` event, its `place`."""
    outside = pl.col("role") != "envelope"
    writes = identity.changed() & pl.col("action").is_in(identity.CHANGES)
    number = pl.col("version").cast(pl.Int64, strict=False)
    seen = case_rows.group_by("key", "attempt").agg(
        pl.col("kind", "side", "ran", "does").first(),
        first=pl.col("id").min(),
        last=pl.col("id").max(),
        entry=pl.coalesce(pl.col("id").filter(outside).min(), pl.col("id").min()),
        number=number.filter(writes).min(),
        acts=(identity.changed() | identity.looked() & pl.col("outcome").eq("fail")).any(),
    )
    return _placed(seen)


def _placed(seen: pl.LazyFrame) -> pl.LazyFrame:
    """Writers stand in the order of what they wrote, in the places that clocks gave to writers."""
    writers = seen.filter(pl.col("number").is_not_null())
    by_number = writers.sort("key", "number", "entry").select(
        "key", "attempt", turn=pl.int_range(pl.len()).over("key")
    )
    by_clock = writers.sort("key", "entry").select(
        "key", place="entry", turn=pl.int_range(pl.len()).over("key")
    )
    placed = by_number.join(by_clock, on=["key", "turn"]).select("key", "attempt", "place")
    return seen.join(placed, on=["key", "attempt"], how="left").with_columns(
        place=pl.coalesce("place", "entry")
    )


def meet(visited: pl.LazyFrame) -> pl.DataFrame:
    """Pairs of attempts: `case`, `key`, `kind`, `side`, `ran` and per side attempt, role, first and last event.

    Between two that do the same, `left` is the first; else the sides are in order of what they do.
    """
    rivals = (pl.len() > 1) & pl.col("acts").any()
    ordered = visited.filter(rivals.over("key")).sort("key", "place", "attempt").collect().lazy()
    told = ("attempt", "does", "acts", "first", "last")
    near = []
    for distance in range(1, _REACH + 1):
        other = [pl.col(c).shift(-distance).alias(f"{c}_next") for c in told]
        same = pl.col("key") == pl.col("key").shift(-distance)
        near.append(ordered.with_columns(*other, distance=distance).filter(same))
    pairs = (
        pl.concat(near)
        .filter(pl.col("acts") | pl.col("acts_next"))
        .sort("distance")
        .unique(["key", "attempt", "does_next"], keep="first", maintain_order=True)
        .unique(["key", "attempt_next", "does"], keep="first", maintain_order=True)
    )
    alike = pl.col("does") == pl.col("does_next")
    straight = pl.col("does") <= pl.col("does_next")

    def side(column: str, left: bool) -> pl.Expr:
        return pl.when(straight == left).then(column).otherwise(f"{column}_next")

    return (
        pairs.select(
            "key",
            "kind",
            "side",
            "ran",
            *(side(c, True).alias(f"left_{c}") for c in told),
            *(side(c, False).alias(f"right_{c}") for c in told),
            alike=alike,
        )
        .sort("key", "left_first", "right_first", "left_attempt", "right_attempt")
        .with_row_index("case")
        .collect()
    )
