"""Observations → hypotheses: for each thing that may differ, how often it was so on either side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from racelens.compare.observe import HYPOTHESIS
from racelens.compare.statistics import Share, design_effect


@dataclass(frozen=True)
class Hypothesis:
    """One thing that may differ. `subject`: the values of `observe.HYPOTHESIS`.

    `good` and `bad`: cases by category; `effects`: by category, by how much cases of one run, or of one
    key where a side is one run, vary more than independent ones. `stamped`: the categories are what stamps
    say inside the assumed ε.
    """

    subject: tuple[str | None, ...]
    conflict: bool
    good: Mapping[str, int]
    bad: Mapping[str, int]
    effects: Mapping[str, float]
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

    def decided(self, category: str) -> tuple[Share, Share]:
        """The same among the cases whose evidence tells; of `unclear` itself among all."""
        good, bad = self.shares(category)
        if category == "unclear":
            return good, bad
        return (
            Share(good.holds, good.of - self.good.get("unclear", 0)),
            Share(bad.holds, bad.of - self.bad.get("unclear", 0)),
        )

    def effect(self, category: str) -> float:
        return self.effects.get(category, 1.0)


@dataclass(frozen=True)
class Tally:
    """`varying`: hypotheses that are not the same in every case; `constant`: how many are.

    `sizes`: of all that both sides have, cases of the smaller side, the most first.
    """

    varying: tuple[Hypothesis, ...]
    constant: int
    sizes: tuple[int, ...]


def tally(observations: pl.DataFrame, cluster: str, stamps: bool) -> Tally:
    """Count. `cluster`: the column whose cases depend on each other; `stamps`: count what stamps say, too."""
    rows = observations.lazy()
    sure = rows.with_columns(said="category")
    totals = (
        sure.group_by(HYPOTHESIS)
        .agg(
            good=(pl.col("side") == "good").sum(),
            bad=(pl.col("side") == "bad").sum(),
            kinds=pl.col("said").n_unique(),
        )
        .sort(HYPOTHESIS)
        .collect()
    )
    both = totals.filter((pl.col("good") > 0) & (pl.col("bad") > 0))
    varying = both.filter(pl.col("kinds") > 1).select(HYPOTHESIS)
    found = _hypotheses(sure, varying, cluster, stamped=False)
    if stamps:
        # Where only assumed clocks tell, stamps may know of an order that the evidence does not.
        unclear = rows.filter((pl.col("category") == "unclear") & (pl.col("stamped") != "unclear"))
        open_ = unclear.select(HYPOTHESIS).unique().collect()
        common = both.select(HYPOTHESIS).join(open_, on=HYPOTHESIS, how="semi", nulls_equal=True)
        found += _hypotheses(rows.with_columns(said="stamped"), common, cluster, stamped=True)
    return Tally(
        varying=tuple(found),
        constant=both.height - varying.height,
        sizes=tuple(
            sorted(both.select(pl.min_horizontal("good", "bad")).to_series(), reverse=True)
        ),
    )


def _hypotheses(
    rows: pl.LazyFrame, chosen: pl.DataFrame, cluster: str, stamped: bool
) -> list[Hypothesis]:
    """The `chosen` subjects with their cases by what is `said` of them."""
    kept = rows.join(chosen.lazy(), on=HYPOTHESIS, how="semi", nulls_equal=True)
    sizes = kept.group_by(*HYPOTHESIS, "side", cluster).agg(n=pl.len().cast(pl.Int64))
    held = kept.group_by(*HYPOTHESIS, "said", "side", cluster).agg(
        k=pl.len().cast(pl.Int64), conflict=pl.col("conflict").any()
    )
    clusters = sizes.group_by(HYPOTHESIS).agg(
        clusters=pl.len(), of=pl.col("n").sum(), nn=(pl.col("n") ** 2).sum()
    )
    said = (
        held.join(sizes, on=[*HYPOTHESIS, "side", cluster], nulls_equal=True)
        .group_by(*HYPOTHESIS, "said")
        .agg(
            conflict=pl.col("conflict").any(),
            good=pl.col("k").filter(pl.col("side") == "good").sum(),
            bad=pl.col("k").filter(pl.col("side") == "bad").sum(),
            kk=(pl.col("k") ** 2).sum(),
            kn=(pl.col("k") * pl.col("n")).sum(),
        )
        .join(clusters, on=HYPOTHESIS, nulls_equal=True)
        .sort(*HYPOTHESIS, "said")
        .collect()
    )
    grouped: dict[tuple[str | None, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in said.rows(named=True):
        grouped[tuple(row[column] for column in HYPOTHESIS)].append(row)
    return [_hypothesis(subject, parts, stamped) for subject, parts in grouped.items()]


def _hypothesis(
    subject: tuple[str | None, ...], parts: list[dict[str, Any]], stamped: bool
) -> Hypothesis:
    return Hypothesis(
        subject,
        any(part["conflict"] for part in parts),
        {part["said"]: part["good"] for part in parts},
        {part["said"]: part["bad"] for part in parts},
        {
            part["said"]: design_effect(
                Share(part["good"] + part["bad"], part["of"]),
                part["clusters"],
                (part["kk"], part["kn"], part["nn"]),
            )
            for part in parts
        },
        stamped,
    )
