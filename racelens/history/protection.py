"""What protects a read-modify-write while it is under way: a lock held over it, a locked row, the isolation.

A guard protects a cycle only when it was there at the read and still at the write. A lease that has run
out, or a lock that another has taken since, is for RL105 to judge: here is only what the log says.
"""

from __future__ import annotations

import polars as pl

from racelens.events import ISOLATED, ROW_LOCK

_ROW_LOCK = r"(?i)\brow lock\b|\bfor[ _.-]?(?:no[ _.-]key[ _.-])?update\b"
_ISOLATED = r"(?i)serializ|snapshot"
# Guards of one write, and isolation that lets other writers in between: neither covers a cycle.
_NO_COVER = r"(?i)^(?:atomic|conditional|partial|shared|fields .*|none|false|sum|row lock|token \d+|(?:read|repeatable)[ _-].*)$"
_OF_WRITES = ("write", "create", "delete")


def any_guard(rows: pl.DataFrame) -> bool:
    """False where no lock is taken and no guard is logged: then nothing is protected."""
    return bool(rows["guard"].count() or (rows["action"] == "acquire").any())


def protect(rows: pl.LazyFrame, guarded: bool) -> pl.LazyFrame:
    """Adds to what changes a resource, of rows that know their `base_event`:

    cover: `row lock`, `serializable` or the lock's name; held: the event that took the lock;
    lease_left: nanoseconds between the write and the end of the lock's lease, null where none is logged.
    """
    if not guarded:
        return rows.with_columns(
            cover=pl.lit(None, pl.String),
            held=pl.lit(None, pl.UInt32),
            lease_left=pl.lit(None, pl.Int64),
        )
    changes = pl.col("action").is_in(_OF_WRITES)
    held = _with_holds(rows.sort("attempt", "id"))
    bases = held.select(base_event="id", base_guard="guard", base_held="took")
    known = held.join(bases, on="base_event", how="left", maintain_order="left")
    kept = pl.when(pl.col("base_event").is_null() | (pl.col("took") == pl.col("base_held")))
    by_name = pl.col("guard").ne_missing(pl.col("base_guard")) & pl.col("base_event").is_not_null()
    named = pl.when(~by_name & ~pl.col("guard").str.contains(_NO_COVER)).then("guard")
    isolated = pl.col("guard").str.contains(_ISOLATED).any().over("attempt", "transaction")
    row_lock = pl.col("base_guard").str.contains(_ROW_LOCK)
    cover = (
        pl.when(row_lock)
        .then(pl.lit(ROW_LOCK))
        .when(isolated)
        .then(pl.lit(ISOLATED))
        .otherwise(pl.coalesce(kept.then("lock"), named))
    )
    return known.with_columns(
        cover=pl.when(changes).then(cover),
        held=pl.when(changes).then(kept.then("took")),
        lease_left=pl.when(changes).then(kept.then(_lease_left())),
    ).drop("base_guard", "base_held", "took", "lock", "since", "lasts")


def _with_holds(rows: pl.LazyFrame) -> pl.LazyFrame:
    """`took`, `lock`, `since`, `lasts` of the outermost lock that the attempt holds at each row."""
    counts = ~pl.col("mention") & (pl.col("outcome") == "ok") & pl.col("resource").is_not_null()
    takes = counts & (pl.col("action") == "acquire") & (pl.col("phase") != "start")
    gives = counts & (pl.col("action") == "release") & (pl.col("phase") != "finish")
    renews = takes & (pl.col("depth") > 1)
    depth = (takes.cast(pl.Int32) - gives.cast(pl.Int32)).cum_sum().over("attempt")
    opens = takes & (pl.col("depth") == 1)

    def of_hold(value: pl.Expr) -> pl.Expr:
        carried = pl.when(opens).then(value).forward_fill().over("attempt")
        return pl.when(pl.col("depth") > 0).then(carried)

    started = pl.when(opens | renews).then("time").forward_fill().over("attempt")
    return (
        rows.with_columns(depth=depth)
        .with_columns(
            took=of_hold(pl.col("id")),
            lock=of_hold(pl.col("resource")),
            since=pl.when(pl.col("depth") > 0).then(started),
            lasts=of_hold(pl.col("lease")),
        )
        .drop("depth")
    )


def _lease_left() -> pl.Expr:
    worked = (pl.col("time") - pl.col("since")).dt.total_nanoseconds()
    return pl.col("lasts") - worked
