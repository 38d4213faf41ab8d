"""Which files are one run."""

from __future__ import annotations

from pathlib import Path

from racelens.compare.gather import gather
from tests.histories import Record, stamp, write


def line(at: float, service: str, correlation: str) -> Record:
    return {"ts": stamp(at), "service": service, "correlation_id": correlation, "event": "x"}


def named(folder: Path) -> list[list[str]]:
    gathered = gather({"run": [str(folder)]}, {})
    names = gathered.history.sources
    return [[Path(names[source]).name for source in run.sources] for run in gathered.runs]


def test_files_that_share_nothing_are_runs(tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path, {f"{number}.jsonl": [line(number * 10, "api", f"corr-{number}")]})
    assert named(tmp_path) == [["0.jsonl"], ["1.jsonl"], ["2.jsonl"]]


def test_files_that_name_one_id_at_one_time_are_one_run(tmp_path: Path) -> None:
    both = [line(0, "api", "corr-77"), line(50, "api", "corr-77")]
    write(tmp_path, {"api.jsonl": both, "worker.jsonl": [{**both[0], "service": "worker"}]})
    assert named(tmp_path) == [["api.jsonl", "worker.jsonl"]]


def test_ids_that_come_again_later_do_not_join_runs(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "first.jsonl": [line(0, "api", "corr-77")],
            "second.jsonl": [line(5_000, "api", "corr-77")],
        },
    )
    assert len(named(tmp_path)) == 2


def test_services_that_log_at_one_time_are_one_run(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "api.jsonl": [line(0, "api", "corr-1"), line(90, "api", "corr-1")],
            "mail.jsonl": [line(10, "mail", "corr-2")],
        },
    )
    assert len(named(tmp_path)) == 1


def test_folders_beside_each_other_are_runs(tmp_path: Path) -> None:
    for number in range(2):
        logs = {f"{s}.jsonl": [line(number, s, f"corr-{number}{s}")] for s in ("api", "mail")}
        write(tmp_path / f"run-{number}", logs)
    assert named(tmp_path) == [["api.jsonl", "mail.jsonl"]] * 2


def test_rotations_are_one_run(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"app.log.1": [line(0, "api", "corr-1")], "app.log": [line(9_000, "api", "corr-2")]},
    )
    assert len(named(tmp_path)) == 1
