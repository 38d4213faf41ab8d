"""One id, run twice: a redelivered job or a request sent again is a second attempt under the same name.

An attempt whose handler starts more than once is told apart by place and, inside one, by its starts.
"""

from __future__ import annotations

import polars as pl

from racelens.tables import collect


def split(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `attempt` made unique for each execution."""
    step = pl.col("mention") | pl.col("id").is_in(_nested(rows).implode())
    repeated = (
        rows.lazy()
        .filter(_begins() & ~step & pl.col("actor").is_not_null())
        .group_by("attempt", "stem")
        .agg(pl.len(), first=pl.col("id").min(), taken=(pl.col("phase") == "point").all())
        .sort("taken", "first")
        .group_by("attempt", maintain_order=True)
        .agg(pl.col("taken").first(), handler=pl.col("stem").first(), starts=pl.col("len").first())
        .filter(pl.col("starts") > 1)
        .collect()
    )
    if repeated.is_empty():
        return rows
    of_repeated = pl.col("attempt").is_in(repeated["attempt"].implode())
    several = rows.filter(of_repeated).join(repeated, on="attempt", how="left").sort("id")
    told = _numbered(_placed(several, step)).with_columns(
        attempt=pl.format("{}@{}.{}", "attempt", "place", "run")
    )
    return pl.concat([rows.filter(~of_repeated), told.select(rows.columns)])


def _placed(rows: pl.DataFrame, step: pl.Expr) -> pl.DataFrame:
    """Adds `began`, `ended` and `place`: where it ran, as finely as begin and end of each run agree.
    step: true where a record tells of no begin or end of its own.

    A worker's main process takes a job, and a child logs how it ended: then the host is the place.
    """
    own = (pl.col("stem") == pl.col("handler")) & ~step
    began = own & pl.when("taken").then(_begins()).otherwise(pl.col("phase") == "start")
    rows = rows.with_columns(began=began, ended=own & (pl.col("phase") == "finish"))
    source = pl.col("source").cast(pl.String)
    places = {
        "process": pl.coalesce("process", "host", source),
        "host": pl.coalesce("host", source),
    }
    agree = [
        pl.when(
            (~pl.col("ended") | pl.col("began").any().over("attempt", place)).all().over("attempt")
        ).then(place)
        for place in places.values()
    ]
    return rows.with_columns(place=pl.coalesce(*agree, pl.lit("")))


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """Adds `run`, counted in each place: a begin opens one, and what stands before the first belongs to it.

    As many ends as begins: the first end is that of the first begin. Else an end is that of the latest.
    """
    where = ("attempt", "place")
    begun, closed = (pl.col(c).cum_sum().over(*where) for c in ("began", "ended"))
    each_ends = (pl.col("began").sum() == pl.col("ended").sum()).over(*where)
    nth = pl.when(pl.col("ended") & each_ends & (closed <= begun)).then(closed).otherwise(begun)
    # A job that is taken is begun by what follows.
    opens_next = (pl.col("action") == "deliver") & ~pl.col("began") & ~pl.col("taken")
    following = pl.min_horizontal(nth + 1, pl.col("began").sum().over(*where))
    return rows.with_columns(
        run=pl.max_horizontal(pl.when(opens_next).then(following).otherwise(nth), 1)
    )


def _nested(rows: pl.DataFrame) -> pl.Series:
    """Begins and ends, by id, of spans inside a span of their attempt: steps of one execution, whatever they are called."""
    ends = rows.lazy().filter((pl.col("phase") != "point") & ~pl.col("mention"))
    around = ends.select("attempt", parent="span").drop_nulls().unique()
    inner = ends.filter(pl.col("parent").is_not_null() & (pl.col("parent") != pl.col("span")))
    return collect(inner.join(around, on=["attempt", "parent"], how="semi").select("id"))["id"]


def _begins() -> pl.Expr:
    """True for a start, and for a worker that takes a job and logs no start of it."""
    takes = (pl.col("action") == "deliver") & (pl.col("actor") == pl.col("job"))
    return (pl.col("phase") == "start") | (takes & (pl.col("phase") == "point")).fill_null(False)
