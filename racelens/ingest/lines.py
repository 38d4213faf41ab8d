"""Rows of text → one row of raw strings for each JSON object, and a reject for each line that holds none.

The whole block goes through polars' JSON-lines reader at once. Only when that refuses it, or its row count
does not match the block's, is the block taken apart: what cannot be an object is set aside or saved, the
rest is bisected until the smallest failing pieces are left for orjson, one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import orjson
import polars as pl

from racelens.ingest.blocks import MAX_LINE_BYTES, Aside, Block, Reject
from racelens.ingest.framing.salvage import objects_in
from racelens.ingest.objects import decode, encode, several

LINE = "\0line"  # no key of a log is called so
PART = "\0part"
_PIECE = 32  # rows: below this, bisecting costs more than reading one by one
_BOM = b"\xef\xbb\xbf"
_RECORD_SEPARATOR = b"\x1e"
_CONTINUATION = re.compile(
    rb"[ \t]+\S|Traceback \(most recent call last\)|Caused by: |\.\.\. \d+ more|During handling of the "
    rb"|The above exception was|(?:[\w$]+\.)*\w*(?:Error|Exception|Throwable)\b"
)
# An escaped half of a surrogate pair that stands alone: the columnar reader makes a NUL of it.
_LONE_SURROGATE = re.compile(
    rb"(?<!\\)(?:\\\\)*(?:\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F])"
)

Numbered = tuple[int, bytes]  # a row's place in its block, and its text


@dataclass(frozen=True)
class Parsed:
    """`rows`: the wanted fields as strings, with `LINE` and `PART`; `texts`: what each was read from.

    PART tells records of one line apart, in their order; it is null where a line holds one.
    """

    rows: pl.DataFrame
    texts: Callable[[], Sequence[bytes]]
    aside: Aside = field(default_factory=Aside)


@dataclass
class _Sorted:
    """Rows by what they are, while a dirty block is taken apart."""

    records: list[Numbered] = field(default_factory=list)
    rejects: list[tuple[int, str]] = field(default_factory=list)
    blank: int = 0
    continuation: int = 0


def parse(block: Block, schema: pl.Schema) -> Parsed:
    """Rows of `schema` (all String, or Struct of String) for the block's objects."""
    if block.oversized:
        reason = f"line longer than {MAX_LINE_BYTES // 2**20} MiB"
        aside = Aside((Reject(block.first_line, reason),))
        return _numbered(block, _frame(b"", schema), pl.Series([], dtype=pl.UInt32), list, aside)
    rows = _read(block.data, schema)
    whole = rows is not None and rows.height == block.row_count and not _has_empty_row(rows)
    if rows is not None and whole and not _has_lone_surrogate(block.data):
        places = pl.int_range(rows.height, dtype=pl.UInt32, eager=True)
        return _numbered(block, rows, places, lambda: block.rows)
    return _take_apart(block, schema)


def _numbered(
    block: Block,
    rows: pl.DataFrame,
    places: pl.Series,
    texts: Callable[[], Sequence[bytes]],
    aside: Aside | None = None,
) -> Parsed:
    """The rows with the lines they stand on."""
    if block.numbers is None:
        lines = (places + block.first_line).cast(pl.UInt32)
    else:
        lines = block.numbers.gather(places).cast(pl.UInt32)
    several_on_one = lines.len() > 1 and bool((lines.diff() == 0).any())
    part = (
        pl.int_range(block.before, block.before + rows.height, dtype=pl.UInt32, eager=True)
        if several_on_one or block.before
        else pl.lit(None, pl.UInt32)
    )
    told = rows.with_columns(lines.alias(LINE), part.alias(PART))
    return Parsed(told, texts, aside or Aside())


def _read(data: bytes, schema: pl.Schema) -> pl.DataFrame | None:
    """None when the reader refuses the bytes."""
    try:
        return _frame(data, schema)
    except (pl.exceptions.PolarsError, OSError):  # OSError: it takes some bytes for compressed
        return None


def _frame(data: bytes, schema: pl.Schema) -> pl.DataFrame:
    if not data:
        return pl.DataFrame(schema=schema)
    return pl.read_ndjson(data, schema=schema, ignore_errors=True)


def _has_empty_row(rows: pl.DataFrame) -> bool:
    """The reader turns a line that is JSON but not an object into a row of nulls."""
    return bool(rows.select(pl.all_horizontal(pl.all().is_null()).any()).item())


def _has_lone_surrogate(data: bytes) -> bool:
    if b"\\" not in data:  # looking for one byte is many times as fast as for three
        return False
    return (b"\\ud" in data or b"\\uD" in data) and bool(_LONE_SURROGATE.search(data))


def _take_apart(block: Block, schema: pl.Schema) -> Parsed:
    sorted_ = _sort_rows(block, block.rows)
    clean, rejects = _clean(sorted_.records)
    texts = [text for _, text in clean]
    rows = _frame(b"\n".join(texts), schema)
    places = pl.Series([place for place, _ in clean], dtype=pl.UInt32)
    found = sorted(sorted_.rejects + rejects)
    told = tuple(Reject(block.number(place), reason) for place, reason in found)
    aside = Aside(told, sorted_.blank, sorted_.continuation)
    return _numbered(block, rows, places, lambda: texts, aside)


def _sort_rows(block: Block, rows: Iterable[bytes]) -> _Sorted:
    """Records, blanks, and what is neither.

    A line that looks like the rest of a stack trace belongs to the record, or trace, right above it.
    """
    out = _Sorted()
    belongs = block.continued
    for place, line in enumerate(rows):
        text = _bare(line)
        if not text:
            out.blank += 1
        elif text.startswith(b"{"):
            out.records.append((place, text))
            belongs = True
        elif belongs and _CONTINUATION.match(line):
            out.continuation += 1
        elif saved := objects_in(text):
            out.records.extend((place, record) for record in saved)
            belongs = True
        else:
            out.rejects.append((place, _not_an_object(text)))
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
                return bool(objects_in(text))
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


def _clean(records: list[Numbered]) -> tuple[list[Numbered], list[tuple[int, str]]]:
    """Records the columnar reader will take, in order, and what could not be saved."""
    if len(records) <= _PIECE:
        return _one_by_one(records)
    if _accepts(records):
        return records, []
    middle = len(records) // 2
    left, left_rejects = _clean(records[:middle])
    right, right_rejects = _clean(records[middle:])
    return left + right, left_rejects + right_rejects


_PROBE = pl.Schema({"": pl.String})


def _accepts(records: list[Numbered]) -> bool:
    data = b"\n".join(line for _, line in records)
    rows = _read(data, _PROBE)
    return rows is not None and rows.height == len(records) and not _has_lone_surrogate(data)


def _one_by_one(records: list[Numbered]) -> tuple[list[Numbered], list[tuple[int, str]]]:
    clean: list[Numbered] = []
    rejects: list[tuple[int, str]] = []
    for place, line in records:
        try:
            clean.extend((place, text) for text in _readable(line))
        except ValueError as error:
            rejects.append((place, str(error)))
    return clean, rejects


def _readable(line: bytes) -> list[bytes]:
    """The line as it is if the columnar reader takes it, else its objects written anew."""
    try:
        record = decode(line)
    except ValueError as error:
        if not str(error).startswith("more than one"):
            raise
        return [text for each in several(line) for text in _readable(each)]
    if _accepts([(0, line)]):
        return [line]
    rewritten = encode(record)
    if not _accepts([(0, rewritten)]):
        raise ValueError("nested too deeply")
    return [rewritten]


def objects(rows: Iterable[bytes]) -> Iterator[dict[str, object]]:
    """The objects of a sample, without those that cannot be read."""
    for row in rows:
        text = _bare(row)
        for each in [text] if text.startswith(b"{") else objects_in(text):
            try:
                yield decode(each)
            except ValueError:
                continue
