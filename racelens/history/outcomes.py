"""What really took effect. A write inside a transaction or a handler has the outcome of the whole.

own word → else ok; in a transaction: its commit or rollback; in a handler that failed: unknown, unless a
commit was logged before. A start without a finish is unknown.

Others see an effect from its commit on, else from the end of its handler, else from its own record.
"""

from __future__ import annotations

import polars as pl

from racelens import events

_NO_TRANSACTION = pl.lit(None, events.Outcome).alias("transaction_outcome")
_HAPPENED = r"(?i)(?:ed|sent|paid|withdrawn)\b"


def settle(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `outcome`, the effective one, `visible` and `visible_time`, and of handlers `ending` and `purpose`.

    The rows are in (attempt, id) order and carry `role` and `mark`.
    """
    marked = rows.select(pl.col("mark").count()).collect().item() > 0
    known = _with_transactions(rows) if marked else rows.with_columns(_NO_TRANSACTION)
    rows = _with_visibility(_with_handlers(known))
    own = pl.coalesce(
        "logged_outcome",
        pl.when((pl.col("phase") == "start") & pl.col("partner").is_null())
        .then(pl.lit("unknown"))
        .otherwise(pl.lit("ok"))
        .cast(events.Outcome),
    )
    inner = (own == "ok") & (pl.col("role") != "envelope")
    # What is outside, and says that it has happened, no failure of its handler takes back.
    said = (pl.col("logged_outcome") == "ok") | pl.col("name").str.contains(_HAPPENED)
    outside = ((pl.col("action") == "effect") & said).fill_null(False)
    return rows.with_columns(
        outcome=pl.when(inner & pl.col("transaction_outcome").is_not_null())
        .then("transaction_outcome")
        .when(inner & pl.col("handler_failed") & ~pl.col("committed") & ~outside)
        .then(pl.lit("unknown", events.Outcome))
        .otherwise(own)
    ).drop("transaction_outcome", "handler_failed", "committed")


def _with_handlers(rows: pl.LazyFrame) -> pl.LazyFrame:
    """`handler_failed`: the attempt's last envelope failed or was refused; `committed`: before that.

    `ending`: how the handler ended, unknown while it is open, null where none is logged; `purpose`: its
    action.

    A handler that ran into a timeout of its own has not failed: what it had done is done.
    """
    handlers = events.of_handler("finish")
    said = pl.coalesce("logged_outcome", pl.lit("ok", events.Outcome))
    is_begun = events.of_handler("start")
    open_ = pl.when(is_begun.any()).then(pl.lit("unknown", events.Outcome))
    finished = (pl.col("role") == "envelope") & (pl.col("phase") == "finish")
    # A failure that is told of nothing in particular is the handler's, too.
    finished |= (pl.col("logged_outcome") == "fail").fill_null(False) & pl.col("resource").is_null()
    ending = pl.col("logged_outcome").filter(finished).last().over("attempt")
    last_commit = pl.col("id").filter(pl.col("mark") == "commit").max().over("attempt")
    return rows.with_columns(
        handler_failed=ending.is_in(["fail", "conflict"]).fill_null(False),
        committed=(pl.col("id") <= last_commit).fill_null(False),
        ending=pl.coalesce(said.filter(handlers).last(), open_).over("attempt"),
        purpose=pl.col("action").filter(handlers).last().over("attempt"),
    )


def _with_visibility(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The next commit of the attempt, else the finish of its last envelope, else the row itself."""
    commits = pl.col("mark") == "commit"
    finishes = (pl.col("role") == "envelope") & (pl.col("phase") == "finish")

    def seen(column: str) -> pl.Expr:
        commit = pl.when(commits).then(column).backward_fill().over("attempt")
        finish = pl.when(finishes).then(column).backward_fill().over("attempt")
        return pl.coalesce(commit, finish, column)

    return rows.with_columns(
        visible=seen("id"), visible_time=seen("time"), visible_domain=seen("domain")
    )


def _with_transactions(rows: pl.LazyFrame) -> pl.LazyFrame:
    """`transaction_outcome` of rows between a begin and its end: ok, fail, or unknown while open."""
    begins = (pl.col("mark") == "begin").fill_null(False)
    ends = pl.col("mark").is_in(["commit", "rollback"]).fill_null(False)
    committed = (pl.col("mark") == "commit") & (pl.col("logged_outcome").fill_null("ok") == "ok")
    # A rollback nobody began undoes what the attempt did before it.
    unbegun = (pl.col("mark") == "rollback").any() & ~begins.any()
    rows = rows.with_columns(
        begun=begins.cum_sum().over("attempt") + unbegun.over("attempt").fill_null(False),
        ended=ends.cum_sum().over("attempt"),
    )
    final = (
        pl.when(committed.any())
        .then(pl.lit("ok"))
        .when(ends.any())
        .then(pl.lit("fail"))
        .otherwise(pl.lit("unknown"))
        .cast(events.Outcome)
    )
    transactions = (
        rows.filter(pl.col("begun") > 0).group_by("attempt", "begun").agg(transaction_outcome=final)
    )
    inside = pl.col("begun") > pl.col("ended")
    return (
        rows.join(transactions, on=["attempt", "begun"], how="left", maintain_order="left")
        .with_columns(transaction_outcome=pl.when(inside).then("transaction_outcome"))
        .drop("begun", "ended")
    )
