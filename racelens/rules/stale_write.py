"""RL102: an older update applied after a newer one."""

from __future__ import annotations

import polars as pl

from racelens import hits, timeline
from racelens.events import of_handler
from racelens.knowledge import Knowledge
from racelens.rule import Line, rule
from racelens.timeline import OTHER, by_another, neighbours, number, same_clock, with_slack

_LIFE = ("resource", "incarnation")
_KEPT = [
    *("id", "time", "actor", "attempt", "domain", "outcome", "version", "state", "number"),
    *("visible", "visible_time", "carried", "happened"),
]


def _checked() -> pl.Expr:
    """Writes that carry a number can be compared with what was applied before."""
    is_write = (pl.col("role") == "access") & (pl.col("action") == "write")
    return pl.when(is_write & (pl.col("outcome") == "ok")).then(number("version").is_not_null())


@rule(
    "RL102",
    severity="error",
    key=("resource",),
    needs=("resource", "action", "version"),
    message="{actor} applied an older update to {resource} over a newer one by {newer_actor}",
    lost="{newer} written by {newer_actor}",
    fix="let the store refuse what is older: UPDATE {type} SET …, seq = {version} WHERE id = {key} "
    "AND seq < {version}; on 0 rows the update is late: drop it",
    unit="write",
    wish="Log each update with its action, its resource and the sequence number of what caused it",
    line=Line(
        "{noun}.write",
        ("{noun}_id", "old", "new", "sequence"),
        ("sequence",),
        "the number of the event that asked for the write",
    ),
    blind_spot="carry no sequence number or version",
    advice="Log the event's sequence number on {name}",
    settle="Log the number where the update is applied, and the number that a later read of {type} sees",
    checked=_checked,
)
def stale_write(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """An older update was applied after a newer one, and the older state is what remains.

    Flagged
        {"time":"2026-05-04T12:00:00.100Z","job_id":"a","event":"apply.requested","resource":"plan:7","action":"apply","version":1}
        {"time":"2026-05-04T12:00:00.110Z","job_id":"b","event":"apply.requested","resource":"plan:7","action":"apply","version":2}
        {"time":"2026-05-04T12:00:00.150Z","job_id":"b","event":"plan.write","resource":"plan:7","action":"write","version":2,"new_status":"active"}
        {"time":"2026-05-04T12:00:00.160Z","job_id":"a","event":"plan.write","resource":"plan:7","action":"write","version":1,"new_status":"paused"}

    Silent
        {"time":"2026-05-04T12:00:00.100Z","job_id":"a","event":"apply.start","resource":"plan:7","action":"apply","version":1}
        {"time":"2026-05-04T12:00:00.110Z","job_id":"b","event":"apply.start","resource":"plan:7","action":"apply","version":2}
        {"time":"2026-05-04T12:00:00.150Z","job_id":"b","event":"plan.write","resource":"plan:7","action":"write","version":2,"new_status":"active"}
        {"time":"2026-05-04T12:00:00.160Z","job_id":"a","event":"plan.write","resource":"plan:7","action":"write","version":1,"outcome":"ignored"}

    How it is found
        Events arrive out of order: a webhook is sent again, two workers take neighbouring messages, a
        renewal overtakes a cancellation. Writes that carry a number and were not computed from a read,
        in the order in which they became visible: one whose number is lower than the one before.
        confirmed: the number came with the message (its attempt had it before it wrote), and one clock
        orders both writes, or messages bound how far two clocks differ, or a later read shows the lower
        number, or the writer itself had read a higher one.
        possible: the order rests on two clocks; or the number may be one the store handed out, and the
        records merely stand in the wrong order.
        A later read that shows the newer number clears.
        Cannot see: updates without a number.

    Fix
        Keep the number of the last update that was applied, and ignore what is older:
            UPDATE plans SET status = :status, seq = :seq WHERE id = :id AND seq < :seq
        or read the current state from the source instead of trusting the message.
    """
    living = timeline.with_incarnation(events)
    writes = _numbered(living)
    blind = writes.filter(pl.col("base").is_null() & pl.col("base_event").is_null())
    met = [_after_newer(blind, knowledge), _below_own_read(writes)]
    settled = _with_later_reads(pl.concat(met, how="diagonal"), living)
    return _hits(pl.concat([settled, _shown_after_newer(blind, living)], how="diagonal"))


def _numbered(living: pl.LazyFrame) -> pl.LazyFrame:
    """Writes with their number."""
    trusted = pl.col("guard").is_in(["atomic", "conditional"]).fill_null(False)
    # A handler that logs nothing finer may only have taken the message in.
    took = of_handler("finish") & pl.col("state").is_null()
    writes = (
        timeline.acted(living, "write")
        .filter(~trusted & ~took.fill_null(False))
        .with_columns(number=number("version"), happened=pl.col("outcome") == "ok")
        .filter(pl.col("number").is_not_null())
    )
    return timeline.with_carried(writes, living)


def _after_newer(blind: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """Writes beside the one that became visible before them, over all and on each clock."""
    met = [
        neighbours(blind, key, ("visible", "id"), _KEPT, 1) for key in (_LIFE, (*_LIFE, "domain"))
    ]
    gap = pl.col("visible_time") - pl.col("visible_time" + OTHER)
    sure = same_clock() | (gap > pl.col("ahead_most"))
    return (
        pl.concat(met)
        .filter(pl.col("before") & by_another() & (pl.col("number" + OTHER) > pl.col("number")))
        # A number of the store's orders its writes better than two clocks do.
        .filter(same_clock() | (pl.col("carried") & pl.col("carried" + OTHER)))
        .pipe(with_slack, knowledge)
        .with_columns(
            confidence=pl.when(sure & (pl.col("measured") | same_clock()))
            .then(pl.lit("confirmed"))
            .when(pl.col("measured"))
            .then(pl.lit("undecided"))
            .otherwise(pl.lit("possible")),
            reason=pl.when(same_clock())
            .then(pl.lit("one clock orders both writes, and the number fell"))
            .when(pl.col("measured") & sure)
            .then(pl.lit("messages bound the two clocks, and the number fell"))
            .otherwise(timeline.doubt()),
        )
    )


def _below_own_read(writes: pl.LazyFrame) -> pl.LazyFrame:
    """Writes of a lower number than their own attempt had read."""
    read = pl.col("base_source") == "read"
    fell = read & (number("base") > pl.col("number")) & pl.col("carried")
    return writes.filter(fell).with_columns(
        id_other="base_event",
        version_other="base",
        number_other=number("base"),
        carried_other=pl.lit(True),
        happened_other=pl.lit(True),
        confidence=pl.lit("confirmed"),
        reason=pl.lit("the writer itself had read a higher number; no clock is used"),
    )


def _shown_after_newer(blind: pl.LazyFrame, living: pl.LazyFrame) -> pl.LazyFrame:
    """Writes whose number a read shows although its clock had seen a newer one written before.

    However the clocks of the two writers stand, the older update was then the one applied last.
    """
    carried = blind.filter(pl.col("carried") & pl.col("happened"))
    newer = carried.sort("visible").select(
        *_LIFE,
        pl.col("visible_domain").alias("clock"),
        "visible",
        *(
            pl.col(c).alias(c + OTHER)
            for c in ("id", "actor", "attempt", "version", "state", "number")
        ),
    )
    reads = _reads(living).filter(pl.col("outcome") == "ok").drop("outcome")
    shown = reads.join_asof(
        newer,
        left_on="read",
        right_on="visible",
        by=[*_LIFE, "clock"],
        strategy="backward",
        check_sortedness=False,
    ).filter(pl.col("number" + OTHER) > pl.col("seen"))
    first = (
        shown.drop("clock", "visible")
        .unique([*_LIFE, "seen"], keep="first", maintain_order=True)
        .rename({"seen": "number"})
    )
    return (
        carried.join(first, on=[*_LIFE, "number"])
        .filter(by_another() & pl.col("sure_life"))
        .with_columns(
            confidence=pl.lit("confirmed"),
            reason=pl.format(
                "a later read shows the lower number {}, on the clock that had seen {} written",
                *("number", "number" + OTHER),
            ),
        )
    )


def _with_later_reads(pairs: pl.LazyFrame, living: pl.LazyFrame) -> pl.LazyFrame:
    """Settles pairs by what the next read on the newer write's clock shows, and by what is in doubt."""
    clock = pl.coalesce("domain" + OTHER, "domain")
    after = (
        pairs.with_columns(clock=clock, both=pl.max_horizontal("visible", "visible" + OTHER))
        .sort("both")
        .join_asof(
            _reads(living).drop("outcome"),
            left_on="both",
            right_on="read",
            by=[*_LIFE, "clock"],
            strategy="forward",
            check_sortedness=False,
        )
    )
    shows_newer = (pl.col("seen") == pl.col("number" + OTHER)).fill_null(False)
    shows_older = (pl.col("seen") == pl.col("number")).fill_null(False)
    carried = pl.col("carried") & pl.col("carried" + OTHER)
    unclear = ~pl.col("happened") | ~pl.col("happened" + OTHER)
    doubts = (
        (~pl.col("sure_life"), timeline.LIVES),
        (
            ~carried,
            "the number may be one the store handed out: then only the records are in the wrong order",
        ),
        (unclear, "whether both writes took effect is unknown"),
    )
    told = after.filter(~shows_newer).with_columns(
        confidence=pl.when(shows_older).then(pl.lit("confirmed")).otherwise("confidence"),
        reason=pl.when(shows_older)
        .then(pl.format("a later read shows the lower number {}", "number"))
        .otherwise("reason"),
        read=pl.when(shows_older).then("read"),
    )
    return told.with_columns(**hits.unless(doubts, pl.col("reason"), pl.col("confidence")))


def _reads(living: pl.LazyFrame) -> pl.LazyFrame:
    """What reads showed: `seen`, the number; `read`, the id; `clock`."""
    return (
        timeline.acted(living, "read")
        .select(*_LIFE, "outcome", seen=number("version"), read="id", clock="domain")
        .filter(pl.col("seen").is_not_null())
        .sort("read")
    )


def _hits(pairs: pl.LazyFrame) -> pl.LazyFrame:
    made, lost = _state("version", "state"), _state("version" + OTHER, "state" + OTHER)
    by_self = pl.col("actor" + OTHER).is_null() & pl.col("base_event").is_not_null()
    other = pl.format(
        "{} {}", pl.when(by_self).then(pl.lit("read")).otherwise(pl.lit("wrote")), lost
    )
    told = pairs.with_columns(
        at="id",
        newer=lost,
        newer_actor=pl.col("actor" + OTHER).fill_null("another writer"),
        related=pl.concat_list(
            hits.event("id" + OTHER, other, raced=True),
            hits.event("read", pl.format("read v{} later", "number"), raced=False),
        ).list.drop_nulls(),
        note=pl.format("then wrote {}: the newer {} is gone", made, lost),
    )
    facts = ("actor", "newer_actor", "newer", "version")
    return hits.nearest(told).select(*hits.COLUMNS, *facts)


def _state(version: str, state: str) -> pl.Expr:
    """`v2 (active)`, or without a state `v2`."""
    return pl.coalesce(pl.format("v{} ({})", version, state), pl.format("v{}", version))
