"""Records that hold more than one event: a document with its history, a process list.

`{"id": …, "history": [{"at": …, "status": …}, …]}` is one row of a store, read after the fact: each step is an
event. A row of `ps`, with its start and how long it has run, tells of two: the start, and that it was alive
when the list was made.
"""

from __future__ import annotations

import orjson
import polars as pl

from racelens import events
from racelens.ingest import aliases, clock
from racelens.ingest.lines import LINE, PART
from racelens.ingest.mapping import Mapping

HISTORY = "history"  # what `from_text` says of such records
_ENDED = ("phase", "status_code", "outcome")  # a list with these is one of requests


def unfold(said: pl.DataFrame, rows: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """The rows, one for each step of a history, and two for each process of a list."""
    if paths := mapping.fields.get("history"):
        said = _with_steps(
            said,
            rows.select(
                pl.col(LINE), pl.col(PART), *(mapping.column(p).alias("steps") for p in paths[:1])
            ),
        )
    if is_process_list(mapping):
        said = _with_starts(said, rows, mapping)
    return said


def is_process_list(mapping: Mapping) -> bool:
    """True where records say when a program began and how long it has been running."""
    asked = all(mapping.fields.get(field) for field in ("began", "alive", "program"))
    return asked and not any(mapping.fields.get(field) for field in _ENDED)


def _with_steps(said: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    found = [
        (line, part, *step)
        for line, part, text in rows.drop_nulls("steps").iter_rows()
        for step in _steps(text)
    ]
    if not found:
        return said
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "line": pl.UInt32,
        "part": rows[PART].dtype,
        "step_time": pl.String,
        "step_state": pl.String,
    }
    steps = pl.DataFrame(found, schema=schema, orient="row")
    stamps = clock.recognise(steps["step_time"].to_list())
    if stamps is None:
        return said
    times = clock.nanoseconds(steps["step_time"], stamps).alias("step_time")
    told = said.join(
        steps.with_columns(times),
        on=["line", "part"],
        how="left",
        nulls_equal=True,
        maintain_order="left_right",
    )
    is_step = pl.col("step_state").is_not_null()

    def beside(column: str, value: pl.Expr) -> pl.Expr:
        old = pl.col(column) if column in said.columns else pl.lit(None, pl.String)
        return pl.when(is_step).then(value).otherwise(old).alias(column)

    named = [c for c in said.columns if c == "explicit" or c.startswith("noun ")]
    document = pl.format("document:{}", "line")
    return told.with_columns(
        pl.coalesce("step_time", "time").alias("time"),
        beside("state", pl.col("step_state")),
        beside("action", pl.lit("write")),
        beside("name", pl.format("history: {}", "step_state")),
        beside("explicit", pl.coalesce(*named, document)),
        beside("from_text", pl.lit(HISTORY)),
    ).drop("step_time", "step_state")


def _steps(text: str) -> list[tuple[str, str]]:
    """(stamp, state) of each step; nothing for what is no list of such."""
    try:
        steps = orjson.loads(text)
    except orjson.JSONDecodeError:
        return []
    told = (
        (_step(step) for step in steps if isinstance(step, dict)) if isinstance(steps, list) else ()
    )
    return [step for step in told if step]


def _step(step: dict[str, object]) -> tuple[str, str] | None:
    known = {
        field: str(v)
        for key, v in reversed(step.items())
        for field, _ in aliases.matches((key,))
        if v
    }
    time, state = known.get("time") or str(step.get("at") or ""), known.get("state")
    return (time, state) if time and state else None


def _with_starts(said: pl.DataFrame, rows: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    began = mapping.fields["began"][0]
    stamps = rows.select(mapping.column(began)).to_series()
    runs = said.with_columns(
        clock.nanoseconds(stamps, mapping.clocks[began]).alias("run_began"),
        job=pl.coalesce(
            *(c for c in ("job", "pid") if c in said.columns), pl.col("line").cast(pl.String)
        ),
        name="program",
    )
    is_run = pl.col("run_began").is_not_null() & pl.col("program").is_not_null()
    starts = runs.filter(is_run).with_columns(
        phase=pl.lit("start"), time=pl.col("run_began").cast(events.Time)
    )
    seen = runs.with_columns(phase=pl.lit(None, pl.String))
    return pl.concat([starts, seen], how="diagonal_relaxed").drop("run_began")
