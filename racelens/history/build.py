"""The way from records to a history, in the order its questions depend on each other."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from racelens import events
from racelens.history import cycles, identity, operations, order, outcomes
from racelens.ingest import Capture
from racelens.knowledge import Knowledge


@dataclass(frozen=True)
class History:
    """All events in order (`events.EVENT_SCHEMA`), numbered by `id`; `sources`: names by index."""

    events: pl.DataFrame
    sources: tuple[str, ...]
    knowledge: Knowledge


def build(capture: Capture, knowledge: Knowledge, run: str = "") -> History:
    """The history of one capture."""
    numbered = order.number(capture.records, knowledge.precision)
    families = tuple(entry.source.family for entry in capture.inputs)
    acted = identity.identify(numbered.lazy(), knowledge, families)
    settled = outcomes.settle(operations.pair(acted))
    complete = cycles.base(settled).with_columns(run=pl.lit(run), lineage=pl.coalesce("job", "key"))
    table = complete.select(events.EVENT_SCHEMA.names()).sort("id").collect()
    return History(table, tuple(entry.source.name for entry in capture.inputs), knowledge)
