"""Sentences of workers: which say where a piece of work stands, and which say something else."""

from __future__ import annotations

import pytest

from racelens.ingest import courses, recipes

_ID = "8b7f6a5e-1111-4222-8333-944455566677"


@pytest.mark.parametrize(
    ("sentence", "course"),
    [
        ("pid=4 tid=osx1 class=LedgerSync jid=b4a577ed INFO: start", ("start", None)),
        ("pid=4 tid=osx1 class=LedgerSync jid=b4a577ed elapsed=4.1 INFO: done", ("finish", "ok")),
        ("low: Job session.touch[3071971-0] completed", ("finish", "ok")),
        ("Processing: App\\Jobs\\GenerateInvoice", ("start", None)),
        ("Processed:  App\\Jobs\\GenerateInvoice", ("finish", "ok")),
        (f"Job {_ID} failed", ("finish", "fail")),
        ("Starting job nightly-reindex", ("start", None)),
        ("Starting server on port 8080", None),
        ("Completed 200 OK in 12ms", None),
        ("Job 17 is running", None),
        ("Job 17 running, 40 %", None),
        ("Running job 17", ("start", None)),
        ("Job 17 will be started", None),
        ("Job 17: download started and upload finished", None),
        ("Starting payment for job 17", None),
        ("order.started", None),
        ("Processing 5 items", None),
    ],
)
def test_a_course(sentence: str, course: tuple[str, str | None] | None) -> None:
    assert courses.of(sentence) == course


@pytest.mark.parametrize(
    "sentence",
    [
        f"job {_ID} already running elsewhere",
        'Unable to start Job execution: Job "rotate" {{Job 9e36c687}} is currently being executed',
        f"Skipping duplicate job {_ID}",
    ],
)
def test_a_refusal_is_no_start(sentence: str) -> None:
    told = recipes.phrase(sentence)
    assert told
    assert (told.phase, told.outcome) == ("point", "conflict")


@pytest.mark.parametrize(
    "head", ["[ActiveJob] [ChargeJob] [77d2c9a0] ", "I0324 03:40:42.273548       1 worker.go:245] "]
)
def test_what_stands_before_a_sentence_is_not_read(head: str) -> None:
    assert recipes.phrase(f"{head}Processing job 17") == recipes.phrase("Processing job 17")
