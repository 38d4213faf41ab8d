"""One record that came through two exports is one event, whatever was wrapped around it.

Known by what it says and a stamp finer than a second. That alone could be chance: two processes may print
one sentence in the same millisecond. Either the record names its host and process, or the two inputs share
half of what they hold of the time that both cover.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from racelens import events
from racelens.ingest.capture import Capture, Input

# What an export says of a record, or where it stands in it: not the record's own.
_AROUND = ("source", "line", "part", "host", "service", "process", "worker", "seq")
_SAID = [name for name in events.RECORD_SCHEMA if name not in _AROUND]
_SHARE = 0.5
_FEWEST = 3  # records that two exports share at least
_PLACE = ["source", "line", "part"]


def once(capture: Capture) -> Capture:
    """The capture with each record kept where it was read first; the others are counted as repeats."""
    if len(capture.inputs) < 2:
        return capture
    again = _again(capture.records)
    if not again.height:
        return capture
    kept = capture.records.join(again, on=_PLACE, how="anti", nulls_equal=True)
    inputs = list(capture.inputs)
    for (source,), gone in again.group_by("source", maintain_order=True):
        index = int(source)
        left = kept.filter(pl.col("source") == index)["line"].unique()
        inputs[index] = _recounted(inputs[index], gone, left)
    return replace(capture, records=kept, inputs=tuple(inputs))


def _recounted(entry: Input, gone: pl.DataFrame, left: pl.Series) -> Input:
    lines = gone["line"].unique().sort()
    lines = lines.filter(~lines.is_in(left.implode()))
    first = [entry.first_repeat, *lines.head(1)]
    return replace(
        entry,
        events=entry.events - len(lines),
        records=entry.records - gone.select("line", "part").n_unique(),
        repeat=entry.repeat + len(lines),
        first_repeat=min((line for line in first if line is not None), default=None),
    )


def _again(records: pl.DataFrame) -> pl.DataFrame:
    """Places of the records that an earlier input has, too."""
    fine = records.filter(pl.col("time").dt.nanosecond() != 0)
    shared = fine.filter(pl.col("time").is_duplicated())
    # Each on its own: what a line says of two resources is two records of one place.
    told = shared.select(
        *_PLACE, "time", "host", "process", said=pl.struct(_SAID).hash()
    ).with_columns(first=pl.col("source").min().over("said"))
    of_first = told.filter(pl.col("source") == pl.col("first")).select(
        "said", first_host="host", first_process="process"
    )
    pairs = (
        told.filter(pl.col("source") != pl.col("first"))
        .join(of_first.unique("said", keep="first", maintain_order=True), on="said")
        .with_columns(
            one_process=(pl.col("host") == pl.col("first_host"))
            & (pl.col("process") == pl.col("first_process"))
        )
    )
    if not pairs.height:
        return pairs.select(_PLACE)
    exports = _exports(fine, pairs)
    same = pairs.join(exports, on=["first", "source"], how="left")
    return same.filter(pl.col("one_process") | pl.col("is_export")).select(_PLACE).unique()


def _exports(fine: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs of inputs that share half of the records that they have in the time both cover."""
    stamps = {
        source: part["time"].dt.epoch("ns").sort() for (source,), part in fine.group_by("source")
    }
    found = []
    for first, source, matched in pairs.group_by("first", "source").len().rows():
        if matched >= _FEWEST:
            both = stamps[first], stamps[source]
            begin, end = max(s[0] for s in both), min(s[-1] for s in both)
            held = min(s.search_sorted(end, "right") - s.search_sorted(begin, "left") for s in both)
            found += [(first, source, True)] * (matched >= _SHARE * held)
    shape = {"first": pl.UInt32, "source": pl.UInt32, "is_export": pl.Boolean}
    return pl.DataFrame(found, schema=shape, orient="row")
