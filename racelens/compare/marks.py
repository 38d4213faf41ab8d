"""Ids of one run kept apart from the same ids of another, while one history holds them all.

Each run has a character from a private plane of Unicode, which no log uses. Ids and clocks carry it in
front, resources behind, since their type stands in front. `bare` takes it off again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from racelens.knowledge import Knowledge

_FIRST = 0xF0000
_MARK = re.compile("[\U000f0000-\U000ffffd]")
_IN_FRONT = (
    "correlation", "trace", "session", "transaction", "request", "job", "span", "parent",
    "key", "delivery", "host",
)  # fmt: skip
_BEHIND = ("resource", "process")

MOST_RUNS = 0xFFFD  # characters in the plane


def mark(run: int) -> str:
    return chr(_FIRST + run)


def bare(text: str) -> str:
    """The text as the log spells it."""
    return _MARK.sub("", text)


def bare_column(column: pl.Expr) -> pl.Expr:
    return column.str.replace_all(_MARK.pattern, "")


def scope(
    records: pl.DataFrame, run_of: Sequence[int], constants: Mapping[str, str]
) -> pl.DataFrame:
    """The records with the ids of each run apart. `run_of`: run of each source; `constants` name nothing."""
    marks = pl.col("source").replace_strict(
        {source: mark(run) for source, run in enumerate(run_of)}, return_dtype=pl.String
    )
    varying = [
        pl.when(pl.col(column) != value).then(column).alias(column)
        for column, value in constants.items()
    ]
    return records.with_columns(varying).with_columns(
        *((marks + pl.col(c)).alias(c) for c in _IN_FRONT),
        *((pl.col(c) + marks).alias(c) for c in _BEHIND),
    )


def scoped(knowledge: Knowledge, runs: int) -> Knowledge:
    """The knowledge of unmarked records, as marked ones need it."""
    duties = {duty + end for duty in knowledge.singletons for end in ("", *map(mark, range(runs)))}
    return replace(knowledge, constants={}, singletons=frozenset(duties))
