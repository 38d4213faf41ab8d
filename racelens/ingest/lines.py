"""A block of lines → one row of raw strings for each JSON object, and a reject for each line that is none.

The whole block goes through polars' JSON-lines reader at once. Only when that refuses it, or its row count
does not match the block's lines, is the block taken apart: lines that cannot be objects are set aside, the
rest is bisected until the smallest failing pieces are left for orjson, line by line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson
import polars as pl

from racelens.ingest.blocks import MAX_LINE_BYTES, Block

LINE = "line"
_PIECE = 32  # lines: below this, bisecting costs more than reading one by one
_MAX_KEYS = 2_000
_BOM = b"\xef\xbb\xbf"
_RECORD_SEPARATOR = b"\x1e"
_CONTINUATION = re.compile(
    rb"^(?:[ \t]+\S|Traceback \(most recent call last\)|Caused by: |\t?at |[\w.]+(?:Error|Exception)\b)"
)


@dataclass(frozen=True)
class Reject:
    """An input line that did not become an event."""

    line: int
    reason: str


@dataclass(frozen=True)
class Parsed:
    """`rows`: the mapped fields as strings plus `line`. Every line of the block is counted once."""

    rows: pl.DataFrame
    rejects: tuple[Reject, ...] = ()
    blank: int = 0
    continuation: int = 0


@dataclass
class _Sorted:
    """Lines by what they are, while a dirty block is taken apart."""

    records: list[tuple[int, bytes]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    blank: int = 0
    continuation: int = 0


def parse(block: Block, schema: pl.Schema) -> Parsed:
    """Rows of `schema` (all String, or Struct of String) for the block's objects."""
    if block.oversized:
        reason = f"line longer than {MAX_LINE_BYTES // 2**20} MiB"
        return Parsed(_frame(b"", schema), (Reject(block.first_line, reason),))
    rows = _read(block.data, schema)
    if rows is not None and rows.height == block.line_count and not _has_empty_row(rows):
        numbers = pl.int_range(block.first_line, block.first_line + rows.height, dtype=pl.UInt32)
        return Parsed(rows.with_columns(numbers.alias(LINE)))
    return _take_apart(block, schema)


def _read(data: bytes, schema: pl.Schema) -> pl.DataFrame | None:
    """None when the reader refuses the bytes."""
    try:
        return _frame(data, schema)
    except (pl.exceptions.PolarsError, UnicodeDecodeError):
        return None


def _frame(data: bytes, schema: pl.Schema) -> pl.DataFrame:
    if not data:
        return pl.DataFrame(schema={**schema, LINE: pl.UInt32})
    return pl.read_ndjson(data, schema=schema, ignore_errors=True)


def _has_empty_row(rows: pl.DataFrame) -> bool:
    """The reader turns a line that is JSON but not an object into a row of nulls."""
    return bool(rows.select(pl.all_horizontal(pl.all().is_null()).any()).item())


def _take_apart(block: Block, schema: pl.Schema) -> Parsed:
    lines = block.data.split(b"\n")[: block.line_count]
    sorted_ = _sort_lines(block.first_line, lines)
    clean, rejects = _clean(sorted_.records)
    rows = _frame(b"\n".join(line for _, line in clean), schema).with_columns(
        pl.Series(LINE, [number for number, _ in clean], dtype=pl.UInt32)
    )
    found = sorted(sorted_.rejects + rejects, key=lambda reject: reject.line)
    return Parsed(rows, tuple(found), sorted_.blank, sorted_.continuation)


def _sort_lines(first_line: int, lines: Iterable[bytes]) -> _Sorted:
    out = _Sorted()
    after_record = first_line > 1
    for number, line in enumerate(lines, first_line):
        text = line.strip().removeprefix(_BOM).removeprefix(_RECORD_SEPARATOR).lstrip()
        if not text:
            out.blank += 1
        elif text.startswith(b"{"):
            out.records.append((number, text))
            after_record = True
        elif after_record and _CONTINUATION.match(line):
            out.continuation += 1
        else:
            out.rejects.append(Reject(number, _not_an_object(text)))
            after_record = False
    return out


def _not_an_object(text: bytes) -> str:
    if text[:1] not in b'["-0123456789tfn':
        return "not JSON"
    try:
        kind = type(orjson.loads(text)).__name__
    except orjson.JSONDecodeError:
        return "not JSON"
    names = {"list": "an array", "str": "a string", "NoneType": "null", "bool": "true or false"}
    return f"JSON, but {names.get(kind, 'a number')}, not an object"


def _clean(
    records: list[tuple[int, bytes]],
) -> tuple[list[tuple[int, bytes]], list[Reject]]:
    """Records the columnar reader will take, in line order, and what could not be saved."""
    if len(records) <= _PIECE:
        return _one_by_one(records)
    if _accepts(records):
        return records, []
    middle = len(records) // 2
    left, left_rejects = _clean(records[:middle])
    right, right_rejects = _clean(records[middle:])
    return left + right, left_rejects + right_rejects


_PROBE = pl.Schema({"": pl.String})


def _accepts(records: list[tuple[int, bytes]]) -> bool:
    rows = _read(b"\n".join(line for _, line in records), _PROBE)
    return rows is not None and rows.height == len(records)


def _one_by_one(
    records: list[tuple[int, bytes]],
) -> tuple[list[tuple[int, bytes]], list[Reject]]:
    clean, rejects = [], []
    for number, line in records:
        try:
            clean.append((number, _readable(line)))
        except ValueError as error:
            rejects.append(Reject(number, str(error)))
    return clean, rejects


def _readable(line: bytes) -> bytes:
    """The line as it is if the columnar reader takes it, else the same object written anew."""
    record = decode(line)
    if _accepts([(0, line)]):
        return line
    try:
        return orjson.dumps(record)
    except orjson.JSONEncodeError:
        raise ValueError("nested too deeply") from None


def decode(line: bytes) -> dict[str, object]:
    """The object on one line, also when it holds NaN, lone surrogates or invalid UTF-8.

    Raises ValueError with the reason when there is none, or one beyond the limits.
    """
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        record = _decode_leniently(line)
    if not isinstance(record, dict):
        raise ValueError("JSON, but not an object")
    if len(record) > _MAX_KEYS:
        raise ValueError(f"more than {_MAX_KEYS:,} keys")
    return record


def _decode_leniently(line: bytes) -> object:
    text = line.decode("utf-8", errors="replace")
    try:
        record = json.loads(text, strict=False, parse_constant=lambda _: None)
        return orjson.loads(json.dumps(record, ensure_ascii=False).encode(errors="replace"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(_json_reason(error, len(text))) from None


def _json_reason(error: json.JSONDecodeError, length: int) -> str:
    if error.msg.startswith("Extra data"):
        return "more than one JSON value on the line"
    if error.pos >= length - 1 or error.msg.startswith("Unterminated"):
        return "cut off: the JSON object does not end"
    return f"not valid JSON: {error.msg.lower()} at character {error.pos + 1}"
