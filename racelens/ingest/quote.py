"""Lines of the inputs as they stand there but for secrets, for those who want to read them beside a finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise

from racelens.errors import RacelensError
from racelens.ingest.sources import Source
from racelens.masking import mask

_LONG = 2_000  # characters of a line
_BLOCK = 8 * 1024 * 1024
Address = tuple[str, int]  # source name and line


def quote(sources: Iterable[Source], wanted: Iterable[Address]) -> dict[Address, str]:
    """The text of each wanted line that can still be read; a pipe cannot be read twice."""
    by_name: dict[str, set[int]] = defaultdict(set)
    for name, line in wanted:
        by_name[name].add(line)
    out: dict[Address, str] = {}
    for source in sources:
        if source.path is not None and by_name[source.name]:
            with suppress(OSError, RacelensError):
                out |= {(source.name, n): t for n, t in _lines(source, by_name[source.name])}
    return out


def _lines(source: Source, wanted: set[int]) -> Iterable[tuple[int, str]]:
    """Blocks without a wanted line are only counted; one that has some is split at its ends of line."""
    left = sorted(wanted)
    number, rest = 1, b""
    with source.open() as stream:
        while left and (data := stream.read(_BLOCK)):
            block = rest + data
            count = block.count(b"\n")
            if left[0] < number + count:
                yield from _within(block, number, left)
            number += count
            rest = block[block.rfind(b"\n") + 1 :]
    if left and left[0] == number and rest:
        yield number, _text(rest)


def _within(block: bytes, number: int, left: list[int]) -> Iterable[tuple[int, str]]:
    ends = [-1]
    while (end := block.find(b"\n", ends[-1] + 1)) >= 0:
        ends.append(end)
    for line, (before, end) in enumerate(pairwise(ends), number):
        if left and line == left[0]:
            yield left.pop(0), _text(block[before + 1 : end])


def _text(line: bytes) -> str:
    text = mask(line[: 4 * _LONG].decode(errors="replace").strip("\r\ufeff"))
    return text if len(text) <= _LONG else text[: _LONG - 1] + "…"
