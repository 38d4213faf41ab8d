"""Payloads that are text in disguise: shown as numbers, in base64, or as one of several."""

from __future__ import annotations

import base64
import binascii
import re

import orjson
import polars as pl

from racelens.tables import put

# Of a text that begins with a brace.
_BASE64 = re.compile(r"(?:eyJ|eyI|ewog|ewoJ|ewkg|ew0K)[A-Za-z0-9+/]+={0,2}")


def readable(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows, each `payload` as its text."""
    payload = rows["payload"]
    # Few ever begin so: the others are not looked at twice.
    odd = payload.str.slice(0, 1).is_in(["[", "e"]).fill_null(False).arg_true()
    if not len(odd):
        return rows
    texts = pl.Series([_decoded(text) for text in payload.gather(odd)], dtype=pl.String)
    return rows.with_columns(put(payload, odd, texts))


def plain(value: str | list[object]) -> str:
    """The text that a payload stands for. journald shows what JSON cannot hold as a list of bytes."""
    if isinstance(value, str):
        return _from_base64(value)
    if value and isinstance(value[0], str):
        return value[0]
    known = (entry for entry in value if isinstance(entry, int) and 0 <= entry < 256)
    return bytes(known).decode(errors="replace")


def _decoded(text: str) -> str:
    """The same, where a list is the text of one."""
    if not text.startswith("["):
        return _from_base64(text)
    try:
        entries = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return plain(entries) if entries and all(isinstance(e, int | str) for e in entries) else text


def _from_base64(text: str) -> str:
    if not _BASE64.fullmatch(text):
        return text
    try:
        return base64.b64decode(text).decode(errors="replace")
    except binascii.Error:
        return text
