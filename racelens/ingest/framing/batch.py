"""Records of documents, gathered until they make a block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

import polars as pl

from racelens.ingest.blocks import Aside, Block, Reject
from racelens.ingest.envelopes.kinds import Document, Found, Object
from racelens.ingest.framing.window import Value
from racelens.ingest.layers import unpacked
from racelens.ingest.objects import enclosed

_CHARACTERS = 4 * 1024 * 1024
_RECORDS = 20_000


@dataclass(frozen=True)
class _Taken:
    """A row of its own, or what a kind of document makes records of; with its first and last line."""

    content: bytes | Found
    document: Document | None
    first: int
    last: int


@dataclass
class Batch:
    """`counted`: lines in the account of earlier batches; `before`: their rows; `blank`: their blank lines."""

    counted: int = 0
    before: int = 0
    blank: int = 0
    taken: list[_Taken] = field(default_factory=list)
    rejects: list[tuple[int, int, str]] = field(default_factory=list)  # first and last line, reason
    size: int = 0

    @property
    def is_full(self) -> bool:
        """Whether there is enough for a block."""
        return self.size > _CHARACTERS or len(self.taken) >= _RECORDS

    def add(self, value: Value, outer: Mapping[str, object]) -> None:
        """A record that stands for itself, and what was said of it before."""
        row = enclosed(value.text.replace("\n", " ").encode(errors="replace"), outer)
        self._take(row, None, value)

    def find(self, value: Value, document: Document, around: tuple[Object, ...]) -> None:
        """Something that its kind of document makes records of."""
        self._take((value.inside, around), document, value)

    def _take(self, content: bytes | Found, document: Document | None, value: Value) -> None:
        self.taken.append(_Taken(content, document, value.first, value.last))
        self.size += len(value.text)

    def reject(self, first: int, last: int, reason: str) -> None:
        """Lines that hold something, but no record."""
        self.rejects.append((first, last, reason))

    def close(self, reached: int, blank: int) -> tuple[Block, Batch]:
        """The block that accounts for all lines up to `reached`, and an empty batch to follow it."""
        rows = list(self._rows())
        block = Block(
            first_line=self.counted + 1,
            data=b"\n".join(text for _, text in rows),
            numbers=pl.Series([line for line, _ in rows], dtype=pl.UInt32),
            lines=reached - self.counted,
            counted=self.counted,
            before=self.before,
            aside=Aside(
                tuple(Reject(first, reason) for first, _, reason in self.rejects),
                blank - self.blank,
                self._continuation(),
            ),
        )
        return block, Batch(reached, self.before + len(rows), blank)

    def _rows(self) -> Iterator[tuple[int, bytes]]:
        """The text of each record with its line."""
        for document, group in groupby(self.taken, key=lambda taken: taken.document):
            together = list(group)
            if document is None:
                yield from ((t.first, t.content) for t in together if isinstance(t.content, bytes))
                continue
            found = [t.content for t in together if not isinstance(t.content, bytes)]
            for place, text in unpacked(document, found):
                yield together[place].first, text

    def _continuation(self) -> int:
        """Lines inside of what begins on an earlier line, and on which nothing begins."""
        spans = [(t.first, t.last) for t in self.taken] + [(f, e) for f, e, _ in self.rejects]
        begun = {first for first, _ in spans}
        ends = {last for first, last in spans if last > first}
        return sum(last - first for first, last in spans) - len(ends & begun)
