"""Where a token stands: as a word; where nowhere, at the beginning of words; where nowhere, inside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from racelens.ingest import Source
from racelens.ingest.capture import Progress
from racelens.trace.lines import Line, blocks, holding
from racelens.trace.words import BEGINNING, INSIDE, WHOLE, Word

MOST_LINES = 20_000  # lines of one rank that are told; more are only counted
_RANKS = (WHOLE, BEGINNING, INSIDE)

Lines = dict[int, list[Line]]  # by index of the source


@dataclass
class Hits:
    """Lines by how the token stands in them: at most `most` of each rank, and the counts of all."""

    most: int
    lines: dict[int, Lines] = field(default_factory=lambda: {rank: {} for rank in _RANKS})
    counts: dict[int, int] = field(default_factory=lambda: dict.fromkeys(_RANKS, 0))

    def add(self, rank: int, source: int, line: Line) -> None:
        self.counts[rank] += 1
        if self.counts[rank] <= self.most:
            self.lines[rank].setdefault(source, []).append(line)

    @property
    def best(self) -> int | None:
        """The best rank there is."""
        return next((rank for rank in _RANKS if self.counts[rank]), None)

    def left_out(self, rank: int) -> int:
        return max(0, self.counts[rank] - self.most)


def search(
    sources: Sequence[Source], word: Word, progress: Progress | None, most: int = MOST_LINES
) -> Hits:
    """The lines of the sources that hold the word."""
    hits = Hits(most)
    for index, source in enumerate(sources):
        for block in blocks(source, progress):
            for line in holding(block, word.spellings):
                rank = word.rank(line.text)
                if rank is not None:
                    hits.add(rank, index, line)
    return hits


def lines_of(
    sources: Sequence[Source], words: Sequence[Word], progress: Progress | None
) -> dict[int, list[tuple[Line, Word]]]:
    """The lines that hold one of several whole words, each with the first of these, by index of the source."""
    needles = [spelling for word in words for spelling in word.spellings]
    found: dict[int, list[tuple[Line, Word]]] = {}
    for index, source in enumerate(sources):
        for block in blocks(source, progress):
            for line in holding(block, needles):
                held = next((word for word in words if word.stands_in(line.text)), None)
                if held:
                    found.setdefault(index, []).append((line, held))
    return found
