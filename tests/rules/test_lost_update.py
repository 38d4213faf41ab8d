"""RL101: near misses by hand, and the obvious loop as an oracle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..histories import Record, confirmed, judge, records, stamp, verdicts

CONFIRMED = "confirmed"
POSSIBLE = "possible"


@pytest.mark.parametrize(
    "history",
    [
        pytest.param("a r1, b r1, b w2, a w3", id="the store counts versions"),
        pytest.param("a r4, b r4, b w5, a w5", id="both compute base + 1"),
        pytest.param("a r1, b w2/1, a w3/1", id="bases are logged, reads are not"),
        pytest.param("b r1, b w2, b w3, a w4/1, a r4", id="two writes lost at once"),
        pytest.param("a r1, a w2, b r2, a r2, b w3, a w4", id="own write, then stale"),
        pytest.param("a r1, b i2, a w3", id="an increment is overwritten"),
        pytest.param("a r7, b c8, a w9", id="a creation is overwritten"),
    ],
)
def test_one_write_overwrites_another_unseen(history: str, tmp_path: Path) -> None:
    assert verdicts(judge(tmp_path, history)) == [("RL101", CONFIRMED, ("a", "b"))]


@pytest.mark.parametrize(
    "history",
    [
        pytest.param("a r1, a w2, b r2, b w3", id="one after the other"),
        pytest.param("a r1, b r1, b w2, a w409, a r2, a w3", id="refused, read again"),
        pytest.param("a r1, b r1, b w2, a w!", id="failed"),
        pytest.param("a r1, a w2, a w3, b r3, b w4", id="own writes advance the base"),
        pytest.param("a r1, b r1, a i2, b i3", id="increments need no read"),
        pytest.param("a r1, b r1, b w2, a p3", id="a patch names its fields"),
        pytest.param("a w2, b w3, a w4, b w5", id="blind writes are meant"),
        pytest.param("a r1, b r1, a r1", id="only reads"),
        pytest.param("a r1, b r1, a w2, a w3, a w4", id="only one writes"),
        pytest.param("a r1, a w2, a r2, a w3", id="one attempt alone"),
        pytest.param("a r1, b r1, b w2, a r2, a w3", id="a second read sees the other's write"),
        pytest.param(
            "a c1, a r1, a w2, a d, b c1, b r1, b w2", id="created anew, versions start again"
        ),
    ],
)
def test_near_misses_stay_silent(history: str, tmp_path: Path) -> None:
    assert verdicts(judge(tmp_path, history)) == []


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        pytest.param("a r, b r, b w, a w", "only the times overlap", id="no versions at all"),
        pytest.param("a r1, b w, a w2", "only the times overlap", id="the other side has none"),
        pytest.param(
            "a r1, b w?2, a w3", "overwritten write took effect is unknown", id="timed out"
        ),
        pytest.param(
            "a r1, b w2, a w?3", "overwriting write took effect is unknown", id="mine timed out"
        ),
    ],
)
def test_half_a_proof_is_possible(history: str, reason: str, tmp_path: Path) -> None:
    report = judge(tmp_path, history)
    assert verdicts(report) == [("RL101", POSSIBLE, ("a", "b"))]
    assert reason in report.findings[0].reason


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        pytest.param("a r=x, b r=x, b w=y, a w=z", [CONFIRMED], id="x was there once"),
        pytest.param("a r=x, b r=x, b w=y, a w=y", [CONFIRMED], id="written values may be equal"),
        pytest.param("a r=x, b r=x, b w=x, a w=z", [POSSIBLE], id="one side changed nothing"),
        pytest.param(
            "c w=x, d w=q, e w=x, a r=x, b r=x, b w=y, a w=z", [POSSIBLE], id="x was there twice"
        ),
        pytest.param(
            "a r=x, a w=y, b r=x, b w=z", [], id="read after the write: something brought x back"
        ),
        pytest.param("a r=x, b r=y, a w=p, b w=q", [POSSIBLE], id="different values"),
    ],
)
def test_values_prove_only_when_they_are_unique(
    history: str, expected: list[str], tmp_path: Path
) -> None:
    assert [f.confidence for f in judge(tmp_path, history).findings] == expected


def test_conditional_writes_are_trusted(tmp_path: Path) -> None:
    lines = records("a r1, b r1, b w2, a w3")
    lines[-1]["expected_version"] = 1
    report = judge(tmp_path, lines, codes=["RL101"])
    assert verdicts(report) == []
    assert [c.reason for c in report.cleared] == ["conditional write: the store compared the base"]


def test_entity_tags_have_no_order_but_one_base_proves(tmp_path: Path) -> None:
    lines: list[Record] = [
        {"ts": stamp(i), "request_id": who, "resource": "doc:1", "action": what, "etag": tag}
        for i, (who, what, tag) in enumerate(
            [
                ("a", "read", '"x1"'),
                ("b", "read", 'W/"x1"'),
                ("b", "write", '"x7"'),
                ("a", "write", '"x2"'),
            ]
        )
    ]
    report = judge(tmp_path, lines)
    assert verdicts(report) == [("RL101", CONFIRMED, ("a", "b"))]
    assert report.findings[0].facts["base"] == "x1"


def test_whole_second_clocks_change_nothing_when_versions_speak(tmp_path: Path) -> None:
    lines = [
        record | {"ts": "2026-05-04T12:00:00Z"} for record in records("a r1, b r1, b w2, a w3")
    ]
    assert verdicts(judge(tmp_path, lines)) == [("RL101", CONFIRMED, ("a", "b"))]


def test_without_any_time_the_lines_are_the_order(tmp_path: Path) -> None:
    lines = [{k: v for k, v in r.items() if k != "ts"} for r in records("a r1, b r1, b w2, a w3")]
    assert verdicts(judge(tmp_path, lines)) == [("RL101", CONFIRMED, ("a", "b"))]


@pytest.mark.parametrize(
    ("end", "expected"),
    [("txn.commit", ["confirmed"]), ("txn.rollback", []), (None, ["possible"])],
)
def test_a_write_has_the_outcome_of_its_transaction(
    end: str | None, expected: list[str], tmp_path: Path
) -> None:
    lines: list[Record] = []

    def say(transaction: str, event: str, **more: object) -> None:
        lines.append(
            {"ts": stamp(len(lines)), "correlation_id": transaction, "event": event, **more}
        )

    for who in ("t1", "t2"):
        say(who, "txn.begin")
        say(who, "row.read", resource="row:1", action="read", version=1)
    say("t1", "row.write", resource="row:1", action="write", version=2)
    say("t1", "txn.commit")
    say("t2", "row.write", resource="row:1", action="write", version=3)
    if end:
        say("t2", end)
    assert [f.confidence for f in judge(tmp_path, lines).findings] == expected


def test_a_handler_that_failed_leaves_its_writes_unknown(tmp_path: Path) -> None:
    def handler(who: str, start: int, status: int, version: int) -> list[Record]:
        common = {"request_id": who, "resource": "order:1"}
        return [
            {"ts": stamp(start), **common, "event": "order.save", "step": "start", "method": "PUT"},
            {"ts": stamp(start + 1), **common, "action": "read", "version": 1},
            {"ts": stamp(start + 20), **common, "action": "write", "version": version},
            {
                "ts": stamp(start + 21),
                **common,
                "event": "order.save",
                "step": "finish",
                "status_code": status,
            },
        ]

    good = judge(tmp_path / "good", handler("a", 0, 200, 2) + handler("b", 5, 200, 3))
    assert [f.confidence for f in good.findings] == ["confirmed"]
    assert good.groups[0].operations == ("order.save", "order.save")
    failed = judge(tmp_path / "bad", handler("a", 0, 200, 2) + handler("b", 5, 500, 3))
    assert [f.confidence for f in failed.findings] == ["possible"]


def test_the_story_names_lines_and_what_is_gone(tmp_path: Path) -> None:
    finding = judge(tmp_path, "a r7, b r7, b w8, a w9").findings[0]
    assert finding.story == (
        "a read v7 (line 1); b wrote v8 (line 3); a then wrote v9 from v7 (line 4): v8 by b is gone"
    )
    assert finding.lost == "v8 written by b"
    assert "WHERE id = 42 AND version = 7" in finding.fix
    assert [e.place.line for e in finding.evidence] == [4, 1, 3]
    assert [e.role for e in finding.evidence] == ["primary", "related", "related"]


def test_one_finding_for_each_overwriting_write(tmp_path: Path) -> None:
    report = judge(tmp_path, "a r1, b r1, c r1, a w2, b w3, c w4")
    assert [sorted(f.actors) for f in report.findings] == [["a", "b"], ["a", "b", "c"]]


def test_coverage_counts_what_could_not_be_tied_to_a_base(tmp_path: Path) -> None:
    report = judge(tmp_path, "a r1, a w2, b w, c r2, c w3")
    (coverage,) = (entry for entry in report.coverage if entry.rule == "RL101")
    assert (coverage.checked, coverage.unchecked) == (2, 1)


# ── the oracle ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Step:
    attempt: str
    action: str  # read or write


@st.composite
def schedules(draw: st.DrawFn) -> list[Step]:
    """Interleavings of a few attempts that read and write one versioned row."""
    programs = {
        name: draw(st.lists(st.sampled_from(["read", "write"]), min_size=1, max_size=5))
        for name in ("a", "b", "c", "d")[: draw(st.integers(2, 4))]
    }
    left = {name: list(program) for name, program in programs.items()}
    steps = []
    while any(left.values()):
        name = draw(st.sampled_from(sorted(n for n, program in left.items() if program)))
        steps.append(Step(name, left[name].pop(0)))
    return steps


def execute(steps: list[Step]) -> tuple[list[Record], set[tuple[int, frozenset[str]]]]:
    """The log of a store that counts versions, and the lost updates by the obvious loop."""
    version, lines = 1, []
    seen: dict[str, int] = {}
    writers: dict[int, str] = {}
    lost = set()
    readers: set[str] = set()  # who never read writes blindly
    for place, step in enumerate(steps):
        if step.action == "write":
            version += 1
            writers[version] = step.attempt
        record = {"ts": stamp(place), "request_id": step.attempt, "resource": "row:1"}
        lines.append(record | {"action": step.action, "version": version})
        if step.action == "write" and step.attempt in readers:
            between = {writers[v] for v in range(seen[step.attempt] + 1, version)} - {step.attempt}
            if between:
                lost.add((place + 1, frozenset(between)))
        seen[step.attempt] = version
        readers |= {step.attempt} if step.action == "read" else set()
    return lines, lost


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=schedules())
def test_agrees_with_the_obvious_loop(steps: list[Step], tmp_path: Path) -> None:
    lines, lost = execute(steps)
    report = judge(tmp_path, lines)
    found = {
        (f.primary.place.line, frozenset(f.actors) - {f.primary.actor})
        for f in report.findings
        if f.confidence == "confirmed"
    }
    assert found == lost
    assert len(confirmed(report)) <= len(lost)
