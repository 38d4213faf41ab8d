"""Lines → what ingest makes of them, through the real way in: a file, `find`, `load`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from racelens.ingest import Capture, find, load

Line = str | bytes | Mapping[str, Any]
Told = dict[str, Any]

BUCKETS = ("events", "rejects", "blank", "continuation", "repeat", "envelope")


def encoded(lines: Sequence[Line]) -> bytes:
    """The lines as a file's bytes, each with its newline; text and bytes as they are."""
    return b"".join(_bytes(line) + b"\n" for line in lines)


def _bytes(line: Line) -> bytes:
    if isinstance(line, bytes):
        return line
    return line.encode() if isinstance(line, str) else json.dumps(line).encode()


def loaded(data: bytes, overrides: Mapping[str, Sequence[str]] | None = None) -> Capture:
    """The capture of one file with these bytes."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "app.jsonl")
        path.write_bytes(data)
        return load(find([str(path)]), overrides)


def capture(*lines: Line, overrides: Mapping[str, Sequence[str]] | None = None) -> Capture:
    """The capture of one file with these lines."""
    return loaded(encoded(lines), overrides)


def told(*lines: Line, overrides: Mapping[str, Sequence[str]] | None = None) -> list[Told]:
    """The records of these lines in line order, without what is null; time in nanoseconds."""
    return records(capture(*lines, overrides=overrides))


def one(line: Line, overrides: Mapping[str, Sequence[str]] | None = None) -> Told:
    """The single record of a single line."""
    (record,) = told(line, overrides=overrides)
    return record


def records(of: Capture) -> list[Told]:
    """The records in line order, without what is null; time in nanoseconds."""
    table = of.records.with_columns(pl.col("time").cast(pl.Int64))
    rows = table.sort("line", maintain_order=True).to_dicts()
    return [{key: value for key, value in row.items() if value is not None} for row in rows]


def buckets(of: Capture) -> dict[str, int]:
    """How many lines of the only input went where; empty buckets left out."""
    (account,) = of.inputs
    counts = {name: int(getattr(account, name)) for name in BUCKETS}
    assert sum(counts.values()) == account.lines
    return {name: count for name, count in counts.items() if count}


def rejected(of: Capture) -> dict[int, str]:
    """Reasons by line."""
    return {reject.line: reject.reason for _, reject in of.rejects}
