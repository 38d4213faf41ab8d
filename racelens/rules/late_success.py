"""RL302: given up, tried again, and the first try succeeded after all."""

from __future__ import annotations

import polars as pl

from racelens import hits, tries
from racelens.knowledge import Knowledge
from racelens.rule import Line, rule
from racelens.timeline import OTHER, same_clock


def _checked() -> pl.Expr:
    """Tries that ended without a verdict: is there a later one to compare with?"""
    open_ = (pl.col("outcome") == "unknown") & (pl.col("phase") == "finish") & ~pl.col("mention")
    return pl.when(open_).then(pl.col("lineage").is_not_null())


@rule(
    "RL302",
    severity="error",
    key=("lineage",),
    needs=("lineage",),
    message="{actor} was tried again{where} while the first try still had its effect",
    lost="the effect happened twice",
    fix="send one idempotency key with every try and let the callee refuse the second, or ask for the "
    "outcome before trying again; a longer timeout only makes it rarer",
    unit="unanswered try",
    wish="Log a finish for each try, also when it timed out",
    line=Line(
        "job.finish",
        ("job_id", "attempt", "outcome", "pid"),
        ("job_id",),
        "the id that all tries of one operation share",
    ),
    blind_spot="belong to no job, message or flow",
    advice="Log the job's id on {name}",
    settle="Log start, end and effect of each try where it is executed, with its number",
    checked=_checked,
)
def late_success(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:  # noqa: ARG001
    """The caller gave up and tried again; the first try succeeded after all, and both took effect.

    Flagged
        {"ts":"2026-05-04T12:00:00.1Z","job_id":"job-9","attempt":1,"event":"notify.start","action":"notify"}
        {"ts":"2026-05-04T12:00:00.2Z","job_id":"job-9","attempt":1,"request_id":"a","resource":"order:7","event":"mail.sent","action":"send"}
        {"ts":"2026-05-04T12:00:00.4Z","job_id":"job-9","attempt":1,"event":"notify.finish","action":"notify","error_type":"ReadTimeout"}
        {"ts":"2026-05-04T12:00:00.6Z","job_id":"job-9","attempt":2,"event":"notify.start","action":"notify"}
        {"ts":"2026-05-04T12:00:00.7Z","job_id":"job-9","attempt":2,"request_id":"b","resource":"order:7","event":"mail.sent","action":"send"}
        {"ts":"2026-05-04T12:00:00.8Z","job_id":"job-9","attempt":2,"event":"notify.finish","action":"notify","status":"ok"}

    Silent
        {"ts":"2026-05-04T12:00:00.1Z","job_id":"job-9","attempt":1,"event":"notify.start","action":"notify"}
        {"ts":"2026-05-04T12:00:00.4Z","job_id":"job-9","attempt":1,"event":"notify.finish","action":"notify","error_type":"ReadTimeout"}
        {"ts":"2026-05-04T12:00:00.6Z","job_id":"job-9","attempt":2,"event":"notify.start","action":"notify"}
        {"ts":"2026-05-04T12:00:00.7Z","job_id":"job-9","attempt":2,"request_id":"b","resource":"order:7","event":"mail.sent","action":"send"}
        {"ts":"2026-05-04T12:00:00.8Z","job_id":"job-9","attempt":2,"event":"notify.finish","action":"notify","status":"ok"}

    How it is found
        A timeout says nothing about what the callee does. Two tries of one lineage that both had an
        effect, where the runner had no answer to the first (a timeout, a lost connection, no finish)
        or began the second while the first was still open.
        confirmed: both effects have a record of their own, and so has the first try's end.
        possible: the callee logs only that it handled both tries with success.
        Cannot see: effects that the callee does not log under the job's or flow's id.

    Fix
        Send one idempotency key with every try and let the callee refuse the second. Or ask for the
        outcome before trying again. A longer timeout only makes it rarer.
    """
    unanswered = pl.col("handled" + OTHER) & pl.col("outcome" + OTHER).ne_missing("ok")
    while_open = same_clock() & (pl.col("began") < pl.col("ended" + OTHER)).fill_null(False)
    # Requests of a client may count no tries: then whichever had no answer was the first.
    delivered = pl.col("lineage").str.contains("^(job|delivery) ")
    alike = ~delivered & (pl.col("try") == pl.col("try" + OTHER)) & (unanswered | pl.col("before"))
    told = while_open | pl.col("ended" + OTHER).is_not_null()
    served = pl.col("served") & pl.col("served" + OTHER) & unanswered
    proved = tries.both_took_effect()
    why = (
        pl.when(while_open)
        .then(pl.lit("tried again while the first try was open, on one clock"))
        .when(~told)
        .then(pl.lit("no end of the first try is logged: it may have been a success"))
        .otherwise(pl.lit("the first try had no answer"))
    )
    pairs = (
        tries.tries(events)
        .filter((proved | served) & (unanswered | while_open) & (tries.is_later() | alike))
        .with_columns(
            at="began",
            confidence=pl.when(told & proved)
            .then(pl.lit("confirmed"))
            .otherwise(pl.lit("possible")),
            reason=pl.when(proved)
            .then(pl.format("two effects of one operation; {}", why))
            .otherwise(
                pl.format("the callee handled both tries, what it did is not logged; {}", why)
            ),
            where=hits.where(),
            earlier_try="try" + OTHER,
        )
        .with_columns(
            note=pl.format("began try {}: the effect happened twice", "try"),
            related=pl.concat_list(
                tries.earlier_effect(),
                hits.event(
                    "ended" + OTHER,
                    pl.format("ended try {} without success", "earlier_try"),
                    raced=True,
                ),
                hits.event("effect", pl.format("had its effect in try {}", "try"), raced=False),
            ).list.drop_nulls(),
        )
    )
    return hits.nearest(pairs).select(*hits.COLUMNS, "actor", "where", "try", "earlier_try")
