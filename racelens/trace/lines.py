"""Which lines hold a word: a search over raw blocks, before anything is parsed.

Bytes are searched block by block; Python looks at the lines that were hit, never at the others.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from racelens.errors import RacelensError
from racelens.ingest import rereading
from racelens.ingest.blocks import Block
from racelens.ingest.capture import Progress
from racelens.ingest.sources import HEAD_BYTES, Source, refuse_binary

_FEW = 6  # needles: above it one pass for all of them is quicker
# The columnar search wants UTF-8; any other byte stands for itself alone, the word is looked at again later.
_SEVEN_BITS = bytes(range(128)) + b"?" * 128


@dataclass(frozen=True)
class Line:
    """A raw line without its line break. `number`: 1-based."""

    number: int
    text: bytes


def rereadable(sources: Sequence[Source], folder: Path) -> list[Source]:
    """The sources, with standard input kept in a file of `folder`: a trace reads more than once."""
    return [_kept(source, folder) if source.path is None else source for source in sources]


def _kept(source: Source, folder: Path) -> Source:
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept)
    return replace(source, path=Path(kept.name))


def blocks(source: Source, progress: Progress | None = None) -> Iterator[Block]:
    """The blocks of a source; nothing of a binary file that was only found in a folder.

    Raises RacelensError for a file that cannot be read, or that was named and is no text.
    """
    try:
        for index, block in enumerate(rereading.blocks(source)):
            if index == 0 and not _is_text(source, block):
                return
            yield block
            if progress:
                progress(source.name, len(block.data))
    except OSError as error:
        raise RacelensError(f"cannot read {source.name}: {error.strerror}") from error


def _is_text(source: Source, block: Block) -> bool:
    try:
        refuse_binary(source, block.data[:HEAD_BYTES])
    except RacelensError:
        if source.found:
            return False
        raise
    return True


def holding(block: Block, needles: Sequence[bytes]) -> Iterator[Line]:
    """The lines of a block that hold one of the needles, in order."""
    if len(needles) > _FEW:
        starts = _hits_of_many(block.data, needles)
    else:
        hits = {start for needle in needles for start in _hit_lines(block.data, needle)}
        starts = sorted(hits)
    number, counted = block.first_line, 0
    for start in starts:
        number += block.data.count(b"\n", counted, start)
        counted = start
        yield Line(number, block.data[start : _end(block.data, start)].rstrip(b"\r"))


def _hits_of_many(data: bytes, needles: Sequence[bytes]) -> list[int]:
    """Where lines with any of many needles begin: one pass, whatever their number."""
    patterns = [needle.translate(_SEVEN_BITS).decode() for needle in needles]
    text = pl.Series([data.translate(_SEVEN_BITS).decode()])
    offsets = text.str.find_many(patterns, overlapping=True).explode().drop_nulls().unique().sort()
    starts, end = [], -1
    for at in offsets.to_list():
        if at > end:
            starts.append(data.rfind(b"\n", 0, at) + 1)
            end = _end(data, at)
    return starts


def _hit_lines(data: bytes, needle: bytes) -> Iterator[int]:
    """Offsets at which lines with the needle begin."""
    at = data.find(needle)
    while at >= 0:
        yield data.rfind(b"\n", 0, at) + 1
        at = data.find(needle, _end(data, at))


def _end(data: bytes, start: int) -> int:
    end = data.find(b"\n", start)
    return len(data) if end < 0 else end


def head(source: Source, size: int) -> list[Line]:
    """The first lines of a source, `size` bytes of them: what a mapping is chosen from."""
    first = next(rereading.blocks(source, size), Block(1, b""))
    return [Line(number, text) for number, text in enumerate(first.data.split(b"\n"), 1)]
