"""Two names for one type of resource: a route says `document`, a field says `doc`.

One noun must abbreviate the other, and where a unit of work names both their ids must agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import polars as pl

from racelens.tables import collect

_TOGETHER = 20  # fewer units of work that name both prove nothing
_AGREE = 0.95
_MANY_TYPES = 200  # more are no types, but ids in disguise


def learn(records: pl.LazyFrame, units: Sequence[str]) -> dict[str, str]:
    """Short type → long type. `units`: the id columns that name units of work."""
    if not units:
        return {}
    kind = pl.col("resource").str.extract("^([^:]+):")
    named = records.filter(pl.col("resource").is_not_null())
    kinds = collect(named.select(kind.unique().drop_nulls())).to_series().sort().to_list()
    if len(kinds) > _MANY_TYPES:
        return {}
    pairs = [(short, long) for short, long in permutations(kinds, 2) if _abbreviates(short, long)]
    if not pairs:
        return {}
    involved = sorted({kind for pair in pairs for kind in pair})
    each = (
        named.filter(kind.is_in(involved))
        .select(
            unit=pl.coalesce(units), kind=kind, key=pl.col("resource").str.extract("^[^:]+:(.*)$")
        )
        .filter(pl.col("unit").is_not_null())
        .unique()
        .collect()
    )
    return {short: long for short, long in pairs if _agree(each, short, long)}


def _abbreviates(short: str, long: str) -> bool:
    """`doc` for document, `acct` for account, `usr` for user: its letters in order, from the first on."""
    if len(short) >= len(long) or short[:1] != long[:1] or len(short) < 2 or not short.isalpha():
        return False
    letters = iter(long)
    return all(letter in letters for letter in short)


def _agree(each: pl.DataFrame, short: str, long: str) -> bool:
    sides = (each.filter(pl.col("kind") == kind).select("unit", "key") for kind in (short, long))
    a, b = (side.group_by("unit").agg("key") for side in sides)
    both = a.join(b, on="unit", suffix="_long")
    agrees = both.select(pl.col("key").list.set_intersection("key_long").list.len() > 0).to_series()
    return both.height >= _TOGETHER and agrees.sum() >= _AGREE * both.height
