"""Whether repeats of one scenario are the same, and who stands out."""

from __future__ import annotations

from pathlib import Path

import pytest

from racelens.compare.verify import verify
from racelens.comparison import Verification

from .runs_of import runs

KEPT = "a r1, a w2, b r2, b w3"
LOST = "a r1, b r1, a w2, b w3"


def verified(folder: Path, *histories: str) -> Verification:
    return verify([runs(folder, "run", histories)])


def test_runs_that_agree_say_what_they_exclude(tmp_path: Path) -> None:
    seen = verified(tmp_path, *[KEPT] * 20)
    assert (seen.verdict, seen.agree, seen.clean, seen.varying) == ("same", 20, 20, ())
    assert seen.excluded == pytest.approx(7.2, abs=0.1)


def test_one_run_that_stands_out_is_named_with_what_it_did(tmp_path: Path) -> None:
    seen = verified(tmp_path, *[KEPT] * 6, f"{KEPT}, c w4")
    assert (seen.verdict, seen.agree) == ("different", 6)
    (outlier,) = seen.outliers
    assert outlier.run.endswith("run_06.jsonl")
    assert "order:42 order.write: 3 times" in outlier.differs


def test_an_order_that_decides_is_told(tmp_path: Path) -> None:
    seen = verified(tmp_path, *[KEPT] * 4, LOST)
    told = {outcome.value: outcome.runs for aspect in seen.varying for outcome in aspect.outcomes}
    assert told["second order.read, then first order.write"] == 1
    assert [(f.rule, f.runs) for f in seen.fired] == [("RL101", 1)]


def test_agreeing_runs_with_a_finding_are_not_clean(tmp_path: Path) -> None:
    seen = verified(tmp_path, *[LOST] * 4)
    assert (seen.verdict, seen.agree, seen.clean) == ("different", 4, 0)


def test_of_two_halves_the_one_without_a_finding_is_how_it_should_be(tmp_path: Path) -> None:
    seen = verified(tmp_path, *[LOST] * 3, *[KEPT] * 3)
    assert (seen.verdict, seen.agree, seen.clean) == ("different", 3, 3)
    assert [outlier.run[-7:-6] for outlier in seen.outliers] == ["0", "1", "2"]


def test_the_end_is_the_stores_version_not_the_last_line(tmp_path: Path) -> None:
    """The clock of whoever wrote version 3 is behind."""
    seen = verified(tmp_path, KEPT, "a r1, a w2, b r2, b w3", "b r2, b w3, a r1, a w2")
    assert not [aspect for aspect in seen.varying if aspect.what == "at the end"]


def test_resources_of_single_runs_are_traffic(tmp_path: Path) -> None:
    path = runs(tmp_path, "run", [KEPT] * 4)
    log = tmp_path / "run_00.jsonl"
    other = '{"ts": "2026-05-04T12:00:01Z", "request_id": "x", "resource": "cart:9", "action": "write", "event": "cart.write"}\n'
    log.write_text(log.read_text() + other)
    seen = verify([path])
    assert (seen.verdict, seen.left_out, seen.subjects) == ("same", 1, ("order:42",))


def test_one_run_says_nothing(tmp_path: Path) -> None:
    seen = verified(tmp_path, KEPT)
    assert seen.verdict == "underpowered"
    assert "one run" in seen.reason


def test_ids_that_are_new_in_each_run_are_told_by_type_and_turn(tmp_path: Path) -> None:
    for index in range(5):
        runs(tmp_path / str(index), f"run{index}", [KEPT], resource=f"payment:{index}f{index}")
    seen = verify([str(tmp_path / "*" / "run*_00.jsonl")])
    assert (seen.verdict, seen.subjects) == ("same", ("payment#1",))
