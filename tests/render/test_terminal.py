"""Drawings in the terminal: to scale, in order, within the width, and readable without colour or UTF-8."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest

from racelens.cli import messages
from racelens.findings import Clock, Lane, Moment, Place, Report, Span
from racelens.render import ladder, scale, strip, text
from racelens.render.conflict import draw
from racelens.render.layout import lettered, of_lanes, short_names
from racelens.render.plain import width
from tests.cli.conftest import Cli

from .conftest import scanned

CLOCK = Clock(1_000, 100_000_000, 1, None, None)
MS = 1_000_000


def lane(actor: str, *signs: tuple[int, str], ending: str = "ok") -> Lane:
    """`lane("a", (0, "R7"), (20, "W9"))`: milliseconds and what was done; it ends 1 ms later."""
    moments = [
        Moment(Place("a.jsonl", at + 1), at * MS, sign[0], "x", "point", "ok", sign[1:])
        for at, sign in signs
    ]
    start, end = signs[0][0] * MS, signs[-1][0] * MS + MS
    ends = [
        Moment(Place("a.jsonl", 1), start, "", "x", "start", "ok"),
        *moments,
        Moment(Place("a.jsonl", 99), end, "", "x", "finish", "ok"),
    ]
    exposed = (Span(moments[0].time_ns or 0, moments[-1].time_ns or 0),)
    return Lane(actor, None, None, "c", None, "x", Span(start, end), ending, exposed, tuple(ends))


def drawn(*lanes: Lane, columns: int = 60) -> list[str]:
    drawing = of_lanes(lanes, CLOCK)
    assert drawing
    return [line.plain for line in strip.lines(drawing, columns)]


def test_a_strip() -> None:
    lines = drawn(
        lane("attempt-a", (0, "R7"), (40, "W9")), lane("attempt-b", (10, "R7"), (20, "W8"))
    )
    assert re.fullmatch(r" +00:00:00.000 +0 +\+20 +\+40 ms", lines[0])
    assert re.fullmatch(r" {4}A attempt-a +├R7═+W9┤", lines[1])
    assert re.fullmatch(r" {4}B attempt-b +├R7═+W8┤", lines[2])
    assert lines[2].index("├") - lines[1].index("├") in (8, 9, 10)


def test_signs_that_collide_move_right_in_order() -> None:
    (line,) = drawn(lane("a", *((n, f"W{n}") for n in range(6)), (900, "W99")))[1:]
    assert re.search(r"W0W1W2W3W4W5.*W99", line)


def test_an_end_nobody_logged() -> None:
    (line,) = drawn(lane("a", (0, "R1"), (30, "W2"), ending="unknown"))[1:]
    assert "╵" in line
    assert "┤" not in line


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("name", ["shop", "sparse", "pino"])
def test_every_finding_fits(name: str, columns: int) -> None:
    report = scanned(name)
    for finding in report.findings:
        drawing = draw(finding, report.clock)
        assert drawing
        for line in strip.lines(drawing, columns):
            assert width(line.plain) <= columns
        events = [line.plain for line in ladder.lines(drawing, columns)]
        assert len(events) > sum(len(track.marks) for track in drawing.tracks)


def test_many_lanes_become_rails(shop: Report) -> None:
    crowd = of_lanes([lane(f"attempt-{n}", (n, "R1"), (n + 30, "W2")) for n in range(9)], CLOCK)
    assert crowd
    lines = [line.plain for line in ladder.lines(crowd, 80)]
    assert max(map(len, lines)) <= 90
    assert any("I attempt-8" in line for line in lines)
    assert shop.findings


@pytest.mark.parametrize(("length", "labels"), [(27 * MS, ["0", "+10", "+20 ms"]), (40_000, ["0", "+20", "+40 µs"]), (3_600_000 * MS, ["0", "+20", "+40", "+60 min"])])  # fmt: skip
def test_ticks_are_round(length: int, labels: list[str]) -> None:
    assert [label for _, label in scale.ticks(length, 3)] == labels


def test_short_names_stay_apart() -> None:
    names = ["req-0123456789abcdef", "req-0123456789abcxyz", "rollup-daily-63b1-4"]
    short = short_names(names)
    assert len(set(short.values())) == 3
    assert short[names[2]] == names[2]
    assert all(names[n].startswith(short[names[n]]) for n in (0, 1))


def test_letters_replace_only_whole_ids() -> None:
    drawing = of_lanes([lane("req-1", (0, "R1")), lane("a", (1, "R1"))], CLOCK)
    assert drawing
    said = lettered("req-1 read a row of req-12", drawing.tracks)
    assert said == "A read a row of req-12"


def test_undated_lanes_stand_in_order_of_writing(shop: Report) -> None:
    finding = shop.findings[0]
    undated = tuple(
        replace(each, running=None, exposed=(), moments=tuple(replace(m, time_ns=None) for m in each.moments))
        for each in finding.lanes
    )  # fmt: skip
    drawing = draw(replace(finding, lanes=undated), shop.clock)
    assert drawing
    assert not drawing.dated
    assert "as written" in next(strip.lines(drawing, 80)).plain


def test_without_utf_8(shop: Report) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    text.render(shop, out)
    out.flush()
    said = out.buffer.getvalue().decode("ascii")
    assert "|R5=" in said
    assert "?" not in said.replace("??", "")


def test_statistics_and_context(cli: Cli, saved: Path) -> None:
    said = cli("report", saved, "--statistics", "--context", "0").out
    assert re.search(r"Rule by rule +checked +unchecked +confirmed", said)
    assert re.search(r"\+\d+\.\d ms +W\d", said)


def test_progress() -> None:
    line = messages._line("api.jsonl", 620_000_000, 1_000_000_000, 2.0, 80)
    assert re.fullmatch(r"reading ━+─+   62%  620 of 1,000 MB  310 MB/s  0:01", line)
    assert len(line) < 80
    assert messages._line("<stdin>", 5_000_000, None, 1.0, 80) == "reading <stdin>  5 MB  5 MB/s"
    assert len(messages._line("api.jsonl", 62, 100, 2.0, 30)) < 30


@pytest.mark.parametrize(
    ("seconds", "labels"),
    [
        pytest.param(90, ["0", "+20", "+40", "+60", "+80 s"], id="seconds"),
        pytest.param(700, ["0", "+5", "+10 min"], id="minutes"),
        pytest.param(10_800, ["0", "+50", "+100", "+150 min"], id="hours"),
    ],
)
def test_steps_are_round_in_the_unit_that_is_shown(seconds: int, labels: list[str]) -> None:
    assert [label for _, label in scale.ticks(seconds * 1_000_000_000, 5)] == labels
