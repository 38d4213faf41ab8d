"""Logs that name neither resource nor action: what fields, verbs and values prove, and what they do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ..histories import Record, judge, verdicts

BASE = 1777896000000


def line(at: int, said: str, who: str, **more: Any) -> Record:
    """A line of pino: `at` milliseconds after noon."""
    return {
        "level": 30,
        "time": BASE + at,
        "pid": 7,
        "hostname": "web-1",
        "reqId": who,
        **more,
        "msg": said,
    }


def found(lines: list[Record], folder: Path) -> list[tuple[str, str]]:
    """Rule and confidence of every finding."""
    return [(rule, confidence) for rule, confidence, _ in verdicts(judge(folder, lines))]


class TestSums:
    """`wallet debited`, balance 90: who did the sum?"""

    def both(self, first: int, second: int) -> list[Record]:
        wallet = {"walletId": 4}
        return [
            line(0, "wallet loaded", "a", **wallet, balance=100),
            line(10, "wallet loaded", "b", **wallet, balance=100),
            line(30, "wallet debited", "a", **wallet, amount=10, balance=first),
            line(40, "wallet debited", "b", **wallet, amount=25, balance=second),
        ]

    def test_both_took_it_from_what_they_had_read(self, tmp_path: Path) -> None:
        assert ("RL101", "confirmed") in found(self.both(90, 75), tmp_path)

    def test_the_store_did_the_sums(self, tmp_path: Path) -> None:
        assert found(self.both(90, 65), tmp_path) == []


class TestRightBehindEachOther:
    """Effects without a hash are compared by their fields."""

    def sent(self, at: int, who: str, **more: Any) -> Record:
        return line(
            at, "reminder sent", who, **{"planId": 3, "userId": "u1", "messageId": f"m-{at}"} | more
        )

    def test_the_same_fields_are_worth_a_look(self, tmp_path: Path) -> None:
        assert found([self.sent(0, "a"), self.sent(300, "b")], tmp_path) == [("RL201", "possible")]

    @pytest.mark.parametrize(
        "second",
        [
            pytest.param({"at": 9000}, id="much later"),
            pytest.param({"userId": "u2"}, id="to somebody else"),
            pytest.param({"planId": 4}, id="about something else"),
            pytest.param({"correlationId": "c2"}, id="in another flow"),
        ],
    )
    def test_wanted_repeats(self, second: dict[str, Any], tmp_path: Path) -> None:
        told: dict[str, Any] = {"at": 300, "who": "b"} | second
        lines = [self.sent(0, "a", correlationId="c1"), self.sent(**told)]
        if "correlationId" not in second:
            lines = [self.sent(0, "a"), self.sent(**told)]
        assert found(lines, tmp_path) == []

    def test_one_fact_tells_too_little(self, tmp_path: Path) -> None:
        lines = [line(at, "mail sent", who, to="a@b.test") for at, who in ((0, "a"), (300, "b"))]
        assert found(lines, tmp_path) == []

    def test_what_is_asked_for_is_not_done(self, tmp_path: Path) -> None:
        lines = [
            line(at, "payout requested", who, walletId=4, amount=9, payee="x")
            for at, who in ((0, "a"), (300, "b"))
        ]
        assert found(lines, tmp_path) == []

    def test_two_comments_on_one_plan(self, tmp_path: Path) -> None:
        lines = [
            line(at, "comment added", who, planId=3, commentId=at, userId="u1", sha1="f00")
            for at, who in ((1, "a"), (300, "b"))
        ]
        report = judge(tmp_path, lines)
        assert [(f.rule, f.resource) for f in report.findings] == [("RL201", "plan:3")]


class TestQueues:
    """Job ids are counted in every queue anew."""

    def run(self, at: int, queue: str, pid: int, host: str = "w-1") -> list[Record]:
        head = {"level": 30, "pid": pid, "hostname": host, "jobId": "5", "queue": queue}
        return [
            {**head, "time": BASE + at, "attemptsMade": 0, "msg": "job active"},
            {**head, "time": BASE + at + 50, "planId": at, "msg": "plan saved"},
            {**head, "time": BASE + at + 99, "attemptsMade": 1, "msg": "job completed"},
        ]

    def test_one_number_in_two_queues_is_two_jobs(self, tmp_path: Path) -> None:
        assert found(self.run(0, "mails", 7) + self.run(40, "exports", 8), tmp_path) == []

    def test_one_job_at_two_workers_at_once(self, tmp_path: Path) -> None:
        told = found(self.run(0, "mails", 7) + self.run(40, "mails", 8), tmp_path)
        assert [rule for rule, _ in told] == ["RL303"]

    def test_a_try_without_an_end_was_at_work_while_it_wrote(self, tmp_path: Path) -> None:
        first = self.run(0, "mails", 7)[:2]
        assert found(first + self.run(40, "mails", 8), tmp_path) == [("RL303", "possible")]


def test_overlapping_requests_with_only_an_access_log(tmp_path: Path) -> None:
    asked = {"req": {"method": "PUT", "url": "/plans/3/title"}}
    lines = [
        line(0, "incoming request", "a", **asked),
        line(10, "incoming request", "b", **asked),
        line(50, "request completed", "b", res={"statusCode": 200}),
        line(60, "request completed", "a", res={"statusCode": 200}),
    ]
    assert found(lines, tmp_path) == [("RL101", "possible")]


def test_a_row_that_is_locked_is_nobody_elses(tmp_path: Path) -> None:
    def query(at: int, who: str, text: str) -> Record:
        return line(at, "query", who, sql=text)

    read, write = "SELECT * FROM plans WHERE id = 3", "UPDATE plans SET body = 'x' WHERE id = 3"
    free = [query(0, "a", read), query(5, "b", write), query(9, "a", write)]
    assert found(free, tmp_path / "free") == [("RL101", "possible")]
    held = [query(0, "a", read + " FOR UPDATE"), query(5, "b", write), query(9, "a", write)]
    assert found(held, tmp_path / "held") == []


def test_a_short_and_a_long_name_of_one_type(tmp_path: Path) -> None:
    lines: list[Record] = []
    for number in range(25):
        who, asked = f"r-{number:06d}abc", {"req": {"method": "GET", "url": f"/accounts/{number}"}}
        lines += [line(number * 100, "incoming request", who, **asked)]
        lines += [line(number * 100 + 1, "loaded", who, acctId=number, rev=1)]
        lines += [line(number * 100 + 2, "request completed", who, res={"statusCode": 200})]
    for at, who, rev in ((9000, "x-000001aaa", 1), (9001, "x-000002bbb", 1)):
        lines += [line(at, "loaded", who, acctId=3, rev=rev)]
    lines += [line(9002, "acct saved", "x-000001aaa", acctId=3, rev=2)]
    lines += [line(9003, "acct saved", "x-000002bbb", acctId=3, rev=2)]
    (finding,) = judge(tmp_path, lines).findings
    assert (finding.rule, finding.confidence, finding.resource) == (
        "RL101",
        "confirmed",
        "account:3",
    )
