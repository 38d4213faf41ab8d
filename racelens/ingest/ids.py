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
_PLAIN_TRACE = re.compile(r"[0-9a-f]{1,32}|[\w-]{1,15}")


def identity(text: pl.Expr) -> pl.Expr:
    """An id as logged; placeholders become null."""
    return pl.when(~text.is_in(PLACEHOLDERS)).then(text)


def is_plain_trace(values: Sequence[str]) -> bool:
    """True when sampled trace ids need no decoding."""
    return all(_PLAIN_TRACE.fullmatch(value) and value.strip("0") for value in values)


def trace(text: pl.Expr) -> pl.Expr:
    """A trace or span id as lower-case hex, whatever wraps it; null when it is all zeros.

    Takes `0x…`, `projects/P/traces/…`, traceparent, X-Ray (`1-8-24`, `Root=…`) and upper case. Other
    ids, such as the decimal ones of Datadog, stay as they are.
    """
    bare = identity(text).str.replace(r"^projects/[^/]+/traces/", "").str.replace(r"^0[xX]", "")
    bare = bare.str.replace(r"^00-([0-9a-fA-F]{32})-[0-9a-fA-F]{16}-[0-9a-fA-F]{2}$", "$1")
    bare = bare.str.replace(r"^(?:Root=)?1-([0-9a-fA-F]{8})-([0-9a-fA-F]{24}).*$", "$1$2")
    is_hex = bare.str.contains(r"^[0-9a-fA-F]{8,32}$")
    bare = pl.when(is_hex).then(bare.str.to_lowercase()).otherwise(bare)
    return pl.when(~bare.str.contains(_ZEROS)).then(bare)


def version(text: pl.Expr) -> pl.Expr:
    """A version without what HTTP puts around an entity tag."""
    return text.str.strip_prefix("W/").str.strip_chars('"')
