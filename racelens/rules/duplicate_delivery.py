"""RL202: one message or job, processed twice."""

from __future__ import annotations

import polars as pl

from racelens import hits, tries
from racelens.knowledge import Knowledge
from racelens.rule import rule
from racelens.timeline import OTHER, rivals


def _checked() -> pl.Expr:
    """Effects under a job or message id."""
    under = pl.col("lineage").str.contains("^(job|delivery) ")
    return pl.when(tries.is_effect() & under).then(True)


def _cleared() -> pl.Expr:
    """A delivery that found its work done."""
    found = (pl.col("outcome") == "conflict") & pl.col("lineage").str.contains("^(job|delivery) ")
    return pl.when(found & (pl.col("role") != "envelope")).then(
        pl.lit("guard worked: the message had been processed already")
    )


@rule(
    "RL202",
    severity="error",
    key=("lineage",),
    needs=("lineage",),
    message="{what} was {done} twice, by {earlier} and by {actor}",
    lost="{harm}",
    fix="remember what was processed, in the same transaction as the effect: INSERT INTO "
    "processed_messages (id) VALUES ('{id}') ON CONFLICT DO NOTHING; 0 rows: skip",
    unit="effect",
    wish="Log the job or message id on what is done for it",
    blind_spot="name no job or message",
    advice="Log the job or message id on {name}",
    settle="Log each effect with the id of the message that asked for it",
    checked=_checked,
    cleared=_cleared,
)
def duplicate_delivery(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:  # noqa: ARG001
    """One message, webhook or job was delivered and processed more than once, with effect.

    Flagged
        {"ts":"2026-05-04T12:00:00.10Z","request_id":"a","delivery_id":"evt-1","resource":"wallet:7","action":"charge"}
        {"ts":"2026-05-04T12:00:05.10Z","request_id":"b","delivery_id":"evt-1","resource":"wallet:7","action":"charge"}

    Silent
        {"ts":"2026-05-04T12:00:00.10Z","request_id":"a","delivery_id":"evt-1","resource":"wallet:7","action":"charge"}
        {"ts":"2026-05-04T12:00:05.10Z","request_id":"b","delivery_id":"evt-1","resource":"wallet:7","action":"charge","outcome":"already_processed"}

    How it is found
        Brokers and webhooks deliver at least once. Attempts with one job or message id and the same
        try number, each with an effect. A rising try number makes it a retry: see RL301 to RL303.
        confirmed: both effects have a record of their own.
        possible: it ran twice to a good end, but an effect is not logged; or a worker took it again
        before it had ended, and no process died; or records that name no attempt made two things of it.
        Cannot see: deliveries whose id is not logged; ids that are counted anew in every queue.

    Fix
        Make the consumer idempotent: note the id in the transaction that has the effect, and skip an
        id that is there:
            INSERT INTO processed_messages (id) VALUES (:id) ON CONFLICT DO NOTHING   -- 0 rows: skip
    """
    kind = pl.col("lineage").str.extract("^(job|delivery) ")
    again = pl.col("try") == pl.col("try" + OTHER)
    proved = tries.both_took_effect()
    done = pl.col("noop") | pl.col("noop" + OTHER)
    # Of a message only what had an effect counts: one record may receive it, another pass it on.
    well = (pl.col("outcome") == "ok") & (pl.col("outcome" + OTHER) == "ok")
    ran_twice = pl.col("of_job") & ~done & well.fill_null(False)
    # Taken again although it was neither done nor given up.
    open_ = pl.all_horizontal(pl.col(c).is_null() for c in ("outcome", "outcome" + OTHER))
    lives = pl.col("died").is_null() & pl.col("died" + OTHER).is_null()
    taken = pl.col("taken").is_not_null() & pl.col("taken" + OTHER).is_not_null()
    # A message that was found to be known, by a record of its own, did no harm.
    alone = pl.col("actor").is_null() & pl.col("actor" + OTHER).is_null()
    unknown = ~pl.col("refused")
    taken_twice = (pl.col("of_job") | (alone & unknown)) & open_ & taken & lives & ~done
    # Records that belong to no attempt, each of which made something for one delivery.
    alike = pl.col("operation") == pl.col("operation" + OTHER)
    made = pl.col("makes") & pl.col("makes" + OTHER) & alike
    made_twice = (kind == "delivery") & alone & unknown & made & ~done
    suspect = proved | ran_twice | taken_twice | made_twice.fill_null(False)
    what = pl.when(kind == "job").then(pl.lit("job ")).otherwise(pl.lit("message "))
    id_ = pl.col("lineage").str.replace("^(job|delivery) ", "")
    event, other = pl.coalesce("effect", "began"), pl.coalesce("effect" + OTHER, "began" + OTHER)
    met = tries.tries(events).filter(kind.is_not_null() & again & suspect)
    told = rivals(met).with_columns(
        at_event=event,
        what=what + id_,
        message=id_,
        confidence=pl.when(proved).then(pl.lit("confirmed")).otherwise(pl.lit("possible")),
        reason=pl.when(proved)
        .then(pl.lit("two effects under one id and one try number; no clock is used"))
        .when(made_twice)
        .then(pl.lit("it made two things of one name; no attempt says whether that was one run"))
        .when(taken_twice)
        .then(
            pl.lit(
                "it was taken again before it had ended; whether it then ran twice is not logged"
            )
        )
        .otherwise(pl.lit("it ran twice; whether both runs had an effect is not logged")),
        earlier=pl.col("actor" + OTHER).fill_null("another record"),
        event_other=other,
        done=pl.when(taken_twice & ~proved & ~ran_twice)
        .then(pl.lit("taken"))
        .otherwise(pl.lit("processed")),
        harm=pl.when(proved | ran_twice)
        .then(pl.format("the effect of {} happened twice", what + id_))
        .otherwise(
            pl.format("nothing yet that is proved: the work of {} may be done twice", what + id_)
        ),
    )
    did = pl.when(pl.col("done") == "taken").then(pl.lit("took")).otherwise("done")
    processed = pl.format("{} {}", did, "what")
    effect_twice = (
        pl.when(pl.col("confidence") == "confirmed")
        .then(pl.lit(": its effect happened twice"))
        .otherwise(pl.lit(": it may have its effect twice"))
    )
    return (
        hits.one_each(
            hits.strongest(told).with_columns(
                related=pl.concat_list(hits.event("event_other", processed, raced=True))
            ),
            ("earlier",),
        )
        .with_columns(at="at_event", note=processed + " again" + effect_twice, id="message")
        .select(*hits.COLUMNS, "actor", "earlier", "what", "id", "done", "harm")
    )
