"""What every finding carries beside its proof, and how coverage counts the pairs that could have raced."""

from __future__ import annotations

from operator import itemgetter
from pathlib import Path

import pytest

from ..histories import judge, records


def _crossed(order: int) -> list[dict[str, object]]:
    return records("a r7, b r7, b w8, a w9", f"order:{order}")


def test_blast_radius_names_the_other_resources(tmp_path: Path) -> None:
    lines = [*_crossed(1), *_crossed(2), *_crossed(3)]
    found = judge(tmp_path, sorted(lines, key=itemgetter("ts"))).findings
    assert {f.resource: f.radius.examples for f in found} == {
        "order:1": ("order:2", "order:3"),
        "order:2": ("order:1", "order:3"),
        "order:3": ("order:1", "order:2"),
    }
    assert {(f.radius.findings, f.radius.resources) for f in found} == {(2, 2)}


@pytest.mark.parametrize(
    ("history", "settled"),
    [
        pytest.param("a r7, b r7, b w8, a w9", "", id="confirmed needs nothing"),
        pytest.param("a r, b r, b w, a w", "Log the row's version on ", id="no version"),
        pytest.param(
            "a r7, b r7, b w?8, a w9", "Log the row's version on every read", id="outcome unknown"
        ),
    ],
)
def test_a_possible_finding_says_what_would_settle_it(
    history: str, settled: str, tmp_path: Path
) -> None:
    (found,) = judge(tmp_path, history, codes=["RL101"]).findings
    assert found.settle.startswith(settled)
    assert bool(found.settle) == (found.confidence == "possible")


@pytest.mark.parametrize(
    ("history", "pairs", "unchecked"),
    [
        pytest.param("a r7, a w8, b r8, b w9, c r9, c w10", 2, 0, id="three writes in a row"),
        pytest.param("a r7, a w8, a r8, a w9, b r9", 0, 0, id="one writer"),
        pytest.param("a r, a w, b r8, b w9, c r9, c w10", 2, 1, id="one side unsaid"),
        pytest.param("a r, a w, b r, b w", 1, 1, id="nothing said"),
    ],
)
def test_coverage_counts_candidate_pairs(
    history: str, pairs: int, unchecked: int, tmp_path: Path
) -> None:
    (covered,) = judge(tmp_path, history, codes=["RL101"]).coverage
    assert (covered.pairs, covered.pairs_unchecked) == (pairs, unchecked)
    assert (f"{unchecked} of {pairs} candidate pairs" in covered.reason) == bool(unchecked)


@pytest.mark.parametrize(
    ("lines", "statement"),
    [
        pytest.param(
            "a r=1, b r=1, a i=0, b i=-1",
            "UPDATE order SET n = n - 1 WHERE id = :id AND n >= 1",
            id="a count",
        ),
        pytest.param(
            [
                {**line, "status": status}
                for line, status in zip(
                    records("a r, b r, a w, b w"), ["free", "free", "taken", "taken"], strict=True
                )
            ],
            "UPDATE order SET … WHERE id = :id AND status = 'free'",
            id="a state",
        ),
        pytest.param(
            [
                {**line, **({"event": "order.not_found"} if line["action"] == "read" else {})}
                for line in records("a r, b r, a c, b c")
            ],
            "CREATE UNIQUE INDEX ON order",
            id="a creation",
        ),
    ],
)
def test_the_guard_against_taking_twice_is_the_one_for_the_case(
    lines: str | list[dict[str, object]], statement: str, tmp_path: Path
) -> None:
    (found,) = judge(tmp_path, lines, codes=["RL103"]).findings
    assert statement in found.fix
