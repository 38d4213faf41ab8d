"""Fields that first appear late, where a source cannot be looked at ahead: pipes, compressed files, documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from racelens.ingest.blocks import Block
from racelens.ingest.layers import Layer
from racelens.ingest.lines import objects
from racelens.ingest.mapping import Mapping, Sample, sample

_LOOKED_AT = 1_000  # rows of a block


@dataclass
class Attention:
    """What is known of a source's keys so far.

    choose: makes a mapping of them; None where all of the source was looked at before it is read.
    late: keys that only later blocks have, with the line from which they are read.
    """

    seen: Sample
    mapping: Mapping
    layers: Sequence[Layer]
    choose: Callable[[Sample], Mapping] | None
    late: dict[str, int] = field(default_factory=dict)

    def of(self, block: Block) -> Mapping:
        """The mapping for a block: with its new keys, if a look at its rows shows some."""
        if self.choose is None or block.first_line == 1 or block.oversized:
            return self.mapping
        found = sample(objects(self._rows(block)))
        new = found.paths - self.seen.paths
        if new:
            self.seen += found
            before = set(self.mapping.paths)
            self.mapping = self.choose(self.seen)
            read = [path for path in self.mapping.paths if path in new and path not in before]
            self.late |= {".".join(path): block.first_line for path in read}
        return self.mapping

    def _rows(self, block: Block) -> list[bytes]:
        rows = block.rows
        few = Block(1, b"\n".join(rows[:: len(rows) // _LOOKED_AT + 1]))
        for layer in self.layers:
            few = layer.off(few)
        return few.rows
