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

_HEAD_BYTES = 1024 * 1024  # of one file
_HEADS_BYTES = 32 * _HEAD_BYTES  # of all files together, but
_LEAST_BYTES = 16 * 1024  # of one file at least
_NUMBERS = {"source": pl.UInt32, "line": pl.UInt32, "number": pl.UInt32, "in_head": pl.Boolean}


@dataclass(frozen=True)
class _Excerpt(Source):
    """Some lines of a source, under its name."""

    lines: tuple[Line, ...] = ()

    def open(self) -> IO[bytes]:
        return BytesIO(b"".join(line.text + b"\n" for line in self.lines))


@dataclass(frozen=True)
class Reading:
    """events: `events.EVENT_SCHEMA`, with `line` as in the file and `source` the index among all sources."""

    history: History
    events: pl.DataFrame


def read(
    sources: Sequence[Source],
    chosen: Mapping[int, Sequence[Line]],
    overrides: Overrides | None,
) -> Reading:
    """The events of the chosen lines, and of the heads of all files. `chosen`: by index of the source."""
    size = max(_LEAST_BYTES, min(_HEAD_BYTES, _HEADS_BYTES // len(sources)))
    heads = [head(source, size) for source in sources]
    excerpts = [
        _excerpt(source, heads[index], chosen.get(index, ()))
        for index, source in enumerate(sources)
    ]
    capture = load([*excerpts], overrides)
    by_name = {source.name: index for index, source in enumerate(sources)}
    read_ = [by_name[entry.source.name] for entry in capture.inputs]
    numbers = pl.concat(
        [_numbers(place, excerpts[index], len(heads[index])) for place, index in enumerate(read_)]
        or [pl.DataFrame(schema=_NUMBERS)]
    )
    knowledge = _learn(capture.records, capture.precisions, numbers)
    history = build(capture, knowledge, everything=True)
    return Reading(history, _placed(history.events, numbers, read_))


def _excerpt(source: Source, first: Sequence[Line], lines: Sequence[Line]) -> _Excerpt:
    merged = {line.number: line for line in (*first, *lines)}
    ordered = tuple(merged[number] for number in sorted(merged))
    return _Excerpt(source.name, source.path, source.found, ordered)


def _numbers(place: int, excerpt: _Excerpt, in_head: int) -> pl.DataFrame:
    """Line of the excerpt → line of the file, and whether it is one of the first `in_head` lines."""
    numbers = pl.Series([line.number for line in excerpt.lines], dtype=pl.UInt32)
    return pl.DataFrame(
        {
            "source": pl.repeat(place, len(numbers), dtype=pl.UInt32, eager=True),
            "line": pl.int_range(1, len(numbers) + 1, dtype=pl.UInt32, eager=True),
            "number": numbers,
            "in_head": numbers <= in_head,
        },
        schema=_NUMBERS,
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
