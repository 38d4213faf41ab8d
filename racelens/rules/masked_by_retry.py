"""RL306: it failed, and at once it worked."""

from __future__ import annotations

import polars as pl

from racelens import hits, tries
from racelens.knowledge import Knowledge
from racelens.rule import Line, rule
from racelens.timeline import OTHER, same_clock

_IMMEDIATE = pl.duration(seconds=10)


def _checked() -> pl.Expr:
    """Failures that belong to a piece of work whose other tries can be told."""
    failed = tries.is_failure() & (pl.col("outcome") == "fail")
    return pl.when(failed).then(pl.col("work").is_not_null())


@rule(
    "RL306",
    severity="info",
    key=("work",),
    several=True,
    needs=("work",),
    message="{actor} succeeded{where} {gap_ms} ms after the same thing had failed",
    lost="nothing yet: a retry hides a fault that comes and goes ({error})",
    fix="look at what the failed try raced with: racelens scan --select RL1,RL4; count such retries, "
    "their rate is the rate of the fault",
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
def masked_by_retry(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:  # noqa: ARG001
    """Something failed and succeeded at once when it was tried again: “it goes away on refresh”.

    Flagged
        {"ts":"2026-05-04T12:00:00.0Z","job_id":"job-9","attempt":1,"event":"mail.finish","action":"notify","status":"failed","error_type":"RuntimeError","duration_ms":10}
        {"ts":"2026-05-04T12:00:01.0Z","job_id":"job-9","attempt":2,"event":"mail.finish","action":"notify","status":"ok","duration_ms":10}

    Silent
        {"ts":"2026-05-04T12:00:00.0Z","job_id":"job-9","attempt":1,"event":"mail.finish","action":"notify","status":"failed","error_type":"RuntimeError","duration_ms":10}
        {"ts":"2026-05-04T12:00:01.0Z","job_id":"job-9","attempt":2,"event":"mail.finish","action":"notify","status":"failed","error_type":"RuntimeError","duration_ms":10}

    How it is found
        Two tries of one lineage, or of one operation and payload in one flow, next to each other: the
        first failed, the second succeeded within ten seconds. A race often shows itself only so.
        confirmed: one clock stamped the failure and the success, and the payload or the lineage says
        that both asked for the same.
        possible: clocks of two hosts measured the distance, or only action and resource were the same.
        Timeouts are left to RL302, conflicts to the guards that refused. Always info: the retry helped.

    Fix
        Retrying is right; not knowing what was retried is not. Count the retries and look at what ran
        beside the tries that failed.
    """
    failed = (pl.col("outcome" + OTHER) == "fail") & ~pl.col("noop" + OTHER)
    worked = (pl.col("outcome") == "ok") & ~pl.col("noop")
    gap = pl.col("begin") - pl.col("end" + OTHER)
    # Where the tries' numbers rise, a negative distance is one between clocks.
    after = (gap >= pl.duration()) | (tries.is_later() & ~same_clock())
    sure = pl.col("one_clock") & ~tries.is_alike()
    return (
        tries.each_beside_the_next(events)
        .filter(failed & worked & (gap <= _IMMEDIATE) & after)
        .with_columns(
            at="ended",
            confidence=pl.when(sure).then(pl.lit("confirmed")).otherwise(pl.lit("possible")),
            reason=pl.when(tries.is_alike())
            .then(pl.lit("no payload says that both asked for the same"))
            .when(sure)
            .then(pl.lit("failure and success of one piece of work, by one clock"))
            .otherwise(pl.lit("clocks of two hosts measured how soon it worked")),
            where=hits.where(),
            gap_ms=pl.max_horizontal(gap.dt.total_milliseconds(), 0),
            error=pl.col("error" + OTHER).fill_null("no error is named"),
            note=pl.lit("then succeeded: nobody was told"),
        )
        .with_columns(
            related=pl.concat_list(
                hits.event("ended" + OTHER, pl.format("failed ({})", "error"), raced=True)
            )
        )
        .select(*hits.COLUMNS, "actor", "where", "error", "gap_ms")
    )
