"""RL103: nothing can begin twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..histories import Record, judge, records, verdicts


def looked(attempt: str, **more: object) -> Record:
    (record,) = records(f"{attempt} r", resource="user:ann")
    return record | {"event": "user.not_found"} | more


def acted(word: str, **more: object) -> Record:
    (record,) = records(word, resource="user:ann")
    return record | more


def _found(folder: Path, *lines: Record) -> list[str]:
    placed = [
        line | {"ts": f"2026-05-04T12:00:00.{place:03d}Z"} for place, line in enumerate(lines)
    ]
    found = verdicts(judge(folder, placed, codes=["RL103"]))
    return [confidence for _, confidence, _ in found]


BOTH = (looked("a"), looked("b"))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param((*BOTH, acted("a c"), acted("b c")), ["confirmed"], id="both created it"),
        pytest.param((*BOTH, acted("a c"), acted("b c409")), [], id="one was refused"),
        pytest.param((*BOTH, acted("a c"), acted("b c!")), [], id="one failed"),
        pytest.param((*BOTH, acted("a c"), acted("b c?")), [], id="one timed out"),
        pytest.param((acted("a c"), acted("b c")), [], id="no lookup logged"),
        pytest.param(
            (*BOTH, acted("a c"), acted("a d"), acted("b c")), [], id="deleted in between"
        ),
        pytest.param((looked("a"), acted("a c"), acted("a c")), [], id="one attempt"),
        pytest.param((*BOTH, acted("a c"), acted("b w")), [], id="a later write"),
        pytest.param(
            (looked("a"), acted("a c"), looked("b"), acted("b c")), [], id="expired unlogged"
        ),
        pytest.param(
            (
                looked("a", host="x"),
                looked("b", host="y"),
                acted("a c", host="x"),
                acted("b c", host="y"),
            ),
            ["confirmed"],
            id="two clocks, and nothing was deleted",
        ),
        pytest.param(
            (
                looked("a", service="api"),
                looked("b", service="audit"),
                acted("a c", service="api"),
                acted("b c", service="audit"),
            ),
            ["possible"],
            id="told by two services",
        ),
    ],
)
def test_who_was_first(lines: tuple[Record, ...], expected: list[str], tmp_path: Path) -> None:
    assert _found(tmp_path, *lines) == expected


def seat(word: str, **more: object) -> Record:
    (record,) = records(word, resource="seat:7")
    return record | more


FREE = (seat("a r", status="free"), seat("b r", status="free"))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            (*FREE, seat("a w", status="taken"), seat("b w", status="taken")),
            ["confirmed"],
            id="both set it taken",
        ),
        pytest.param(
            (
                *FREE,
                seat("a w", event="seat.claimed", action=None),
                seat("b w", event="seat.claimed", action=None),
            ),
            ["confirmed"],
            id="both claimed it, by name",
        ),
        pytest.param(
            (
                *FREE,
                seat("a w", status="taken"),
                seat("a w", status="free"),
                seat("b w", status="taken"),
            ),
            [],
            id="given back in between",
        ),
        pytest.param(
            (*FREE, seat("a w", status="taken"), seat("b w", status="blocked")),
            [],
            id="to two states",
        ),
        pytest.param(
            (
                *FREE,
                seat("a w", status="taken"),
                seat("b w", status="taken", outcome="conflict"),
            ),
            [],
            id="one was refused",
        ),
        pytest.param(
            (
                *FREE,
                seat("a w", status="taken", expected="free"),
                seat("b w", status="taken", expected="free"),
            ),
            [],
            id="on a condition: for RL101 and RL105",
        ),
        pytest.param(
            (
                seat("a r", status="free"),
                seat("a w", status="taken"),
                seat("b r", status="taken"),
                seat("b w", status="taken"),
            ),
            [],
            id="the second saw that it was taken",
        ),
        pytest.param(
            (
                seat("a r", status="free", pid=1),
                seat("b r", status="free", pid=2),
                seat("a w", status="taken", pid=1),
                seat("b w", status="taken", pid=2),
            ),
            ["confirmed"],
            id="two clocks, one life",
        ),
        pytest.param(
            (
                seat("a r", status="free", pid=1),
                seat("b r", status="free", pid=2),
                seat("a w", status="taken", pid=1),
                seat("b w", status="taken", pid=2),
                seat("b w", status="free", pid=2),
            ),
            ["possible"],
            id="two clocks tell the lives apart",
        ),
    ],
)
def test_claims(lines: tuple[Record, ...], expected: list[str], tmp_path: Path) -> None:
    assert _found(tmp_path, *lines) == expected


def stock(word: str, **more: object) -> Record:
    (record,) = records(word, resource="stock:7")
    return record | more


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            (stock("a r=1"), stock("b r=1"), stock("a i=0"), stock("b i=-1")),
            ["confirmed"],
            id="the last one, twice",
        ),
        pytest.param(
            (stock("a r=2"), stock("b r=2"), stock("a i=1"), stock("b i=0")), [], id="enough"
        ),
        pytest.param(
            (stock("a r=1"), stock("a i=0"), stock("b r=0"), stock("b i=-1")),
            [],
            id="it saw that nothing was left: debt is allowed here",
        ),
        pytest.param(
            (stock("a r=1"), stock("b r=1"), stock("a i=0"), stock("b i=-5")),
            [],
            id="it asked for more than there was",
        ),
        pytest.param(
            (
                stock("a r=2", pid=1),
                stock("b r=2", pid=1),
                stock("c r=2", pid=2),
                stock("a i=0", pid=1),
                stock("c i=1", pid=2),
                stock("b i=-1", pid=1),
            ),
            ["confirmed"],
            id="the record of another clock lies between",
        ),
        pytest.param(
            (
                stock("a r=1", pid=1),
                stock("b r=1", pid=2),
                stock("a i=0", pid=1),
                stock("b i=-1", pid=2),
            ),
            ["possible"],
            id="two clocks",
        ),
    ],
)
def test_counts_below_nothing(
    lines: tuple[Record, ...], expected: list[str], tmp_path: Path
) -> None:
    assert _found(tmp_path, *lines) == expected
