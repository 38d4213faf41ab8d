"""Cycles: what each write was based on. One read-modify-write is a read and the next write of a resource.

Inside an attempt the base is its latest access, a read or its own write, before the write; a base the
write itself logs comes first, unless the attempt has itself moved the version on since. An attempt that
never learned the state, by a read, a creation or a logged base, writes blindly: it has no base.

A user's request without either may hold its base in a browser: the version the same user saw last in the
same correlation, through requests. A job never inherits what a client has read.
"""

from __future__ import annotations

import polars as pl

from racelens import events

_FOUND = (
    "base",
    "base_event",
    "base_value",
    "base_time",
    "base_domain",
    "base_source",
)
_CENT = 0.005
_FLOW = ("correlation", "user", "resource")


def base(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Fills `base`, `base_event`, `base_value`, `base_time`, `base_domain`, `base_source` of every write."""
    may_have = pl.col("outcome").is_in(["ok", "unknown"])
    accesses = rows.filter((pl.col("role") == "access") & may_have).with_columns(
        number=_number("version"), of_request=pl.col("actor") == pl.col("request")
    )
    own = _in_attempt(accesses)
    through_flow = _in_flow(accesses, own)
    found = own.join(through_flow, on="id", how="left").select(
        "id", *(pl.coalesce(column, f"{column}_flow").alias(f"{column}_found") for column in _FOUND)
    )
    return (
        rows.join(found, on="id", how="left", maintain_order="left")
        .with_columns(base=pl.coalesce("base_found", "base"))
        .drop("base_found")
        .rename({f"{column}_found": column for column in _FOUND[1:]})
        .with_columns(guard=_guard())
    )


def _guard() -> pl.Expr:
    """Read 1000, added 17, wrote 1029: the store did the sum, on another value than the one read.

    So it did where the attempt never read the value. Without an amount nobody can tell: a sum asks for no
    read, and is left alone.
    """
    before, after, by = (
        pl.col(column).cast(pl.Float64, strict=False)
        for column in ("base_value", "value", "amount")
    )
    own_sum = (((after - before).abs() - by.abs()).abs() < _CENT).fill_null(False)
    summed = pl.when(own_sum).then(None).otherwise(pl.lit("atomic"))
    return pl.when(pl.col("guard") == events.SUM).then(summed).otherwise("guard")


def _number(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Int64, strict=False)


def _in_attempt(accesses: pl.LazyFrame) -> pl.LazyFrame:
    """Every write with the base its own attempt gives it; the columns of `_FOUND` may be null."""
    ordered = accesses.sort("attempt", "resource", "id")
    same = pl.all_horizontal(pl.col(c) == pl.col(c).shift(1) for c in ("attempt", "resource"))
    learned = pl.col("action").is_in(["read", "create"]) | pl.col("base").is_not_null()
    knows = learned.cum_max().over("attempt", "resource").shift(1)
    seen = {
        c: pl.when(same & knows).then(pl.col(c).shift(1))
        for c in ("id", "time", "domain", "version", "value", "action", "number")
    }
    own_is_newer = (seen["action"] != "read") & (seen["number"] > _number("base"))
    logged = pl.col("base").is_not_null() & ~own_is_newer.fill_null(False)
    source = (
        pl.when(logged)
        .then(pl.lit("logged"))
        .when(pl.coalesce(seen["version"], seen["value"]).is_not_null())
        .then(pl.lit("read"))
    )
    return ordered.with_columns(
        base=pl.when(logged).then("base").otherwise(seen["version"]),
        base_event=seen["id"],
        base_value=seen["value"],
        base_time=seen["time"],
        base_domain=seen["domain"],
        base_source=source.cast(events.BaseSource),
    ).filter(pl.col("action").is_in(["write", "delete"]))


def _in_flow(accesses: pl.LazyFrame, writes: pl.LazyFrame) -> pl.LazyFrame:
    """Writes of requests without a base of their own, with the version their user saw last.

    A read of a version precedes the write of a later one, whatever the clocks say. The highest version
    below the one written is therefore the latest that the user can have seen; own writes count.
    """
    somebody = pl.col("correlation").is_not_null() & pl.col("user").is_not_null()
    by_request = pl.col("of_request") & somebody
    known = by_request & pl.col("number").is_not_null()
    keyed = [pl.col(column) for column in _FLOW]
    seen = (
        accesses.filter(known)
        .select(
            *keyed,
            "number",
            base_flow="version",
            base_event_flow="id",
            base_value_flow="value",
            base_time_flow="time",
            base_domain_flow="domain",
            base_source_flow=pl.lit("flow", events.BaseSource),
        )
        .sort("number", "base_event_flow")
    )
    without = writes.filter(known & pl.col("base").is_null() & pl.col("base_event").is_null())
    return (
        without.select("id", "domain", *keyed, "number")
        .sort("number", "id")
        .join_asof(
            seen,
            on="number",
            by=list(_FLOW),
            strategy="backward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        # A stale read shows an old version late; where one clock tells, it is no base.
        .filter(
            (pl.col("domain") != pl.col("base_domain_flow"))
            | (pl.col("base_event_flow") < pl.col("id"))
        )
        .select("id", *(f"{column}_flow" for column in _FOUND))
    )
