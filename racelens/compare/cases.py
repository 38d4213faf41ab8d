"""The sampling unit: what one case is, so that both sides have many that can be compared."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from racelens.compare import encounters, observe, relations
from racelens.knowledge import Knowledge

UNITS = ("resource", "lineage", "flow")  # tried in this order

_MEETING = ("kind", "left_does", "right_does")


@dataclass(frozen=True)
class Cases:
    """`unit`: what they are taken by; `meetings`: two attempts on one key (`encounters.meet`).

    `observations`: all that they, and single attempts and flows, show.
    """

    unit: str
    meetings: pl.DataFrame
    observations: pl.DataFrame


def take(events: pl.DataFrame, knowledge: Knowledge, by: str | None, many: bool) -> Cases:
    """The cases by `by`, or by the first unit in which attempts of both sides meet in the same roles.

    `many`: with several runs a side, resources that all of them name are looked at by themselves, too.
    """
    units = (by,) if by else UNITS
    taken = ((unit, _meetings(events, unit)) for unit in units)
    comparable = next(((u, m) for u, m in taken if _comparable(m)), None)
    unit, meetings = comparable or (units[0], _meetings(events, units[0]))
    rows = encounters.rows(events, unit)
    related = relations.relate(meetings, encounters.items(rows), events, knowledge)
    observations = pl.concat(
        [
            observe.orders(related),
            observe.windows(related),
            observe.within(events),
            observe.presence(events),
            observe.operations(events),
            observe.repeats(events),
        ]
    )
    if many:
        observations = pl.concat([observations, observe.strata(observations)])
    return Cases(unit, meetings, observations)


def _meetings(events: pl.DataFrame, unit: str) -> pl.DataFrame:
    return encounters.meet(encounters.visits(encounters.rows(events, unit)))


def _comparable(meetings: pl.DataFrame) -> bool:
    sides = meetings.group_by(_MEETING).agg(pl.col("side").n_unique())
    return bool((sides["side"] > 1).any())
