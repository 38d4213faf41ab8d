"""RL106: near misses by hand. The search itself is in tests/test_linearize.py, public histories in test_accuracy."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from racelens.findings import Report

from ..histories import Record, judge, stamp

# `a w3 1-4`: attempt a wrote 3 between the moments 1 and 4. `1-` has no finish, `1-4!` failed, `1-4?` timed
# out, `1-4x` was refused. r3 read 3, r read without a value, c3:1 replaced 3 by 1, + and - take and give back a lock,
# i2 added 2.
_WORD = re.compile(r"(\w+) ([rwci+-])(?:(\w+):)?(\w*) (\d+)-(\d*)([!?x]?)")
_VERBS = {"r": "read", "w": "write", "c": "cas", "i": "incr", "+": "acquire", "-": "release"}
_ENDS: dict[str, Record] = {
    "": {},
    "!": {"outcome": "error", "error_code": "unavailable"},
    "?": {"outcome": "timeout"},
    "x": {"outcome": "error", "error_code": "not-held"},
}


def _log(text: str, resource: str = "flag:7", noun: str = "flag", **more: Any) -> list[Record]:
    """Both records of each call, in the order of their times."""
    records: list[tuple[int, Record]] = []
    for word in re.split(r"\s*,\s*", text):
        match = _WORD.fullmatch(word.strip())
        assert match, word
        attempt, letter, base, value, begin, end, ending = match.groups()
        verb = _VERBS[letter]
        call = {"request_id": attempt, "event": f"{noun}.{verb}", "action": verb}
        call |= {"resource": resource, **more}
        given = {"value": value} if value else {}
        given |= {"expected": base} if base else {}
        started = given if letter != "r" else {}
        records.append((int(begin), call | started | {"step": "start"}))
        if end:
            records.append((int(end), call | given | _ENDS[ending] | {"step": "finish"}))
    records.sort(key=lambda entry: entry[0])
    return [{"ts": stamp(10 * moment), **record} for moment, record in records]


def _scan(folder: Path, log: str | list[Record]) -> Report:
    return judge(folder, _log(log) if isinstance(log, str) else log, codes=["RL106"])


def _found(report: Report) -> list[tuple[str, tuple[str, ...]]]:
    return [(f.confidence, f.actors) for f in report.findings]


@pytest.mark.parametrize(
    ("log", "actors"),
    [
        ("a w1 1-2, b w2 3-4, c r1 5-6", ("c", "b")),
        ("a w0 1-2, b w1 3-4, c r0 5-6", ("c", "b")),
        ("a w1 1-2, b c1:2 3-4, c r1 5-6", ("c", "b")),
        ("a w1 1-2, b c1:2 3-6, c c1:3 4-7", ("c", "b")),
        ("a w1 1-3, b w2 2-4, c r1 5-6, d r2 7-8", ("d", "c")),
        ("z w9 1-2?, a w1 3-4, b w2 5-6, c r1 7-8", ("c", "b")),
    ],
    ids=[
        "stale",
        "zero",
        "stale after a swap",
        "both swapped",
        "back and forth",
        "after a timeout",
    ],
)
def test_registers_that_no_order_explains(
    log: str, actors: tuple[str, ...], tmp_path: Path
) -> None:
    assert _found(_scan(tmp_path, log)) == [("confirmed", actors)]


@pytest.mark.parametrize(
    "log",
    [
        "a w1 1-2, b w2 3-6, c r1 4-5",
        "a w1 1-3, b w2 2-4, c r1 5-6",
        "a w1 1-2?, b w2 3-4, c r1 5-6",
        "a w1 1-, b w2 3-4, c r2 5-6, d r1 7-8",
        "c r5 1-2, a w1 3-4, b r1 5-6",
        "a w1 1-2, b w2 3-4, c r 5-6, d r1 7-8?",
        "a w1 1-2, b w2 3-4x, c r1 5-6",
        "a w1 1-2, b c2:3 3-4x, c r1 5-6",
    ],
    ids=[
        "overlap",
        "either order",
        "a timeout comes late",
        "no finish comes late",
        "before the log began",
        "no value",
        "refused",
        "compare failed",
    ],
)
def test_registers_that_some_order_explains(log: str, tmp_path: Path) -> None:
    report = _scan(tmp_path, log)
    assert report.findings == ()
    assert report.undecided == ()


def test_a_value_that_only_a_failed_write_gave_contradicts_the_log(tmp_path: Path) -> None:
    for log in ("a r3 1-4, b w3 2-3!", "b w3 1-2!, c w2 3-4, a r3 5-6"):
        (finding,) = _scan(tmp_path, log).findings
        assert finding.confidence == "confirmed"
        assert "empty before the log began" in finding.reason
        assert "b wrote 3 and reported failure" in finding.story


@pytest.mark.parametrize(
    "log",
    [
        "a w1 1-2, b w2 3-4, c r1 5-6, d r8 7-8, e r9 9-10",
        "a w1 1-2, b r1 3-4, c r8 5-6, d r1 7-8",
        "a w1 1-2, b w8 3-4x, c r8 5-6, d r1 7-8",
    ],
    ids=["two values", "one, after a write", "one that was refused"],
)
def test_values_that_nobody_wrote_tell_of_writers_that_do_not_log(log: str, tmp_path: Path) -> None:
    assert _found(_scan(tmp_path, log)) == []


def test_the_value_from_before_the_log_may_be_read_too_late(tmp_path: Path) -> None:
    report = _scan(tmp_path, "a r5 1-2, b w1 3-4, c r5 5-6")
    assert [f.confidence for f in report.findings] == ["confirmed"]


@pytest.mark.parametrize("more", [{"version": 7}, {"transaction_id": "t"}])
def test_versions_and_transactions_are_left_to_other_rules(more: Record, tmp_path: Path) -> None:
    assert _found(_scan(tmp_path, _log("a w1 1-2, b w2 3-4, c r1 5-6", **more))) == []


def test_records_without_an_interval_are_no_ground(tmp_path: Path) -> None:
    log = _log("a w1 1-2, b w2 3-4, c r1 5-6")
    assert _found(_scan(tmp_path, [record for record in log if record["step"] != "start"])) == []
    points = [record | {"step": "point"} for record in log if record["step"] != "start"]
    assert _found(_scan(tmp_path, points)) == []


def test_accesses_inside_a_longer_handler_are_left_alone(tmp_path: Path) -> None:
    log = _log("a w1 1-2, b w2 3-4, c r1 5-6")
    ends = {"ts": stamp(90), "request_id": "b", "event": "save.finish", "status_code": 200}
    begins = {"ts": stamp(25), "request_id": "b", "event": "save.start"}
    assert _found(_scan(tmp_path, sorted([*log, begins, ends], key=lambda r: r["ts"]))) == []


def test_deltas_beside_the_calls_make_it_no_register(tmp_path: Path) -> None:
    log = [*_log("a w1 1-2, b w2 3-4, c r1 5-6"), *_log("d i1 7-8")]
    assert _found(_scan(tmp_path, log)) == []


def test_the_story_is_told_in_a_line(tmp_path: Path) -> None:
    (finding,) = _scan(tmp_path, "a w1 1-2, b w2 3-4, z w9 5-6?, c r1 7-8").findings
    assert finding.title == "c read 1, which no order of the operations on flag:7 explains"
    assert finding.story == (
        "a wrote 1 (line 2); b wrote 2 (line 4); c began that read (line 7); "
        "c read 1 (line 8): 2 had replaced it before that began"
    )


# ── clocks ─────────────────────────────────────────────────────────────────────────────────────


def _on_hosts(text: str, hosts: dict[str, str], spread: int = 1) -> list[Record]:
    log = _log(text)
    moments = {record["ts"]: index for index, record in enumerate(log)}
    return [
        record
        | {"host": hosts[record["request_id"]], "ts": stamp(10 * spread * moments[record["ts"]])}
        for record in log
    ]


_STALE = "a w1 1-2, b w2 3-4, c r1 5-6"


@pytest.mark.parametrize(
    ("reader", "spread", "found"),
    [("x", 1, ["confirmed"]), ("y", 100, ["possible"]), ("y", 1, [])],
    ids=["one clock", "far apart by two clocks", "within what two clocks may differ"],
)
def test_clocks_of_two_hosts_confirm_nothing(
    reader: str, spread: int, found: list[str], tmp_path: Path
) -> None:
    log = _on_hosts(_STALE, {"a": "x", "b": "x", "c": reader}, spread)
    assert [f.confidence for f in _scan(tmp_path, log).findings] == found


def test_one_clock_is_enough_for_the_calls_that_prove_it(tmp_path: Path) -> None:
    log = _on_hosts(
        "d w5 1-2, a w1 3-4, b w2 5-6, c r1 7-8", {"d": "y", "a": "x", "b": "x", "c": "x"}
    )
    assert [f.confidence for f in _scan(tmp_path, log).findings] == ["confirmed"]


# ── locks ──────────────────────────────────────────────────────────────────────────────────────


def _locks(text: str, resource: str = "lock:7") -> list[Record]:
    return _log(text, resource, "lock")


@pytest.mark.parametrize(
    ("log", "actors"),
    [
        ("a + 1-2, b + 3-4, a - 5-6, b - 7-8", ("b", "a")),
        ("a + 1-2, b + 3-4, a - 5-6x, b - 7-8", ("b", "a")),
    ],
    ids=["held by two", "its release came back refused later"],
)
def test_locks_that_two_held(log: str, actors: tuple[str, ...], tmp_path: Path) -> None:
    report = _scan(tmp_path, _locks(log))
    assert _found(report) == [("confirmed", actors)]
    assert report.findings[0].title == "b acquired lock:7 while it was still held"


@pytest.mark.parametrize(
    "log",
    [
        "a + 1-2, b + 3-6, a - 4-5, b - 7-8",
        "a + 1-2, b + 3-4, b - 5-6",
        "a + 1-2, a - 3-4?, b + 5-6, b - 7-8",
        "a + 1-2, a - 3-4x, b + 5-6, b - 7-8",
        "a - 1-2, b + 3-4, b - 5-6",
        "a + 1-2, a + 3-4, a - 5-6, a - 7-8, b + 9-10, b - 11-12",
        "a + 1-2, a - 3-4, b + 5-6?, c + 7-8, c - 9-10",
    ],
    ids=[
        "waits",
        "the owner died",
        "a release timed out",
        "the lease was over",
        "held since before the log",
        "taken twice by its owner",
        "an acquisition timed out",
    ],
)
def test_locks_that_one_held_at_a_time(log: str, tmp_path: Path) -> None:
    assert _found(_scan(tmp_path, _locks(log))) == []


def test_a_lock_that_two_held_is_told_once(tmp_path: Path) -> None:
    report = judge(tmp_path, _locks("a + 1-2, b + 3-4, a - 5-6, b - 7-8"))
    assert [(f.rule, f.confidence) for f in report.findings] == [("RL105", "confirmed")]


@pytest.mark.parametrize("resource", ["semaphore:lock-7", "pool:locks", "lock:shared-7"])
def test_what_several_may_hold_is_no_lock(resource: str, tmp_path: Path) -> None:
    assert _found(_scan(tmp_path, _locks("a + 1-2, b + 3-4, a - 5-6, b - 7-8", resource))) == []


# ── counters ───────────────────────────────────────────────────────────────────────────────────


def _counts(text: str) -> list[Record]:
    return _log(text, "hits:7", "hits")


def test_a_counter_that_lost_an_increment_may_have_been_reset(tmp_path: Path) -> None:
    report = _scan(tmp_path, _counts("a r5 1-2, b i1 3-5, c i1 4-6, d r6 7-8"))
    assert _found(report) == [("possible", ("d", "a", "b", "c"))]


def test_a_counter_whose_making_is_logged_lost_an_increment(tmp_path: Path) -> None:
    report = _scan(tmp_path, _counts("a w5 1-2, b i1 3-5, c i1 4-6, d r6 7-8"))
    assert _found(report) == [("confirmed", ("d", "a", "b", "c"))]
    assert "added 1" in report.findings[0].message


def test_a_counter_to_which_others_add_may_be_reset_by_them(tmp_path: Path) -> None:
    report = _scan(tmp_path, _counts("a w5 1-2, b i1 3-5, c i1 4-6, d r6 7-8, e r9 9-10"))
    assert [word for word, _ in _found(report)] == ["possible"]


@pytest.mark.parametrize(
    ("resource", "more"), [("rate_limit:7", {}), ("hits:7", {"ttl_seconds": 60})]
)
def test_a_counter_that_expires_starts_again(
    resource: str, more: dict[str, Any], tmp_path: Path
) -> None:
    log = _log("a w5 1-2, b i1 3-5, c i1 4-6, d r6 7-8", resource, "hits", **more)
    assert _found(_scan(tmp_path, log)) == [("possible", ("d", "a", "b", "c"))]


@pytest.mark.parametrize(
    "log",
    [
        "a w5 1-2, b i1 3-5, c i1 4-6, d r7 7-8",
        "a w5 1-2, b i1 3-5, c i1 4-9, d r6 7-8",
        "a w5 1-2, b i1 3-5, c i1 4-6, d w0 7-8, e r0 9-10",
        "a w5 1-2, b i1 3-5, c i1 4-6, d w0 7-8?, e r0 9-10",
        "a w5 1-4, b i1 3-5, c i1 4-6, d r6 7-8",
        "a w5 1-2?, b i1 3-5, c i1 4-6, d r6 7-8",
        "a r5 1-2, b i1 3-5, c i1 4-6, d r7 7-8",
        "a r5 1-2, b i1 3-5, c i1 4-9, d r6 7-8",
        "a r5 1-2, b i1 3-5, d r9 7-8",
        "a r5 1-2, b i1 3-5?, c i1 4-6, d r6 7-8",
        "a r5 1-2, b i1 3-5, c i2 4-6, d r6 7-8",
    ],
    ids=[
        *("made and counted", "made, open", "made, set again", "made, perhaps set again"),
        *("made meanwhile", "perhaps never made"),
        *("counted", "open", "counted by others", "timed out", "amounts or results"),
    ],
)
def test_counters_that_lost_nothing(log: str, tmp_path: Path) -> None:
    assert _found(_scan(tmp_path, _counts(log))) == []


# ── giving up ──────────────────────────────────────────────────────────────────────────────────


def test_a_search_without_an_end_is_undecided(tmp_path: Path) -> None:
    open_ = ", ".join(f"w{n} w{n} {n + 1}-{n + 60}" for n in range(15))
    report = _scan(tmp_path, f"{open_}, a r0 100-101, b r1 102-103")
    assert report.findings == ()
    assert [(entry.rule, entry.count) for entry in report.undecided] == [("RL106", 1)]
    assert "too many operations at once" in report.undecided[0].reason


def _set_log(text: str) -> list[Record]:
    """`a +x 1-2` added x, `a -x 1-2` removed it, `a r=x.y 1-2` read x and y, `a r= 1-2` read nothing."""
    records: list[tuple[int, Record]] = []
    for word in re.split(r"\s*,\s*", text):
        match = re.fullmatch(r"(\w+) (\+|-|r=)([\w.]*) (\d+)-(\d*)([!?]?)", word.strip())
        assert match, word
        attempt, letter, value, begin, end, ending = match.groups()
        verb = {"+": "add", "-": "remove", "r=": "read"}[letter]
        call: Record = {"request_id": attempt, "event": f"tags.{verb}", "action": verb}
        call |= {"resource": "tags:7"}
        given: Record = {"value": [v for v in value.split(".") if v] if verb == "read" else value}
        started = {} if verb == "read" else given
        records.append((int(begin), call | started | {"step": "start"}))
        if end:
            records.append((int(end), call | given | _ENDS[ending] | {"step": "finish"}))
    records.sort(key=lambda entry: entry[0])
    return [{"ts": stamp(10 * moment), **record} for moment, record in records]


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        pytest.param("a +x 1-2, b r=x 3-4", [], id="added and read"),
        pytest.param("a +x 1-2, b r= 3-4", ["confirmed"], id="an acknowledged element is lost"),
        pytest.param("a +x 1-4, b r= 2-3", [], id="read while it was being added"),
        pytest.param("a +x 1-2?, b r= 3-4", [], id="nobody knows whether it was added"),
        pytest.param("a +x 1-2?, b r=x 3-4, c r= 5-6", ["confirmed"], id="it was, and is gone"),
        pytest.param("z r=x 1-2, a -x 3-4, b r=x 5-6", ["confirmed"], id="removed and there"),
        pytest.param("z r=x 1-2, a -x 3-6, b r=x 4-5", [], id="read while it was being removed"),
        pytest.param("z r=x 1-2, a +y 3-4, b r=x.y 5-6", [], id="what was there before"),
        pytest.param(
            "a +x 1-10, b +y 1-11, c r=x 2-3, d r=y 4-5",
            ["possible"],
            id="disjoint readings may be parts",
        ),
        pytest.param(
            "z r=u 1-2, a +x 3-12, b +y 3-12, c r=u.x 4-5, d r=u.y 6-7",
            ["confirmed"],
            id="a long fork: no order of two additions explains both readings",
        ),
        pytest.param("z r=x 1-2, a +y 3-4, b r=q.x 5-6", ["possible"], id="others add unlogged"),
    ],
)
def test_sets(history: str, expected: list[str], tmp_path: Path) -> None:
    found = _scan(tmp_path, _set_log(history)).findings
    assert [finding.confidence for finding in found] == expected


def test_a_lost_element_is_told_by_name(tmp_path: Path) -> None:
    (found,) = _scan(tmp_path, _set_log("a +x 1-2, b +y 1-3, c r=y 4-5")).findings
    assert found.lost == "x is missing, though it had been added before that began"
    assert found.actors == ("c", "a")
