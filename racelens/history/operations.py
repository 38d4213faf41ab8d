"""Operations: an invocation and its completion, paired into an interval; and what role each event plays.

An operation that contains finer records of its attempt is an *envelope*: it gives interval, outcome and
name, never an effect. What start and finish of a finer operation say is brought together on the finish.
"""

from __future__ import annotations

import polars as pl

from racelens import events

_PAIR_KEY = ("attempt", "stem", "sub")
_MERGED = ("resource", "base", "version", "value", "payload", "key", "state", "guard")


def pair(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `op`, `begin`, `end`, `role`, `whole`, `operation`, `opened` to rows that carry `id`, `attempt`, `wider` and `phase`."""
    rows = _merge_starts(_with_partners(rows))
    rows = rows.with_columns(role=_role(), whole=_is_whole(), begin=_begin())
    return rows.with_columns(
        end=pl.when(pl.col("phase") == "start")
        .then(pl.col("partner_time"))
        .otherwise(pl.col("time")),
        op=pl.when(pl.col("phase") == "start").then(pl.col("partner")).otherwise(pl.col("id")),
        operation=pl.coalesce(_handler(), pl.col("stem")),
        opened=pl.col("id").min().over("attempt", "domain"),
    )


def _with_partners(rows: pl.LazyFrame) -> pl.LazyFrame:
    """`partner`: id of the matching start or finish; `inside`: rows of the attempt in between."""
    rows = rows.sort("attempt", "id").with_columns(place=(~pl.col("mention")).cum_sum())
    phased = (
        rows.filter((pl.col("phase") != "point") & ~pl.col("mention"))
        .with_columns(sub=pl.coalesce(pl.when("wider").then("request"), "span"))
        .select("id", "phase", "place", "time", *_PAIR_KEY)
        .sort(*_PAIR_KEY, "id")
    )
    starts, finishes = pl.col("phase") == "start", pl.col("phase") == "finish"
    closes = starts & finishes.shift(-1, fill_value=False) & _same(-1)
    closed = finishes & starts.shift(1, fill_value=False) & _same(1)
    partners = phased.with_columns(
        partner=_either(closes, closed, "id"),
        partner_time=_either(closes, closed, "time"),
        inside=(
            _either(closes, closed, "place").cast(pl.Int64) - pl.col("place").cast(pl.Int64)
        ).abs()
        - 1,
    ).filter(pl.col("partner").is_not_null())
    return rows.join(
        partners.select("id", "partner", "partner_time", "inside"),
        on="id",
        how="left",
        maintain_order="left",
    )


def _same(offset: int) -> pl.Expr:
    """True where the row `offset` rows back is of the same operation name in the same attempt."""
    return pl.all_horizontal(pl.col(key).eq_missing(pl.col(key).shift(offset)) for key in _PAIR_KEY)


def _either(closes: pl.Expr, closed: pl.Expr, column: str) -> pl.Expr:
    after, before = pl.col(column).shift(-1), pl.col(column).shift(1)
    return pl.when(closes).then(after).when(closed).then(before)


def _merge_starts(rows: pl.LazyFrame) -> pl.LazyFrame:
    """What only the start said of a finer operation, said on its finish, too."""
    fine = (pl.col("phase") == "start") & (pl.col("inside") == 0)
    started = rows.filter(fine).select(
        pl.col("partner").alias("id"),
        *(pl.col(c).alias(f"start_{c}") for c in (*_MERGED, "action")),
    )
    told = rows.join(started, on="id", how="left", maintain_order="left").with_columns(
        *(pl.coalesce(c, f"start_{c}") for c in _MERGED),
        action=pl.when((pl.col("action") == "other") & pl.col("start_action").is_not_null())
        .then("start_action")
        .otherwise("action"),
    )
    return told.drop(f"start_{c}" for c in (*_MERGED, "action"))


def _role() -> pl.Expr:
    """envelope, access (read or change of a resource), effect (something outside) or other."""
    phase, partner = pl.col("phase"), pl.col("partner")
    later = pl.col("attempt").eq_missing(pl.col("attempt").shift(-1))
    earlier = pl.col("attempt").eq_missing(pl.col("attempt").shift(1))
    began_before = pl.col("time") - pl.duration(nanoseconds=pl.col("duration")) <= pl.col(
        "time"
    ).shift(1)
    lone_envelope = (
        pl.when(phase == "start").then(later).otherwise(earlier & began_before.fill_null(False))
    )
    is_envelope = (
        pl.when(phase == "point")
        .then(False)
        .when(partner.is_not_null())
        .then(pl.col("inside") > 0)
        .otherwise(lone_envelope & _says_nothing())
    )
    merged = (phase == "start") & partner.is_not_null()
    is_access = pl.col("action").is_in(["read", "write", "create", "delete"])
    return (
        pl.when(is_envelope)
        .then(pl.lit("envelope"))
        .when(merged)
        .then(pl.lit("other"))
        .when(_is_whole() | (pl.col("action") == "effect"))
        .then(pl.lit("effect"))
        .when(is_access & pl.col("resource").is_not_null())
        .then(pl.lit("access"))
        .otherwise(pl.lit("other"))
        .cast(events.Role)
    )


def _says_nothing() -> pl.Expr:
    return pl.all_horizontal(pl.col(c).is_null() for c in ("version", "base", "value"))


def _is_whole() -> pl.Expr:
    """A finish with nothing finer in its attempt: the handler may have read and written anything."""
    records = (~pl.col("mention")).sum().over("attempt")
    alone = records == pl.when(pl.col("partner").is_not_null()).then(2).otherwise(1)
    finish = (pl.col("phase") == "finish") & alone & _says_nothing()
    paired = pl.col("partner").is_not_null() & (pl.col("action") != "read")
    return finish & (paired | (pl.col("action") == "effect"))


def _begin() -> pl.Expr:
    """A start is its own begin; a finish has its partner's, or the time less the duration."""
    lasted = pl.col("time") - pl.duration(nanoseconds=pl.col("duration"))
    is_finish = pl.col("phase") == "finish"
    return pl.coalesce(pl.when(is_finish).then("partner_time"), lasted, "time").cast(events.Time)


def _handler() -> pl.Expr:
    """The name of the attempt's outermost operation: its first start, else its last envelope."""
    is_envelope = (pl.col("role") == "envelope") & (pl.col("phase") != "point")
    return pl.col("stem").filter(is_envelope).first().over("attempt")
