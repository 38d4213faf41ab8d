"""Identifiers in one spelling, before anything is joined over them (formats, section 1.6)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

# What producers write for "no id". Thousands of events would share it.
PLACEHOLDERS = (
    *("", "-", "null", "NULL", "none", "None", "nil", "unknown", "N/A", "n/a", "undefined"),
    *("0" * 16, "0" * 32, "00000000-0000-0000-0000-000000000000"),
)
_ZEROS = r"^[0-]*$"
_PLAIN_TRACE = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}|[\w-]{1,12}")

# What stands around an id, by its only group.
_AROUND = (
    r"^projects/[^/]+/traces/([0-9a-fA-F]+)$",
    r"^0[xX]([0-9a-fA-F]+)$",
    r"^00-([0-9a-fA-F]{32})-[0-9a-fA-F]{16}-[0-9a-fA-F]{2}$",  # traceparent
    r"^([0-9a-fA-F]{16}|[0-9a-fA-F]{32})-[0-9a-fA-F]{16}(?:-[01d])?(?:-[0-9a-fA-F]{16})?$",  # B3
    r"^([0-9a-fA-F]{1,32}):[0-9a-fA-F]{1,16}:[0-9a-fA-F]{1,16}:[0-9a-fA-F]{1,2}$",  # Jaeger
    r"^\|([0-9a-zA-Z-]+)\.",  # Application Insights of old
)
_X_RAY = r"^(?:Root=)?1-([0-9a-fA-F]{8})-([0-9a-fA-F]{24})(?:;.*)?$"
_UUID = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
_BASE64 = r"^(?:[A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{11}=)$"
_DECIMAL = r"^[0-9]{17,20}$"
_HEX = r"^[0-9a-fA-F]{8,32}$"
_SHORTENED = r"^(?:[0-9a-f]{13,15}|[0-9a-f]{29,31})$"  # leading zeros were left out


def identity(text: pl.Expr) -> pl.Expr:
    """An id as logged; placeholders become null."""
    return pl.when(~text.is_in(PLACEHOLDERS)).then(text)


def is_plain_trace(values: Sequence[str]) -> bool:
    """True when sampled trace ids need no decoding."""
    return all(_PLAIN_TRACE.fullmatch(value) and value.strip("0") for value in values)


def trace(text: pl.Expr) -> pl.Expr:
    """A trace or span id as lower-case hex, whatever wraps it or spells it; null when it is all zeros.

    Takes `0x…`, `projects/P/traces/…`, traceparent, B3, Jaeger's and Amazon's headers, base64, dashes, upper
    case, and the decimal low halves of Datadog. Any other id stays as it is.
    """
    whole = identity(text)
    bare = pl.coalesce(
        *(whole.str.extract(pattern) for pattern in _AROUND),
        whole.str.extract(_X_RAY, 1) + whole.str.extract(_X_RAY, 2),
        whole,
    )
    bare = pl.when(bare.str.contains(_UUID)).then(bare.str.replace_all("-", "")).otherwise(bare)
    told = (
        pl.when(bare.str.contains(_DECIMAL))
        .then(bare.map_batches(_from_decimal, return_dtype=pl.String))
        .when(bare.str.contains(_BASE64))
        .then(bare.str.decode("base64", strict=False).bin.encode("hex"))
        .when(bare.str.contains(_HEX))
        .then(_padded(bare.str.to_lowercase()))
        .otherwise(bare)
    )
    return pl.when(~told.str.contains(_ZEROS)).then(told)


def _padded(digits: pl.Expr) -> pl.Expr:
    width = pl.when(digits.str.len_bytes() > 16).then(32).otherwise(16)
    return (
        pl.when(digits.str.contains(_SHORTENED))
        .then(digits.str.pad_start(width, "0"))
        .otherwise(digits)
    )


def _from_decimal(texts: pl.Series) -> pl.Series:
    """Decimal numbers of 64 bits as hex; others as they are."""
    numbers = texts.cast(pl.UInt64, strict=False).alias("number")
    distinct = numbers.drop_nulls().unique()
    spelled = pl.Series([f"{number:016x}" for number in distinct], dtype=pl.String)
    told = numbers.replace_strict(distinct, spelled, default=None, return_dtype=pl.String)
    return told.zip_with(told.is_not_null(), texts)


def in_full(traces: pl.Series) -> pl.Series:
    """Ids of 64 bits as the one id of 128 bits of which they are the low half, if there is one.

    Datadog, Zipkin of old and B3 keep only that half of what everybody else knows in full.
    """
    lengths = traces.str.len_bytes()
    if not {16, 32} <= set(lengths.unique()):
        return traces
    halves = traces.filter(lengths == 16).unique()
    whole = traces.filter(lengths == 32).unique().to_frame("whole")
    known = (
        whole.with_columns(half=pl.col("whole").str.slice(16))
        .filter(pl.col("half").is_in(halves.implode()))
        .filter(pl.col("whole").len().over("half") == 1)
    )
    return traces.replace(known["half"], known["whole"])


def version(text: pl.Expr) -> pl.Expr:
    """A version without what HTTP puts around an entity tag."""
    return text.str.strip_prefix("W/").str.strip_chars('"')
