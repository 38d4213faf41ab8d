"""Applying a scope: a window to records, before anything is concluded; all else to the keys of rules.

A race has two sides. What is asked of one resource, flow or service therefore never cuts the other side off:
by the law of keys a rule sees all events of each key that the scope touches.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

import polars as pl

from racelens.errors import RacelensError
from racelens.findings import rfc3339
from racelens.history import History
from racelens.ingest import Capture
from racelens.scope import Moment, Scope, TimeOfDay

_UNITS = ("transaction", "request", "job")  # whose records belong together, the narrowest first


def within(capture: Capture, scope: Scope) -> tuple[Capture, tuple[str, ...]]:
    """The records of the window, and what the user should know of the rest."""
    if not scope.is_timed:
        return capture, ()
    records = capture.records
    since, until, taken = dated(scope.since, scope.until, last_moment(records))
    kept = records.filter(between(since, until))
    return replace(capture, records=kept), (*taken, *_told(records, kept))


def dated(
    since: Moment | None, until: Moment | None, end_ns: int | None
) -> tuple[int | None, int | None, tuple[str, ...]]:
    """Both as nanoseconds since 1970, and which day was taken. end_ns: of the last record.

    A time of day is the last that the log has room for: `since` before `until`, or before the end of the log,
    and `until` the next one after it.
    Raises RacelensError for a time of day where no record has a time.
    """
    told = []
    for flag, moment in (("--since", since), ("--until", until)):
        if isinstance(moment, TimeOfDay) and end_ns is None:
            hint = f"{flag} 2026-05-04T{moment.text}"
            message = f"{flag} {moment.text}: no record has a time, so no day can be told"
            raise RacelensError(message, hint=hint)
    last = end_ns or 0
    if isinstance(since, TimeOfDay):
        before = min(until, last) if isinstance(until, int) else last
        text, since = since.text, since.last_before(before)
        told.append(f"--since {text} is taken for {rfc3339(since)}, the last before the log ends")
    if isinstance(until, TimeOfDay):
        text = until.text
        until = until.last_before(last) if since is None else until.first_after(since)
        which = "the last before the log ends" if since is None else "the next after --since"
        told.append(f"--until {text} is taken for {rfc3339(until)}, {which}")
    return since, until, tuple(told)


def last_moment(rows: pl.DataFrame) -> int | None:
    """When the log ends, in nanoseconds since 1970; None where nothing has a time."""
    last: int | None = rows.select(pl.col("time").dt.epoch("ns").max()).item()
    return last


def between(since_ns: int | None, until_ns: int | None) -> pl.Expr:
    """True for rows of the window, both of its ends included."""
    time = pl.col("time").dt.epoch("ns")
    begun = pl.lit(True) if since_ns is None else time >= since_ns
    return begun if until_ns is None else begun & (time <= until_ns)


def _told(records: pl.DataFrame, kept: pl.DataFrame) -> Iterator[str]:
    if not records.height:
        return
    left_out = records.height - kept.height
    undated = records["time"].null_count()
    without = f", {undated:,} of them without a time" if undated else ""
    yield f"--since/--until: {left_out:,} of {records.height:,} events left out{without}"
    if not kept.height:
        first, last = records.select(
            first=pl.col("time").dt.epoch("ns").min(), last=pl.col("time").dt.epoch("ns").max()
        ).row(0)
        if first is not None:
            yield f"nothing lies in the window: the log runs from {rfc3339(first)} to {rfc3339(last)}"
    elif cut := _cut(records, kept):
        yield (
            f"{cut:,} requests, jobs or transactions go over the edge of the window: what they did "
            "outside of it is not seen"
        )


def _cut(records: pl.DataFrame, kept: pl.DataFrame) -> int:
    """Units of work with records on both sides of an edge."""
    unit = pl.coalesce(*_UNITS).alias("unit")
    all_ = records.group_by(unit).len("all")
    inside = kept.group_by(unit).len("inside").filter(pl.col("unit").is_not_null())
    return inside.join(all_, on="unit").filter(pl.col("inside") < pl.col("all")).height


def chosen(history: History, scope: Scope) -> pl.Series | None:
    """Per event, whether it is one that the scope asks for; None where it asks for everything.

    Raises RacelensError when it asks for what the log does not have.
    """
    if not scope.is_narrow:
        return None
    events = history.events
    found = pl.repeat(True, events.height, dtype=pl.Boolean, eager=True)
    if scope.resources:
        names = events["resource"].drop_nulls().unique().to_list()
        wanted = [n for n in names if any(fnmatchcase(n, g) for g in scope.resources)]
        _refuse_none(bool(wanted), "--resource", " ".join(scope.resources), names)
        found &= events["resource"].is_in(wanted).fill_null(False)
    if scope.services:
        names = events["service"].drop_nulls().unique().to_list()
        wanted = [name for name in names if name in scope.services]
        _refuse_none(bool(wanted), "--service", " ".join(scope.services), names)
        found &= events["service"].is_in(wanted).fill_null(False)
    if scope.correlation is not None:
        ids = ("correlation", "trace", "request", "job")
        same = pl.any_horizontal(pl.col(column) == scope.correlation for column in ids)
        of_it = events.select(same.fill_null(False)).to_series()
        names = events["correlation"].drop_nulls().unique().to_list()
        _refuse_none(bool(of_it.any()), "--correlation", scope.correlation, names)
        found &= of_it
    return found


def _refuse_none(found: bool, flag: str, asked: str, names: list[str]) -> None:
    if found:
        return
    close = difflib.get_close_matches(asked, names, n=3, cutoff=0.5) or sorted(names)[:3]
    details = (("close", ", ".join(close)),) if close else ()
    raise RacelensError(f"{flag} {asked}: no event has it", details)
