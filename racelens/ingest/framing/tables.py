"""CSV → rows: each line an object by the names of the header."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from typing import IO

import polars as pl

from racelens.ingest.blocks import Aside, Block, Reject, fill
from racelens.ingest.objects import encode

_RECORDS = 20_000
_STEP = 1024 * 1024
_LONGEST = 16 * 1024 * 1024
# A header is known by one of these; the sheets of other tools are no logs.
_NAMES = frozenset(
    [
        "time",
        "timestamp",
        "@timestamp",
        "ts",
        "date",
        "datetime",
        "_time",
        "timegenerated",
        "timestamp_utc",
        "asctime",
    ]
)
_OTHERS = 1  # columns beside the time that a log has at least


def header(line: bytes) -> list[str] | None:
    """The names in a header; None when the line is none."""
    text = line.decode("utf-8", "replace").strip().replace("\r", " ")
    if not text or text[0] in "{[" or ("," not in text and "\t" not in text):
        return None
    names = next(csv.reader([text], delimiter=_delimiter(text)), [])
    plain = {name.strip().lower() for name in names}
    known = len(plain) > _OTHERS and len(plain) == len(names) and not plain.isdisjoint(_NAMES)
    return [name.strip() for name in names] if known else None


def _delimiter(text: str) -> str:
    return "\t" if text.count("\t") > text.count(",") else ","


class _Lines:
    """Lines of a stream, and how many were read; an interruption is kept for later."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.interrupted = False
        self.read = 0

    def __iter__(self) -> Iterator[str]:
        rest = ""
        while not self.interrupted:
            raw, self.interrupted = fill(self._stream, _STEP)
            if not raw and not self.interrupted:
                break
            *lines, rest = (rest + self._decoder.decode(raw)).split("\n")
            for line in lines:
                self.read += 1
                yield _plain(line) + "\n"
        rest += self._decoder.decode(b"", final=True)
        if rest:
            self.read += 1
            yield _plain(rest)


def _plain(line: str) -> str:
    """Without what the reader of CSV takes for an end."""
    return line.removesuffix("\r").replace("\r", " ").replace("\0", "")


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """Rows; one that the reader refuses has a single cell that fits no header."""
    while True:
        try:
            yield next(reader)
        except csv.Error:
            yield ["?"]
        except StopIteration:
            return


def read(stream: IO[bytes]) -> Iterator[Block]:
    """Blocks of rows; the header is envelope, what a quoted cell adds to its line is continuation.

    Raises KeyboardInterrupt after the block of what had been read when the user pressed Ctrl-C.
    """
    lines = _Lines(stream)
    source = iter(lines)
    first = next(source, "")
    names = header(first.encode()) or []
    csv.field_size_limit(_LONGEST)
    reader = csv.reader(source, delimiter=_delimiter(first))
    texts: list[bytes] = []
    numbers: list[int] = []
    rejects: list[Reject] = []
    counted = blank = before = continuation = 0

    def block() -> Block:
        return Block(
            first_line=counted + 1,
            data=b"\n".join(texts),
            numbers=pl.Series(numbers, dtype=pl.UInt32),
            lines=lines.read - counted,
            counted=counted,
            before=before,
            aside=Aside(tuple(rejects), blank, continuation),
        )

    begun = lines.read + 1
    for cells in _rows(reader):
        if not any(cells):
            blank += 1
        elif len(cells) != len(names):
            rejects.append(Reject(begun, f"{len(cells)} cells where the header names {len(names)}"))
        else:
            texts.append(encode({n: c for n, c in zip(names, cells, strict=True) if c}))
            numbers.append(begun)
        continuation += lines.read - begun
        begun = lines.read + 1
        if len(texts) >= _RECORDS:
            yield block()
            counted, before = lines.read, before + len(texts)
            texts, numbers, rejects, blank, continuation = [], [], [], 0, 0
    yield block()
    if lines.interrupted:
        raise KeyboardInterrupt
