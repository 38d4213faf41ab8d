"""A source read a second time: its text, as blocks of the lines that places point to."""

from __future__ import annotations

from collections.abc import Iterator

from racelens.ingest.blocks import BLOCK_BYTES, Block, read_blocks
from racelens.ingest.framing import encoding
from racelens.ingest.sources import Source


def blocks(source: Source, size: int = BLOCK_BYTES) -> Iterator[Block]:
    """Blocks of about `size` bytes, decompressed and as UTF-8.

    Raises OSError or RacelensError where the source cannot be read again.
    """
    with source.open() as stream:
        yield from read_blocks(encoding.text(source.name, stream).stream, size)
