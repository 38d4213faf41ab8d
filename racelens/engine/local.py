"""A rule over hash partitions of its key. By the law of keys their number changes no finding."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from racelens import hits
from racelens.knowledge import Knowledge
from racelens.rule import Rule
from racelens.tables import collect


def run(rule: Rule, cases: pl.DataFrame, knowledge: Knowledge, partitions: int = 1) -> pl.DataFrame:
    """The rule's hits over its `cases`, in the order of their primary events."""
    if cases.is_empty():
        return pl.DataFrame(schema=hits.SCHEMA)
    parts = _split(cases, rule.key, partitions) if partitions > 1 else iter((cases,))
    found = [collect(rule.query(part.lazy(), knowledge)) for part in parts]
    return pl.concat(found).sort("at")


def cases(events: pl.DataFrame, key: tuple[str, ...], several: bool) -> pl.DataFrame:
    """The events of keys that can be a case for a rule: those without the key belong to no contest.

    several: only keys at which there was more than one try.
    """
    told = pl.all_horizontal(pl.col(column).is_not_null() for column in key)
    if several:
        who = pl.struct("attempt", "try").hash()
        told &= (who.min() != who.max()).over(key)
    return events.filter(told)


def _split(events: pl.DataFrame, key: tuple[str, ...], partitions: int) -> Iterator[pl.DataFrame]:
    part = pl.struct(key).hash() % partitions
    for index in range(partitions):
        yield events.filter(part == index)
