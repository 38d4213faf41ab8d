"""Figures against what can be worked out by hand."""

from __future__ import annotations

from itertools import product
from math import comb, isclose

import pytest

from racelens.compare import statistics
from racelens.compare.statistics import Share


def obvious(good: Share, bad: Share) -> float:
    """Fisher's p as its definition says: all tables with these margins that are no likelier."""
    holds, of = good.holds + bad.holds, good.of + bad.of
    ways = {
        k: comb(good.of, k) * comb(bad.of, holds - k)
        for k in range(max(0, holds - bad.of), min(good.of, holds) + 1)
    }
    here = ways[good.holds]
    return sum(way for way in ways.values() if way <= here) / comb(of, holds)


@pytest.mark.parametrize(("g", "b"), list(product(range(0, 8, 2), range(0, 10, 3))))
def test_fisher_is_its_definition(g: int, b: int) -> None:
    good, bad = Share(g, 7), Share(b, 9)
    assert isclose(statistics.fisher(good, bad), obvious(good, bad), rel_tol=1e-6)


def test_the_least_p_of_a_table_that_cannot_be_significant() -> None:
    assert statistics.least(3, 3, 3) == pytest.approx(0.1)
    assert statistics.least(10, 10, 1) == 1.0


def test_false_discovery_rates_rise_with_the_number_of_looks() -> None:
    assert statistics.adjusted([0.01, 0.04, 0.5]) == pytest.approx([0.03, 0.06, 0.5])
    assert statistics.adjusted([]) == []


def test_no_exception_in_n_bounds_the_rate_by_three_in_n() -> None:
    assert statistics.at_most(Share(0, 214)) == pytest.approx(0.0139, abs=1e-4)
    assert statistics.at_most(Share(5, 5)) == 1.0


def test_the_interval_of_a_difference_holds_it_and_narrows() -> None:
    few, many = (statistics.difference(Share(n, n), Share(0, n)) for n in (5, 500))
    assert few[0] < many[0] < 1 <= many[1]


@pytest.mark.parametrize(("tests", "cases"), [(1, 4), (10, 6), (1_000, 9)])
def test_cases_needed_grow_slowly_with_the_tests(tests: int, cases: int) -> None:
    assert statistics.needed(tests) == cases


def test_cases_of_one_run_count_once_when_they_all_agree() -> None:
    """Ten runs of five cases: five runs hold in all, five in none. That is ten cases, not fifty."""
    effect = statistics.design_effect(Share(25, 50), 10, (5 * 25, 5 * 25, 10 * 25))
    assert effect == pytest.approx(5 * 10 / 9)
    assert Share(25, 50).scaled(effect).of == 9


def test_independent_cases_keep_their_number() -> None:
    assert statistics.design_effect(Share(3, 10), 10, (3, 3, 10)) == 1.0


def test_clean_runs_exclude_what_is_frequent() -> None:
    assert statistics.excluded(50) == pytest.approx(17.2, abs=0.1)
    assert statistics.excluded(0) == 1.0
