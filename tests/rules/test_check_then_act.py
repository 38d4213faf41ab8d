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
