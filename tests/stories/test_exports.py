"""However it was exported, `racelens scan FILE` alone tells the story."""

from __future__ import annotations

from pathlib import Path

import pytest

from racelens.scanning import scan

from .exports import EXPORTS, Export

# Text beside the application's own records is no JSON, and is said to be none.
_WITH_TEXT = {"cri_of_another_zone_with_parts_between": 6}


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS)
def test_the_lost_update_and_the_job_that_ran_again(export: Export, tmp_path: Path) -> None:
    log = tmp_path / "export"
    log.write_text(export(), encoding="utf-8")
    report = scan([str(log)], ["RL101", "RL301"])
    assert len(report.rejects) == _WITH_TEXT.get(export.__name__, 0)
    told = {(f.rule, f.confidence, f.resource, *sorted(f.actors)) for f in report.findings}
    assert ("RL101", "confirmed", "ticket:7", "r-10", "r-11") in told
    assert any(t[0] == "RL301" and t[2:] == ("ticket:7", "job-31") for t in told)
