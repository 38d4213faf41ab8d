"""RL303: two tries of one operation at once."""

from __future__ import annotations

import polars as pl

from racelens import hits, timeline, tries
from racelens.knowledge import Knowledge
from racelens.rule import Line, rule
from racelens.timeline import OTHER, same_clock


def _checked() -> pl.Expr:
    """Tries whose end is logged can be compared with the next one's begin."""
    starts = (pl.col("phase") == "start") & pl.col("lineage").is_not_null() & ~pl.col("mention")
    return pl.when(starts).then(pl.col("end").is_not_null())


@rule(
    "RL303",
    severity="warning",
    key=("lineage",),
    needs=("lineage",),
    message="{actor} began{where} while an earlier try of it was still running",
    lost="{harm}",
    fix="hold a lease on the work for as long as it runs and let the second try wait or give up: SELECT "
    "pg_try_advisory_lock(hashtext('{id}')); make the redelivery timeout longer than the work",
    unit="try",
    wish="Log a start and a finish for each try, with the job's id and the try's number",
    line=Line(
        "job.finish",
        ("job_id", "attempt", "outcome", "pid"),
        ("phase", "outcome"),
        "a line at the end of each try, also when it fails",
    ),
    blind_spot="have no logged end",
    advice="Log a finish for {name}, also when it fails",
    settle="Log start and end of each try, with its number, and the death of its worker",
    checked=_checked,
)
def overlapping_attempts(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """A try began before the previous try of the same operation had ended.

    Flagged
        {"ts":"2026-05-04T12:00:00.1Z","job_id":"job-9","attempt":1,"event":"export.start","resource":"report:7","action":"export"}
        {"ts":"2026-05-04T12:00:00.4Z","job_id":"job-9","attempt":2,"event":"export.start","resource":"report:7","action":"export"}
        {"ts":"2026-05-04T12:00:00.7Z","job_id":"job-9","attempt":1,"event":"export.finish","resource":"report:7","action":"export","status":"ok"}
        {"ts":"2026-05-04T12:00:00.9Z","job_id":"job-9","attempt":2,"event":"export.finish","resource":"report:7","action":"export","status":"ok"}

    Silent
        {"ts":"2026-05-04T12:00:00.1Z","job_id":"job-9","attempt":1,"event":"export.start","resource":"report:7","action":"export"}
        {"ts":"2026-05-04T12:00:00.3Z","job_id":"job-9","attempt":1,"event":"export.finish","resource":"report:7","action":"export","status":"failed"}
        {"ts":"2026-05-04T12:00:00.4Z","job_id":"job-9","attempt":2,"event":"export.start","resource":"report:7","action":"export"}
        {"ts":"2026-05-04T12:00:00.9Z","job_id":"job-9","attempt":2,"event":"export.finish","resource":"report:7","action":"export","status":"ok"}

    How it is found
        A broker that gives work out again while it runs, a client that tries again too early. Tries of
        one lineage (see RL301) whose intervals from start to finish overlap.
        confirmed: both were stamped by one clock, or messages bound how far the two clocks differ.
        possible: the overlap rests on the clocks of two hosts; or the first try of a job whose worker
        logs ends has none, and no record says that its process died.
        A client that tries again too early counts only when both of its requests took effect.
        Cannot see: tries that log nothing after their start.

    Fix
        Hold a lease for as long as the work runs, and make the visibility timeout of the queue, or the
        timeout of the client, longer than the work takes.
    """
    # A try whose end is not logged was at work for as long as it wrote something.
    open_ = pl.col("ended" + OTHER).is_null()
    until = pl.coalesce("end" + OTHER, "last_time" + OTHER)
    overlap = until - pl.col("begin")
    # Which came first only a rising try number tells: overlapping means beginning before the other's end.
    back = pl.col("end") - pl.col("begin" + OTHER)
    may, must = (
        (overlap + pl.col(ahead) > pl.duration())
        & (back - pl.col(behind) > pl.duration()).fill_null(True)
        for ahead, behind in (("ahead_most", "ahead_least"), ("ahead_least", "ahead_most"))
    )
    in_order = pl.col("began") < pl.coalesce("ended" + OTHER, "last" + OTHER)
    # A worker that logs ends logged none of the first, and its process is not said to have died.
    died_before = (pl.col("died" + OTHER) < pl.col("began")).fill_null(False)
    silent = (
        open_
        & pl.col("of_job")
        & pl.col("logs_ends")
        & ~tries.both_took_effect()  # that is RL302
        & pl.col("handled" + OTHER)
        & pl.col("handled")
        & (pl.col("began") > pl.col("last" + OTHER))
    )
    overlaps = ~died_before & (pl.when(same_clock()).then(in_order).otherwise(may) | silent)
    sure = pl.when(same_clock()).then(in_order).otherwise(must & pl.col("measured"))
    doubt = (
        pl.when(~must)
        .then(timeline.doubt())
        .otherwise(pl.lit("the overlap rests on the clocks of two hosts"))
    )
    twice = tries.both_took_effect()
    harm = (
        pl.when(twice)
        .then(pl.lit("the effect happened twice"))
        .when(silent)
        .then(pl.lit("both may have run at once"))
        .otherwise(pl.lit("both ran at once"))
    )
    pairs = (
        tries.tries(events)
        .pipe(timeline.with_slack, knowledge)
        .filter(
            pl.col("before") & overlaps.fill_null(False) & ~pl.col("noop") & ~pl.col("noop" + OTHER)
        )
        .filter(pl.col("of_job") | twice)
        .with_columns(
            at="began",
            confidence=pl.when(silent | tries.ended_elsewhere())
            .then(pl.lit("possible"))
            .when(sure & ~open_ & ~pl.col("only_taken"))
            .then(pl.lit("confirmed"))
            .when(pl.col("measured") & ~sure)
            .then(pl.lit("undecided"))
            .otherwise(pl.lit("possible")),
            reason=pl.when(silent)
            .then(
                pl.lit(
                    "the first has no end in the log, and nothing says that its process died: it may have been at "
                    "work still"
                )
            )
            .when(tries.ended_elsewhere())
            .then(pl.lit("two clocks stamped the begin and the end of the first"))
            .when(sure & open_)
            .then(
                pl.lit(
                    "the end of the first is not logged: it was last seen after the second began"
                )
            )
            .when(pl.col("only_taken"))
            .then(pl.lit("it was taken while the first was at work; when it began is not logged"))
            .when(sure)
            .then(pl.lit("the second began before the first had ended"))
            .otherwise(doubt),
            harm=harm,
            where=hits.where(),
            id=tries.name(),
            earlier_try="try" + OTHER,
            still=pl.when(~silent).then(pl.coalesce("ended" + OTHER, "last" + OTHER)),
            before=pl.when(silent)
            .then(pl.lit(", and nothing says that the first had ended"))
            .otherwise(pl.lit(" before that")),
            stopped=pl.when(open_).then(pl.lit("was last seen in")).otherwise(pl.lit("ended")),
        )
        .with_columns(
            note=_numbered(
                pl.format("began try {}{}: {}", "try", "before", "harm"),
                pl.format("began again{}: {}", "before", "harm"),
            ),
            related=pl.concat_list(
                hits.event(
                    "began" + OTHER,
                    _numbered(pl.format("began try {}", "earlier_try"), pl.lit("began")),
                    raced=True,
                ),
                hits.event(
                    "still",
                    _numbered(
                        pl.format("{} try {}", "stopped", "earlier_try"),
                        pl.when(open_).then(pl.lit("was last seen")).otherwise(pl.lit("ended")),
                    ),
                    raced=True,
                ),
                tries.earlier_effect(),
                hits.event("effect", pl.format("had its effect in try {}", "try"), raced=False),
            ).list.drop_nulls(),
        )
    )
    return hits.nearest(pairs).select(
        *hits.COLUMNS, "actor", "where", "harm", "id", "try", "earlier_try"
    )


def _numbered(told: pl.Expr, plain: pl.Expr) -> pl.Expr:
    """What names the tries by number, where the log numbers them."""
    return pl.when(pl.col("try") != pl.col("try" + OTHER)).then(told).otherwise(plain)
