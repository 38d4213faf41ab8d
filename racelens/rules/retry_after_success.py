"""RL301: tried again although it had succeeded."""

from __future__ import annotations

import polars as pl

from racelens import hits, timeline, tries
from racelens.knowledge import Knowledge
from racelens.rule import Line, rule
from racelens.timeline import OTHER, same_clock


def _checked() -> pl.Expr:
    """Tries after the first: is the end of the one before them known?"""
    again = (pl.col("try") > 1) & (pl.col("phase") == "start") & ~pl.col("mention")
    return pl.when(again).then(pl.col("lineage").is_not_null())


def _cleared() -> pl.Expr:
    """A later try that found the work done."""
    later = (pl.col("try") > 1) & (pl.col("outcome") == "conflict") & (pl.col("role") != "envelope")
    return pl.when(later).then(pl.lit("guard worked: the retry found the work done"))


@rule(
    "RL301",
    severity="error",
    key=("lineage",),
    needs=("lineage",),
    message="{actor} was tried again{where} after it had succeeded",
    lost="{harm}",
    fix="acknowledge in the transaction that does the work, and let a try begin with the question "
    "whether the work is done: SELECT 1 FROM done WHERE job_id = '{id}'",
    unit="retry",
    wish="Log a start and a finish for each try, with the job's id and the try's number",
    line=Line(
        "job.finish",
        ("job_id", "attempt", "outcome", "pid"),
        ("job_id",),
        "the id that all tries of one operation share",
    ),
    blind_spot="belong to no job, message or flow",
    advice="Log the job's id on {name}",
    settle="Log start, end and effect of each try, with its number",
    checked=_checked,
    cleared=_cleared,
)
def retry_after_success(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """A new try began although an earlier try had succeeded.

    Flagged
        {"ts":"2026-05-04T12:00:00.1Z","job_id":"job-9","attempt":1,"event":"charge.start","resource":"order:7","action":"charge"}
        {"ts":"2026-05-04T12:00:00.4Z","job_id":"job-9","attempt":1,"event":"charge.finish","resource":"order:7","action":"charge","status":"ok"}
        {"ts":"2026-05-04T12:00:00.9Z","job_id":"job-9","attempt":2,"event":"charge.start","resource":"order:7","action":"charge"}

    Silent
        {"ts":"2026-05-04T12:00:00.1Z","job_id":"job-9","attempt":1,"event":"charge.start","resource":"order:7","action":"charge"}
        {"ts":"2026-05-04T12:00:00.4Z","job_id":"job-9","attempt":1,"event":"charge.finish","resource":"order:7","action":"charge","status":"failed"}
        {"ts":"2026-05-04T12:00:00.9Z","job_id":"job-9","attempt":2,"event":"charge.start","resource":"order:7","action":"charge"}

    How it is found
        Tries of one lineage: the same job or message, else the same operation and payload in one flow
        with a rising try number. The runner logged that try n ended well before try n + 1 began: an
        acknowledgement was lost, or nobody looked.
        confirmed: the runner itself logged the success, or its effect is in the log, and both tries were stamped by one clock, or
        messages between the two bound how far they differ.
        possible: the order rests on clocks of two hosts, or only the server's side is logged, or the
        runner numbers no tries: then a job of that id may be meant to run again.
        A try that found the work done, or followed a failure, is left alone.

    Fix
        Make success durable before it can be forgotten: acknowledge together with the work, and begin
        every try by asking whether the work is done.
    """
    ended_well = (pl.col("outcome" + OTHER) == "ok") & pl.col("ended" + OTHER).is_not_null()
    gap = pl.col("begin") - pl.col("end" + OTHER)
    may, must = (gap - pl.col(c) > pl.duration() for c in ("ahead_least", "ahead_most"))
    in_order = pl.col("began") > pl.col("ended" + OTHER)
    after = pl.when(same_clock()).then(in_order).otherwise(may)
    told = pl.when(same_clock()).then(in_order).otherwise(must & pl.col("measured"))
    # An end without a word may have been a failure that nobody named, unless the effect is there.
    succeeded = pl.col("worded" + OTHER) | (pl.col("effects" + OTHER) > 0)
    sure = told & pl.col("of_job") & succeeded & ~tries.ended_elsewhere()
    unclear = pl.col("measured") & ~told
    doubt = (
        pl.when(tries.ended_elsewhere())
        .then(pl.lit("two clocks stamped the end of the first and the begin of the next"))
        .when(~same_clock() & ~must)
        .then(timeline.doubt())
        .when(pl.col("measured"))
        .then(pl.lit("only the server's side is logged: the caller may not have seen the success"))
        .otherwise(pl.lit("the order rests on the clocks of two hosts"))
    )
    twice = tries.both_took_effect()
    harm = (
        pl.when(twice)
        .then(pl.lit("the effect happened twice"))
        .otherwise(pl.lit("the work was begun again"))
    )
    # A worker that runs a job again tells no number; where both runs have their effect in the log, RL202 speaks.
    run_again = (
        pl.col("of_job") & (pl.col("try") == pl.col("try" + OTHER)) & ~twice & pl.col("before")
    )
    pairs = (
        tries.tries(events)
        .pipe(timeline.with_slack, knowledge)
        .filter(ended_well & after.fill_null(False) & ~pl.col("noop"))
        .filter(tries.is_later() | run_again)
        .with_columns(
            at="began",
            confidence=pl.when(sure & tries.is_later())
            .then(pl.lit("confirmed"))
            .when(unclear)
            .then(pl.lit("undecided"))
            .otherwise(pl.lit("possible")),
            reason=pl.when(sure & ~tries.is_later())
            .then(pl.lit("no try is numbered: a job of this id may be meant to run again"))
            .when(sure)
            .then(pl.lit("the runner logged the success before the next try began"))
            .otherwise(doubt),
            harm=harm,
            where=hits.where(),
            id=tries.name(),
            earlier_try="try" + OTHER,
        )
        .with_columns(
            note=pl.when(tries.is_later())
            .then(pl.format("began try {}: {}", "try", "harm"))
            .otherwise(pl.format("began again: {}", "harm")),
            related=pl.concat_list(
                tries.earlier_effect(),
                hits.event(
                    "ended" + OTHER,
                    pl.when(tries.is_later())
                    .then(pl.format("ended try {} with success", "earlier_try"))
                    .otherwise(pl.lit("ended with success")),
                    raced=True,
                ),
                hits.event(
                    "effect", pl.format("had its effect again in try {}", "try"), raced=False
                ),
            ).list.drop_nulls(),
        )
    )
    return hits.nearest(pairs).select(
        *hits.COLUMNS, "actor", "where", "harm", "id", "try", "earlier_try"
    )
