"""How sure a difference between two groups of cases is. Distributions are scipy's, loaded when first asked.

Cases of one run are not independent: a slow run is slow in all of them. Counts are divided by the design
effect, estimated over both sides together as if they did not differ, so at worst a run counts as one case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import comb, sqrt

LEVEL = 0.05  # of false discoveries among those told
RARE = 30  # cases below which nothing is called “always”
_Z = 1.959964  # of a 95 % interval


@dataclass(frozen=True)
class Share:
    """`holds` of `of` cases."""

    holds: int
    of: int

    @property
    def ratio(self) -> float:
        return self.holds / self.of if self.of else 0.0

    def scaled(self, effect: float) -> Share:
        """As many cases as these are worth when each tells what others tell, too."""
        of = max(1, int(self.of / effect)) if self.of else 0
        return Share(round(self.ratio * of), of)


@cache
def fisher(good: Share, bad: Share) -> float:
    """Two-sided p of Fisher's exact test that both sides have one rate."""
    from scipy.stats import fisher_exact  # noqa: PLC0415

    table = [[good.holds, good.of - good.holds], [bad.holds, bad.of - bad.holds]]
    return min(1.0, float(fisher_exact(table)[1]))


@cache
def least(good: int, bad: int, holds: int) -> float:
    """The smallest p that a table with these margins can have (Tarone): above the level it is no test."""
    low, high = max(0, holds - bad), min(good, holds)
    return min(
        fisher(Share(low, good), Share(holds - low, bad)),
        fisher(Share(high, good), Share(holds - high, bad)),
    )


def adjusted(ps: Sequence[float]) -> list[float]:
    """Benjamini–Hochberg: the share of false ones among all that are at least as sure."""
    if not ps:
        return []
    from scipy.stats import false_discovery_control  # noqa: PLC0415

    return [float(q) for q in false_discovery_control(ps)]


def at_most(share: Share) -> float:
    """Upper 95 % bound of a rate seen in `holds` of `of` cases (Clopper–Pearson, one-sided)."""
    if share.holds >= share.of:
        return 1.0
    from scipy.stats import beta  # noqa: PLC0415

    return float(beta.ppf(1 - LEVEL, share.holds + 1, share.of - share.holds))


def difference(good: Share, bad: Share) -> tuple[float, float]:
    """95 % interval of good's rate minus bad's (Newcombe, by Wilson's intervals)."""
    g_low, g_high = _wilson(good)
    b_low, b_high = _wilson(bad)
    g, b = good.ratio, bad.ratio
    low = g - b - sqrt((g - g_low) ** 2 + (b_high - b) ** 2)
    high = g - b + sqrt((g_high - g) ** 2 + (b - b_low) ** 2)
    return low, high


def _wilson(share: Share) -> tuple[float, float]:
    n, p, z2 = max(share.of, 1), share.ratio, _Z**2
    middle, half = p + z2 / (2 * n), _Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return (middle - half) / (1 + z2 / n), (middle + half) / (1 + z2 / n)


def design_effect(all_: Share, clusters: int, sums: tuple[int, int, int]) -> float:
    """By how much cases that come in clusters vary more than independent ones; at least 1.

    `sums`, over the clusters: of k², of k·n and of n², where a cluster holds k of n.
    """
    if clusters < 2 or all_.of == clusters or not 0 < all_.holds < all_.of:
        return 1.0
    kk, kn, nn = sums
    rate = all_.ratio
    spread = kk - 2 * rate * kn + rate * rate * nn
    between = clusters / (clusters - 1) * spread / all_.of**2
    return max(1.0, between / (rate * (1 - rate) / all_.of))


def needed(tests: int) -> int:
    """Cases a side with which a complete change would be significant among so many tests."""
    n = 2
    while 2 / comb(2 * n, n) > LEVEL / max(tests, 1):
        n += 1
    return n


def excluded(clean: int) -> float:
    """The k of “a fault that shows in one of k runs”, which `clean` runs in a row exclude with 95 %."""
    return 1 / (1 - LEVEL ** (1 / clean)) if clean else 1.0
