"""RL401: an event came before what it needs."""

from __future__ import annotations

import polars as pl

from racelens import hits, timeline
from racelens.knowledge import Knowledge
from racelens.rule import Line, rule
from racelens.timeline import OTHER

_GAVE_UP = r"(?i)\b(?:ignor|drop|discard|skip|giv(?:e|ing) up)"
_REFUSED = r"(?i)conflict|unique|duplicate|exists|taken"
_OF_MESSAGE = r"(?i)webhook|callback|event|message|consum|listen|deliver|notif"


def _checked() -> pl.Expr:
    """Look-ups that found nothing: does the log say how their attempt ended?"""
    return pl.when(timeline.found_nothing()).then(_has_ended())


def _has_ended() -> pl.Expr:
    return pl.col("ending").is_in(["ok", "conflict", "fail"]).fill_null(False)


def _cleared() -> pl.Expr:
    failed = timeline.found_nothing() & (pl.col("ending") == "fail")
    return pl.when(failed).then(
        pl.lit("what was not there yet failed the attempt, so that it can be tried again")
    )


@rule(
    "RL401",
    severity="error",
    key=("resource",),
    needs=("resource", "action"),
    message="{actor} looked for {resource} before it was there, and gave up",
    lost="what {actor} was to do for {resource}",
    fix="send the message after the commit: write it to an outbox table in the transaction that creates "
    "the {type}; and let a consumer that finds no {type} {key} fail, so that it is tried again",
    unit="look-up that found nothing",
    wish="Log each look-up that finds nothing, with its resource, and each creation with action=create",
    line=Line(
        "{noun}.read",
        ("{noun}_id", "request_id", "outcome"),
        ("phase", "outcome"),
        "a line at the end of the attempt that looked, with how it ended",
    ),
    blind_spot="belong to an attempt without a logged end",
    advice="Log a finish with its outcome for the attempt of {name}",
    settle="Log how the creation of {type} ended, and when it committed",
    checked=_checked,
    cleared=_cleared,
)
def premature_event(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:  # noqa: ARG001
    """An event came before its prerequisite could be seen, found nothing, and was dropped for good.

    Flagged
        {"time":"2026-05-04T12:00:00.100Z","request_id":"a","event":"invoice.create","step":"start","resource":"invoice:7","action":"create"}
        {"time":"2026-05-04T12:00:00.120Z","job_id":"b","event":"render.start","resource":"invoice:7","action":"render"}
        {"time":"2026-05-04T12:00:00.130Z","job_id":"b","event":"invoice.not_found","resource":"invoice:7","error_type":"RecordNotFound"}
        {"time":"2026-05-04T12:00:00.140Z","job_id":"b","event":"render.finish","resource":"invoice:7","action":"render","outcome":"dropped"}
        {"time":"2026-05-04T12:00:00.180Z","request_id":"a","event":"invoice.insert","resource":"invoice:7","action":"create"}
        {"time":"2026-05-04T12:00:00.190Z","request_id":"a","event":"invoice.create","step":"finish","resource":"invoice:7","action":"create","status":200}

    Silent
        {"time":"2026-05-04T12:00:00.100Z","request_id":"a","event":"invoice.create","step":"start","resource":"invoice:7","action":"create"}
        {"time":"2026-05-04T12:00:00.120Z","job_id":"b","event":"render.start","resource":"invoice:7","action":"render"}
        {"time":"2026-05-04T12:00:00.130Z","job_id":"b","event":"invoice.not_found","resource":"invoice:7","error_type":"RecordNotFound"}
        {"time":"2026-05-04T12:00:00.140Z","job_id":"b","event":"render.finish","resource":"invoice:7","action":"render","outcome":"failed"}
        {"time":"2026-05-04T12:00:00.180Z","request_id":"a","event":"invoice.insert","resource":"invoice:7","action":"create"}
        {"time":"2026-05-04T12:00:00.190Z","request_id":"a","event":"invoice.create","step":"finish","resource":"invoice:7","action":"create","status":200}

    How it is found
        A webhook arrives, or a job starts, while the transaction that makes its row is still open. The
        look-up finds nothing, the handler says "not found, ignoring", nobody ever tries again.
        A look-up that found nothing, on a resource that another attempt created. What was created once
        and never deleted was not there before, so not having found it comes first; no clock is used.
        confirmed: the creation is logged, and the attempt that found nothing ended for good: dropped,
        ignored, or a message that was answered with success.
        possible: the end is not logged, or the creation is not; or the log has only handlers, and one ran
        wholly while the creation that its flow had begun was still open.
        Left alone: an attempt that failed (it can be tried again), a later try that took effect, reads
        that merely ask whether something is there, and a look before a creation that was refused: a
        unique constraint did its work.
        Cannot see: look-ups that are not logged.

    Fix
        Send the message after the commit: an outbox table, written in the same transaction and emptied
        after it, or an after-commit hook. And let a consumer that finds nothing fail instead of shrug, so
        that its queue tries again.
    """
    lost = _gave_up(events)
    pairs = pl.concat([_created_later(lost, events), _seen_later(lost, events)], how="diagonal")
    return pl.concat([_hits(pairs), _inside(events)], how="diagonal")


def _gave_up(events: pl.LazyFrame) -> pl.LazyFrame:
    """The first look-up of each attempt and resource that found nothing, where nothing came of it."""
    own = events.filter(~pl.col("mention") & pl.col("actor").is_not_null())
    nothing = timeline.found_nothing()
    did = (pl.col("outcome") == "ok") & pl.col("role").is_in(["access", "effect"])
    after = pl.col("id") > pl.col("id").filter(nothing).first()
    each = (
        own.sort("id")
        .group_by("attempt", "resource")
        .agg(
            pl.col("actor", "lineage", "operation", "ending", "purpose").first(),
            pl.col("id", "domain", "payload").filter(nothing).first(),
            of_message=(pl.col("job").is_not_null() | pl.col("delivery").is_not_null()).any(),
            end=pl.col("id").filter(pl.col("phase") == "finish").last(),
            handler_payload=pl.col("payload").filter(pl.col("phase") != "point").first(),
            said=pl.col("name").str.contains(_GAVE_UP).any(),
            refused=(_is_refused() & after).any(),
            acted=(did & after & ~nothing & (pl.col("phase") == "point")).any(),
            nothing=nothing.any(),
        )
    )
    lost = each.filter(
        pl.col("nothing")
        & ~pl.col("acted")
        & ~pl.col("refused").fill_null(False)
        & (pl.col("purpose").ne_missing("read"))
        & pl.col("ending").ne_missing("fail")
    )
    return lost.join(_tried_again(each), on=["attempt", "resource"], how="anti")


def _is_refused() -> pl.Expr:
    """True where the store refused what the attempt wanted to create: it had not looked for it in vain."""
    said = pl.concat_str("name", "error", separator=" ", ignore_nulls=True)
    creates = (pl.col("action") == "create") & (pl.col("phase") == "point")
    return (pl.col("outcome") == "conflict") & (creates | said.str.contains(_REFUSED))


def _tried_again(each: pl.LazyFrame) -> pl.LazyFrame:
    """Attempts on a resource of whose message a later try found what it needed."""
    message = pl.coalesce(
        "lineage", pl.format("{} {}", "operation", pl.coalesce("handler_payload", "payload"))
    )
    known = each.with_columns(message=message).filter(pl.col("message").is_not_null())
    # Who sent the message shares its lineage, and is no try of it.
    a_try = (pl.col("operation") == pl.col("operation" + OTHER)) | (
        pl.col("actor") == pl.col("actor" + OTHER)
    )
    return known.join(
        known.filter(~pl.col("nothing") & pl.col("ending").ne_missing("fail")),
        on=["message", "resource"],
        how="inner",
        suffix=OTHER,
    ).filter(timeline.by_another() & a_try)


def _created_later(lost: pl.LazyFrame, events: pl.LazyFrame) -> pl.LazyFrame:
    """The creation by another attempt, of a resource that was created once and never deleted."""
    accesses = timeline.acted(events.filter(~pl.col("mention")), "create", "delete")
    created = (
        accesses.with_columns(happened=timeline.happened())
        .group_by("resource")
        .agg(
            pl.col("id", "attempt", "actor", "domain", "visible", "visible_domain", "happened")
            .sort_by("id")
            .first()
            .name.suffix(OTHER),
            once=(pl.col("action") == "create").all() & (pl.len() == 1),
        )
        .filter(pl.col("once"))
    )
    pairs = lost.join(created, on="resource").filter(timeline.by_another())
    backwards = (pl.col("domain") == pl.col("visible_domain" + OTHER)) & (
        pl.col("visible" + OTHER) < pl.col("id")
    )
    for_good = (
        (pl.col("ending") == "conflict")
        | pl.col("said")
        | pl.col("of_message")
        | pl.col("operation").str.contains(_OF_MESSAGE)
    ).fill_null(False)
    doubts = (
        (~pl.col("happened" + OTHER), "whether the creation took effect is unknown"),
        (
            ~_has_ended() & ~pl.col("said").fill_null(False),
            "how the attempt that found nothing ended is not logged",
        ),
        (~for_good, "the attempt that found nothing answered with success, but names no message"),
    )
    proof = "created once, never deleted: not having found it comes before; no clock is used"
    told = pairs.filter(~backwards.fill_null(False))
    return told.with_columns(**hits.unless(doubts, pl.lit(proof)))


def _seen_later(lost: pl.LazyFrame, events: pl.LazyFrame) -> pl.LazyFrame:
    """The first that others saw of a resource whose creation is not logged."""
    accesses = timeline.acted(
        events.filter(~pl.col("mention")), "read", "write", "create", "delete"
    )
    seen = (
        accesses.group_by("resource")
        .agg(
            pl.col("id", "attempt", "actor", "domain").sort_by("id").first().name.suffix(OTHER),
            made=pl.col("action").is_in(["create", "delete"]).any(),
        )
        .filter(~pl.col("made"))
    )
    later = (pl.col("id" + OTHER) > pl.col("id")) & timeline.by_another()
    return (
        lost.join(seen, on="resource")
        .filter(later)
        .with_columns(
            visible_other="id" + OTHER,
            confidence=pl.lit("possible"),
            reason=pl.lit("it was there later, but its creation is not logged"),
        )
    )


def _hits(pairs: pl.LazyFrame) -> pl.LazyFrame:
    creator = pl.col("actor" + OTHER).fill_null("another record")
    visible = pl.when(pl.col("visible" + OTHER) != pl.col("id" + OTHER)).then("visible" + OTHER)
    told = pairs.with_columns(
        creator=creator,
        shown=visible,
        ended=pl.when((pl.col("end") > pl.col("id")) & _has_ended()).then("end"),
        at="id",
        note=pl.format("found no {}: nothing was done for it", "resource"),
    ).with_columns(
        related=pl.concat_list(
            hits.event("id" + OTHER, pl.lit("created it"), raced=True),
            hits.event("shown", pl.lit("made it visible"), raced=False),
            hits.event("ended", pl.lit("gave up"), raced=True),
        ).list.drop_nulls()
    )
    return told.select(*hits.COLUMNS, "actor", "creator")


def _inside(events: pl.LazyFrame) -> pl.LazyFrame:
    """Handlers without anything finer that ran while the creation in their flow was still open."""
    ran = pl.col("within").is_not_null() & pl.col("whole") & pl.col("resource").is_not_null()
    took = pl.col("purpose").is_in(["create", "read"]).fill_null(False)
    return events.filter(
        ran & ~took & pl.col("outcome").is_in(["ok", "conflict"]) & pl.col("actor").is_not_null()
    ).select(
        "resource",
        pl.col("id").alias("at"),
        pl.lit(
            "ran from start to end while the creation was open: it may have found nothing"
        ).alias("note"),
        pl.concat_list(hits.event("within", pl.lit("finished the creation"), raced=True)).alias(
            "related"
        ),
        pl.lit("possible").alias("confidence"),
        pl.lit(
            "only the handlers are logged: what this one looked for may not have been there"
        ).alias("reason"),
        "actor",
        pl.lit("another record").alias("creator"),
    )
