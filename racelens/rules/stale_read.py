"""RL104: a read saw what had already been replaced."""

from __future__ import annotations

import polars as pl

from racelens import hits, timeline
from racelens.knowledge import Knowledge
from racelens.rule import Line, rule
from racelens.timeline import OTHER, number, same_clock, with_slack

_LIFE = ("resource", "incarnation")


def _checked() -> pl.Expr:
    """Reads that say which version they saw."""
    is_read = (pl.col("role") == "access") & (pl.col("action") == "read")
    return pl.when(is_read & (pl.col("outcome") == "ok")).then(number("version").is_not_null())


@rule(
    "RL104",
    severity="warning",
    key=("resource",),
    needs=("resource", "action", "version"),
    message="{actor} read an outdated {resource}: {writer} had already written {newer}",
    lost="nothing yet: what is done with v{version} ignores {newer}",
    fix="read what may be written back from the primary, or drop the cache entry in the transaction that "
    "writes {type} {key}; compare the version when writing",
    unit="read",
    wish="Log each read and each write with its action, its resource and the row's version",
    line=Line(
        "{noun}.read",
        ("{noun}_id", "version", "request_id"),
        ("version",),
        "the row's version that the read saw",
    ),
    blind_spot="do not say which version they saw",
    advice="Log the row's version on {name}",
    settle="Log the version that each write of {type} made and that each read saw",
    checked=_checked,
)
def stale_read(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """A read saw a version older than one that was written before the reader began.

    Flagged
        {"time":"2026-05-04T12:00:00.100Z","request_id":"a","resource":"price:7","action":"write","version":8}
        {"time":"2026-05-04T12:00:00.200Z","request_id":"b","resource":"price:7","action":"read","version":7}

    Silent
        {"time":"2026-05-04T12:00:00.050Z","request_id":"b","event":"look.start","resource":"price:7"}
        {"time":"2026-05-04T12:00:00.100Z","request_id":"a","resource":"price:7","action":"write","version":8}
        {"time":"2026-05-04T12:00:00.200Z","request_id":"b","resource":"price:7","action":"read","version":7}

    How it is found
        A cache that was not invalidated, a replica that lags. Of each resource the highest version that
        could be seen before the reader's attempt began, against the version it read. An attempt that had
        begun before may read from its snapshot and is left alone; so are numbers that came with a message.
        confirmed: one clock puts the write before the reader's begin, or messages bound the two clocks.
        possible: the order rests on two clocks.
        Cannot see: reads or writes without a version.

    Fix
        Read what may be written back from the primary. Delete the cache entry after the commit, with a
        version in the key or in the value, and never write to a cache from a read that may be old.
    """
    living = timeline.with_incarnation(events)
    writes = timeline.with_carried(timeline.acted(living, "write", "create"), living).filter(
        timeline.happened() & ~pl.col("carried").any().over("resource")
    )
    opened = events.select(opened="id", opened_time="time")
    reads = (
        timeline.acted(living, "read")
        .filter(pl.col("outcome") == "ok")
        .with_columns(number=number("version"))
        .filter(pl.col("number").is_not_null())
        .join(opened, on="opened", how="left")
    )
    same = _newest_before(reads, writes, ("visible", "opened"), "visible_domain")
    other = _newest_before(
        reads.with_columns(opened_at=timeline.aligned("opened_time", "domain", knowledge)),
        writes.with_columns(
            visible_at=timeline.aligned("visible_time", "visible_domain", knowledge)
        ),
        ("visible_at", "opened_at"),
        None,
    )
    pairs = _not_set_back(pl.concat([same, other.filter(~same_clock())], how="diagonal"), writes)
    return _hits(_judged(pairs, knowledge))


def _newest_before(
    reads: pl.LazyFrame, writes: pl.LazyFrame, order: tuple[str, str], clock: str | None
) -> pl.LazyFrame:
    """Reads beside the write of the highest version before them, where it is above what they saw.

    order: the columns of writes and reads to compare; clock: the writes' column for a single clock.
    """
    seen, began = order
    key = [*_LIFE, *([clock] if clock else [])]
    value = number("version")
    highest = value.cum_max().over(key)
    kept = ("id", "actor", "attempt", "version", "visible", "visible_time", "visible_domain")
    newest = (
        writes.filter(value.is_not_null() & pl.col(seen).is_not_null())
        .sort(seen)
        .with_columns(number_other=highest, is_new=value == highest)
        .select(
            *_LIFE,
            *({clock} if clock else ()),
            seen,
            "number_other",
            *(pl.when("is_new").then(c).forward_fill().over(key).alias(c + OTHER) for c in kept),
        )
        .rename({seen: "_seen", **({clock: "_clock"} if clock else {})})
    )
    asked = reads.filter(pl.col(began).is_not_null()).sort(began)
    return (
        asked.with_columns(_clock="domain")
        .join_asof(
            newest,
            left_on=began,
            right_on="_seen",
            by=[*_LIFE, *(["_clock"] if clock else [])],
            strategy="backward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .filter((pl.col("number" + OTHER) > pl.col("number")) & timeline.by_another())
        .with_columns(domain_other="visible_domain" + OTHER)
        .drop("_clock", "_seen")
    )


def _not_set_back(pairs: pl.LazyFrame, writes: pl.LazyFrame) -> pl.LazyFrame:
    """Without reads of a version that was, or may have been, written again after the newer one.

    Writers that compute base + 1 set a row back when they overwrite each other; versions that were made
    twice may have started again.
    """
    made = writes.group_by(*_LIFE, number=number("version")).agg(
        times=pl.len(), last=pl.col("visible").max(), maker=pl.col("visible_domain").first()
    )
    known = pairs.join(made, on=[*_LIFE, "number"], how="left").join(
        made.select(*_LIFE, number_other="number", newer_times="times"),
        on=[*_LIFE, "number" + OTHER],
        how="left",
    )
    one_clock = pl.col("maker") == pl.col("visible_domain" + OTHER)
    twice = (pl.col("times") > 1) | (pl.col("newer_times") > 1)
    again = twice | (one_clock & (pl.col("last") > pl.col("visible" + OTHER)))
    kept = known.filter(~again.fill_null(False)).drop("times", "newer_times", "last", "maker")
    return _not_disproved(kept, writes, made)


def _not_disproved(pairs: pl.LazyFrame, writes: pl.LazyFrame, made: pl.LazyFrame) -> pl.LazyFrame:
    """Without reads whose attempt went on to make a version between the two: by value, which beats clocks,
    it came before the newer one. A clock that was set back looks like that."""
    once = made.filter(pl.col("times") == 1).select(*_LIFE, "number")
    own = (
        writes.with_columns(number=number("version"))
        .join(once, on=[*_LIFE, "number"], how="semi")
        .select(*_LIFE, "attempt", own="number")
    )
    below = pl.col("own") < pl.col("number" + OTHER)
    disproved = pairs.join(own, on=[*_LIFE, "attempt"]).filter(
        (pl.col("own") > pl.col("number")) & below
    )
    return pairs.join(disproved.select("id"), on="id", how="anti")


def _judged(pairs: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    gap = pl.col("opened_time") - pl.col("visible_time" + OTHER)
    may, must = (gap > pl.col(c) for c in ("ahead_least", "ahead_most"))
    return (
        pairs.pipe(with_slack, knowledge)
        .filter(same_clock() | may)
        .with_columns(
            confidence=pl.when((same_clock() | (must & pl.col("measured"))) & pl.col("sure_life"))
            .then(pl.lit("confirmed"))
            .when(pl.col("measured") & ~must & ~same_clock())
            .then(pl.lit("undecided"))
            .otherwise(pl.lit("possible")),
            reason=pl.when(same_clock())
            .then(pl.lit("one clock puts the write before the reader began"))
            .when(must & pl.col("measured"))
            .then(pl.lit("messages bound the two clocks: the write came before the reader began"))
            .when(must)
            .then(pl.lit("the order rests on two clocks that nothing compares"))
            .otherwise(timeline.doubt()),
        )
    )


def _hits(pairs: pl.LazyFrame) -> pl.LazyFrame:
    told = pairs.with_columns(
        at="id",
        newer=pl.format("v{}", "version" + OTHER),
        writer=pl.col("actor" + OTHER).fill_null("another writer"),
        note=pl.format("then read v{}: v{} was already there", "version", "version" + OTHER),
        related=pl.concat_list(
            hits.event("id" + OTHER, pl.format("wrote v{}", "version" + OTHER), raced=True)
        ),
    )
    newest = hits.strongest(told).sort("id", "number" + OTHER)
    return newest.unique("id", keep="last", maintain_order=True).select(
        *hits.COLUMNS, "actor", "writer", "newer", "version"
    )
