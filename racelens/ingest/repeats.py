"""The same record printed twice is one event: two handlers, or a shipper that delivers at least once.

Only identical text with an identical stamp finer than a second counts: the record's own, or the one that its
text carries, whatever a second later wrapping stamped. Clocks of whole seconds prove nothing: both lines are kept.
"""

from __future__ import annotations

import polars as pl

from racelens import events
from racelens.ingest.blocks import Block

_IDS = r"[\w-]*\d[\w-]*"
_WRAPPED = 1  # seconds between the stamps that two wrappings of one line may get


def find(block: Block, records: pl.DataFrame) -> tuple[int, ...]:
    """Lines of the block that repeat an earlier one, ascending."""
    return tuple(sorted({*_same_line(block, records), *_same_text(records)}))


def _same_text(records: pl.DataFrame) -> list[int]:
    """Lines whose text, with the stamp inside it, the same process has printed less than a second before."""
    if not records["inner"].count():
        return []
    told = records.filter(pl.col("inner").is_not_null() & ~pl.col("mention"))
    again = (
        told.sort("line")
        .with_columns(since=pl.col("time").diff().over("name", "inner", "process", "host"))
        .filter(pl.col("since").abs() < pl.duration(seconds=_WRAPPED))
    )
    return again["line"].to_list()


def of_unsure_origin(records: pl.DataFrame) -> tuple[pl.DataFrame, tuple[int, ...]]:
    """The records, and the lines whose id nobody can believe: that id is taken from them.

    One process prints one sentence at one instant under several ids: log handlers that were bound to a job and
    never removed. It happened once; to which of them, the log does not say.
    """
    own = pl.col("job").is_not_null() & pl.col("inner").is_not_null()
    of_process = (
        own & pl.col("process").is_not_null() & pl.col("from_text").str.contains(r"\bjob\b")
    )
    if not records["inner"].count() or not records.select(of_process.any()).item():
        return records, ()
    sentence = pl.col("name").str.replace_all(_IDS, "#")
    several = (pl.col("job").n_unique() > 1).over("process", "inner", sentence)
    told = records.with_columns(unsure=(of_process & several).fill_null(False))
    lines = tuple(told.filter("unsure")["line"].unique().sort())
    job = pl.when("unsure").then(None).otherwise("job").alias("job")
    return told.with_columns(
        job,
        phase=pl.when("unsure").then(pl.lit("point", events.Phase)).otherwise("phase"),
    ).drop("unsure"), lines


def _same_line(block: Block, records: pl.DataFrame) -> tuple[int, ...]:
    fine = pl.col("time").dt.nanosecond() != 0
    twice = records.filter(fine & pl.col("time").is_duplicated())
    numbers = twice["line"].unique(maintain_order=True).to_list()
    if len(numbers) < 2:
        return ()
    lines = block.data.split(b"\n")
    seen: set[bytes] = set()
    again = []
    for number in sorted(numbers):
        text = lines[number - block.first_line].strip()
        if text in seen:
            again.append(number)
        seen.add(text)
    return tuple(again)
