"""A rule over hash partitions of its key. By the law of keys their number changes no finding."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from racelens.knowledge import Knowledge
from racelens.rule import Rule
from racelens.tables import collect


def run(
    rule: Rule, events: pl.DataFrame, knowledge: Knowledge, partitions: int = 1
) -> pl.DataFrame:
    """The rule's hits over all events, in the order of their primary events."""
    parts = _split(events, rule.key, partitions) if partitions > 1 else iter((events,))
    found = [collect(rule.query(part.lazy(), knowledge)) for part in parts]
    return pl.concat(found).sort("at")


def _split(events: pl.DataFrame, key: tuple[str, ...], partitions: int) -> Iterator[pl.DataFrame]:
    # Rows without the key belong to no contest; any one partition may have them.
    part = pl.struct(key).hash() % partitions
    for index in range(partitions):
        yield events.filter(part == index)
