"""Bytes → blocks of whole lines, so that line numbers, progress, pipes and bounded memory come at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

BLOCK_BYTES = 8 * 1024 * 1024
MAX_LINE_BYTES = 16 * 1024 * 1024
_NEWLINE = b"\n"


@dataclass(frozen=True)
class Block:
    """Whole lines of one source.

    oversized: one line beyond the limit, whose bytes were let go.
    continued: the line above the first one is a record, or belongs to one.
    """

    first_line: int
    data: bytes
    oversized: bool = False
    continued: bool = False

    @property
    def line_count(self) -> int:
        if self.oversized:
            return 1
        return self.data.count(_NEWLINE) + (not self.data.endswith(_NEWLINE) and bool(self.data))


def read_blocks(
    stream: IO[bytes], block_bytes: int = BLOCK_BYTES, max_line: int = MAX_LINE_BYTES
) -> Iterator[Block]:
    """The stream as blocks in order; every byte is in exactly one of them or in an oversized line.

    Raises KeyboardInterrupt after the blocks of what had been read when the user pressed Ctrl-C.
    """
    line, carry, interrupted = 1, b"", False
    while not interrupted:
        chunk, interrupted = _fill(stream, block_bytes)
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


def _fill(stream: IO[bytes], size: int) -> tuple[bytes, bool]:
    """Up to `size` bytes, as many as there are before the end, and whether the user broke it off."""
    parts: list[bytes] = []
    missing = size
    read = getattr(stream, "read1", stream.read)  # a pipe gives what it has
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
