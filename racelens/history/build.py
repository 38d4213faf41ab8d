"""The way from records to a history, in the order its questions depend on each other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import polars as pl

from racelens import events
from racelens.history import (
    beliefs,
    contested,
    cycles,
    deaths,
    discretion,
    duties,
    enclosing,
    executions,
    identity,
    lineage,
    operations,
    order,
    outcomes,
    protection,
    skew,
    subjects,
    submissions,
)
from racelens.ingest import Capture
from racelens.knowledge import Knowledge
from racelens.tables import collect
from racelens.vocabulary import TRIGGER

_ATTEMPT = "\0attempt"  # its name, while a number stands for it
_TRIGGERS = 10_000  # records kept that speak of one


@dataclass(frozen=True)
class Totals:
    """Counts over all records, also of those that no rule needs to see.

    unrivalled: writes to resources that no second attempt touched: nothing there can have raced.
    first, last: nanoseconds since 1970, None for undated logs.
    known: columns that some record fills.
    messages: distinct job and delivery ids.
    """

    resources: int
    attempts: int
    domains: int
    unrivalled: int
    first: int | None
    last: int | None
    known: frozenset[str] = frozenset()
    messages: int = 0


@dataclass(frozen=True)
class History:
    """Events (`events.EVENT_SCHEMA`) in order of their `id`; `sources`: names by index.

    Attempts that share no key with another are only in `totals`.
    """

    events: pl.DataFrame
    totals: Totals
    sources: tuple[str, ...]
    knowledge: Knowledge
    # Records that speak of what leads to another try: `id`, `job`, `name`, `line`.
    triggers: pl.DataFrame = field(default_factory=pl.DataFrame)


def build(
    capture: Capture, knowledge: Knowledge, run: str = "", everything: bool = False
) -> History:
    """The history of one capture: of the attempts that contest something, or of `everything`."""
    numbered = order.number(capture.records, knowledge.precision)
    placed = identity.with_tries(identity.with_queues(identity.with_stems(numbered)))
    families = tuple(entry.source.family for entry in capture.inputs)
    named = submissions.sent(identity.identify(placed, knowledge, families))
    acted = deaths.close(subjects.name(executions.split(named), knowledge), families)
    acted = beliefs.keep(acted)
    kept = (
        pl.repeat(True, acted.height, eager=True)
        if everything
        else contested.any_of(acted, knowledge)
    )
    rivals = _numbered(acted.filter(kept).sort("id"))
    settled = _now(outcomes.settle(_now(operations.pair(rivals.lazy()))))
    based = _now(protection.protect(_now(cycles.base(settled)), protection.any_guard(acted)))
    related = _now(enclosing.enclose(_now(lineage.relate(based))))
    complete = duties.assign(related, knowledge).with_columns(run=pl.lit(run), kind=events.kind())
    told = complete.with_columns(attempt=_ATTEMPT).select(events.EVENT_SCHEMA.names())
    table = collect(told.sort("id"))
    sources = tuple(entry.source.name for entry in capture.inputs)
    measured = replace(knowledge, bounds=skew.measure(table.lazy()))
    shown = discretion.masked(table)
    return History(shown, _totals(acted, kept), sources, measured, _triggers(acted))


def _numbered(rivals: pl.DataFrame) -> pl.DataFrame:
    """Rows whose `attempt` is a number until all is decided: it is sorted and grouped by a dozen times.

    `wider`: the attempt is more than its request.
    """
    number = pl.col("attempt").cast(pl.Categorical).to_physical().cast(pl.UInt32)
    wider = pl.col("attempt") != pl.col("request")
    return rivals.with_columns(number, pl.col("attempt").alias(_ATTEMPT), wider=wider)


def _triggers(acted: pl.DataFrame) -> pl.DataFrame:
    """Also of records that share no key with an attempt: `Restoring 5 unacknowledged messages`."""
    names = acted["name"].unique()
    speaking = names.filter(names.str.contains(TRIGGER).fill_null(False))
    told = acted.lazy().filter(pl.col("name").is_in(speaking.implode()) & ~pl.col("mention"))
    return told.select("id", "job", "name", "line").sort("id").head(_TRIGGERS).collect()


def _now(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Rows a stage has made: stages join rows with themselves, and left lazy each would double the plan."""
    return collect(rows).lazy()


def _totals(acted: pl.DataFrame, kept: pl.Series) -> Totals:
    writes = (
        (pl.col("action") == "write")
        & (pl.col("phase") != "start")
        & pl.col("resource").is_not_null()
    )
    named = pl.col("attempt").filter(pl.col("actor").is_not_null())
    known = frozenset(name for name in acted.columns if acted[name].count())
    counts = acted.select(
        resources=pl.col("resource").drop_nulls().hash().n_unique(),
        attempts=named.hash().n_unique(),
        domains=pl.col("domain").n_unique(),
        messages=pl.coalesce("job", "delivery").drop_nulls().n_unique(),
        unrivalled=(writes & ~kept).sum(),
        first=pl.col("time").min().dt.epoch("ns"),
        last=pl.col("time").max().dt.epoch("ns"),
    )
    return Totals(**counts.row(0, named=True), known=known)
