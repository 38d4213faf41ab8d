"""Whoever logged it, `racelens scan FILE` alone tells the story."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from racelens.scanning import scan

from . import STORY
from .loggers import LOGGERS, Logger


@pytest.mark.parametrize("logger", LOGGERS.values(), ids=LOGGERS)
def test_the_lost_update_and_the_job_that_ran_again(logger: Logger, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("".join(json.dumps(logger(moment)) + "\n" for moment in STORY))
    report = scan([str(log)], ["RL101", "RL301"])
    assert report.rejects == ()
    told = {(f.rule, f.confidence, f.resource, *sorted(f.actors)) for f in report.findings}
    assert ("RL101", "confirmed", "ticket:7", "r-10", "r-11") in told
    assert ("RL301", "confirmed", "ticket:7", "job-31") in told
