"""The same record printed twice is one event; two events that look alike on a coarse clock are two."""

from __future__ import annotations

from pathlib import Path

import pytest

from racelens.ingest import find, load
from tests.ingest.feeding import Line, buckets, capture, records

FINE = '{"ts":"2026-05-04T12:00:00.123Z","request_id":"r1","event":"order.saved","pid":7}'
LATER = '{"ts":"2026-05-04T12:00:00.124Z","request_id":"r1","event":"order.saved","pid":7}'
WHOLE = '{"ts":"2026-05-04T12:00:00Z","request_id":"r1","event":"order.saved","pid":7}'


def kept(*lines: Line) -> list[int]:
    """The lines that became records."""
    return [record["line"] for record in records(capture(*lines))]


def test_a_line_written_twice_is_one_event_and_the_first_line_is_kept() -> None:
    got = capture(FINE, FINE, LATER)
    assert [record["line"] for record in records(got)] == [1, 3]
    assert buckets(got) == {"events": 2, "repeat": 1}
    assert got.inputs[0].first_repeat == 2


def test_a_line_written_three_times_is_one_event() -> None:
    got = capture(FINE, LATER, FINE, FINE)
    assert [record["line"] for record in records(got)] == [1, 2]
    assert buckets(got) == {"events": 2, "repeat": 2}


def test_blanks_around_a_line_do_not_make_it_another() -> None:
    assert kept(FINE, FINE + "\r", f" {FINE}") == [1]


def test_whole_second_clocks_prove_nothing() -> None:
    got = capture(WHOLE, WHOLE)
    assert buckets(got) == {"events": 2}
    assert got.inputs[0].first_repeat is None


@pytest.mark.parametrize("keys", [("ts", "time"), ("time", "ts"), ("ts", "ts")])
def test_a_whole_second_clock_beside_a_fine_one_proves_nothing_either(
    keys: tuple[str, str],
) -> None:
    """Two producers in one stream: the coarse one may well log the same line twice in a second."""
    fine, coarse = keys
    line = f'{{"{coarse}":"2026-05-04T12:00:00Z","event":"order.saved"}}'
    assert kept(FINE.replace("ts", fine, 1), line, line) == [1, 2, 3]


def test_a_clock_without_time_proves_nothing() -> None:
    line = '{"request_id":"r1","event":"order.saved"}'
    assert buckets(capture(line, line)) == {"events": 2}


def test_another_process_at_the_same_time_is_another_event() -> None:
    assert kept(FINE, FINE.replace('"pid":7', '"pid":8')) == [1, 2]


def test_another_text_at_the_same_time_is_another_event() -> None:
    assert kept(FINE, FINE.replace("r1", "r2")) == [1, 2]


def test_the_same_text_in_two_files_of_two_processes_is_two_events(tmp_path: Path) -> None:
    for name in ("api-9799.jsonl", "api-9800.jsonl"):
        (tmp_path / name).write_text(FINE.replace(',"pid":7', "") + "\n", encoding="utf-8")
    assert len(records(load(find([str(tmp_path)])))) == 2


def test_a_repeated_line_that_touches_two_resources_is_left_out_whole() -> None:
    line = FINE.replace('"pid":7', '"order_id":1,"item_id":2')
    got = capture(line, line)
    assert [record["line"] for record in records(got)] == [1, 1]
    assert buckets(got) == {"events": 1, "repeat": 1}


def test_a_single_line_that_touches_two_resources_is_no_repeat_of_itself() -> None:
    line = FINE.replace('"pid":7', '"order_id":1,"item_id":2')
    assert buckets(capture(line)) == {"events": 1}


def test_repeats_are_found_among_dirty_lines() -> None:
    got = capture("banner", FINE, "", FINE, "[]", FINE.replace("{", '{"x":NaN,'))
    assert [record["line"] for record in records(got)] == [2, 6]
    assert buckets(got) == {"events": 2, "rejects": 2, "blank": 1, "repeat": 1}
