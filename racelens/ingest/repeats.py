"""The same record printed twice is one event: two handlers, or a shipper that delivers at least once.

Only identical text with an identical stamp finer than a second counts, from one host. Clocks of whole seconds
prove nothing: both lines are kept. What an envelope says is not the record's own text.
"""

from __future__ import annotations

import polars as pl

from racelens.ingest.lines import LINE, PART, Parsed
from racelens.ingest.objects import bare

_PLACE = ("line", "part")


def find(parsed: Parsed, records: pl.DataFrame) -> pl.DataFrame:
    """`line` and `part` of the records that repeat an earlier one of their block, ascending."""
    fine = pl.col("time").dt.nanosecond() != 0
    twice = records.filter(fine & pl.col("time").is_duplicated())
    places = twice.select(*_PLACE, "host").unique(_PLACE, maintain_order=True)
    if places.height < 2:
        return places.select(_PLACE).clear()
    rows = (
        parsed.rows.select(line=LINE, part=PART)
        .with_row_index("row")
        .join(places, on=_PLACE, nulls_equal=True)
        .sort("row")
    )
    texts = parsed.texts()
    seen: set[tuple[bytes, str | None]] = set()
    again = []
    for row, host in rows.select("row", "host").iter_rows():
        text = (bare(texts[row]).strip(), host)
        again.append(text in seen)
        seen.add(text)
    return rows.filter(pl.Series(again, dtype=pl.Boolean)).select(_PLACE)
