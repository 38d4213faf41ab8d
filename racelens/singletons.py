"""Jobs that are meant to run one at a time: those that a schedule starts, or that take a lock of their name.

A job that events start, for many resources, is no such job, however often its runs overlap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from racelens.knowledge import Knowledge

_RUNS = 4  # fewer show no period
_REGULAR = 0.75  # share of gaps that must be near a multiple of the period
_NEAR = 0.15  # of the period
_MULTIPLES = 3.5  # periods: longer gaps are pauses
_SCHEDULER = r"(?i)\b(?:cron|crontab|beat|scheduler|tick|repeat)\b"
_CRON = r"(?i)(?:^|[^a-z])(?:cron(?:job|tab)?|hourly|nightly|daily|weekly|monthly)(?:[^a-z]|$)"  # a job that says so in its name
_LOCKED = (
    r"(?i)already[\s_.-]?running|still[\s_.-]?running|lock[\s_.-]?(?:held|busy|not[\s_.-]?acquired)"
)


def learn(records: pl.LazyFrame) -> frozenset[str]:
    """The `duty` of each singleton: its operation and, where it has one, its resource."""
    starts = records.filter(begins() & ~pl.col("mention"))
    if starts.select(pl.len()).collect().item() == 0:
        return frozenset()
    runs = (
        starts.with_columns(duty=duty())
        .sort("time")
        .unique(["duty", "job"], keep="first", maintain_order=True)
    )
    started = runs.filter(pl.col("phase") == "start")
    seen = _scheduled(runs, records).join(_periodic(started), on="duty", how="full", coalesce=True)
    named = runs.select("duty", named=pl.col("stem").str.contains(_CRON)).unique("duty")
    seen = seen.join(named, on="duty", how="full", coalesce=True)
    found = seen.join(_refused(records), on="duty", how="full", coalesce=True).filter(
        pl.any_horizontal(pl.col("scheduled", "periodic", "refused", "named").fill_null(False))
    )
    return frozenset(found.collect()["duty"])


def duty() -> pl.Expr:
    """`job.rollup rollup:daily`: what is to be done, and on what, by one run at a time."""
    return pl.concat_str("stem", "resource", separator=" ", ignore_nulls=True)


def is_one(knowledge: Knowledge) -> pl.Expr:
    """True for the begin of a run of such a job, learned or declared by its operation."""
    learned = duty().is_in(sorted(knowledge.singletons))
    declared = pl.col("stem").is_in(sorted(knowledge.declared_singletons))
    return begins() & (learned | declared)


def begins() -> pl.Expr:
    """True for the start of a job, and for a sentence that says that a worker took it."""
    takes = (pl.col("action") == "deliver") & pl.col("from_text").is_not_null()
    return ((pl.col("phase") == "start") | takes) & pl.col("job").is_not_null()


def _periodic(runs: pl.LazyFrame) -> pl.LazyFrame:
    """Duties whose runs begin at multiples of one period; jitter and left out runs allowed."""
    gap = pl.col("time").diff().dt.total_microseconds().cast(pl.Float64)
    period = pl.col("gap").median()
    in_periods = pl.col("gap") / period
    near = ((in_periods - in_periods.round()).abs() < _NEAR) & (in_periods < _MULTIPLES)
    return (
        runs.with_columns(gap=gap.over("duty"))
        .group_by("duty")
        .agg(periodic=(near & (in_periods > 0.5)).mean() >= _REGULAR, runs=pl.len())
        .select("duty", periodic=pl.col("periodic") & (pl.col("runs") >= _RUNS))
    )


def _scheduled(runs: pl.LazyFrame, records: pl.LazyFrame) -> pl.LazyFrame:
    """Duties of which most runs belong to a flow that a scheduler began."""
    by_schedule = (
        records.filter(
            pl.col("name").str.contains(_SCHEDULER)
            & pl.col("job").is_null()
            & pl.col("correlation").is_not_null()
        )
        .select("correlation", by=pl.lit(True))
        .unique()
    )
    return (
        runs.join(by_schedule, on="correlation", how="left")
        .group_by("duty")
        .agg(scheduled=pl.col("by").fill_null(False).mean() > 0.5)
    )


def _refused(records: pl.LazyFrame) -> pl.LazyFrame:
    """Duties of which a run was refused because another was running."""
    said = pl.concat_str("name", "error", separator=" ", ignore_nulls=True)
    refused = records.filter(
        pl.col("job").is_not_null() & said.str.contains(_LOCKED) & pl.col("resource").is_not_null()
    )
    return refused.select(duty=duty(), refused=pl.lit(True)).unique()
