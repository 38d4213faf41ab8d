"""What was sent twice before anything was answered, told by lines that carry no request id.

`Started PUT "/checkout.json" for 198.51.100.240`, again, and no `Completed` in between: a double click. Where one
process has answered anything since, the lines of several requests may interleave, and nobody can tell.

The same content under two ids is another: one task called with the same arguments by two jobs, two rows of one source.
"""

from __future__ import annotations

import polars as pl

from racelens.ingest import recipes

# Two ways in which one thing is settled: told by its provider, or by who comes back from there.
_TOLD = r"(?i)\b(?:webhook|web hook|ipn|callback|notification)\b.{0,80}\b(?:received|arrived|processed|handled)\b|^(?:received|processing|handling) .{0,30}\b(?:webhook|ipn|callback)\b"
_CAME_BACK = r"(?i)\b(?:finali[sz](?:e|ing|ed)|returned from|return(?:ing)? (?:url|page)|redirect(?:ed)? back|complet(?:e|ing) (?:checkout|payment))\b"


def sent(rows: pl.DataFrame) -> pl.DataFrame:
    """Adds `sent`: client, method and place of a change asked for, and how many answers came before it."""
    nameless = pl.col("actor").is_null() & (pl.col("stem") == recipes.REQUEST)
    asks = nameless & (pl.col("phase") == "start") & pl.col("user").is_not_null()
    changes = pl.col("action").is_in(["write", "create", "delete"]) & ~pl.col("mention")
    answers = (nameless & (pl.col("phase") == "finish") & ~pl.col("mention")).cast(pl.UInt32)
    told = pl.concat_str(
        pl.lit("sent"),
        "user",
        pl.col("action").cast(pl.String),
        "resource",
        answers.cum_sum().over("domain", order_by="id").cast(pl.String),
        separator=" ",
    )
    return rows.with_columns(sent=pl.when(asks & changes).then(told))


def asked() -> pl.Expr:
    """Which task was called with which arguments, as the sentence that takes or begins a job tells."""
    begins = (pl.col("phase") == "start") | (pl.col("action") == "deliver")
    told = pl.col("from_text").str.contains(r"\bcontent\b") & pl.col("job").is_not_null()
    return pl.when((begins & told & ~pl.col("mention")).fill_null(False)).then(
        pl.format("asked {} {}", "stem", "content")
    )


def row() -> pl.Expr:
    """From which source a row of a store was made, and for what; null for records of what was done."""
    is_row = pl.col("name").is_null() & ~pl.col("mention") & pl.col("resource").is_not_null()
    return pl.when(is_row).then(pl.format("row {} {}", "transaction", "resource"))


def is_way(name: str) -> pl.Expr:
    """True for names that tell of one of them."""
    text = pl.col(name)
    return (text.str.contains(_TOLD) | text.str.contains(_CAME_BACK)).fill_null(False)


def way() -> pl.Expr:
    """`webhook` or `return`: how word came that a thing is settled; null for all else."""
    named = pl.col("resource").is_not_null() & ~pl.col("mention")
    return (
        pl.when(named & pl.col("name").str.contains(_TOLD))
        .then(pl.lit("webhook"))
        .when(named & pl.col("name").str.contains(_CAME_BACK))
        .then(pl.lit("return"))
    )
