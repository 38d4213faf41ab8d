"""RL304: tried again and again, without backoff or limit."""

from __future__ import annotations

import polars as pl

from racelens import hits, tries
from racelens.knowledge import Knowledge
from racelens.rule import Line, rule
from racelens.timeline import OTHER

_MANY = 5  # tries without backoff
_TOO_MANY = 20  # tries at whatever distance
_GROWTH = 2  # of the mean wait, from the earlier half of the waits to the later one
_ENOUGH = 4  # waits by one clock that show by themselves whether they grow
_LONG = pl.duration(minutes=1)  # a mean wait above this burdens nobody
_SHOWN = 8


def _checked() -> pl.Expr:
    """Failures that belong to a piece of work whose other tries can be told."""
    return pl.when(tries.is_failure()).then(pl.col("work").is_not_null())


@rule(
    "RL304",
    severity="warning",
    key=("work",),
    several=True,
    needs=("work",),
    message="{actor} was tried {tries} times{where} {manner}",
    lost="{tries} tries: what is slow or down gets more load because it is slow or down",
    fix="wait longer after each failure, at random, and give up: delay = min(cap, base * 2 ** try) * "
    "random(); after {limit} tries move the work to a dead-letter queue",
    unit="failed try",
    wish="Log a start and a finish for each try, with the job's id and the try's number",
    line=Line(
        "job.finish",
        ("job_id", "attempt", "outcome", "pid"),
        ("job_id",),
        "the id that all tries of one operation share",
    ),
    blind_spot="belong to no job, message or flow",
    advice="Log the job's id, or a correlation id and the payload's hash, on {name}",
    checked=_checked,
)
def retry_storm(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:  # noqa: ARG001
    """An operation that keeps failing was retried without backoff or beyond any sensible limit.

    Flagged
        {"ts":"2026-05-04T12:00:00.0Z","job_id":"job-9","attempt":1,"event":"mail.finish","action":"notify","status":"failed","duration_ms":10}
        {"ts":"2026-05-04T12:00:01.0Z","job_id":"job-9","attempt":2,"event":"mail.finish","action":"notify","status":"failed","duration_ms":10}
        {"ts":"2026-05-04T12:00:02.0Z","job_id":"job-9","attempt":3,"event":"mail.finish","action":"notify","status":"failed","duration_ms":10}
        {"ts":"2026-05-04T12:00:03.0Z","job_id":"job-9","attempt":4,"event":"mail.finish","action":"notify","status":"failed","duration_ms":10}
        {"ts":"2026-05-04T12:00:04.0Z","job_id":"job-9","attempt":5,"event":"mail.finish","action":"notify","status":"ok","duration_ms":10}

    Silent
        {"ts":"2026-05-04T12:00:00.0Z","job_id":"job-9","attempt":1,"event":"mail.finish","action":"notify","status":"failed","duration_ms":10}
        {"ts":"2026-05-04T12:00:01.0Z","job_id":"job-9","attempt":2,"event":"mail.finish","action":"notify","status":"failed","duration_ms":10}
        {"ts":"2026-05-04T12:00:03.0Z","job_id":"job-9","attempt":3,"event":"mail.finish","action":"notify","status":"failed","duration_ms":10}
        {"ts":"2026-05-04T12:00:07.0Z","job_id":"job-9","attempt":4,"event":"mail.finish","action":"notify","status":"failed","duration_ms":10}
        {"ts":"2026-05-04T12:00:15.0Z","job_id":"job-9","attempt":5,"event":"mail.finish","action":"notify","status":"ok","duration_ms":10}

    How it is found
        Tries of one lineage, or of one operation and payload in one flow, each of which failed or timed
        out before the next began. Five or more of them whose waits, at most a minute in the mean, do
        not grow: the later half of the waits is on average less than twice the earlier half, or longer
        by no more than the clock can tell. Only waits between tries on one clock say whether they grow. Or twenty and more at whatever distance.
        confirmed: one clock stamped all of them, or twenty were counted.
        possible: clocks of several hosts measured the waits, or only action and resource say that the
        requests were the same.
        A success or a no-op ends the count.
        Cannot see: tries refused with a conflict.

    Fix
        Wait longer after each failure, with a random part so that clients do not come back together,
        and give up after a few tries:
            delay = min(60, 0.5 * 2 ** attempt) * random.uniform(0.5, 1)
        Honour Retry-After. A circuit breaker in front of the callee ends storms of many clients.
    """
    storms = _stretches(tries.each_beside_the_next(events))
    tick = pl.duration(nanoseconds=pl.col("precision"))
    longer = pl.col("later") - pl.col("earlier") > tick
    grows = (pl.col("later") >= _GROWTH * pl.col("earlier")) & longer
    # A wait or two by one clock may be longer by chance: all waits have a say then.
    grows &= (pl.col("timed") >= _ENOUGH) | (pl.col("all_later") >= _GROWTH * pl.col("all_earlier"))
    grows = grows.fill_null(False)
    crowded = (pl.col("tries") >= _MANY) & (pl.col("mean") <= _LONG) & ~grows
    endless = pl.col("tries") >= _TOO_MANY
    told = crowded.fill_null(False)
    counted = pl.format("{} tries in a row without success", "tries")
    waits = pl.format(
        "{}, waiting {} ms on average and {} ms in the later half", counted, "wait_ms", "later_ms"
    )
    sure = pl.col("one_clock") | endless
    return (
        storms.filter(told | endless)
        .with_columns(
            where=hits.where(),
            limit=pl.lit(_MANY),
            wait_ms=pl.col("mean").dt.total_milliseconds(),
            later_ms=pl.col("later").dt.total_milliseconds(),
            manner=pl.when(told)
            .then(pl.lit("without backoff"))
            .otherwise(pl.lit("without a limit")),
        )
        .with_columns(
            note=pl.format("began try {}: all before it had failed", "tries"),
            confidence=pl.when(sure & ~tries.is_alike())
            .then(pl.lit("confirmed"))
            .otherwise(pl.lit("possible")),
            reason=pl.when(tries.is_alike())
            .then(pl.format("{}; no payload says that they asked for the same", counted))
            .when(~sure)
            .then(pl.format("{}; clocks of several hosts measured the waits", counted))
            .when(told)
            .then(pl.format("{}, by one clock", waits))
            .otherwise(counted),
        )
        .select(*hits.COLUMNS, "actor", "where", "manner", "tries", "wait_ms", "later_ms", "limit")
    )


def _stretches(each: pl.LazyFrame) -> pl.LazyFrame:
    """One row for each series of failures and the try after it; `mean`, `earlier`, `later`: its waits."""
    unfinished = pl.col("outcome").is_null() & (pl.col("handled") | pl.col("error").is_not_null())
    failed = (pl.col("outcome").is_in(["fail", "unknown"]) | unfinished) & ~pl.col("noop")
    before = (~failed.fill_null(False)).cast(pl.Int32).shift(1, fill_value=0)
    placed = each.with_columns(stretch=before.cum_sum().over("work")).with_columns(
        place=pl.int_range(1, pl.len() + 1).over("work", "stretch"),
        wait=pl.col("begin").diff().over("work", "stretch"),
    )
    began = pl.struct(id="began", note=pl.format("began try {}", "place"), raced=pl.lit(True)).cast(
        hits.Event
    )
    told = pl.col("domain") == pl.col("domain" + OTHER)
    waits = pl.col("wait").filter(told).drop_nulls()
    half = waits.len() // 2
    return placed.group_by("work", "stretch", maintain_order=True).agg(
        pl.col("resource").drop_nulls().first(),
        pl.col("actor").last(),
        pl.col("one_clock", "precision").first(),
        at=pl.col("began").last(),
        tries=pl.len(),
        mean=pl.col("wait").mean(),
        timed=waits.len(),
        all_earlier=pl.col("wait").head(pl.len() // 2).mean(),
        all_later=pl.col("wait").tail(pl.len() // 2).mean(),
        earlier=waits.head(half).mean(),
        later=waits.tail(half).mean(),
        related=began.head(pl.min_horizontal(pl.len() - 1, _SHOWN)),
    )
