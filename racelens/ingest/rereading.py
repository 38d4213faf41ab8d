"""A source read a second time: its text, as blocks of the lines that places point to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from racelens.ingest.blocks import BLOCK_BYTES, Block, read_blocks
from racelens.ingest.framing import encoding
from racelens.ingest.sources import Source


def blocks(source: Source, size: int = BLOCK_BYTES) -> Iterator[Block]:
    """Blocks of about `size` bytes, decompressed and as UTF-8.

    Raises OSError or RacelensError where the source cannot be read again.
    """
    with source.open() as stream:
        yield from read_blocks(encoding.text(source.name, stream).stream, size)


def lines(source: Source, wanted: Iterable[int]) -> Iterator[tuple[int, bytes]]:
    """The wanted lines (1-based) in order, without their ends; nothing behind the last of them is read.

    Raises OSError or RacelensError where the source cannot be read again.
    """
    left = sorted(wanted, reverse=True)
    for block in blocks(source):
        here = block.first_line + block.line_count
        texts = block.data.split(b"\n") if left and left[-1] < here else []
        while left and left[-1] < here:
            number = left.pop()
            yield number, texts[number - block.first_line].rstrip(b"\r")
        if not left:
            return
