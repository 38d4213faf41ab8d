"""The year of stamps that name none: from dated stamps beside them, else from when the log was last written."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl

from racelens.ingest import clock
from racelens.ingest.mapping import Mapping, Sample
from racelens.ingest.sources import Source

_SECOND = 1_000_000_000


def settled(mapping: Mapping, seen: Sample, source: Source) -> tuple[Mapping, str | None]:
    """The mapping with the latest moment that its undated stamps may mean, and in words where that is from.

    None where every stamp has a year.
    """
    undated = {path: of for path, of in mapping.clocks.items() if of.is_undated}
    if not undated:
        return mapping, None
    until, why = _latest(mapping, seen) or _written(source)
    clocks = {path: replace(of, until=until) for path, of in undated.items()}
    return replace(mapping, clocks={**mapping.clocks, **clocks}), why


def _latest(mapping: Mapping, seen: Sample) -> tuple[int, str] | None:
    """The latest of the sample's stamps that have a year."""
    stamps = (
        clock.nanoseconds(pl.Series(seen.values[path], dtype=pl.String), of).dt.epoch("ns").max()
        for path, of in mapping.clocks.items()
        if not of.is_undated
    )
    known = [stamp for stamp in stamps if isinstance(stamp, int)]
    return (max(known), f"dated stamps beside them go to {_day(max(known))}") if known else None


def _written(source: Source) -> tuple[int, str]:
    if source.path is None:
        now = time.time_ns()
        return now, f"today is {_day(now)}"
    written = source.path.stat().st_mtime_ns
    return written, f"the file was last written on {_day(written)}"


def _day(stamp: int) -> str:
    return datetime.fromtimestamp(stamp // _SECOND, UTC).date().isoformat()
