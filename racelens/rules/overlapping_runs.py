"""RL501: two runs of a job that is meant to run one at a time."""

from __future__ import annotations

import polars as pl

from racelens import hits, singletons, timeline
from racelens.events import of_handler
from racelens.knowledge import Knowledge
from racelens.rule import Line, rule
from racelens.timeline import OTHER, neighbours, same_clock

_REACH = 3  # runs looked at on the way back


def _checked() -> pl.Expr:
    """Runs whose end is logged can be compared with the next one's begin."""
    starts = of_handler("start") & pl.col("duty").is_not_null() & ~pl.col("mention")
    return pl.when(starts).then(pl.col("end").is_not_null())


def _cleared() -> pl.Expr:
    skipped = (pl.col("outcome") == "conflict") & pl.col("duty").is_not_null()
    return pl.when(skipped & of_handler("finish")).then(pl.lit("guard worked: the run was skipped"))


@rule(
    "RL501",
    severity="error",
    key=("duty",),
    needs=("job",),
    message="{actor} began{where} while the run before it, {earlier}, was still at work",
    lost="{harm}",
    fix="let one run at a time hold a lock of the job's name for as long as it works, and let the other "
    "skip: SELECT pg_try_advisory_lock(hashtext('{duty}')); or start the next one only when this ends",
    unit="scheduled run",
    wish="Log a start and a finish for each run of a scheduled job, with a job id of its own",
    line=Line(
        "job.finish",
        ("job_id", "attempt", "outcome", "pid"),
        ("phase", "outcome"),
        "a line at the end of each run, also when it fails or is skipped",
    ),
    blind_spot="have no logged end",
    advice="Log a finish for {name}, also when it fails or is skipped",
    settle="Log what each run wrote, how it ended, and the lock it takes",
    checked=_checked,
    cleared=_cleared,
)
def overlapping_runs(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """Two runs of a scheduled or singleton job were at work at once.

    Flagged
        {"time":"2026-05-04T12:00:00.1Z","pid":7,"job_id":"n-1","event":"rollup","step":"start","resource":"rollup:daily"}
        {"time":"2026-05-04T12:00:02.1Z","pid":7,"job_id":"n-1","event":"rollup.write","resource":"rollup:daily","action":"write"}
        {"time":"2026-05-04T12:00:03.1Z","pid":7,"job_id":"n-1","event":"rollup","step":"finish","resource":"rollup:daily"}
        {"time":"2026-05-04T12:00:04.1Z","pid":7,"job_id":"n-2","event":"rollup","step":"start","resource":"rollup:daily"}
        {"time":"2026-05-04T12:00:05.1Z","pid":7,"job_id":"n-2","event":"rollup.write","resource":"rollup:daily","action":"write"}
        {"time":"2026-05-04T12:00:06.1Z","pid":7,"job_id":"n-2","event":"rollup","step":"finish","resource":"rollup:daily"}
        {"time":"2026-05-04T12:00:08.1Z","pid":7,"job_id":"n-3","event":"rollup","step":"start","resource":"rollup:daily"}
        {"time":"2026-05-04T12:00:12.1Z","pid":7,"job_id":"n-4","event":"rollup","step":"start","resource":"rollup:daily"}
        {"time":"2026-05-04T12:00:13.1Z","pid":7,"job_id":"n-3","event":"rollup.write","resource":"rollup:daily","action":"write"}
        {"time":"2026-05-04T12:00:13.2Z","pid":7,"job_id":"n-3","event":"rollup","step":"finish","resource":"rollup:daily"}
        {"time":"2026-05-04T12:00:14.1Z","pid":7,"job_id":"n-4","event":"rollup.write","resource":"rollup:daily","action":"write"}
        {"time":"2026-05-04T12:00:14.2Z","pid":7,"job_id":"n-4","event":"rollup","step":"finish","resource":"rollup:daily"}

    Silent
        {"time":"2026-05-04T12:00:00.1Z","pid":7,"job_id":"n-1","event":"rollup","step":"start","resource":"rollup:daily"}
        {"time":"2026-05-04T12:00:03.1Z","pid":7,"job_id":"n-1","event":"rollup","step":"finish","resource":"rollup:daily"}
        {"time":"2026-05-04T12:00:04.1Z","pid":7,"job_id":"n-2","event":"rollup","step":"start","resource":"rollup:daily"}
        {"time":"2026-05-04T12:00:06.1Z","pid":7,"job_id":"n-2","event":"rollup","step":"finish","resource":"rollup:daily"}
        {"time":"2026-05-04T12:00:08.1Z","pid":7,"job_id":"n-3","event":"rollup","step":"start","resource":"rollup:daily"}
        {"time":"2026-05-04T12:00:12.1Z","pid":7,"job_id":"n-4","event":"rollup","step":"start","resource":"rollup:daily"}
        {"time":"2026-05-04T12:00:12.2Z","pid":7,"job_id":"n-4","event":"rollup","step":"finish","resource":"rollup:daily","outcome":"skipped"}
        {"time":"2026-05-04T12:00:13.2Z","pid":7,"job_id":"n-3","event":"rollup","step":"finish","resource":"rollup:daily"}

    How it is found
        The run takes longer than the period, or the scheduler itself runs twice. Runs of one duty
        (operation and resource) of a job that a schedule starts, that begins at regular times, or whose
        runs refuse each other; two runs that overlap and were not skipped.
        confirmed: one clock orders the second's begin before the first's end, or messages bound the two
        clocks, and both logged work of their own.
        possible: the order rests on two clocks; or only start and finish are logged, which a run that
        was skipped without a word would log, too.
        Jobs that events start, for many resources, may overlap and are left alone.
        Cannot see: jobs without a job id; the period of fewer than four runs.

    Fix
        Take a lock of the job's name for as long as the run works, and skip when it is held:
            SELECT pg_try_advisory_lock(hashtext('rollup:daily'))
        or forbid it in the scheduler (concurrencyPolicy: Forbid, max_instances=1, flock -n).
    """
    overlap = pl.col("end" + OTHER) - pl.col("begin")
    may, must = (overlap + pl.col(c) > pl.duration() for c in ("ahead_most", "ahead_least"))
    in_order = pl.col("began") < pl.col("ended" + OTHER)
    sure = pl.when(same_clock()).then(in_order).otherwise(must & pl.col("measured"))
    # When a run that was merely taken began, nobody says.
    sure &= pl.col("started")
    worked = pl.col("work").is_not_null() & pl.col("work" + OTHER).is_not_null()
    closed = pl.col("closed" + OTHER)
    pairs = (
        neighbours(_runs(events), ("duty",), ("began",), _KEPT, _REACH)
        # One job that runs again is one run, tried again: RL301 to RL303.
        .filter(pl.col("before") & (pl.col("actor") != pl.col("actor" + OTHER)).fill_null(True))
        .pipe(timeline.with_slack, knowledge)
        .filter(pl.when(same_clock()).then(in_order).otherwise(may).fill_null(False))
        .with_columns(
            confidence=pl.when(sure & worked & closed)
            .then(pl.lit("confirmed"))
            .when(pl.col("measured") & ~must & ~same_clock())
            .then(pl.lit("undecided"))
            .otherwise(pl.lit("possible")),
            reason=pl.when(~must & ~same_clock())
            .then(timeline.doubt())
            .when(~worked)
            .then(pl.lit("no work between start and finish is logged: a run may have been skipped"))
            .when(~closed)
            .then(
                pl.lit(
                    "the end of the first run is not logged: it was last seen after the second began"
                )
            )
            .when(sure)
            .then(pl.lit("the second began before the first had ended, and both did their work"))
            .otherwise(pl.lit("the overlap rests on the clocks of two hosts")),
        )
    )
    return _hits(pairs)


_KEPT = [
    "began",
    "begin",
    "started",
    "ended",
    "end",
    "closed",
    "work",
    "actor",
    "attempt",
    "domain",
]


def _runs(events: pl.LazyFrame) -> pl.LazyFrame:
    """One row for each run that was not skipped. work: the id of the first thing it did; closed: it ended."""
    handler = pl.col("duty") == singletons.duty()
    start, finish = (handler & (pl.col("phase") == phase) for phase in ("start", "finish"))
    starts = handler & singletons.begins()
    work = pl.col("role").is_in(["access", "effect"]) & (pl.col("outcome") == "ok") & ~handler
    return (
        events.filter(pl.col("duty").is_not_null() & ~pl.col("mention"))
        .sort("id")
        .group_by("duty", "attempt")
        .agg(
            pl.col("actor", "domain").first(),
            pl.col("resource").drop_nulls().first(),
            began=pl.coalesce(*(pl.col("id").filter(e).first() for e in (start, starts))),
            begin=pl.coalesce(*(pl.col("begin").filter(e).first() for e in (start, starts))),
            started=start.any(),
            ended=pl.coalesce(pl.col("id").filter(finish).last(), pl.col("id").last()),
            end=pl.coalesce(pl.col("time").filter(finish).last(), pl.col("time").last()),
            closed=finish.any(),
            work=pl.col("id").filter(work).first(),
            skipped=((pl.col("outcome") == "conflict") & (pl.col("role") != "access")).any(),
            failed=(pl.col("outcome").filter(finish).last() == "fail").fill_null(False),
        )
        .filter(~pl.col("skipped") & ~pl.col("failed") & pl.col("began").is_not_null())
    )


def _hits(pairs: pl.LazyFrame) -> pl.LazyFrame:
    told = pairs.with_columns(
        id="began",
        id_other="began" + OTHER,
        at="began",
        earlier=pl.col("actor" + OTHER).fill_null("another"),
        harm=pl.lit("both runs did the work at once"),
        where=hits.where(),
        note=pl.lit("began meanwhile: both ran at once"),
        related=pl.concat_list(
            hits.event("began" + OTHER, pl.lit("began its run"), raced=True),
            hits.event("ended" + OTHER, pl.lit("ended it"), raced=True),
        ).list.drop_nulls(),
    )
    return hits.nearest(told).select(*hits.COLUMNS, "actor", "earlier", "harm", "where", "duty")
