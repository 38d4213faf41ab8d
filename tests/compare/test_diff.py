"""What `diff` says of small histories, where the right answer is plain."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from racelens.compare import gather, identity
from racelens.compare.diff import Options, diff
from racelens.comparison import Comparison
from racelens.errors import RacelensError
from racelens.scanning import scan
from tests.histories import records, stamp, write

from .runs_of import compared, runs

KEPT = "a r1, a w2, b r2, b w3"
LOST = "a r1, b r1, a w2, b w3"


def first(comparison: Comparison) -> tuple[str, str, str | None]:
    difference = comparison.differences[0]
    return difference.kind, difference.a, difference.b


def test_a_lost_update_is_one_order_that_bad_runs_break(tmp_path: Path) -> None:
    seen = compared(tmp_path, [KEPT] * 6, [LOST] * 6)
    assert seen.verdict == "different"
    assert len(seen.differences) == 1
    difference = seen.differences[0]
    assert (difference.kind, difference.good.holds, difference.bad.holds) == ("order", 6, 0)
    assert difference.a.startswith("order.write by first")
    assert difference.b
    assert difference.b.startswith("order.read by second")
    assert difference.confidence == "confirmed"
    assert difference.q is not None
    assert difference.q < 0.05


def test_the_finding_that_explains_it_is_linked(tmp_path: Path) -> None:
    (link,) = compared(tmp_path, [KEPT] * 6, [LOST] * 6).differences[0].links
    assert (link.rule, link.good.holds, link.bad.holds, link.bad.of) == ("RL101", 0, 6, 6)


def test_the_finding_has_the_id_that_a_scan_of_its_run_gives(tmp_path: Path) -> None:
    seen = compared(tmp_path, [KEPT] * 6, [LOST] * 6)
    divergence = seen.first_divergence
    assert divergence
    (found,) = scan([divergence.bad.run]).findings
    assert seen.differences[0].links[0].finding == found.id
    assert divergence.bad.resource == found.resource


def test_only_some_kinds_are_told_and_the_rest_is_counted(tmp_path: Path) -> None:
    whole = compared(tmp_path, [KEPT] * 6, [LOST] * 6)
    assert (len(whole.differences), whole.unlisted) == (1, 0)
    rest = compared(tmp_path, [KEPT] * 6, [LOST] * 6, Options(only=frozenset({"missing"})))
    assert (rest.verdict, rest.differences, rest.unlisted) == ("different", (), 1)


@pytest.mark.parametrize("field", ["new_status", "value", "change"])
def test_two_writes_that_swap_places_are_told_apart_by_what_they_write(
    field: str, tmp_path: Path
) -> None:
    for side, words in (("good", ("renewed", "cancelled")), ("bad", ("cancelled", "renewed"))):
        for run in range(8):
            told = zip("xy", words, ("w2", "w3"), strict=True)
            lines = [
                record | {"request_id": f"{side}{run}{who}", "event": "plan.write", "ts": stamp(100 * run + at), field: word}
                for at, (who, word, write_) in enumerate(told)
                for record in records(f"{who} {write_}", "plan:7")
            ]  # fmt: skip
            write(tmp_path, {f"{side}_{run}.jsonl": lines})
    seen = diff([str(tmp_path / "good_*.jsonl")], [str(tmp_path / "bad_*.jsonl")])
    assert seen.verdict == "different"
    told_apart = f"{seen.differences[0].who} {seen.differences[0].message}"
    assert "renewed" in told_apart
    assert "cancelled" in told_apart


@pytest.mark.parametrize(
    "more",
    [
        {"change": "renewed"},  # the same in every write
        {"level": "info"},
        {},
    ],
)
def test_what_does_not_change_tells_nothing_apart(more: dict[str, str], tmp_path: Path) -> None:
    """A field that a resource's writes share, and one of many words, are no part of what was done."""
    for number in range(8):
        lines = [
            record | {"request_id": f"{number}-{at}", "region": ("eu", "us")[number % 2], "owner": "ab"[at] * (number + 2)} | more
            for at, record in enumerate(records("a w2, b w3", "plan:7"))
        ]  # fmt: skip
        write(tmp_path, {f"run_{number}.jsonl": lines})
    paths = [str(path) for path in sorted(tmp_path.iterdir())]
    gathered = gather.gather({"good": paths[:4], "bad": paths[4:]}, {})
    labelled = identity.with_labels(gathered.events, gathered.capture)
    assert set(labelled["does"]) == set(labelled["plain"])


def test_what_a_large_capture_leaves_out_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    globs = [runs(tmp_path, side, [text] * 6) for side, text in (("good", KEPT), ("bad", LOST))]
    for number, file in enumerate(sorted(tmp_path.iterdir())):
        (alone,) = records("x r1", f"order:9{number}", request_id=f"alone-{number}")
        with file.open("a") as out:
            out.write(json.dumps(alone) + "\n")
    small = diff(globs[:1], globs[1:])
    assert (small.hidden.records, small.notices) == (0, ())
    monkeypatch.setattr(gather, "_ALL", 10)
    large = diff(globs[:1], globs[1:])
    assert large.verdict == small.verdict == "different"
    assert large.hidden.records == 12
    assert "12 of 60 records" in large.notices[0]


def test_both_timelines_stand_side_by_side_with_the_flip_marked(tmp_path: Path) -> None:
    divergence = compared(tmp_path, [KEPT] * 6, [LOST] * 6).first_divergence
    assert divergence
    assert [(s.lane, s.shows) for s in divergence.good.steps] == [
        ("A", "v1"),
        ("A", "v2"),
        ("B", "v2"),
        ("B", "v3"),
    ]
    marked = [(s.lane, s.shows, s.place.line) for s in divergence.bad.steps if s.marked]
    assert marked == [("B", "v1", 2)]
    assert not any(step.marked for step in divergence.good.steps)


def test_the_same_runs_twice_are_no_difference(tmp_path: Path) -> None:
    seen = compared(tmp_path, [KEPT, LOST] * 10, [LOST, KEPT] * 10)
    assert (seen.verdict, seen.differences) == ("same", ())


def test_few_runs_are_under_powered_and_say_how_many_it_takes(tmp_path: Path) -> None:
    seen = compared(tmp_path, [KEPT] * 3, [LOST] * 3)
    assert seen.verdict == "underpowered"
    assert seen.needed is not None
    assert seen.needed > 3
    assert "order.write before second order.read" in seen.suspects[0]


def test_one_against_one_tells_conflicts_without_a_test(tmp_path: Path) -> None:
    seen = compared(tmp_path, [KEPT], [LOST])
    assert seen.untested
    assert (seen.verdict, seen.differences[0].p) == ("different", None)
    assert first(seen)[0] == "order"
    assert seen.differences[0].confidence == "possible"


def test_one_against_one_leaves_free_orders_alone(tmp_path: Path) -> None:
    """Two readers may come in any order."""
    assert compared(tmp_path, ["a r1, b r1, c w2"], ["b r1, a r1, c w2"]).verdict == "same"


def test_versions_decide_inside_any_clock_bound(tmp_path: Path) -> None:
    """Each attempt logs on a host of its own, whose clocks may be 100 ms apart."""
    both = [runs(tmp_path, "good", [KEPT] * 6), runs(tmp_path, "bad", [LOST] * 6)]
    assert both
    for path in tmp_path.glob("*.jsonl"):
        lines = path.read_text().splitlines()
        hosts = [line[:-1] + f', "host": "{line.split("-")[4][0]}"}}' for line in lines]
        path.write_text("\n".join(hosts) + "\n")
    from racelens.compare.diff import diff  # noqa: PLC0415

    seen = diff([both[0]], [both[1]])
    assert first(seen)[0] == "order"
    assert seen.differences[0].confidence == "confirmed"


def test_an_extra_look_up_that_found_nothing(tmp_path: Path) -> None:
    good, bad = "a c1, b r1, b w2", "b r, a c1, b w2"
    seen = compared(tmp_path, [good] * 6, [bad] * 6)
    assert seen.verdict == "different"


def test_a_missing_event(tmp_path: Path) -> None:
    seen = compared(tmp_path, ["a r1, a w2, b r2"] * 12, ["a r1, b r1"] * 12)
    assert ("missing", "order.write") in {(d.kind, d.a.split(" ")[0]) for d in seen.differences}


def test_nothing_in_common_is_not_the_same(tmp_path: Path) -> None:
    one = runs(tmp_path, "good", [KEPT])
    (tmp_path / "bad_00.jsonl").write_text('{"msg": "hello", "ts": "2026-05-04T12:00:00Z"}\n')
    from racelens.compare.diff import diff  # noqa: PLC0415

    seen = diff([one], [str(tmp_path / "bad_00.jsonl")])
    assert seen.verdict == "underpowered"
    assert "nothing comparable" in seen.reason


def test_by_takes_cases_by_something_else(tmp_path: Path) -> None:
    seen = compared(
        tmp_path, [KEPT] * 6, [LOST] * 6, Options(by="correlation"), correlation_id="c-1"
    )
    assert seen.unit == "correlation"
    assert first(seen)[0] == "order"


def test_one_file_cannot_be_on_both_sides(tmp_path: Path) -> None:
    path = runs(tmp_path, "good", [KEPT])
    from racelens.compare.diff import diff  # noqa: PLC0415

    with pytest.raises(RacelensError, match="on both sides"):
        diff([path], [path])


def test_input_order_changes_nothing(tmp_path: Path) -> None:
    seen = [compared(tmp_path / str(i), [KEPT] * 6, [LOST] * 6).differences[0] for i in range(2)]
    assert seen[0].message == seen[1].message
    assert seen[0].q == seen[1].q
