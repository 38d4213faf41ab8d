"""A race needs two attempts: what only one ever touched is left out before anything costly is done.

Attempts are kept or left out whole, so whatever is decided inside an attempt stays as it was. Keys and
attempts are compared by hash.
"""

from __future__ import annotations

import polars as pl

from racelens import singletons
from racelens.history import lineage, submissions
from racelens.ingest import embedded
from racelens.knowledge import Knowledge
from racelens.tables import collect
from racelens.vocabulary import CHANGING_ACTIONS, CLAIM


def any_of(rows: pl.DataFrame, knowledge: Knowledge) -> pl.Series:
    """True for the rows of attempts that share a resource, job, duty, message, key or payload with another.

    A resource that nobody changes is no contest, but what failed on it may have been asked for again.
    What a flow started while it was creating something may depend on it, so those attempts are kept, too.
    """
    hashed = rows.with_columns(pl.col("attempt").hash())
    attempts = pl.concat([_rivals(hashed, *key) for key in _keys(rows, knowledge)]).unique()
    closing = rows["died"].drop_nulls().unique()
    known = pl.col("from_text").is_not_null() | pl.col("resource").is_not_null()
    alone = (pl.col("logged_outcome") == "conflict") & known
    alone |= pl.col("from_text") == embedded.HISTORY
    return hashed.select(
        pl.col("attempt").is_in(attempts.implode())
        | alone.fill_null(False)
        | pl.col("id").is_in(closing.implode())
    ).to_series()


_Key = tuple[pl.Expr, pl.Expr, pl.Expr]


def _keys(rows: pl.DataFrame, knowledge: Knowledge) -> list[_Key]:
    """What attempts may share, which rows have it, and where it is worth a contest."""
    always = pl.lit(True)
    of_flow = pl.col("flow").is_not_null()
    failed = (pl.col("logged_outcome") == "fail").fill_null(False)
    asked = pl.concat_str("flow", "stem", "resource", separator=" ")
    payload = pl.col("flow") + " " + pl.col("payload")
    creates = (pl.col("action") == "create") & (pl.col("phase") != "point")
    effects = pl.col("action").is_in(["effect", "create"])
    return [
        *((pl.col(c), pl.col(c).is_not_null(), always) for c in ("job", "delivery", "key")),
        (pl.col("resource"), pl.col("resource").is_not_null(), _matters(rows)),
        (pl.col("flow"), of_flow, creates),
        (payload, of_flow & pl.col("payload").is_not_null(), always),
        (lineage.fields(), effects, always),
        (singletons.duty(), singletons.is_one(knowledge), always),
        (asked, of_flow & pl.col("resource").is_not_null(), failed),
        *((key, always, always) for key in _alike(rows)),
    ]


def _alike(rows: pl.DataFrame) -> list[pl.Expr]:
    """The same content under two ids; asked only of logs that can show it."""
    told = rows["from_text"].unique().str.contains(r"\bcontent\b").any()
    rows_of_store = rows["name"].has_nulls() and rows["transaction"].count()
    return [
        *([submissions.asked()] if told else []),
        *([submissions.row()] if rows_of_store else []),
    ]


def _matters(rows: pl.DataFrame) -> pl.Expr:
    """True for a change, and for what is told whoever else was there: a guard at work, a holder, a way to settle."""
    changes = pl.col("action").is_in([*CHANGING_ACTIONS, "effect", "acquire"])
    # A handler that logs nothing finer may have changed what it is about.
    changes |= (pl.col("phase") == "finish") & (pl.col("action") == "other")
    claims = _among(rows, "stem", pl.col("stem").str.contains(CLAIM))
    return (
        changes
        | claims
        | _among(rows, "name", submissions.is_way("name"))
        | pl.col("holder").is_not_null()
    )


def _among(rows: pl.DataFrame, column: str, test: pl.Expr) -> pl.Expr:
    """True for the texts that pass the test. Texts repeat: each is tested once."""
    passed = rows.select(column).unique().filter(test)[column].drop_nulls()
    return pl.col(column).is_in(passed.implode()).fill_null(False) if len(passed) else pl.lit(False)


def _rivals(rows: pl.DataFrame, key: pl.Expr, has: pl.Expr, matters: pl.Expr) -> pl.Series:
    """Attempts, by hash, that share a value of `key` with another, where some event of it matters."""
    keyed = (
        rows.lazy()
        .filter(has)
        .select(value=key, attempt="attempt", matters=matters)
        .filter(pl.col("value").is_not_null())
        .with_columns(pl.col("value").hash())
    )
    hashed = collect(keyed)
    if not hashed["matters"].any():
        return hashed["attempt"].clear()
    shared = (
        hashed.lazy()
        .group_by("value")
        .agg(
            several=pl.col("attempt").min() != pl.col("attempt").max(),
            matters=pl.col("matters").any(),
        )
        .filter(pl.col("several") & pl.col("matters"))
    )
    rivals = hashed.lazy().join(shared, on="value", how="semi").select("attempt")
    return collect(rivals).to_series()
