"""Measured skew: messages bound it, contradictions are named, one-sided evidence stays one-sided."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from racelens.findings import ClockPair
from racelens.scanning import scan

from .histories import Record, stamp, write
from .scoring import scan_run
from .simulator import Dial, Run, simulate
from .simulator.otlp import exported

MS = 1_000_000


def _truth(run: Run, pair: ClockPair) -> int:
    """What the clocks of a pair really differ by, b minus a."""
    name_of = {
        f"{record['service']}/{record['pid']}": name
        for name, records in run.files.items()
        for record in records[:1]
    }
    a, b = (name_of[domain.partition("@")[0]] for domain in (pair.a, pair.b))
    return run.offsets_ns[b] - run.offsets_ns[a]


@pytest.mark.parametrize("skew_ms", [0, 20, 200, 500])
def test_bounds_hold_the_truth(skew_ms: int, tmp_path: Path) -> None:
    run = simulate(Dial(seed=4, operations=400, skew_ms=skew_ms))
    measured = [p for p in scan_run(run, tmp_path).clock.pairs if p.evidence]
    assert len(measured) > 3
    for pair in measured:
        truth = _truth(run, pair)
        assert pair.lower_ns is None or pair.lower_ns <= truth
        assert pair.upper_ns is None or truth <= pair.upper_ns
        assert not pair.contradiction


@pytest.mark.parametrize("skew_ms", [0, 200])
def test_who_queues_a_job_waits_for_no_answer(skew_ms: int, tmp_path: Path) -> None:
    """In spans, where jobs are linked to what queued them, calls alone bound a clock from both sides."""
    run = simulate(Dial(seed=4, operations=400, skew_ms=skew_ms))
    for name, told in exported(run.files).items():
        (tmp_path / f"{name}.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in told))
    clocks = {records[0]["host"]: run.offsets_ns[name] for name, records in run.files.items()}
    measured = [pair for pair in scan([str(tmp_path)]).clock.pairs if pair.evidence]
    assert len(measured) > 3
    for pair in measured:
        truth = clocks[pair.b] - clocks[pair.a]
        assert pair.lower_ns is None or pair.lower_ns <= truth
        assert pair.upper_ns is None or truth <= pair.upper_ns
        assert not pair.contradiction


def _message(sender: str, receiver: str, id_: str, sent: float, received: float) -> list[Record]:
    return [
        {"ts": stamp(sent), "host": sender, "request_id": f"{id_}-s", "message_id": id_, "action": "enqueue"},
        {"ts": stamp(received), "host": receiver, "request_id": f"{id_}-r", "message_id": id_, "action": "deliver"},
    ]  # fmt: skip


def _pairs(folder: Path, *messages: list[Record]) -> dict[tuple[str, str], ClockPair]:
    lines = sorted((line for message in messages for line in message), key=lambda line: line["ts"])
    write(folder, {"log.jsonl": lines})
    return {(p.a, p.b): p for p in scan([str(folder / "log.jsonl")]).clock.pairs}


def test_two_ways_bound_from_both_sides(tmp_path: Path) -> None:
    pairs = _pairs(tmp_path, _message("a", "b", "m1", 100, 130), _message("b", "a", "m2", 150, 140))
    assert pairs["a", "b"] == ClockPair("a", "b", 10 * MS, 30 * MS, 2, contradiction=False)


def test_one_way_stays_one_sided(tmp_path: Path) -> None:
    pairs = _pairs(tmp_path, _message("a", "b", "m1", 100, 130))
    assert pairs["a", "b"] == ClockPair("a", "b", None, 30 * MS, 1, contradiction=False)


def test_a_chain_of_hosts_adds_up(tmp_path: Path) -> None:
    pairs = _pairs(
        tmp_path,
        _message("a", "b", "m1", 100, 105), _message("b", "a", "m2", 110, 115),
        _message("b", "c", "m3", 120, 125), _message("c", "b", "m4", 130, 135),
    )  # fmt: skip
    assert pairs["a", "c"] == ClockPair("a", "c", -10 * MS, 10 * MS, 0, contradiction=False)


def test_contradictions_are_named_and_not_used(tmp_path: Path) -> None:
    """A message received 30 ms before it was sent, and one the other way that took 10 ms."""
    messages = [_message("a", "b", "m1", 130, 100), _message("b", "a", "m2", 200, 210)]
    assert _pairs(tmp_path, *messages)["a", "b"].contradiction


def test_measured_clocks_decide_what_assumed_ones_cannot(tmp_path: Path) -> None:
    """Two tries on two hosts, 40 ms apart: inside the assumed skew, outside the measured one."""

    def job(host: str, attempt: int, start: float, end: float) -> list[Record]:
        common = {
            "host": host,
            "job_id": "job-aaaa1111",
            "attempt": attempt,
            "resource": "report:1",
        }
        return [
            {"ts": stamp(start), **common, "event": "export.start", "action": "export"},
            {
                "ts": stamp(end),
                **common,
                "event": "export.finish",
                "action": "export",
                "status": "ok",
            },
        ]

    lines = job("a", 1, 0, 100) + job("b", 2, 60, 200)
    exchange = _message("a", "b", "m1", 300, 303) + _message("b", "a", "m2", 310, 313)
    write(tmp_path, {"alone.jsonl": lines, "measured.jsonl": [*lines, *exchange]})
    verdicts = {
        name: [(f.rule, f.confidence) for f in scan([str(tmp_path / f"{name}.jsonl")]).findings]
        for name in ("alone", "measured")
    }
    assert verdicts == {"alone": [("RL303", "possible")], "measured": [("RL303", "confirmed")]}


def test_inside_the_measured_bound_nothing_is_decided(tmp_path: Path) -> None:
    common = {"job_id": "job-aaaa1111", "resource": "report:1", "action": "export"}
    lines = [
        {"ts": stamp(0), "host": "a", "attempt": 1, **common, "event": "export.start"},
        {"ts": stamp(100), "host": "a", "attempt": 1, **common, "event": "export.finish", "status": "failed"},
        {"ts": stamp(101), "host": "b", "attempt": 2, **common, "event": "export.start"},
        {"ts": stamp(150), "host": "b", "attempt": 2, **common, "event": "export.finish", "status": "ok"},
    ]  # fmt: skip
    exchange = _message("a", "b", "m1", 300, 303) + _message("b", "a", "m2", 310, 313)
    write(tmp_path, {"log.jsonl": [*lines, *exchange]})
    report = scan([str(tmp_path / "log.jsonl")])
    assert [f for f in report.findings if f.severity != "info"] == []
    assert [(u.rule, u.count) for u in report.undecided] == [("RL303", 1)]
    assert report.undecided[0].reason == "inside the measured ±3 ms between a and b"
