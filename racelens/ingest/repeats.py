"""The same record printed twice is one event: two handlers, or a shipper that delivers at least once.

Only identical text with an identical stamp finer than a second counts. Clocks of whole seconds prove
nothing: both lines are kept.
"""

from __future__ import annotations

import polars as pl

from racelens.ingest.blocks import Block


def find(block: Block, records: pl.DataFrame) -> tuple[int, ...]:
    """Lines of the block that repeat an earlier one, ascending."""
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
