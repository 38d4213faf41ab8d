"""Chosen lines → events, read as a scan of the whole files would read them.

What a key means is decided by a file's head and places spread over it, and what an id means by the records of
its head: the chosen lines alone would make a constant of the very id that is traced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import IO

import polars as pl

from racelens.history import History, build
from racelens.ingest import Source, load
from racelens.ingest.mapping import Overrides
from racelens.knowledge import Knowledge, learn
from racelens.trace.lines import Line, head

_HEAD_BYTES = 1024 * 1024


@dataclass(frozen=True)
class _Excerpt(Source):
    """Some lines of a source, under its name."""

    lines: tuple[Line, ...] = ()

    def open(self) -> IO[bytes]:
        return BytesIO(b"".join(line.text + b"\n" for line in self.lines))


@dataclass(frozen=True)
class Reading:
    """events: `events.EVENT_SCHEMA` with lines and sources as in the files; `history.sources` has the names.

    place: index of each source among those that were read.
    """

    history: History
    events: pl.DataFrame


def read(
    sources: Sequence[Source],
    chosen: Mapping[int, Sequence[Line]],
    overrides: Overrides | None,
) -> Reading:
    """The events of the chosen lines, and of the heads of their files. `chosen`: by index of the source."""
    excerpts = {index: _with_head(sources[index], lines) for index, lines in chosen.items()}
    capture = load(list(excerpts.values()), overrides)
    by_name = {source.name: index for index, source in enumerate(sources)}
    read_ = [by_name[entry.source.name] for entry in capture.inputs]
    numbers = pl.concat([_numbers(place, excerpts[index]) for place, index in enumerate(read_)])
    knowledge = _learn(capture.records, capture.precisions, numbers)
    history = build(capture, knowledge, everything=True)
    return Reading(history, _placed(history.events, numbers, read_))


def _with_head(source: Source, lines: Sequence[Line]) -> _Excerpt:
    merged = {line.number: line for line in (*head(source, _HEAD_BYTES), *lines)}
    ordered = tuple(merged[number] for number in sorted(merged))
    return _Excerpt(source.name, source.path, source.found, ordered)


def _numbers(place: int, excerpt: _Excerpt) -> pl.DataFrame:
    """Line of the excerpt → line of the file, and whether it belongs to the head."""
    numbers = [line.number for line in excerpt.lines]
    size = pl.Series([len(line.text) + 1 for line in excerpt.lines], dtype=pl.Int64)
    whole = pl.Series(numbers, dtype=pl.UInt32)
    unbroken = whole.diff().fill_null(1) <= 1
    return pl.DataFrame(
        {
            "source": pl.repeat(place, len(numbers), dtype=pl.UInt32, eager=True),
            "line": pl.int_range(1, len(numbers) + 1, dtype=pl.UInt32, eager=True),
            "number": whole,
            "in_head": (size.cum_sum() <= _HEAD_BYTES) & unbroken.cum_min(),
        }
    )


def _learn(records: pl.DataFrame, precisions: tuple[int, ...], numbers: pl.DataFrame) -> Knowledge:
    heads = records.join(numbers.filter("in_head"), on=["source", "line"], how="semi")
    return learn(heads if heads.height else records, precisions)


def _placed(events: pl.DataFrame, numbers: pl.DataFrame, read_: Sequence[int]) -> pl.DataFrame:
    """Events with the line of the file, and the index among all sources."""
    index = dict(enumerate(read_))
    return (
        events.join(
            numbers.drop("in_head"), on=["source", "line"], how="left", maintain_order="left"
        )
        .with_columns(
            line="number",
            source=pl.col("source").replace_strict(index, return_dtype=pl.UInt32, default=0),
        )
        .drop("number")
    )
