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
    changes = pl.col("action").is_in([*CHANGING_ACTIONS, "effect", "acquire"])
    payload = pl.col("flow") + " " + pl.col("payload")
    fields = lineage.fields()
    # A handler that logs nothing finer may have changed what it is about.
    changes |= (pl.col("phase") == "finish") & (pl.col("action") == "other")
    stems = rows["stem"].unique()
    claims = stems.filter(stems.str.contains(CLAIM).fill_null(False))
    changes |= pl.col("stem").is_in(claims.implode())
    creates = (pl.col("action") == "create") & (pl.col("phase") != "point")
    duty = pl.when(singletons.is_one(knowledge)).then(singletons.duty())
    asked = pl.concat_str("flow", "stem", "resource", separator=" ")
    failed = (pl.col("logged_outcome") == "fail").fill_null(False)
    # A guard at work, and the death of who worked, are told whoever else was there.
    settling = rows.select("name").unique().filter(submissions.is_way("name"))["name"]
    told = pl.col("name").is_in(settling.implode()) | pl.col("holder").is_not_null()
    history = (pl.col("from_text") == embedded.HISTORY).fill_null(False)
    known = pl.col("from_text").is_not_null() | pl.col("resource").is_not_null()
    alone = history | ((pl.col("logged_outcome") == "conflict") & known).fill_null(False)
    keys = [
        (pl.col("resource"), changes | told.fill_null(False)),
        (duty, pl.lit(True)),
        (pl.col("flow"), creates),
        (asked, failed),
        *(
            (key, pl.lit(True))
            for key in (
                *(pl.col("job"), pl.col("delivery"), pl.col("key"), payload, fields),
                *_alike(rows),
            )
        ),
    ]
    attempts = pl.concat([_rivals(rows, key, matters) for key, matters in keys])
    closing = rows["died"].drop_nulls().unique()
    return rows.select(
        pl.col("attempt").hash().is_in(attempts.unique().implode())
        | alone
        | pl.col("id").is_in(closing.implode())
    ).to_series()


def _alike(rows: pl.DataFrame) -> list[pl.Expr]:
    """The same content under two ids; asked only of logs that can show it."""
    told = rows["from_text"].unique().str.contains(r"\bcontent\b").any()
    rows_of_store = rows["name"].has_nulls() and rows["transaction"].count()
    return [
        *([submissions.asked()] if told else []),
        *([submissions.row()] if rows_of_store else []),
    ]


def _rivals(rows: pl.DataFrame, key: pl.Expr, matters: pl.Expr) -> pl.Series:
    """Attempts, by hash, that share a value of `key` with another, where some event of it matters."""
    hashed = (
        rows.lazy()
        .filter(key.is_not_null())
        .select(value=key.hash(), attempt=pl.col("attempt").hash(), matters=matters)
    )
    shared = (
        hashed.group_by("value")
        .agg(
            several=pl.col("attempt").min() != pl.col("attempt").max(),
            matters=pl.col("matters").any(),
        )
        .filter(pl.col("several") & pl.col("matters"))
    )
    rivals = hashed.join(shared, on="value", how="semi").select("attempt")
    return collect(rivals).to_series()
