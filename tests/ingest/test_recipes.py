"""Phrases of frameworks: two ends of one handler, whatever the words."""

from __future__ import annotations

import pytest

from racelens.ingest.recipes import phrase
from tests.ingest.feeding import one, told


@pytest.mark.parametrize(
    ("said", "stem", "ends"),
    [
        ("incoming request", "request", "start"),
        ("request completed", "request", "finish"),
        ("Request starting HTTP/1.1 GET http://shop/orders/7", "request", "start"),
        ("Request finished HTTP/1.1 GET http://shop/orders/7 - 200", "request", "finish"),
        ('Started PUT "/orders/7" for 10.0.0.9', "request", "start"),
        ("Completed 200 OK in 12ms", "request", "finish"),
        ("handled request", "request", "finish"),
        ("job active", "job", "start"),
        ("job completed", "job", "finish"),
        ("Task shop.settle[4f1c-9] succeeded in 0.2s: None", "shop.settle", "finish"),
    ],
)
def test_both_ends_have_one_stem(said: str, stem: str, ends: str) -> None:
    found = phrase(said)
    assert found is not None
    assert (found.stem, found.phase) == (stem, ends)


@pytest.mark.parametrize(
    "said",
    ["outgoing request", "payout request completed", "job stalled", "order saved", "requests"],
)
def test_the_own_words_of_an_application_are_no_phrase(said: str) -> None:
    assert phrase(said) is None


def test_who_left_has_not_undone_what_was_asked() -> None:
    found = phrase("request aborted")
    assert found is not None
    assert found.outcome == "unknown"


def test_a_fetched_task_has_not_begun() -> None:
    found = phrase("Task shop.settle[4f1c-9] received")
    assert found is not None
    assert (found.phase, found.action) == ("point", "deliver")


def test_a_job_is_called_by_its_queue_or_class() -> None:
    assert one({"msg": "job active", "jobId": "7", "queue": "mails"})["stem"] == "mails"
    assert one({"msg": "start", "ctx": {"class": "SettleJob", "jid": "f00"}})["stem"] == "SettleJob"


def test_tries_that_have_ended_count_from_one_at_the_end_and_from_nought_before() -> None:
    lines = [
        {"msg": "job active", "jobId": "7", "queue": "mails", "attemptsMade": 0},
        {"msg": "job failed", "jobId": "7", "queue": "mails", "attemptsMade": 1},
        {"msg": "job active", "jobId": "7", "queue": "mails", "attemptsMade": 1},
    ]
    assert [record["try"] for record in told(*lines)] == [1, 1, 2]


def test_an_end_of_the_handler_takes_the_method_of_its_begin() -> None:
    begin, end = told(
        {"msg": "incoming request", "reqId": "a", "req": {"method": "PUT", "url": "/plans/3"}},
        {"msg": "request completed", "reqId": "a", "res": {"statusCode": 200}},
    )
    assert (begin["resource"], begin["action"], begin["stem"]) == ("plan:3", "write", end["stem"])
    assert end["logged_outcome"] == "ok"
