"""A stream → blocks of whole lines: no byte lost, every line with its number."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from racelens.ingest.blocks import Block, read_blocks

TEXTS = st.lists(st.sampled_from([b"a", b"{}", b"\n", b"\r\n", b"long line", b"\xff"])).map(
    b"".join
)
SIZES = st.integers(1, 64)


class Pipe(io.BytesIO):
    """Hands out fewer bytes than asked for, as pipes do."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 1, 3))


def numbered(blocks: Iterator[Block]) -> list[tuple[int, bytes | None]]:
    """Every line with its number; None for one that was let go."""
    out: list[tuple[int, bytes | None]] = []
    for block in blocks:
        if block.oversized:
            out.append((block.first_line, None))
            continue
        lines = block.data.split(b"\n")[: block.line_count]
        out.extend(enumerate(lines, block.first_line))
    return out


def expected(data: bytes, longest: int) -> list[tuple[int, bytes | None]]:
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return [(n, None if len(line) > longest else line) for n, line in enumerate(lines, 1)]


@given(TEXTS, SIZES)
def test_every_byte_is_kept_in_order(data: bytes, size: int) -> None:
    assert b"".join(block.data for block in read_blocks(io.BytesIO(data), size)) == data


@given(TEXTS, SIZES)
def test_every_line_keeps_its_number(data: bytes, size: int) -> None:
    assert numbered(read_blocks(io.BytesIO(data), size)) == expected(data, len(data))


@given(TEXTS, SIZES)
def test_lines_are_never_torn(data: bytes, size: int) -> None:
    blocks = list(read_blocks(io.BytesIO(data), size))
    assert all(block.data.endswith(b"\n") for block in blocks[:-1])
    assert all(block.data for block in blocks)


@given(TEXTS, SIZES)
def test_a_pipe_that_trickles_is_read_alike(data: bytes, size: int) -> None:
    assert numbered(read_blocks(Pipe(data), size)) == expected(data, len(data))


@given(TEXTS, st.integers(1, 20), st.data())
def test_an_oversized_line_is_let_go_and_the_others_keep_their_numbers(
    data: bytes, longest: int, draw: st.DataObject
) -> None:
    """Whether a line is too long must not hang on where the reads happen to fall."""
    size = draw.draw(st.integers(1, longest))
    assert numbered(read_blocks(io.BytesIO(data), size, longest)) == expected(data, longest)


@pytest.mark.parametrize("size", [1, 4, 10, 11, 12, 1000])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_far_beyond_the_limit_is_let_go_wherever_it_stands(size: int, end: bytes) -> None:
    for place in range(3):
        lines = [b"a", b"b", b"c"]
        lines[place] = b"x" * 5_000
        data = b"\n".join(lines) + end
        assert numbered(read_blocks(io.BytesIO(data), size, 100)) == expected(data, 100)


@pytest.mark.parametrize(
    ("data", "lines"),
    [(b"", 0), (b"a", 1), (b"a\n", 1), (b"a\nb", 2), (b"\n\n", 2), (b"a\r\nb\r\n", 2), (b"\r", 1)],
)
def test_lines_are_counted_as_people_count_them(data: bytes, lines: int) -> None:
    assert sum(block.line_count for block in read_blocks(io.BytesIO(data))) == lines


def test_an_empty_stream_has_no_blocks() -> None:
    assert list(read_blocks(io.BytesIO())) == []


def test_one_read_is_one_block_where_lines_end_with_it() -> None:
    blocks = list(read_blocks(io.BytesIO(b"ab\ncd\nef\n"), 6))
    assert blocks == [Block(1, b"ab\ncd\n"), Block(3, b"ef\n")]
