"""Rows with a payload each → rows that are the payloads, all of a block at once.

What an envelope says of its record is written into the record, under a key of its own: the rows that come
out are plain JSON lines, and nothing behind this knows that they were ever wrapped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import polars as pl

from racelens.ingest.aliases import ENVELOPE
from racelens.ingest.blocks import Aside, Block
from racelens.ingest.framing.salvage import objects_in
from racelens.ingest.lines import LINE
from racelens.ingest.objects import enclosed_text

_WORTH_A_LOOK = r"\{|RequestId: |^\w[\w.-]*=\S"
_MORE = f'"{ENVELOPE}":'


def joined(rows: pl.DataFrame, goes_on: pl.Expr, stream: str) -> pl.DataFrame:
    """Payloads that were cut into several rows of one stream, whole again on the row of the first."""
    rows = rows.with_columns(goes_on=goes_on.fill_null(False))
    if not rows["goes_on"].any():
        return rows
    begins = ~pl.col("goes_on").shift(1, fill_value=False)
    place = pl.int_range(pl.len())
    return (
        rows.with_columns(place=place, whole=begins.cum_sum().over(stream))
        .group_by(stream, "whole", maintain_order=True)
        .agg(pl.col("payload").str.join(""), pl.exclude("payload", stream, "whole").first())
        .sort("place")
    )


def unwrapped(
    block: Block, rows: pl.DataFrame, raw: Callable[[], Sequence[str]], text: str, aside: Aside
) -> Block:
    """The block of the payloads.

    `rows`: LINE, `known` (it is wrapped), `payload`, `outer` (an object's text). `raw`: the rows as they are
    with their envelopes, for those that are not known. `text`: as in `kinds.Wrapper`.
    """
    rows = _whole(rows)
    if text == "message":
        rows = _said(rows)
    is_object = pl.col("payload").str.starts_with("{") & pl.col("payload").str.ends_with("}")
    rows = rows.with_columns(is_object=(pl.col("known") & is_object).fill_null(False))
    rows = rows.with_columns(out=pl.when("is_object").then(_spliced()))
    if not rows["is_object"].all():
        rows = _filled(rows, raw, text)
    return replace(
        block,
        data=(rows["out"].str.join("\n").item() or "").encode() if rows.height else b"",
        numbers=rows[LINE],
        lines=block.line_count,
        aside=block.aside + aside,
    )


def _whole(rows: pl.DataFrame) -> pl.DataFrame:
    """Payloads on one line each: what JSON has between its words may as well be a blank."""
    payload = pl.col("payload").str.strip_chars()
    if rows.select(payload.str.contains("\n", literal=True).any()).item():
        payload = payload.str.replace_all("\n", " ", literal=True)
    return rows.with_columns(payload=payload)


def _said(rows: pl.DataFrame) -> pl.DataFrame:
    """Text as a record that says just this; an envelope without anything as a record of nothing more."""
    message = pl.struct(message="payload").struct.json_encode()
    payload = (
        pl.when(pl.col("payload").is_null())
        .then(pl.lit("{}"))
        .when(~pl.col("payload").str.starts_with("{"))
        .then(message)
        .otherwise("payload")
    )
    return rows.with_columns(payload=payload)


def _spliced() -> pl.Expr:
    """The payload's object with what its envelope says as its last member."""
    inside = pl.col("payload").str.strip_suffix("}")
    comma = pl.when(inside.str.strip_chars_end() == "{").then(pl.lit("")).otherwise(pl.lit(","))
    return pl.concat_str(inside, comma, pl.lit(_MORE), "outer", pl.lit("}"))


def _filled(rows: pl.DataFrame, raw: Callable[[], Sequence[str]], text: str) -> pl.DataFrame:
    """Rows without an object: the objects in the text, else the text, or the row as it was."""
    rows = _salvaged(rows)
    missing = rows["out"].is_null()
    is_text = missing & rows["known"] & rows["payload"].is_not_null() & (text == "line")
    as_it_was = missing & ~is_text
    if as_it_was.any():
        originals = pl.Series(raw(), dtype=pl.String)
        rows = rows.with_columns(
            out=pl.when(as_it_was).then(originals.gather(rows["row"])).otherwise("out")
        )
    return rows.with_columns(out=pl.coalesce("out", "payload"))


def _salvaged(rows: pl.DataFrame) -> pl.DataFrame:
    """Objects that stand in the text of a payload, several to a row if there are."""
    candidates = rows.with_row_index("at").filter(
        pl.col("out").is_null() & pl.col("known") & pl.col("payload").str.contains(_WORTH_A_LOOK)
    )
    found = {
        at: [enclosed_text(record, outer.encode()).decode(errors="replace") for record in records]
        for at, payload, outer in candidates.select("at", "payload", "outer").iter_rows()
        if (records := objects_in(payload.encode()))
    }
    if not found:
        return rows
    saved = pl.DataFrame(
        {"at": list(found), "saved": list(found.values())},
        schema={"at": pl.UInt32, "saved": pl.List(pl.String)},
    )
    return (
        rows.with_row_index("at")
        .join(saved, on="at", how="left", maintain_order="left")
        .explode("saved")
        .with_columns(out=pl.coalesce("out", "saved"))
        .drop("at", "saved")
    )
