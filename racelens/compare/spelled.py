"""What writes spell out in a field that no rule reads: it tells a cancellation from a renewal of one name.

Only fields of few words count, whose words change from one write of a resource to the next: a region or a
client does not say what was done.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import polars as pl

from racelens.ingest import Capture
from racelens.ingest.quote import quote

FEW = 20  # words of one field that are a vocabulary, not data
_MOST = 20_000  # writes whose lines are read again
_NEARLY_ALL = 0.9  # of the writes of a name have the field
_WORD = re.compile(r"[A-Za-z][A-Za-z_.-]{1,30}")
_DULL = {"level", "severity", "lvl", "levelname", "logger", "message", "msg", "event", "thread"}
_SCHEMA = pl.Schema({"id": pl.UInt32, "name": pl.String, "resource": pl.String, "key": pl.String, "word": pl.String})  # fmt: skip


def words(writes: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    """`id` and `word` of the `writes` (id, source, line, name, resource) that spell one out."""
    few = writes.head(0) if writes.height > _MOST else writes
    told = pl.DataFrame(list(_told(few, capture)), schema=_SCHEMA, orient="row")
    fields = (
        told.group_by("name", "key", "resource")
        .agg(kinds=pl.col("word").n_unique(), said=pl.len())
        .group_by("name", "key")
        .agg(
            said=pl.col("said").sum(),
            changing=((pl.col("kinds") > 1).sum() * 2 >= (pl.col("said") > 1).sum())
            & (pl.col("kinds") > 1).any(),
        )
        .join(told.group_by("name", "key").agg(kinds=pl.col("word").n_unique()), on=["name", "key"])
        .join(few.group_by("name").agg(all=pl.len()), on="name")
    )
    chosen = (
        fields.filter(
            pl.col("changing"),
            pl.col("kinds").is_between(2, FEW),
            pl.col("said") >= 2 * pl.col("kinds"),
            pl.col("said") >= _NEARLY_ALL * pl.col("all"),
        )
        .sort("kinds", "key")
        .unique("name", keep="first", maintain_order=True)
    )
    return told.join(chosen, on=["name", "key"], how="semi").select("id", "word")


def _told(
    writes: pl.DataFrame, capture: Capture
) -> Iterator[tuple[int, str | None, str, str, str]]:
    names = [entry.source.name for entry in capture.inputs]
    read = [_read(entry.mapping.fields) for entry in capture.inputs]
    rows = writes.select("id", "source", "line", "name", "resource").rows()
    lines = quote(
        (entry.source for entry in capture.inputs), {(names[s], line) for _, s, line, *_ in rows}
    )
    for event, source, line, name, resource in rows:
        for key, word in _spelled(lines.get((names[source], line), "")):
            if key not in read[source]:
                yield event, name, resource, key, word


def _read(fields: dict[str, tuple[tuple[str, ...], ...]]) -> set[str]:
    """Keys that say something else; what an action is called may say more than which action it is."""
    said = (path for field, paths in fields.items() if field != "action" for path in paths)
    return {path[0] for path in said if len(path) == 1} | _DULL


def _spelled(line: str) -> Iterator[tuple[str, str]]:
    try:
        record = json.loads(line)
    except ValueError:
        return
    if isinstance(record, dict):
        for key, value in record.items():
            if isinstance(value, str) and _WORD.fullmatch(value):
                yield key, value
