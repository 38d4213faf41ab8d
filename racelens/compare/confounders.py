"""What else differs between the sides and could be the reason: hosts, traffic, time, clocks, logging."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from racelens.compare import marks
from racelens.compare.gather import BAD, GOOD

_NAMED = 4
_FACTOR = 3.0
_OFTEN = 3


def name(events: pl.DataFrame, told: Iterable[str]) -> tuple[str, ...]:
    """One clause for each. `told`: event labels that a difference speaks of anyway."""
    return tuple(_all(events, frozenset(told)))


def _all(events: pl.DataFrame, told: frozenset[str]) -> Iterable[str]:
    for column, noun in (("service", "services"), ("host", "hosts")):
        good, bad = (_values(events, side, column) for side in (GOOD, BAD))
        if good != bad and (good or bad):
            yield f"different {noun}: good {_listed(good)}, bad {_listed(bad)}"
    good, bad = (_values(events, side, "label") - told for side in (GOOD, BAD))
    usual = {side: _usual(events, side) for side in (GOOD, BAD)}
    for side, only in (
        (GOOD, (good - bad) & usual[GOOD]),
        (BAD, (bad - good) & usual[BAD]),
    ):
        if only:
            yield f"logged on the {side} side only: {_listed(only)}"
    yield from _traffic(events)


def _usual(events: pl.DataFrame, side: str) -> frozenset[str]:
    """Event labels that at least half of the side's runs have, and more than now and then."""
    of_side = events.filter(pl.col("side") == side)
    runs = of_side["ran"].n_unique()
    seen = of_side.group_by("label").agg(pl.len(), pl.col("ran").n_unique())
    often = seen.filter((pl.col("len") >= _OFTEN) & (2 * pl.col("ran") >= runs))
    return frozenset(often["label"])


def _traffic(events: pl.DataFrame) -> Iterable[str]:
    """Events a second and length, per run."""
    spans = (
        events.group_by("side", "ran")
        .agg(
            pl.len(),
            lasted=(pl.col("time").max() - pl.col("time").min()).dt.total_nanoseconds(),
            precision=pl.col("precision").max(),
        )
        .group_by("side")
        .agg(pl.col("len").median(), pl.col("lasted").median(), pl.col("precision").max())
    )
    sides = {row["side"]: row for row in spans.rows(named=True)}
    if len(sides) < 2:
        return
    good, bad = sides[GOOD], sides[BAD]
    if _apart(good["len"], bad["len"]):
        yield f"traffic: good runs have {good['len']:,.0f} events, bad ones {bad['len']:,.0f}"
    if _apart(good["lasted"], bad["lasted"]):
        yield f"time span: good runs last {_seconds(good['lasted'])}, bad ones {_seconds(bad['lasted'])}"
    if good["precision"] != bad["precision"]:
        yield "clocks: the stamps of one side are coarser than the other's"


def _apart(one: float | None, other: float | None) -> bool:
    if not one or not other:
        return False
    return max(one, other) > _FACTOR * min(one, other)


def _seconds(nanoseconds: float) -> str:
    return f"{nanoseconds / 1e9:,.3g} s"


def _values(events: pl.DataFrame, side: str, column: str) -> frozenset[str]:
    seen = events.filter(pl.col("side") == side)[column].drop_nulls().unique()
    return frozenset(marks.bare(value) for value in seen)


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names)
    more = len(ordered) - _NAMED
    listed = ", ".join(ordered[:_NAMED]) or "none"
    return listed + (f" and {more} more" if more > 0 else "")
