"""Incidents that people pasted into bug reports: the answer each of them needs."""

from __future__ import annotations

import pytest

from racelens.scanning import scan
from tests import incidents

SAMPLES = incidents.FOLDER.parent / "format-samples"
TOLD = incidents.TOLD
_ENOUGH = 14  # of 15
_RUNNERS = ("sidekiq", "celery", "rq", "dramatiq", "arq", "bullmq", "temporal")


@pytest.mark.skipif(not incidents.FOLDER.exists(), reason="no ../shared/incidents")
def test_incidents_get_the_answer_of_their_label() -> None:
    every = incidents.answers()
    wrong = {answer.name: answer.missed for answer in every if answer.missed}
    assert len(every) - len(wrong) >= _ENOUGH, wrong
    assert not [answer for answer in every if answer.must_be_quiet and answer.missed]


@pytest.mark.parametrize("answer", incidents.answers(TOLD), ids=lambda answer: answer.name)
def test_what_workers_tell_in_their_own_words(answer: incidents.Answer) -> None:
    assert not answer.missed


def test_every_told_incident_has_a_label() -> None:
    assert {path.stem for path in TOLD.glob("*.jsonl")} == set(incidents.expected(TOLD))


@pytest.mark.skipif(not SAMPLES.exists(), reason="no ../shared/format-samples")
@pytest.mark.parametrize("runner", _RUNNERS)
def test_job_runners_tell_that_a_finished_job_ran_again(runner: str) -> None:
    report = scan([str(SAMPLES / f"{runner}.jsonl")])
    assert "RL301" in {finding.rule for finding in report.findings}
