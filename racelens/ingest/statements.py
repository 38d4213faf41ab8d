"""Records that carry SQL: what their statements add, template by template."""

from __future__ import annotations

from dataclasses import astuple, fields

import polars as pl

from racelens import events
from racelens.ingest import sql

_PARTS = tuple(field.name for field in fields(sql.Statement))
_TYPES = {"key": pl.Int64, "base": pl.Int64, "version": pl.Int64, "bumps": pl.Boolean}
_VALUE = r"'(?:[^']|'')*'|\"[^\"]*\"|[\w.:-]+"


def read(told: pl.DataFrame) -> pl.DataFrame:
    """Action, resource, base, version, guard and mark of records with a `statement`, where nothing else says them."""
    if "statement" not in told.columns:
        return told
    told = told.with_columns(
        pl.col("statement").str.replace_all(sql.LITERAL, "${1}?").alias("template"),
        given=_given(told),
    )
    meant = _meant(told["template"].drop_nulls().unique(maintain_order=True))
    told = told.join(meant, on="template", how="left", maintain_order="left")
    key, base, version = (
        pl.col("given").list.get(pl.col(f"sql_{part}"), null_on_oob=True)
        for part in ("key", "base", "version")
    )
    next_ = (base.cast(pl.Int64, strict=False) + 1).cast(pl.String)
    made = pl.coalesce(version, pl.when("sql_bumps").then(next_))
    known = set(told.columns)

    def beside(column: str, found: pl.Expr) -> pl.Expr:
        return pl.coalesce(column, found) if column in known else found

    action = pl.col("sql_action").cast(events.Action)
    return told.with_columns(
        explicit=pl.coalesce("explicit", pl.col("sql_table") + ":" + key),
        base=beside("base", base),
        version=beside("version", made),
        guard=pl.coalesce("sql_guard", beside("guard", pl.lit(None, pl.String))),
        action=pl.coalesce(action, "action"),
        mark=pl.coalesce(
            pl.col("sql_mark").cast(events.Mark), beside("mark", pl.lit(None, events.Mark))
        ),
    ).drop("template", "given", *(f"sql_{part}" for part in _PARTS))


def _given(told: pl.DataFrame) -> pl.Expr:
    """The parameters as logged beside the statement, else the literals in it."""
    literals = pl.col("statement").str.extract_all(sql.LITERAL)
    bare = literals.list.eval(pl.element().str.slice(1).str.strip_chars("' "))
    if "parameters" not in told.columns:
        return bare
    logged = pl.col("parameters").str.extract_all(_VALUE)
    return pl.coalesce(logged.list.eval(pl.element().str.strip_chars("'\"")), bare)


def _meant(templates: pl.Series) -> pl.DataFrame:
    rows = [astuple(sql.understand(text)) for text in templates]
    schema = [(f"sql_{part}", _TYPES.get(part, pl.String)) for part in _PARTS]
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(template=templates)
