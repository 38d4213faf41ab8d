"""Logs and traces of one request are one attempt, though only the log says the request's id.

A span that entered a service stands for a request where nothing else does. A log of the same capture may know
better: by the span that its records carry, else by trace and service, else by the trace alone, where one of them
names no service: another service of the trace did something else. What is not one to one is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

_ENTRY, _UNIT = "entry", ("request", "job", "try")
_PLACE = ("process", "host")
# The ways in which a log record may be of an entry, the surest first.
_WAYS: tuple[tuple[str, ...], ...] = (("span",), ("trace", "service"), ("trace",))


def joined(records: pl.DataFrame) -> pl.DataFrame:
    """The records, those of spans under the request or job that the log names, those of logs under their entry."""
    entries = records.filter(pl.col("request") == pl.col("span"))["request"].unique()
    if not len(entries):
        return records
    records = records.with_row_index("place").with_columns(
        entry=pl.when(pl.col("request").is_in(entries.implode())).then("request")
    )
    spans, logs = (records.filter(e) for e in (_is_span(), ~_is_span()))
    if not logs.height or not logs["trace"].count():
        return records.drop("place", _ENTRY)
    logs = _entered(logs, spans)
    named = _units(logs)
    silent = pl.all_horizontal(pl.col(c).is_null() for c in ("request", "job"))
    logs = logs.with_columns(request=pl.when(silent).then(_ENTRY).otherwise("request"))
    spans = _under(spans, named)
    logs = _under(logs.with_columns(entry=pl.when(silent).then(_ENTRY)), named)
    return pl.concat([spans, logs]).sort("place").drop("place", _ENTRY)


def _is_span() -> pl.Expr:
    return pl.col(_ENTRY).is_not_null()


def _entered(logs: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """Log records with the entry that they are of, and its service where they name none."""
    for way in _WAYS:
        logs = logs.join(_one_each(spans, way), on=way, how="left", maintain_order="left")
        same = (pl.col("service") == pl.col("of_found")).fill_null(True)
        found = pl.when(same | pl.lit("span" in way)).then("found")
        logs = logs.with_columns(entry=pl.coalesce(_ENTRY, found)).drop("found", "of_found")
    services = spans.group_by(_ENTRY).agg(of_entry=pl.col("service").drop_nulls().first())
    told = logs.join(services, on=_ENTRY, how="left", maintain_order="left")
    return told.with_columns(service=pl.coalesce("service", "of_entry")).drop("of_entry")


def _one_each(spans: pl.DataFrame, way: Sequence[str]) -> pl.DataFrame:
    """For each key the only entry that has it."""
    return (
        spans.drop_nulls(way)
        .group_by(way)
        .agg(
            found=pl.col(_ENTRY).first(),
            of_found=pl.col("service").drop_nulls().first(),
            several=pl.col(_ENTRY).n_unique() > 1,
        )
        .filter(~pl.col("several"))
        .drop("several")
    )


def _units(logs: pl.DataFrame) -> pl.DataFrame:
    """For each entry the only request, or try of a job, that its log records name."""
    own = logs.filter(_is_span()).with_columns(
        job=pl.when(pl.col("request").is_null()).then("job"),
        **{"try": pl.when(pl.col("request").is_null()).then("try")},
    )
    named = own.filter(pl.any_horizontal(pl.col(c).is_not_null() for c in ("request", "job")))
    units = named.group_by(_ENTRY).agg(
        *(pl.col(c).drop_nulls().first() for c in (*_UNIT, *_PLACE)),
        several=pl.any_horizontal(pl.col(c).drop_nulls().n_unique() > 1 for c in _UNIT),
    )
    alone = pl.col("request").is_null() ^ pl.col("job").is_null()
    return units.filter(~pl.col("several") & alone).drop("several")


def _under(rows: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """Rows of an entry under what the log calls it, and where that is, unless they know better."""
    told = rows.join(named, on=_ENTRY, how="left", suffix="_told", maintain_order="left")
    known = pl.any_horizontal(pl.col(f"{c}_told").is_not_null() for c in ("request", "job"))
    columns = [
        pl.when(known).then(f"{c}_told").otherwise(c).cast(rows.schema[c]).alias(c) for c in _UNIT
    ]
    places = [pl.coalesce(c, f"{c}_told").alias(c) for c in _PLACE]
    return told.with_columns(*columns, *places).select(rows.columns)
