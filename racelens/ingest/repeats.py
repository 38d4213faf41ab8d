"""The same record printed twice is one event: two handlers, or a shipper that delivers at least once.

Only identical text with an identical stamp finer than a second counts, from one host. Clocks of whole seconds
prove nothing: both lines are kept, and marked. What an envelope says is not the record's own text.
A stamp that the text itself carries counts, too, whatever two wrappings of it stamped within a second.
"""

from __future__ import annotations

import polars as pl

from racelens import events
from racelens.ingest.lines import LINE, PART, Parsed
from racelens.ingest.objects import bare

_PLACE = ("line", "part")

_IDS = r"[\w-]*\d[\w-]*"
_WRAPPED = 1  # seconds between the stamps that two wrappings of one line may get


def _same_text(records: pl.DataFrame) -> pl.DataFrame:
    """Records whose text, with the stamp inside it, the same process has printed less than a second before."""
    told = records.filter(pl.col("inner").is_not_null() & ~pl.col("mention"))
    again = (
        told.sort("line")
        .with_columns(since=pl.col("time").diff().over("name", "inner", "process", "host"))
        .filter(pl.col("since").abs() < pl.duration(seconds=_WRAPPED))
    )
    return again.select(_PLACE)


def _same_sentence(stamped: pl.DataFrame) -> pl.DataFrame:
    """Sentences about one job that one thread of one process has printed at that instant: by another logger."""
    told = stamped.filter(
        pl.col("job").is_not_null()
        & pl.col("process").is_not_null()
        & pl.col("from_text").str.contains(r"\bjob\b")
    )
    said = pl.struct("name", "job", "time", "process", "host", "worker")
    return told.sort("line").filter(~said.is_first_distinct()).select(_PLACE)


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


def find(parsed: Parsed, records: pl.DataFrame) -> pl.DataFrame:
    """`line` and `part` of the records that repeat an earlier one of their block, ascending."""
    fine = pl.col("time").dt.nanosecond() != 0
    stamped = records.filter(fine & pl.col("time").is_duplicated())
    again = [_same_text_and_stamp(parsed, stamped)]
    if stamped["job"].count():
        again.append(_same_sentence(stamped))
    if records["inner"].count():
        again.append(_same_text(records))
    return pl.concat(again).unique().sort(_PLACE)


def with_doubled(parsed: Parsed, records: pl.DataFrame) -> pl.DataFrame:
    """Adds `doubled`: an earlier line has the same text and the same stamp, in whole seconds.

    One event printed twice, or two of one second: nobody can tell.
    """
    whole = pl.col("time").dt.nanosecond() == 0
    alike = records.lazy().filter(whole).filter(pl.struct("time", "name").is_duplicated())
    again = _same_text_and_stamp(parsed, alike.collect())
    if again.is_empty():
        return records
    told = again.with_columns(doubled=pl.lit(True))
    return (
        records.drop("doubled")
        .join(told, on=_PLACE, how="left", nulls_equal=True, maintain_order="left")
        .select(records.columns)
    )


def _same_text_and_stamp(parsed: Parsed, twice: pl.DataFrame) -> pl.DataFrame:
    """Of records that share their stamps, those whose line, from one host, has been there before."""
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
