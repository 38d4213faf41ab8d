"""Which attempts are tries of one logical operation, and which effects are meant to happen once.

Lineage: the same job or message; else the same operation with the same payload in one flow where the try
number rises or a try was left open; else the same idempotency key. Intent: the idempotency key, else the
payload in its flow. `undos` counts what was taken back in the flow before: a repeat after it is wanted.

Work is wider than lineage: what was asked for once more, whether or not somebody counted. Without a
payload it is the same action on the same resource, prefixed with `like`: what was asked may differ.
"""

from __future__ import annotations

import polars as pl

from racelens.events import of_handler
from racelens.history import identity, submissions

_UNDO = r"(?i)cancel|refund|void|revert|undo|rollback|reverse|remove|return"


def relate(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `lineage`, `work`, `intent`, `undos` and `flow_undos` to rows in (attempt, id) order with effective outcomes."""
    handler = of_handler()
    own = {
        "job": identity.queued(pl.col("job")).drop_nulls().first(),
        "counter": identity.is_counter(pl.col("job")).drop_nulls().first(),
        "delivery": pl.col("delivery").drop_nulls().first(),
        "key": pl.col("key").drop_nulls().first(),
        "flow": pl.col("flow").drop_nulls().first(),
        "operation": pl.col("operation").first(),
        "payload": pl.col("payload").filter(handler).drop_nulls().first(),
        "action": pl.col("action").filter(handler).first().cast(pl.String),
        "resource": pl.col("resource").filter(handler).drop_nulls().first(),
        "try": pl.col("try").max(),
        "open": (handler & (pl.col("outcome") == "unknown")).any(),
    }
    # A record that stands alone may still tell which delivery it is of.
    known = pl.col("actor").is_not_null() | pl.col("delivery").is_not_null()
    attempts = rows.filter(known).group_by("attempt").agg(**own)
    again = ["flow", "operation", "payload"]
    retried = (pl.col("try").max() > 1).over(again) | pl.col("open").any().over(again)
    named = pl.all_horizontal(pl.col(c).is_not_null() for c in again)
    job = pl.when(~pl.col("counter")).then(pl.lit("job ") + pl.col("job"))
    lineage = pl.coalesce(
        job,
        pl.lit("delivery ") + pl.col("delivery"),
        pl.when(named & retried).then(pl.concat_str(again, separator=" ")),
        pl.lit("key ") + pl.col("key"),
    )
    like = pl.concat_str(pl.lit("like"), "flow", "operation", "action", "resource", separator=" ")
    work = pl.coalesce(lineage, pl.concat_str(again, separator=" "), like)
    related = attempts.select("attempt", lineage=lineage, work=work, attempt_key="key")
    intent = pl.coalesce(
        pl.lit("key ") + pl.coalesce("key", "attempt_key"),
        pl.col("flow") + " " + pl.col("payload"),
        fields(),
        "sent",
        pl.when(submissions.way().is_not_null()).then(pl.lit("settled ") + pl.col("resource")),
        submissions.asked(),
        submissions.row(),
    )
    return (
        rows.join(related, on="attempt", how="left", maintain_order="left")
        .with_columns(intent=intent, undone=_is_undo())
        .with_columns(
            undos=pl.col("undone").cum_sum().over("flow", order_by="id"),
            flow_undos=pl.col("undone").sum().over("flow"),
        )
        .drop("attempt_key", "undone")
    )


def fields() -> pl.Expr:
    """What an effect without a payload was about, where two facts at least tell it from others of its kind."""
    # What is made anew, a comment, a payout, has an id that tells nothing of what was asked for.
    made = pl.col("action") == "create"
    about = pl.coalesce("beside", pl.when(~made).then("resource"))
    facts = [about, pl.col("user"), pl.col("content")]
    known = pl.sum_horizontal(fact.is_not_null() for fact in facts)
    known += pl.col("content").str.count_matches(" ").fill_null(0)
    told = pl.concat_str(pl.lit("fields"), "stem", *facts, separator=" ", ignore_nulls=True)
    effective = pl.col("action").is_in(["effect", "create"]) & ~pl.col("mention")
    unnamed = pl.col("payload").is_null() & (pl.col("phase") == "point")
    return pl.when(effective & unnamed & (known >= 2)).then(told)


def _is_undo() -> pl.Expr:
    """1 for a record, be it only a handler's, of taking something back."""
    happened = pl.col("outcome").is_in(["ok", "unknown"]) & (pl.col("action") != "read")
    return (pl.col("name").str.contains(_UNDO) & happened).fill_null(False).cast(pl.UInt32)
