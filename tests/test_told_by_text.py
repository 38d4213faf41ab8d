"""Races that only the text of messages shows, each beside what looks like it and is none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from racelens import gaps, remarks
from racelens.findings import to_log
from racelens.render import trace_words
from racelens.rules import USUAL
from racelens.trace import trace
from tests.histories import Record, judge

_JOB = "5b1d2c3e-0f4a-4c6b-9d8e-7f6a5b4c3d2e"
_OTHER = "11112222-3333-4444-5555-666677778888"


def _log(*lines: tuple[str, str] | tuple[str, str, int], **more: object) -> list[Record]:
    return [
        {"ts": f"2026-05-04T{time}Z", "message": text, **({"pid": pid[0]} if pid else {}), **more}
        for time, text, *pid in lines
    ]


def _loud(folder: Path, lines: Sequence[Record]) -> list[tuple[str, str]]:
    found = judge(folder, lines).findings
    return [(f.rule, f.confidence) for f in found if f.severity != "info"]


_TAKEN = f"Received task: ledger.close[{_JOB}]"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        pytest.param(
            _log(("10:00:00.100", _TAKEN, 7), ("11:00:00.400", _TAKEN, 7)),
            [("RL202", "possible")],
            id="taken twice",
        ),
        pytest.param(
            _log(
                ("10:00:00.100", _TAKEN, 7),
                ("10:30:00.100", f"Task ledger.close[{_JOB}] retry: Retry in 3s", 7),
                ("11:00:00.400", _TAKEN, 7),
            ),
            [],
            id="taken again after it had given up",
        ),
        pytest.param(
            _log(
                ("10:00:00.100", _TAKEN, 7),
                ("10:30:00.100", "worker with pid 7 died: signal 9", 1),
                ("11:00:00.400", _TAKEN, 8),
            ),
            [],
            id="taken again after a death",
        ),
        pytest.param(
            _log(("10:00:00.100", _TAKEN, 7), ("11:00:00.400", _TAKEN.replace(_JOB, _OTHER), 7)),
            [],
            id="two jobs",
        ),
    ],
)
def test_a_job_taken_twice(lines: list[Record], found: list[object], tmp_path: Path) -> None:
    assert _loud(tmp_path, lines) == found


_START = "processing job #8812204"
_END = "Job #8812204 completed in 8 s"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        pytest.param(
            _log(("10:00:00.1", _START, 7), ("10:01:31.1", _START, 8), ("10:01:40.1", _END, 8)),
            [("RL303", "possible")],
            id="the first has no end",
        ),
        pytest.param(
            _log(
                ("10:00:00.1", _START, 7),
                ("10:00:20.1", "supervisor: child exited, pid 7", 1),
                ("10:01:31.1", _START, 8),
                ("10:01:40.1", _END, 8),
            ),
            [],
            id="the first died",
        ),
        pytest.param(
            _log(
                ("10:00:00.1", _START, 7),
                ("10:00:20.1", "supervisor: child exited, pid 99", 1),
                ("10:01:31.1", _START, 8),
                ("10:01:40.1", _END, 8),
            ),
            [("RL303", "possible")],
            id="another process died",
        ),
        pytest.param(
            _log(("10:00:00.1", _START, 7), ("10:01:31.1", _START, 8)), [], id="nobody logs ends"
        ),
        pytest.param(
            _log(
                ("10:00:00.1", _START, 7),
                ("10:00:10.1", "Job #8812204 running, 20 %", 7),
                ("10:00:20.1", "Job #8812204 running, 40 %", 7),
                ("10:00:30.1", _END, 7),
            ),
            [],
            id="it tells how far it is",
        ),
    ],
)
def test_an_attempt_without_an_end(
    lines: list[Record], found: list[object], tmp_path: Path
) -> None:
    assert _loud(tmp_path, lines) == found


def _offsets(*numbers: int) -> list[Record]:
    return [{"message": f"group g1 committed offset {n} for partition inv-3"} for n in numbers]


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        pytest.param(_offsets(510, 520, 480), ["RL102"], id="a counter falls"),
        pytest.param(_offsets(510, 510, 520), [], id="it stands and grows"),
        pytest.param(_offsets(510, 0, 520), [], id="a sentinel"),
        pytest.param(
            [*_offsets(510), {"message": "reset: committed offset 12 for partition inv-3"}],
            [],
            id="a reset that is wanted",
        ),
    ],
)
def test_a_number_that_only_grows(lines: list[Record], rules: list[str], tmp_path: Path) -> None:
    assert [rule for rule, _ in _loud(tmp_path, lines)] == rules


def _states(*states: str) -> list[Record]:
    return _log(
        *(
            (f"10:00:0{n}.1", f"state of the export changed from before to {state} for export 12")
            for n, state in enumerate(states)
        )
    )


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        pytest.param(_states("running", "succeeded", "running"), ["RL402"], id="success is left"),
        pytest.param(_states("running", "failed", "running"), [], id="a failure may be retried"),
        pytest.param(_states("running", "completed", "archived"), [], id="what follows an end"),
    ],
)
def test_a_success_is_final(lines: list[Record], rules: list[str], tmp_path: Path) -> None:
    assert [rule for rule, _ in _loud(tmp_path, lines)] == rules


_SEES = "lease is currently held by node-b"


@pytest.mark.parametrize(
    ("texts", "rules"),
    [
        pytest.param(["node-a is the leader", _SEES, _SEES], ["RL105"], id="two believed holders"),
        pytest.param(["node-b is the leader", _SEES, _SEES], [], id="one and the same"),
        pytest.param(["node-a is the leader", _SEES], [], id="a change about to be noticed"),
        pytest.param(
            ["node-a is the leader", "stopped leading", _SEES, _SEES], [], id="it has given up"
        ),
        pytest.param(
            ["node-a is the leader", _SEES, "new leader elected: node-b", _SEES],
            [],
            id="it has noticed",
        ),
    ],
)
def test_believed_holders(texts: list[str], rules: list[str], tmp_path: Path) -> None:
    lines = _log(*((f"10:00:0{n}.1", text) for n, text in enumerate(texts)))
    assert [rule for rule, _ in _loud(tmp_path, lines)] == rules


_PUT = 'Started PUT "/basket/submit" for 203.0.113.9'
_DONE = "Completed 200 OK in 12ms"


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        pytest.param(_log(("10:00:00.1", _PUT), ("10:00:01.1", _PUT)), ["RL201"], id="twice"),
        pytest.param(
            _log(("10:00:00.1", _PUT), ("10:00:00.9", _DONE), ("10:00:01.1", _PUT)),
            [],
            id="answered between",
        ),
        pytest.param(
            _log(("10:00:00.1", _PUT), ("10:00:01.1", _PUT.replace("203", "198"))),
            [],
            id="two clients",
        ),
        pytest.param(
            _log(
                ("10:00:00.1", _PUT.replace("PUT", "GET")),
                ("10:00:01.1", _PUT.replace("PUT", "GET")),
            ),
            [],
            id="a read",
        ),
        pytest.param(_log(("10:00:00.1", _PUT), ("10:04:01.1", _PUT)), [], id="minutes later"),
    ],
)
def test_a_request_sent_twice(lines: list[Record], rules: list[str], tmp_path: Path) -> None:
    assert [rule for rule, _ in _loud(tmp_path, lines)] == rules


_HOOK = "payment webhook for booking 4410 received"
_BACK = "finalizing payment of booking 4410"


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        pytest.param(_log(("10:00:00.1", _HOOK), ("10:00:02.1", _BACK)), ["RL201"], id="two ways"),
        pytest.param(
            _log(("10:00:00.1", _HOOK), ("10:00:02.1", _BACK.replace("4410", "4411"))),
            [],
            id="two bookings",
        ),
        pytest.param(_log(("10:00:00.1", _HOOK), ("10:30:02.1", _BACK)), [], id="much later"),
        pytest.param(
            _log(("10:00:00.1", _HOOK), ("10:00:02.1", "showing booking 4410")), [], id="a look"
        ),
    ],
)
def test_one_thing_settled_in_two_ways(
    lines: list[Record], rules: list[str], tmp_path: Path
) -> None:
    assert [rule for rule, _ in _loud(tmp_path, lines)] == rules


def test_a_line_wrapped_twice_is_one(tmp_path: Path) -> None:
    text = f"2026-05-04 10:00:00,101 INFO {_TAKEN}"
    lines = _log(("10:00:00.101371", text), ("10:00:00.101422", text))
    report = judge(tmp_path, lines)
    assert (report.summary.events, len(report.artefacts)) == (1, 1)
    assert not report.findings


def test_a_line_that_may_be_another_printed_again_confirms_nothing(tmp_path: Path) -> None:
    def lines(fraction: str, *, apart: int = 0) -> list[Record]:
        start, end = _START, _END
        stamps = [(0, start), (apart, start), (30, end), (30 + apart, end)]
        return _log(*((f"10:00:{second:02d}{fraction}", text, 7) for second, text in stamps))

    report = judge(tmp_path, lines(""))
    (found,) = report.findings
    assert (found.rule, found.confidence) == ("RL303", "possible")
    assert "printed twice" in found.reason
    assert "milliseconds" in found.settle
    assert any(notice.startswith("cannot tell: 2 lines") for notice in report.notices)
    report = judge(tmp_path, lines("", apart=1))
    assert [found.confidence for found in report.findings] == ["confirmed"]
    assert not any("cannot tell" in notice for notice in report.notices)


def _called(second: float, job: str, arguments: str) -> tuple[str, str, int]:
    return (f"10:00:{second:06.3f}", f"Received task: mail.send[{job}] args={arguments}", 7)


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        pytest.param(
            [_called(1, _JOB, "(42,)"), _called(1.2, _OTHER, "(42,)")], ["RL201"], id="alike"
        ),
        pytest.param([_called(1, _JOB, "(42,)"), _called(1.2, _OTHER, "(43,)")], [], id="another"),
        pytest.param(
            [_called(1, _JOB, "(42,)"), _called(40, _OTHER, "(42,)")], [], id="much later"
        ),
        pytest.param([_called(1, _JOB, "()"), _called(1.2, _OTHER, "()")], [], id="no arguments"),
        pytest.param(
            [_called(n, f"{_JOB[:-1]}{n}", "(42,)") for n in range(9)], [], id="a routine"
        ),
    ],
)
def test_one_task_called_twice_alike(
    lines: list[tuple[str, str, int]], rules: list[str], tmp_path: Path
) -> None:
    assert [rule for rule, _ in _loud(tmp_path, _log(*lines))] == rules


def _row(entity: int, source: str, minute: int = 0) -> Record:
    return {
        "created_at": f"2026-05-04T10:{minute:02d}:00Z",
        "entity_id": entity,
        "transaction_id": source,
        "order_id": 7,
    }


@pytest.mark.parametrize(
    ("rows", "rules"),
    [
        pytest.param([_row(1, "tr_a"), _row(2, "tr_a")], ["RL201"], id="one source"),
        pytest.param([_row(1, "tr_a"), _row(2, "tr_b")], [], id="two sources"),
        pytest.param([_row(1, "tr_a"), _row(2, "tr_a", 30)], [], id="half an hour later"),
    ],
)
def test_two_rows_of_one_source(rows: list[Record], rules: list[str], tmp_path: Path) -> None:
    assert [rule for rule, _ in _loud(tmp_path, rows)] == rules


_LEASE = "successfully acquired lease jobs/indexer"


@pytest.mark.parametrize(
    ("told", "rules"),
    [
        pytest.param([("a", _LEASE), ("b", _LEASE), ("a", "indexing")], ["RL105"], id="goes on"),
        pytest.param([("a", _LEASE), ("b", _LEASE)], [], id="is heard of no more"),
        pytest.param(
            [("a", _LEASE), ("a", "leaderelection lost"), ("b", _LEASE), ("a", "bye")],
            [],
            id="has lost it",
        ),
        pytest.param([("a", _LEASE), ("a", _LEASE), ("a", "indexing")], [], id="takes it again"),
    ],
)
def test_who_goes_on_after_another_took_the_lease(
    told: list[tuple[str, str]], rules: list[str], tmp_path: Path
) -> None:
    lines: list[Record] = [
        {"ts": f"2026-05-04T10:00:{10 * n:02d}.1Z", "message": text, "pod": pod}
        for n, (pod, text) in enumerate(told)
    ]
    assert [rule for rule, _ in _loud(tmp_path, lines)] == rules


_EVENT = "Received webhook event evt_1abc type=invoice"


@pytest.mark.parametrize(
    ("texts", "rules"),
    [
        pytest.param([_EVENT, _EVENT], ["RL202"], id="taken twice"),
        pytest.param(
            [_EVENT, _EVENT, "event evt_1abc already processed, ignored"], [], id="found known"
        ),
        pytest.param([_EVENT, _EVENT.replace("1abc", "2abc")], [], id="two events"),
    ],
)
def test_a_webhook_taken_twice(texts: list[str], rules: list[str], tmp_path: Path) -> None:
    lines = _log(*((f"10:00:{10 * n:02d}.1", text, n + 1) for n, text in enumerate(texts)))
    assert [rule for rule, _ in _loud(tmp_path, lines)] == rules


def test_ends_that_a_child_logs_belong_to_the_runs_that_its_parent_began(tmp_path: Path) -> None:
    def line(second: int, process: str, text: str) -> Record:
        return {"ts": f"2026-05-04T10:00:{second:02d}.1Z", "message": text, "processName": process}

    taken, done = f"Task sums.add[{_JOB}] received", f"Task sums.add[{_JOB}] succeeded in 0.5s: 3"
    in_turn = [line(1, "Main", taken), line(2, "Pool-1", done), line(5, "Main", taken)]
    assert _loud(tmp_path, [*in_turn, line(6, "Pool-1", done)]) == [("RL301", "possible")]
    at_once = [line(1, "Main", taken), line(2, "Main", taken), line(5, "Pool-1", done)]
    assert _loud(tmp_path, [*at_once, line(6, "Pool-2", done)]) == [("RL303", "possible")]


def test_a_sentence_beside_a_name_tells_nothing_of_other_things(tmp_path: Path) -> None:
    def line(second: int, who: str, event: str, text: str, **more: object) -> Record:
        stamp = f"2026-05-04T10:00:{second:02d}.1Z"
        return {"ts": stamp, "request_id": who, "event": event, "message": text, **more}

    lines = [
        line(1, "a", "order.read", "fetched order 17", resource="order:17", version=3),
        line(2, "b", "order.read", "fetched order 17", resource="order:17", version=3),
        line(3, "b", "session.loaded", "a warm session for order 17"),
        line(4, "a", "order.write", "stored order 17", resource="order:17", version=4),
        line(5, "b", "order.write", "stored order 17", resource="order:17", version=4),
    ]
    assert _loud(tmp_path, lines) == [("RL101", "confirmed")]


def test_causes_name_the_flag_and_the_second_click(tmp_path: Path) -> None:
    flagged = _log(("10:00:00.100", _TAKEN, 7), ("11:10:00.400", _TAKEN, 7), redelivered=True)
    (found,) = judge(tmp_path, flagged).findings
    assert "line 2 is flagged as redelivered" in found.cause
    (found,) = judge(tmp_path, _log(("10:00:00.1", _PUT), ("10:00:01.1", _PUT))).findings
    assert "double click" in found.cause


def test_one_sentence_under_several_ids_is_nobodys(tmp_path: Path) -> None:
    def line(second: int, job: str, text: str) -> tuple[str, str, int]:
        return (f"10:00:{second:02d}.200", f"{job} - 2026-05-04 10:00:{second:02d},199 - {text}", 7)

    lines = _log(
        line(1, _JOB, "Inside task: sums"),
        line(2, _JOB, "task completed"),
        line(5, _JOB, "Inside task: sums"),
        line(5, _OTHER, "Inside task: sums"),
        line(6, _JOB, "task completed"),
    )
    report = judge(tmp_path, lines)
    assert not report.findings
    assert [artefact.count for artefact in report.artefacts] == [2]


def test_a_refusal_in_an_error_is_a_guard_at_work(tmp_path: Path) -> None:
    error = 'cannot store on secrets "tls-a": the object has been modified; read it again'
    lines = [{"ts": "2026-05-04T10:00:00.1Z", "msg": "sync failed", "error": error}]
    report = judge(tmp_path, lines)
    assert not report.findings
    assert report.cleared


def test_a_document_with_its_history(tmp_path: Path) -> None:
    def document(*states: str) -> Record:
        steps = [{"at": f"2026-05-04T10:00:0{n}.1Z", "status": s} for n, s in enumerate(states)]
        return {"id": "x", "history": steps}

    assert _loud(tmp_path, [document("running", "succeeded", "running")]) == [("RL402", "possible")]
    assert not _loud(tmp_path, [document("queued", "running", "succeeded")])


def test_a_process_list_shows_runs_that_overlap(tmp_path: Path) -> None:
    def process(start: str, elapsed: str, pid: int, command: str = "cron-index") -> Record:
        return {
            "sampled_at": "2026-05-04T10:00:00Z",
            "command": command,
            "lstart": start,
            "etime": elapsed,
            "pid": pid,
        }

    twice = [
        process("2026-05-04T06:00:00Z", "04:00:00", 11),
        process("2026-05-04T08:00:00Z", "02:00:00", 12),
    ]
    assert _loud(tmp_path, twice) == [("RL501", "possible")]
    two_programs = [twice[0], process("2026-05-04T08:00:00Z", "02:00:00", 12, "cron-mail")]
    assert not _loud(tmp_path, two_programs)


@pytest.mark.parametrize(
    ("seconds", "named"),
    [
        pytest.param(3600.4, "visibility timeout of Celery on Redis", id="redis"),
        pytest.param(90.6, "retry_after of Laravel", id="laravel"),
        pytest.param(30.3, "stalled check of Bull", id="bull"),
        pytest.param(89.0, "", id="a timer is never early"),
        pytest.param(2222.0, "", id="nothing fits"),
    ],
)
def test_gaps_that_are_a_default(seconds: float, named: str) -> None:
    told = gaps.told(round(seconds * 1e9))
    assert named in told
    assert bool(told) == bool(named)


@pytest.mark.parametrize(
    ("producer", "start"),
    [
        pytest.param("pino, Fastify", "log.info({ order_id: order.id, new: next", id="pino"),
        pytest.param("zap", 'log.Info("order.write", zap.String("order_id", order_id)', id="zap"),
        pytest.param("Monolog", "$log->info('order.write', ['order_id' => $order_id", id="php"),
        pytest.param("", 'log.info("order.write", order_id=order.id, new=new', id="unknown"),
    ],
)
def test_the_missing_line_in_the_logger_in_use(producer: str, start: str) -> None:
    assert remarks.statement(producer, "order.write", ("order_id", "new")).startswith(start)


def test_timers_explain_the_kind_of_repeat_they_cause() -> None:
    hour = round(3600.2e9)
    assert "schedule" not in gaps.told(hour, {gaps.QUEUE})
    assert "Celery" not in gaps.told(hour, {gaps.SCHEDULE})
    assert not gaps.told(round(90.6e9), {gaps.SCHEDULE})


def test_nothing_to_check_names_the_line_to_log(tmp_path: Path) -> None:
    report = judge(tmp_path, [{"observed": "later", "post_status": "pending"}])
    assert not report.looked
    lines = to_log(report.coverage, report.skipped)
    assert {code for _, codes in lines for code in codes} == {rule.code for rule in USUAL}
    assert [line.partition(",")[0] for line, _ in lines][:2] == [
        'log.info("job.finish"',
        'log.info("order.write"',
    ]


def test_each_rule_could_look_at_the_line_it_asks_for(tmp_path: Path) -> None:
    """What is logged as told is read: no rule is skipped then."""
    values = {"duration_ms": 5, "sequence": 3, "version": 2, "expected_version": 1, "attempt": 1}
    records: list[Record] = []
    for rule in USUAL:
        for n in range(3):
            fields = [field.format(noun="order") for field in rule.line.fields]
            own = {field: values.get(field, f"{field}-{n}") for field in fields}
            at = f"2026-05-04T10:00:{len(records):02d}.100Z"
            event = rule.line.event.format(noun="order")
            records.append({"ts": at, "event": event, **own})
    report = judge(tmp_path, records)
    # It lacks a lifecycle, which no log line gives.
    assert [(entry.rule, entry.missing, entry.statement) for entry in report.skipped] == [
        ("RL402", (), "")
    ]


@pytest.mark.parametrize(
    ("event", "line"),
    [("order.save", '"order.save", version=version)'), ("saved the order", '"order.write", ')],
)
def test_a_sentence_is_no_name_for_an_event(tmp_path: Path, event: str, line: str) -> None:
    writes = [
        {"event": event, "action": "write", "request_id": f"r{n}", "order_id": 7} for n in range(2)
    ]
    stamped = [{"ts": f"2026-05-04T10:00:0{n}.1Z", **write} for n, write in enumerate(writes)]
    (seen,) = (e for e in judge(tmp_path, stamped).coverage if e.rule == "RL101")
    assert seen.unchecked == 2
    assert line in seen.statement


def test_how_often_work_was_repeated(tmp_path: Path) -> None:
    jobs = [f"{_JOB[:-4]}{n:04d}" for n in range(50)]
    lines = [
        (f"10:00:{n:02d}.100", f"Received task: sums.add[{job}]", 7) for n, job in enumerate(jobs)
    ]
    lines.append(("11:00:00.300", f"Received task: sums.add[{jobs[3]}]", 7))
    report = judge(tmp_path, _log(*lines))
    (told,) = (notice for notice in report.notices if "more than once" in notice)
    assert told.startswith("1 of 50 jobs and messages (2.0 %)")
    assert "never more than twice" in told


def test_how_often_each_was_repeated_and_when(tmp_path: Path) -> None:
    jobs = [f"{_JOB[:-4]}{n:04d}" for n in range(50)]

    def run(stamp: str, job: str) -> list[tuple[str, str, int]]:
        done = f"Task sums.add[{job}] succeeded in 0.01s: 3"
        return [(f"{stamp}.100", f"Task sums.add[{job}] received", 7), (f"{stamp}.200", done, 7)]

    lines = [entry for n, job in enumerate(jobs) for entry in run(f"10:00:{n:02d}", job)]
    lines += [entry for job in jobs[:6] for entry in run("11:00:00", job)]
    lines += run("12:00:00", jobs[0])
    report = judge(tmp_path, _log(*sorted(lines)))
    (told,) = (notice for notice in report.notices if "more than once" in notice)
    assert told.startswith(
        "6 of 50 jobs and messages (12.0 %) ran more than once, 5 twice, 1 three times"
    )
    assert "in 1 second, at most 6 in one (2026-05-04 11:00:00)" in told


@pytest.mark.parametrize(
    ("number", "call", "found"),
    [
        pytest.param("90214", "Ledger.close", ["RL303"], id="a long number of one task"),
        pytest.param("7", "Ledger.close", [], id="a short number may be counted anew"),
    ],
)
def test_job_numbers_without_a_queue(
    tmp_path: Path, number: str, call: str, found: list[str]
) -> None:
    lines = [
        {"ts": f"2026-05-04T{at}.100Z", "host": host, "message": f"Job {call} (id={number}) {said}"}
        for at, host, said in [
            ("10:00:00", "a", "RUNNING"),
            ("14:00:01", "b", "RUNNING"),
            ("15:00:00", "a", "COMPLETED after 18000.12"),
            ("19:00:00", "b", "COMPLETED after 18000.55"),
        ]
    ]
    assert [rule for rule, _ in _loud(tmp_path, lines)] == found


@pytest.mark.parametrize(
    ("threads", "repeats"),
    [
        pytest.param(("t-1", "t-1"), 1, id="two loggers of one thread"),
        pytest.param(("t-1", "t-2"), 0, id="two threads"),
    ],
)
def test_a_sentence_by_two_loggers(tmp_path: Path, threads: tuple[str, str], repeats: int) -> None:
    said = {"ts": "2026-05-04T10:00:00.123Z", "message": _TAKEN, "pid": 7}
    lines = [
        {**said, "logger": logger, "thread": thread}
        for logger, thread in zip(("app", "root"), threads, strict=True)
    ]
    report = judge(tmp_path, lines)
    assert sum(entry.count for entry in report.artefacts) == repeats


def test_a_word_that_stands_alone_ends_no_scan(tmp_path: Path) -> None:
    """A form may fit and name nothing that a record has a column for."""
    lines = _log(("10:00:00.100", "seek"), ("10:00:01.100", "Job 90214 started: Sums.add(2025)"))
    assert judge(tmp_path, lines).summary.events == 2
    assert judge(tmp_path, lines[:1]).summary.events == 1


@pytest.mark.parametrize(
    ("end", "outcome"), [("job:stop", "finished"), ("job:exception", "failed")]
)
def test_a_job_that_stops_has_ended(tmp_path: Path, end: str, outcome: str) -> None:
    own = {"id": 7731, "queue": "imports", "worker": "Import", "attempt": 1}
    lines = [
        {"time": "2026-03-20T12:00:00.1Z", "event": "job:start", "job_id": "7731", **own},
        {"time": "2026-03-20T12:00:09.1Z", "event": end, "job_id": "7731", **own},
    ]
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (attempt,) = trace("7731", [str(log)]).attempts
    assert attempt.end == outcome


def test_a_distance_has_no_sixty_seconds() -> None:
    assert trace_words.span(32_459_700_000_000) == "9 h 1 m 0 s"


def test_a_guard_names_what_was_read_where_no_version_is_logged(tmp_path: Path) -> None:
    def handler(request: str, begin: int, end: int) -> list[Record]:
        own = {"request_id": request, "name": "profile.rename", "action": "write", "profile_id": 3}
        return [
            {"ts": f"2026-05-04T10:00:00.{at:03d}Z", "phase": phase, **own}
            for at, phase in ((begin, "start"), (end, "finish"))
        ]

    lines = sorted([*handler("a", 100, 400), *handler("b", 200, 300)], key=lambda r: str(r["ts"]))
    fixes = [f.fix for f in judge(tmp_path, lines).findings if f.rule == "RL101"]
    assert fixes
    assert all("version = :version_read" in fix and "unnamed" not in fix for fix in fixes)
