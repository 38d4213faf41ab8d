"""Observations → hypotheses: for each thing that may differ, how often it was so on either side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from racelens.compare.observe import HYPOTHESIS
from racelens.compare.statistics import Share, design_effect


@dataclass(frozen=True)
class Hypothesis:
    """One thing that may differ. `subject`: the values of `observe.HYPOTHESIS`.

    `good` and `bad`: cases by category; `clusters`: the same by run, or by key where a side is one run.
    `stamped`: the categories are what stamps say inside the assumed ε.
    """

    subject: tuple[str | None, ...]
    conflict: bool
    good: Mapping[str, int]
    bad: Mapping[str, int]
    clusters: tuple[Mapping[str, int], ...]
    stamped: bool = False

    @property
    def family(self) -> str:
        return self.subject[0] or ""

    @property
    def kind(self) -> str | None:
        return self.subject[1]

    @property
    def only(self) -> str | None:
        """The one resource it is about; None: all of the kind."""
        return self.subject[2]

    @property
    def everywhere(self) -> tuple[str | None, ...]:
        """The subject on any resource of its kind."""
        return (*self.subject[:2], *self.subject[3:])

    def shares(self, category: str) -> tuple[Share, Share]:
        good, bad = (
            Share(side.get(category, 0), sum(side.values())) for side in (self.good, self.bad)
        )
        return good, bad

    def effect(self, category: str) -> float:
        return design_effect(Share(c.get(category, 0), sum(c.values())) for c in self.clusters)


@dataclass(frozen=True)
class Tally:
    """`varying`: hypotheses that are not the same in every case; `constant`: how many are.

    `sizes`: of all that both sides have, cases of the smaller side, the most first; `one_sided`: subjects
    that only one side has a case for, with the side.
    """

    varying: tuple[Hypothesis, ...]
    constant: int
    sizes: tuple[int, ...]
    one_sided: tuple[tuple[str, tuple[str | None, ...]], ...]


def tally(observations: pl.DataFrame, cluster: str, stamps: bool) -> Tally:
    """Count. `cluster`: the column whose cases depend on each other; `stamps`: count what stamps say, too."""
    sure = _counted(observations, cluster, "category")
    totals = (
        sure.group_by(HYPOTHESIS)
        .agg(
            good=pl.col("len").filter(pl.col("side") == "good").sum(),
            bad=pl.col("len").filter(pl.col("side") == "bad").sum(),
            kinds=pl.col("category").n_unique(),
        )
        .sort(HYPOTHESIS)
    )
    both = totals.filter((pl.col("good") > 0) & (pl.col("bad") > 0))
    varying = both.filter(pl.col("kinds") > 1).select(HYPOTHESIS)
    found = _hypotheses(sure, varying, stamped=False)
    if stamps:
        # Where only assumed clocks tell, stamps may know of an order that the evidence does not.
        unclear = observations.filter(
            (pl.col("category") == "unclear") & (pl.col("stamped") != "unclear")
        )
        open_ = unclear.select(HYPOTHESIS).unique()
        told = observations.join(open_, on=HYPOTHESIS, how="semi", nulls_equal=True)
        by_stamp = _counted(told, cluster, "stamped")
        common = both.select(HYPOTHESIS).join(open_, on=HYPOTHESIS, how="semi", nulls_equal=True)
        found += _hypotheses(by_stamp, common, stamped=True)
    return Tally(
        varying=tuple(found),
        constant=both.height - varying.height,
        sizes=tuple(
            sorted(both.select(pl.min_horizontal("good", "bad")).to_series(), reverse=True)
        ),
        one_sided=tuple(_one_sided(totals)),
    )


def _one_sided(totals: pl.DataFrame) -> Iterable[tuple[str, tuple[str | None, ...]]]:
    for row in totals.filter((pl.col("good") == 0) | (pl.col("bad") == 0)).rows(named=True):
        yield "good" if row["good"] else "bad", tuple(row[c] for c in HYPOTHESIS)


def _counted(observations: pl.DataFrame, cluster: str, category: str) -> pl.DataFrame:
    return (
        observations.lazy()
        .group_by(*HYPOTHESIS, "side", cluster, pl.col(category).alias("category"))
        .agg(pl.len(), pl.col("conflict").any())
        .collect()
    )


def _hypotheses(counted: pl.DataFrame, chosen: pl.DataFrame, stamped: bool) -> list[Hypothesis]:
    kept = counted.join(chosen, on=HYPOTHESIS, how="semi", nulls_equal=True)
    width = len(HYPOTHESIS)
    sides: dict[tuple[str | None, ...], dict[str, dict[str, int]]] = defaultdict(
        lambda: {"good": defaultdict(int), "bad": defaultdict(int)}
    )
    clusters: dict[tuple[str | None, ...], dict[object, dict[str, int]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(int))
    )
    conflicts: dict[tuple[str | None, ...], bool] = defaultdict(bool)
    for row in kept.sort(kept.columns).rows():
        subject = row[:width]
        side, cluster, category, count, conflict = row[width:]
        sides[subject][side][category] += count
        clusters[subject][side, cluster][category] += count
        conflicts[subject] |= conflict
    return [
        Hypothesis(
            subject,
            conflicts[subject],
            sides[subject]["good"],
            sides[subject]["bad"],
            tuple(clusters[subject].values()),
            stamped,
        )
        for subject in sorted(sides, key=lambda subject: tuple(part or "" for part in subject))
    ]
