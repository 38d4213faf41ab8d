"""Bytes → blocks of whole lines, so that line numbers, progress, pipes and bounded memory come at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO

import polars as pl

BLOCK_BYTES = 8 * 1024 * 1024
MAX_LINE_BYTES = 16 * 1024 * 1024
_NEWLINE = b"\n"


@dataclass(frozen=True)
class Reject:
    """An input line that did not become an event."""

    line: int
    reason: str


@dataclass(frozen=True)
class Aside:
    """Lines that hold no record, by what they are."""

    rejects: tuple[Reject, ...] = ()
    blank: int = 0
    continuation: int = 0

    def __add__(self, other: Aside) -> Aside:
        return Aside(
            self.rejects + other.rejects,
            self.blank + other.blank,
            self.continuation + other.continuation,
        )


@dataclass(frozen=True)
class Block:
    """Rows of text of one source, as yet unread: its lines as they are, or what was wrapped in them.

    first_line: where the block begins in the source, 1-based.
    oversized: one line beyond the limit, whose bytes were let go.
    continued: the line above the first one is a record, or belongs to one.
    numbers: the line each row stands on; None where the rows are the lines themselves.
    lines: how many lines of the source the block accounts for; None where rows are lines.
    counted: lines up to this one are in the account of an earlier block.
    before: rows of the source in earlier blocks; known where a line may hold several.
    aside: lines that were found to hold no record while rows were made of them.
    """

    first_line: int
    data: bytes
    oversized: bool = False
    continued: bool = False
    numbers: pl.Series | None = None
    lines: int | None = None
    counted: int = 0
    before: int = 0
    aside: Aside = field(default_factory=Aside)

    @cached_property
    def row_count(self) -> int:
        if self.oversized:
            return 1
        return self.data.count(_NEWLINE) + (not self.data.endswith(_NEWLINE) and bool(self.data))

    @property
    def line_count(self) -> int:
        """Lines of the source that the block accounts for."""
        return self.row_count if self.lines is None else self.lines

    @property
    def rows(self) -> list[bytes]:
        return self.data.split(_NEWLINE)[: self.row_count]

    def number(self, row: int) -> int:
        """The line of a row, both as people count: lines from 1, rows from 0."""
        return self.first_line + row if self.numbers is None else int(self.numbers[row])


def read_blocks(
    stream: IO[bytes], block_bytes: int = BLOCK_BYTES, max_line: int = MAX_LINE_BYTES
) -> Iterator[Block]:
    """The stream as blocks in order; every byte is in exactly one of them or in an oversized line.

    Raises KeyboardInterrupt after the blocks of what had been read when the user pressed Ctrl-C.
    """
    line, carry, interrupted = 1, b"", False
    while not interrupted:
        chunk, interrupted = fill(stream, block_bytes)
        if not chunk:
            break
        data = carry + chunk
        if carry and (length := data.find(_NEWLINE)) > max_line:
            yield Block(line, b"", oversized=True)
            line, data = line + 1, data[length + 1 :]
        end = data.rfind(_NEWLINE) + 1
        carry = data[end:]
        if end:
            block = Block(line, data[:end])
            yield block
            line += block.line_count
        if len(carry) > max_line:
            carry = _skip_line(stream, block_bytes)
            yield Block(line, b"", oversized=True)
            line += 1
    if carry and not interrupted:
        yield Block(line, carry)
    if interrupted:
        raise KeyboardInterrupt


def fill(stream: IO[bytes], size: int) -> tuple[bytes, bool]:
    """Up to `size` bytes, as many as there are before the end, and whether the user broke it off."""
    parts: list[bytes] = []
    missing = size
    read = getattr(stream, "read1", None) or stream.read  # a pipe gives what it has
    try:
        while missing > 0 and (part := read(missing)):
            parts.append(part)
            missing -= len(part)
    except KeyboardInterrupt:
        return b"".join(parts), True
    return b"".join(parts), False


def _skip_line(stream: IO[bytes], block_bytes: int) -> bytes:
    """Read past the end of the current line; what was read of the next ones."""
    while chunk := stream.read(block_bytes):
        end = chunk.find(_NEWLINE)
        if end >= 0:
            return chunk[end + 1 :]
    return b""
