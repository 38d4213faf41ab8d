"""--latent: paths that nothing guards and that did not collide, and state with several owners."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from racelens.compare.verify import verify
from racelens.findings import Report
from racelens.lifeline import timelines
from racelens.settings import Settings
from racelens.survey import survey

from ..histories import Record, judge, stamp

ASKED = Settings(latent=True)


def edit(who: str, read: float, write: float, order: int = 42, **more: Any) -> list[Record]:
    """A request that reads an order and writes it, and says so."""
    both = {"request_id": who, "pid": 1, "resource": f"order:{order}"}
    handler = {"request_id": who, "pid": 1, "event": "order.edit"}
    return [
        {"ts": stamp(read - 1), **handler, "step": "start"},
        {"ts": stamp(read), **both, "event": "order.read", "action": "read", "version": int(read)},
        {"ts": stamp(write), **both, "event": "order.write", "action": "write"}
        | {"version": int(read) + 1, **more},
        {"ts": stamp(write + 1), **handler, "step": "finish"},
    ]


def _report(lines: list[Record], folder: Path, settings: Settings = ASKED) -> Report:
    return judge(folder, sorted(lines, key=itemgetter("ts")), settings=settings)


def test_it_speaks_only_when_asked(tmp_path: Path) -> None:
    lines = edit("a", 10, 20) + edit("b", 50, 60)
    assert _report(lines, tmp_path, Settings()).findings == ()
    (path,) = _report(lines, tmp_path).findings
    assert (path.rule, path.confidence, path.operations) == ("RL101", "latent", ("order.edit",))


def test_it_tells_how_close_they_came_and_the_chance(tmp_path: Path) -> None:
    lines = edit("a", 10, 20) + edit("b", 50, 60) + edit("c", 500, 510, order=43)
    (path,) = _report(lines, tmp_path).findings
    assert path.facts["gap"] == 30_000_000
    # Two windows of 10 ms, each with one other write, in 502 ms: E = 20 / 502.
    assert path.facts["chance"] == "3.9 %"
    assert "3 cycles on 2 order did not collide" in path.reason
    assert "within 30 ms" in path.reason
    assert "3.9 %" in path.reason


def test_a_path_that_nobody_else_wrote_beside(tmp_path: Path) -> None:
    lines = edit("a", 10, 20) + edit("b", 50, 60, order=43)
    (path,) = _report(lines, tmp_path).findings
    assert "no second attempt wrote the same resource" in path.reason


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            edit("a", 10, 20, expected_version=10) + edit("b", 50, 60, expected_version=50),
            id="conditional",
        ),
        pytest.param(edit("a", 10, 20) + edit("b", 50, 60, status=409), id="refused once"),
        pytest.param(
            [line for line in edit("a", 10, 20) + edit("b", 50, 60) if "read" not in line["event"]],
            id="writes blindly",
        ),
    ],
)
def test_a_guarded_or_blind_path_is_none(lines: list[Record], tmp_path: Path) -> None:
    assert _report(lines, tmp_path).findings == ()


def test_a_delta_guards_itself_alone(tmp_path: Path) -> None:
    """One write that the store computes says nothing for those that the handler computes."""
    adds = [
        line | ({"event": "order.increment", "action": "increment"} if "write" in line["event"] else {})
        for line in edit("b", 50, 60)
    ]  # fmt: skip
    (path,) = _report(edit("a", 10, 20) + adds, tmp_path).findings
    assert (path.rule, path.facts["cycles"]) == ("RL101", 1)
    assert _report(adds, tmp_path).findings == ()


def test_a_path_that_collided_is_told_once(tmp_path: Path) -> None:
    crossed = [*edit("a", 10, 40), *edit("b", 10.5, 30)]
    apart = edit("c", 500, 510, order=43)
    found = _report(crossed + apart, tmp_path).findings
    assert [f.rule for f in found if f.confidence == "latent"] == []
    assert "RL101" in [f.rule for f in found]


def test_it_changes_nothing_else(tmp_path: Path) -> None:
    lines = [*edit("a", 10, 40), *edit("b", 10.5, 30), *edit("c", 500, 510, order=43)]
    plain, asked = (_report(lines, tmp_path, s) for s in (Settings(), ASKED))
    assert [f for f in asked.findings if f.confidence != "latent"] == list(plain.findings)
    assert [c for c in asked.coverage if c.rule != "RL502"] == list(plain.coverage)
    assert asked.summary.raced == plain.summary.raced


def change(service: str, at: float, order: int, **more: Any) -> Record:
    who = {"service": service, "request_id": f"{service}{at}", "pid": 1}
    return {"ts": stamp(at), **who, "resource": f"order:{order}", "action": "write", **more}


@pytest.mark.parametrize(
    ("lines", "owners"),
    [
        pytest.param(
            [change("shop", 1, 1), change("billing", 900, 1)], ["billing, shop"], id="two services"
        ),
        pytest.param([change("shop", 1, 1), change("billing", 900, 2)], [], id="each its own"),
        pytest.param([change("shop", 1, 1), change("shop", 900, 1)], [], id="one service"),
        pytest.param(
            [
                change("shop", 1, 1, expected_version=1, version=2),
                change("billing", 900, 1, expected_version=2, version=3),
            ],
            [],
            id="both compare",
        ),
        pytest.param(
            [
                change("shop", 1, 1, event="order.edit"),
                change("shop", 900, 1, event="order.cancel"),
            ],
            ["order.cancel, order.edit"],
            id="two code paths",
        ),
    ],
)
def test_state_with_several_owners(lines: list[Record], owners: list[str], tmp_path: Path) -> None:
    found = [f for f in _report(lines, tmp_path).findings if f.rule == "RL502"]
    assert [f.facts["owners"] for f in found] == owners


@pytest.mark.parametrize(
    "asked",
    [
        lambda runs: timelines(runs, ["order:*"]).resources[0].findings,
        lambda runs: [c for c in survey(runs).coverage if c.rule == "RL502"],
        lambda runs: verify(runs).fired,
    ],
    ids=["timeline", "inspect", "verify"],
)
def test_no_other_command_speaks_of_it(
    asked: Callable[[list[str]], Sequence[object]], tmp_path: Path
) -> None:
    runs = []
    for order in (1, 2):
        lines = [change("shop", 1, order), change("billing", 900, order)]
        judge(tmp_path / str(order), lines)
        runs.append(str(tmp_path / str(order)))
    assert list(asked(runs)) == []
