"""A block of lines → one row of raw strings for each JSON object, and a reject for each line that is none.

The whole block goes through polars' JSON-lines reader at once. Only when that refuses it, or its row count
does not match the block's lines, is the block taken apart: lines that cannot be objects are set aside, the
rest is bisected until the smallest failing pieces are left for orjson, line by line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import orjson
import polars as pl

from racelens.ingest.blocks import MAX_LINE_BYTES, Block

LINE = "\0line"  # no key of a log is called so
_PIECE = 32  # lines: below this, bisecting costs more than reading one by one
_BOM = b"\xef\xbb\xbf"
_RECORD_SEPARATOR = b"\x1e"
_CONTINUATION = re.compile(
    rb"[ \t]+\S|Traceback \(most recent call last\)|Caused by: |\.\.\. \d+ more|During handling of the "
    rb"|The above exception was|(?:[\w$]+\.)*\w*(?:Error|Exception|Throwable)\b"
)
# An escaped half of a surrogate pair that stands alone: the columnar reader makes a NUL of it.
_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]"
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
    whole = rows is not None and rows.height == block.line_count and not _has_empty_row(rows)
    if rows is not None and whole and not _has_lone_surrogate(block.data):
        numbers = pl.int_range(block.first_line, block.first_line + rows.height, dtype=pl.UInt32)
        return Parsed(rows.with_columns(numbers.alias(LINE)))
    return _take_apart(block, schema)


def _read(data: bytes, schema: pl.Schema) -> pl.DataFrame | None:
    """None when the reader refuses the bytes."""
    try:
        return _frame(data, schema)
    except (pl.exceptions.PolarsError, OSError):  # OSError: it takes some bytes for compressed
        return None


def _frame(data: bytes, schema: pl.Schema) -> pl.DataFrame:
    if not data:
        return pl.DataFrame(schema={**schema, LINE: pl.UInt32})
    return pl.read_ndjson(data, schema=schema, ignore_errors=True)


def _has_empty_row(rows: pl.DataFrame) -> bool:
    """The reader turns a line that is JSON but not an object into a row of nulls."""
    return bool(rows.select(pl.all_horizontal(pl.all().is_null()).any()).item())


def _has_lone_surrogate(data: bytes) -> bool:
    return (b"\\ud" in data or b"\\uD" in data) and bool(_LONE_SURROGATE.search(data))


def _take_apart(block: Block, schema: pl.Schema) -> Parsed:
    lines = block.data.split(b"\n")[: block.line_count]
    sorted_ = _sort_lines(block, lines)
    clean, rejects = _clean(sorted_.records)
    rows = _frame(b"\n".join(line for _, line in clean), schema).with_columns(
        pl.Series(LINE, [number for number, _ in clean], dtype=pl.UInt32)
    )
    found = sorted(sorted_.rejects + rejects, key=lambda reject: reject.line)
    return Parsed(rows, tuple(found), sorted_.blank, sorted_.continuation)


def _sort_lines(block: Block, lines: Iterable[bytes]) -> _Sorted:
    """Records, blanks, and what is neither.

    A line that looks like the rest of a stack trace belongs to the record, or trace, right above it.
    """
    out = _Sorted()
    belongs = block.continued
    for number, line in enumerate(lines, block.first_line):
        text = _bare(line)
        if not text:
            out.blank += 1
        elif text.startswith(b"{"):
            out.records.append((number, text))
            belongs = True
        elif belongs and _CONTINUATION.match(line):
            out.continuation += 1
        else:
            out.rejects.append(Reject(number, _not_an_object(text)))
            belongs = False
    return out


def linked(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks, each knowing whether its first line may continue a record of the one before."""
    continued = False
    for block in blocks:
        link = replace(block, continued=continued)
        yield link
        continued = _continues(link)


def _continues(block: Block) -> bool:
    """Whether the line after the block may belong to a record in it: told by its last lines alone."""
    end = len(block.data)
    while end > 0:
        start = block.data.rfind(b"\n", 0, end - 1) + 1
        line = block.data[start:end]
        if text := _bare(line):
            if text.startswith(b"{"):
                return True
            if not _CONTINUATION.match(line):
                return False
        end = start
    return block.continued and not block.oversized


def _bare(line: bytes) -> bytes:
    return line.strip().removeprefix(_BOM).removeprefix(_RECORD_SEPARATOR).lstrip()


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
    data = b"\n".join(line for _, line in records)
    rows = _read(data, _PROBE)
    return rows is not None and rows.height == len(records) and not _has_lone_surrogate(data)


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
    rewritten = json.dumps(record, ensure_ascii=False).encode(errors="replace")
    if not _accepts([(0, rewritten)]):
        raise ValueError("nested too deeply")
    return rewritten


def decode(line: bytes) -> dict[str, object]:
    """The object on one line, also when it holds NaN, lone surrogates or invalid UTF-8.

    Raises ValueError with the reason when there is none.
    """
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        record = _decode_leniently(line)
    if not isinstance(record, dict):
        raise ValueError("JSON, but not an object")
    return record


def _decode_leniently(line: bytes) -> object:
    text = line.decode("utf-8", errors="replace")
    try:
        return json.loads(
            text, strict=False, parse_constant=lambda _: None, object_pairs_hook=_first_wins
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(_json_reason(error, len(text))) from None


def _first_wins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Of a key that is there twice the first value counts, as in the columnar reader."""
    return dict(reversed(pairs))


def _json_reason(error: json.JSONDecodeError, length: int) -> str:
    if error.msg.startswith("Extra data"):
        return "more than one JSON value on the line"
    if error.pos >= length - 1 or error.msg.startswith("Unterminated"):
        return "cut off: the JSON object does not end"
    return f"not valid JSON: {error.msg.lower()} at character {error.pos + 1}"
