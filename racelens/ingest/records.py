"""Rows of raw strings → records in canonical columns (`events.RECORD_SCHEMA`).

Pure translation of what one record says; nothing here looks at a second record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields

import polars as pl

from racelens import events
from racelens.ingest import aliases, clock, ids, resources, words
from racelens.ingest.lines import LINE
from racelens.ingest.mapping import Mapping, Path

_IDENTITIES = [
    "correlation",
    "session",
    "transaction",
    "request",
    "job",
    "user",
    "host",
    "service",
    "pid",
    "worker",
    "key",
    "payload",
]
_TRACES = ("trace", "span", "parent")
_TEXTS = ("value", "state")
_WORDS = words.Said._fields
_MEANING = tuple(field.name for field in fields(words.Meaning))
_MANY_NAMES = 2_000
_DURATION_UNITS = {
    "ns": 1,
    "us": 1_000,
    "micros": 1_000,
    "s": clock.SECOND,
    "seconds": clock.SECOND,
}


def translate(rows: pl.DataFrame, mapping: Mapping, source: int) -> pl.DataFrame:
    """Records of `rows`, one for each resource a row touches; source is the capture's index."""
    said = rows.select(
        pl.col(LINE),
        *(_text(mapping, field).alias(field) for field in (*_TEXTS, *_WORDS)),
        *(ids.identity(_text(mapping, field)).alias(field) for field in _IDENTITIES),
        *(_trace(mapping, field).alias(field) for field in _TRACES),
        ids.identity(ids.version(_text(mapping, "version"))).alias("version"),
        ids.identity(ids.version(_text(mapping, "base"))).alias("base"),
        _text(mapping, "guard").alias("lock"),
        _condition(mapping).alias("conditional"),
        _integer(_text(mapping, "seq"), pl.Int64).alias("seq"),
        _try(mapping).alias("try"),
        _duration(mapping).alias("duration"),
        pl.lit(source, pl.UInt32).alias("source"),
        *resources.columns(mapping),
    ).with_columns(_time(rows, mapping))
    told = _understood(said)
    return resources.one_each(told).select(events.RECORD_SCHEMA.names())


def _first(mapping: Mapping, paths: Sequence[Path]) -> pl.Expr:
    if not paths:
        return pl.lit(None, pl.String)
    return pl.coalesce(*(mapping.column(path) for path in paths))


def _text(mapping: Mapping, field: str) -> pl.Expr:
    return _first(mapping, mapping.fields.get(field, ()))


def _trace(mapping: Mapping, field: str) -> pl.Expr:
    text = _text(mapping, field)
    return ids.identity(text) if field in mapping.plain_traces else ids.trace(text)


def _integer(text: pl.Expr, dtype: type[pl.DataType]) -> pl.Expr:
    return text.str.strip_suffix(".0").cast(dtype, strict=False)


def _condition(mapping: Mapping) -> pl.Expr:
    """True where the base was handed to the store as a condition (`If-Match`, `expected`)."""
    given = [
        path
        for path in mapping.fields.get("base", ())
        if aliases.segments(path)[-1] in aliases.CONDITIONAL_BASES
    ]
    return _first(mapping, given).is_not_null()


def _try(mapping: Mapping) -> pl.Expr:
    """The 1-based try number; counts of retries start at 0."""
    tries = [
        _integer(mapping.column(path), pl.UInt32)
        + (1 if ".".join(aliases.segments(path)[-2:]) in aliases.ZERO_BASED_TRIES else 0)
        for path in mapping.fields.get("try", ())
    ]
    return pl.coalesce(*tries) if tries else pl.lit(None, pl.UInt32)


def _duration(mapping: Mapping) -> pl.Expr:
    """Nanoseconds, by the unit the key's name states."""
    found = [
        (mapping.column(path).cast(pl.Float64, strict=False) * unit).cast(pl.Int64, strict=False)
        for path in mapping.fields.get("duration", ())
        if (unit := duration_unit(path))
    ]
    return pl.coalesce(*found) if found else pl.lit(None, pl.Int64)


def duration_unit(path: Path) -> int:
    """Nanoseconds of one tick: `duration_ms` → 1,000,000."""
    parts = aliases.segments(path)
    if parts[-2:] == ("event", "duration"):
        return 1
    if parts[-2:] == ("ctx", "elapsed") or parts[-1] == "runtime":
        return clock.SECOND
    tail = parts[-1].removeprefix("duration").removeprefix("elapsed")
    return _DURATION_UNITS.get(tail, 1_000_000)


def _time(rows: pl.DataFrame, mapping: Mapping) -> pl.Series:
    """The first of the mapping's time keys that a row fills with a time."""
    time = pl.Series("time", [None] * rows.height, dtype=events.Time)
    for path in mapping.fields.get("time", ()):
        if not time.has_nulls():
            break
        stamps = rows.select(mapping.column(path)).to_series()
        read = clock.nanoseconds(stamps, mapping.clocks[path])
        time = read if time.null_count() == rows.height else time.zip_with(time.is_not_null(), read)
    return time.alias("time")


def _understood(said: pl.DataFrame) -> pl.DataFrame:
    """Adds what the words mean: stem, phase, action, logged outcome, mark and guard."""
    said = said.with_columns(pl.col("name").alias("said_name"))
    if said["name"].n_unique() > _MANY_NAMES:
        # Free text names repeat in their words, not in their numbers.
        said = said.with_columns(pl.col("name").str.replace_all(r"[0-9a-f]*\d[0-9a-f-]*", "#"))
    distinct = said.select(_WORDS).unique(maintain_order=True)
    meanings = pl.DataFrame(
        [astuple(words.understand(words.Said(*row))) for row in distinct.iter_rows()],
        schema=[(f"is_{name}", pl.String) for name in _MEANING],
        orient="row",
    )
    known = pl.concat([distinct, meanings], how="horizontal")
    told = said.join(known, on=list(_WORDS), how="left", nulls_equal=True, maintain_order="left")
    return told.with_columns(
        name=pl.col("said_name"),
        stem="is_stem",
        phase=pl.col("is_phase").cast(events.Phase),
        action=pl.col("is_action").cast(events.Action),
        logged_outcome=pl.col("is_outcome").cast(events.Outcome),
        mark=pl.col("is_mark").cast(events.Mark),
        guard=pl.coalesce(
            "is_guard", pl.when("conditional").then(pl.lit("conditional")), pl.col("lock")
        ),
        process=pl.concat_str(pl.col("service").fill_null(""), pl.lit("/"), "pid").str.strip_prefix(
            "/"
        ),
    )
