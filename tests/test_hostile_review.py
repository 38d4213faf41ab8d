"""Small logs in which a hostile reviewer found a confirmed finding that was wrong, or a crash.

Every one of them looks like a lost update and is none, or cannot be told from one that is none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from racelens.scanning import scan

from .histories import Record, judge, records, stamp, write


def _confirmed(lines: list[Record], folder: Path) -> list[str]:
    timed = [
        line if "ts" in line else {"ts": stamp(10 * i), **line} for i, line in enumerate(lines)
    ]
    return [f.message for f in judge(folder, timed).findings if f.confidence == "confirmed"]


def _on(host: str, who: str, action: str, version: int, at: float) -> Record:
    return {
        "ts": stamp(at),
        "host": host,
        "request_id": who,
        "resource": "o:1",
        "action": action,
        "version": version,
    }


def _write(who: str, version: int, **more: Any) -> Record:
    return {"request_id": who, "resource": "o:1", "action": "write", "version": version, **more}


def _read(who: str, version: int, **more: Any) -> Record:
    return {"request_id": who, "resource": "o:1", "action": "read", "version": version, **more}


@pytest.mark.parametrize("shift", [0, 1_000, -250])
def test_lives_that_only_clocks_tell_apart(shift: int, tmp_path: Path) -> None:
    first = [
        _on("h1", "c", "create", 1, 0),
        _on("h1", "a", "read", 1, 10),
        _on("h1", "a", "write", 2, 20),
    ]
    second = [
        _on("h2", "d", "delete", 2, 100 + shift), _on("h2", "e", "create", 1, 110 + shift),
        _on("h2", "x", "read", 1, 120 + shift), _on("h2", "x", "write", 2, 130 + shift),
    ]  # fmt: skip
    assert _confirmed(first + second, tmp_path) == []


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            [_read(w, 0, etag="deadbee") | {"version": None} if a == "r" else _write(w, 0, etag="deadbee") | {"version": None}
             for w in "abc" for a in "rw"],
            id="a tag that never changes",
        ),
        pytest.param(
            [_read("a", 7), {"request_id": "a", "txn_id": "T1", "event": "begin transaction"},
             _write("a", 8, txn_id="T1"), {"request_id": "a", "txn_id": "T1", "event": "commit transaction"}, _write("a", 8)],
            id="a request and its own transaction",
        ),
        pytest.param(
            [{"request_id": "a", "event": "BEGIN (implicit)"}, _read("a", 7), _write("a", 8),
             {"request_id": "a", "event": "ROLLBACK"}, _read("b", 7), _write("b", 8)],
            id="BEGIN and ROLLBACK as databases print them",
        ),
        pytest.param(
            [_read("a", 7), _write("a", 8), {"request_id": "a", "event": "Transaction rolled back"},
             _read("b", 7), _write("b", 8)],
            id="a rollback nobody began",
        ),
        pytest.param(
            [_read("a", 7), _write("a", 8), {"request_id": "a", "method": "PUT", "path": "/o/1", "status": 500, "duration_ms": 30},
             _read("b", 7), _write("b", 8)],
            id="an access line with a 500",
        ),
        pytest.param([_read("a", 7), _read("b", 7), _write("b", 8, rows=1), _write("a", 8, rows=0)], id="no rows"),
        pytest.param(
            [_read("a", 7), _read("b", 7), _write("b", 8), _write("a", 8, http_status=409)], id="refused under another name"
        ),
        pytest.param(
            [_read("a", 7), _read("b", 7), _write("b", 8), _write("a", 8, outcome="fizzled")], id="an outcome nobody knows"
        ),
        pytest.param(
            [_read("a", 7, trace_id="4bf92f3577b34da6"), _read("b", 7, trace_id="4bf92f3577b34da6"),
             _write("b", 8, trace_id="4bf92f3577b34da6"), _write("a", 8, trace_id="4bf92f3577b34da6")],
            id="caller and callee log one write",
        ),
        pytest.param(
            [_write("a", 8, base_version=7), _write("p", 8, base_version=7, service="projector")], id="a projector repeats it"
        ),
        pytest.param(
            [_read("a", 1), _write("a", 2), _read("b", 1), _write("b", 2)], id="versions that start again"
        ),
        pytest.param(
            [_read("a", 7), _read("b", 7), _write("b", 8), {**_write("a", 9), "action": None, "method": "PATCH"}],
            id="PATCH is partial",
        ),
    ],
)  # fmt: skip
def test_nothing_is_confirmed(lines: list[Record], tmp_path: Path) -> None:
    assert (
        _confirmed([{k: v for k, v in line.items() if v is not None} for line in lines], tmp_path)
        == []
    )


@pytest.mark.parametrize(
    "said",
    ["update not needed", "no changes to save", "will update order", "validating update", "skip saving order",
     "UPDATE orders: 0 rows updated", "could not update order", "UPDATE o SET n = n - 1"],
)  # fmt: skip
def test_messages_that_say_no_write_happened(said: str, tmp_path: Path) -> None:
    lines = [_read("a", 7), _read("b", 7), _write("b", 8)]
    last = {"request_id": "a", "order_id": 1, "resource": "o:1", "version": 9, "msg": said}
    assert _confirmed([*lines, last], tmp_path) == []


@pytest.mark.parametrize("shift", [0, -1_000, 1_000])
def test_values_on_two_hosts_prove_nothing(shift: int, tmp_path: Path) -> None:
    def at(host: str, who: str, action: str, value: int, time: float) -> Record:
        moved = time + (shift if host == "h1" else 0)
        return {
            "ts": stamp(moved + 2_000),
            "host": host,
            "request_id": who,
            "resource": "w:1",
            "action": action,
            "value": value,
        }

    lines = [
        at("h1", "a", "read", 100, 0), at("h2", "a", "write", 80, 10),
        at("h1", "b", "read", 100, 500), at("h2", "b", "write", 70, 510),
    ]  # fmt: skip
    assert _confirmed(lines, tmp_path) == []


def _at(ms: float, **told: Any) -> Record:
    return {"ts": stamp(ms), "pid": 1, **told}


def _held(who: str, *moments: float, **told: Any) -> list[Record]:
    return [
        _at(moment, request_id=who, event=f"lock.{verb}d", action=verb, **told)
        for moment, verb in zip(moments, ("acquire", "release"), strict=True)
    ]


_HARMLESS: dict[str, list[Record]] = {
    "a semaphore": _held("a", 0, 50, resource="semaphore:api") + _held("b", 1, 51, resource="semaphore:api"),
    "permits": _held("a", 0, 50, resource="lock:api", permits=3) + _held("b", 1, 51, resource="lock:api", permits=3),
    "read locks": [
        *_held("a", 0, 50, resource="lock:x", lock_mode="shared"),
        *_held("b", 1, 51, resource="lock:x", lock_mode="shared"),
    ],
    "a lock taken again by its thread": [
        *_held("a", 0, 50, resource="lock:x", thread="t1"),
        *_held("b", 5, 10, resource="lock:x", thread="t1"),
    ],
    "the store did the sum": [
        _at(0, request_id="a", action="read", resource="account:1", value=100),
        _at(1, request_id="b", action="read", resource="account:1", value=100),
        _at(5, request_id="b", action="write", resource="account:1", delta=-10, value=90),
        _at(8, request_id="a", action="write", resource="account:1", delta=-20, value=70),
    ],
    "other fields": [
        _read("a", 1), _read("b", 1),
        _write("b", 2, changed_fields=["email"]), _write("a", 3, changed_fields=["name"]),
    ],
    "inserted nothing": [
        _at(ms, request_id=who, delivery_id="e1", event="wallet.credit", action="credit", resource="wallet:1", rows=rows)
        for ms, who, rows in ((0, "a", 1), (500, "b", 0))
    ],
    "both set one state": [
        *(_at(i, request_id=who, action="read", resource="o:1", status="paid") for i, who in enumerate("ab")),
        *(_at(i + 5, request_id=who, action="write", resource="o:1", status="shipped") for i, who in enumerate("ab")),
    ],
    "wanted again seconds later": [
        _at(ms, request_id=who, correlation_id="c", action="charge", resource="o:1", payload_hash="f00d")
        for ms, who in ((0, "a"), (12_000, "b"))
    ],
}  # fmt: skip


@pytest.mark.parametrize("lines", _HARMLESS.values(), ids=_HARMLESS)
def test_what_may_be_meant_is_never_confirmed(lines: list[Record], tmp_path: Path) -> None:
    assert _confirmed(sorted(lines, key=lambda line: line.get("ts", "")), tmp_path) == []


_HARMFUL: dict[str, list[Record]] = {
    "the application did the sum": [
        *_HARMLESS["the store did the sum"][:3], _HARMLESS["the store did the sum"][3] | {"value": 80}
    ],
    "the same field": [
        _read("a", 1), _read("b", 1),
        _write("b", 2, changed_fields=["email"]), _write("a", 3, changed_fields=["email", "name"]),
    ],
    "an exclusive mode": [
        *_held("a", 0, 50, resource="lock:x", lock_mode="exclusive"),
        *_held("b", 1, 51, resource="lock:x", lock_mode="exclusive"),
    ],
    "both took it": [
        *(_at(i, request_id=who, action="read", resource="o:1", status="free") for i, who in enumerate("ab")),
        *(_at(i + 5, request_id=who, action="write", resource="o:1", status="taken") for i, who in enumerate("ab")),
    ],
    "a double click": [
        _at(ms, request_id=who, correlation_id="c", action="charge", resource="o:1", payload_hash="f00d")
        for ms, who in ((0, "a"), (900, "b"))
    ],
}  # fmt: skip


@pytest.mark.parametrize("lines", _HARMFUL.values(), ids=_HARMFUL)
def test_what_is_one_word_away_is(lines: list[Record], tmp_path: Path) -> None:
    assert len(_confirmed(sorted(lines, key=lambda line: line.get("ts", "")), tmp_path)) == 1


def test_reads_outside_a_transaction_and_writes_inside_it_race(tmp_path: Path) -> None:
    """The commonest shape of all: the request acts, not the transaction it opens."""
    lines = [_read("a", 7), _read("b", 7)]
    for who, version in (("b", 8), ("a", 9)):
        transaction = {"request_id": who, "txn_id": f"T-{who}"}
        lines += [
            {**transaction, "event": "begin transaction"},
            _write(who, version, txn_id=f"T-{who}"),
            {**transaction, "event": "commit transaction"},
        ]
    assert len(_confirmed(lines, tmp_path)) == 1


def test_epochs_of_several_units_in_one_field(tmp_path: Path) -> None:
    stamps = ["1777896000.1", "1777896000200", '"2026-05-04T12:00:00.3Z"', '"1777896000.4"']
    lines = [
        f'{{"ts":{ts},"request_id":"{who}","resource":"o:1","action":"{action}","version":{version}}}'
        for ts, (who, action, version) in zip(
            stamps,
            [("a", "read", 7), ("b", "read", 7), ("b", "write", 8), ("a", "write", 9)],
            strict=True,
        )
    ]
    write(tmp_path, {"log.jsonl": lines})
    report = scan([str(tmp_path / "log.jsonl")])
    assert [f.confidence for f in report.findings] == ["confirmed"]
    assert report.clock.last == "2026-05-04T12:00:00.400000000Z"


@pytest.mark.parametrize("depth", [100, 500, 900, 5_000])
def test_deep_nesting_costs_its_own_line_at_most(depth: int, tmp_path: Path) -> None:
    deep = '{"a":' * depth + "1" + "}" * depth
    write(tmp_path, {"log.jsonl": [deep, *records("a r7, b r7, b w8, a w9")]})
    report = scan([str(tmp_path / "log.jsonl")])
    assert [f.confidence for f in report.findings] == ["confirmed"]


def test_uncontested_resources_are_no_blind_spot(tmp_path: Path) -> None:
    report = judge(tmp_path, records("a r1, a w2") + records("b r1, b w2", resource="order:43"))
    assert report.findings == ()
    assert report.looked
    assert "RL101" not in [entry.rule for entry in report.skipped]


def _set_back(steps: list[Record], at: int, lag: int, gap: int = 20) -> list[Record]:
    """One process writes these lines; from line `at` on its clock is `lag` milliseconds behind."""
    return [
        {"ts": stamp(2_000 + gap * i - (lag if i >= at else 0)), "pid": 3, **step}
        for i, step in enumerate(steps)
    ]


def _turns(times: int) -> list[Record]:
    """Attempts that hold a lock and read and write in turn."""
    acts: list[list[Record]] = [
        [
            {"resource": "lock:7", "action": "acquire", "outcome": "ok"},
            {"resource": "o:1", "action": "read", "version": turn},
            {"resource": "o:1", "action": "write", "version": turn + 1},
            {"resource": "lock:7", "action": "release", "outcome": "ok"},
        ]
        for turn in range(times)
    ]
    return [{"request_id": f"r{turn}"} | act for turn, four in enumerate(acts) for act in four]


def test_a_clock_that_was_set_back_confirms_nothing(tmp_path: Path) -> None:
    assert _confirmed(_set_back(_turns(20), at=40, lag=0), tmp_path) == []
    assert _confirmed(_set_back(_turns(20), at=40, lag=905), tmp_path) == []
    report = judge(tmp_path, _set_back(_turns(20), at=40, lag=905))
    assert report.clock.domains == 2


@pytest.mark.parametrize("late", [1, 5], ids=["one late line", "a late line now and then"])
def test_late_lines_are_no_clock_that_was_set_back(late: int, tmp_path: Path) -> None:
    lines = _set_back(_turns(20), at=80, lag=0)
    for place in range(1, late + 1):
        lines.insert(12 * place, lines.pop(12 * place - 5))
    assert judge(tmp_path, lines).clock.domains == 1


def test_a_shuffled_file_is_no_clock_that_was_set_back(tmp_path: Path) -> None:
    lines = _set_back(_turns(20), at=80, lag=0)
    shuffled = [line for start in range(5) for line in lines[start::5]]
    assert judge(tmp_path, shuffled).clock.domains == 1


def test_a_version_that_the_reader_went_on_to_make_beats_the_clock(tmp_path: Path) -> None:
    lines = [_read("a", 1, ts=stamp(600)), _write("a", 2, ts=stamp(700))]
    later = [_read("b", 2, ts=stamp(0)), _write("b", 3, ts=stamp(100))]
    assert _confirmed(lines + later, tmp_path) == []
    stale = [*later, _read("a", 1, ts=stamp(600))]
    assert len(_confirmed(stale, tmp_path)) == 1


@pytest.mark.parametrize(
    "flag", ["replayed", "deduplicated", "idempotent_replay", "is_duplicate", "duplicate"]
)
def test_an_answer_flagged_as_a_replay_is_no_second_effect(flag: str, tmp_path: Path) -> None:
    one = {"event": "payment.create", "idempotency_key": "ik", "payment_id": "p9", "amount": 5}
    first = {"request_id": "a", "status": 201, **one}
    assert (
        _confirmed([first, {"request_id": "b", "status": 200, flag: True, **one}], tmp_path) == []
    )
    assert _confirmed([first, {"request_id": "b", "status": 200, flag: False, **one}], tmp_path)


@pytest.mark.parametrize(
    "name", ["outbox.publish", "message published to kafka", "event.published"]
)
def test_to_publish_a_message_is_not_to_process_it(name: str, tmp_path: Path) -> None:
    sent = {"service": "relay", "event": name, "message_id": "m-1", "order_id": 8}
    done = {"service": "mailer", "event": "email.sent", "message_id": "m-1", "order_id": 8}
    assert _confirmed([sent, done, sent], tmp_path) == []
    assert _confirmed([sent, done, sent, done], tmp_path)


def _put(who: str, expected: str, made: str, status: int = 200) -> Record:
    return {
        "request_id": who, "method": "PUT", "path": "/docs/1",
        "if_match": f'"{expected}"', "etag": f'"{made}"', "status": status,
    }  # fmt: skip


def test_a_tag_accepted_twice_was_not_compared(tmp_path: Path) -> None:
    report = judge(tmp_path, [_put("a", "abc", "def"), _put("b", "abc", "0aa")])
    assert [(f.rule, f.confidence) for f in report.findings] == [("RL105", "confirmed")]
    assert "on which a had written, too" in report.findings[0].message


@pytest.mark.parametrize(
    "lines",
    [
        [_put("a", "abc", "def"), _put("b", "def", "0aa")],
        [_put("a", "abc", "def"), _put("b", "abc", "0aa", status=412)],
        [_put("a", "abc", "def"), _put("b", "def", "abc"), _put("c", "abc", "def")],
        [_put("a", "abc", "def"), _put("a", "abc", "def")],
    ],
    ids=["in turn", "refused", "the old content came back", "told twice"],
)
def test_tags_that_were_compared(lines: list[Record], tmp_path: Path) -> None:
    assert _confirmed(lines, tmp_path) == []


def test_an_outcome_that_says_not_found_is_a_look_up_in_vain(tmp_path: Path) -> None:
    looked: Record = {"event": "profile.lookup", "profile_id": "u7", "outcome": "not_found"}
    made: Record = {"event": "profile.create", "profile_id": "u7", "outcome": "ok"}
    lines = [{"request_id": who, **act} for act in (looked, made) for who in ("a", "b")]
    assert "although" in _confirmed(lines, tmp_path)[0]
    assert _confirmed([lines[0], lines[2], lines[3]], tmp_path) == []


def test_an_append_that_says_what_it_expects_is_a_condition(tmp_path: Path) -> None:
    lines = [
        {"request_id": who, "event": "ledger.append", "resource": "ledger:5", "expected_version": base, "version": made}
        for who, base, made in (("a", 11, 12), ("b", 11, 13), ("c", 13, 14))
    ]  # fmt: skip
    report = judge(tmp_path, lines)
    assert [(f.rule, f.confidence, f.actors[0]) for f in report.findings] == [
        ("RL105", "confirmed", "b")
    ]
    assert _confirmed(lines[1:], tmp_path) == []
