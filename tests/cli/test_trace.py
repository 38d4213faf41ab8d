"""`racelens trace`, as a user has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Cli
from .running import FIXTURES, racelens

JOB = "job-abf7d4b77d33"


def _lines(path: Path, *records: dict[str, Any] | str) -> Path:
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in records) + "\n")
    return path


def _trail(cli: Cli, *args: object) -> dict[str, Any]:
    ended = cli("trace", *args, "-f", "json")
    assert ended.code == 0, ended.err
    return dict(json.loads(ended.out))


def _try(time: str, **more: Any) -> dict[str, Any]:
    return {"ts": f"2026-05-04T12:{time}Z", "job_id": "job-7f", "event": "job.pack", **more}


def test_all_files_are_merged_and_ids_joined(cli: Cli) -> None:
    trail = _trail(cli, JOB, FIXTURES / "shop")
    assert [(Path(s["source"]).stem, s["line"]) for s in trail["steps"]] == [
        ("api-2", 6), ("api-2", 7), ("api-2", 8), ("worker-1", 1),
        ("notifier", 1), ("notifier", 2), ("notifier", 3), ("worker-1", 2),
    ]  # fmt: skip
    assert [alias["id"] for alias in trail["aliases"]] == ["req-4da9c1211ebf"]
    assert [(a["end"], a["parent"]) for a in trail["attempts"]] == [
        ("finished", None), ("finished", None), ("finished", "B"),
    ]  # fmt: skip
    assert trail["attempts"][1]["trigger"] == "sent by req-4da9c1211ebf (api-2:7)"


def test_the_beginning_of_one_id_is_enough(cli: Cli) -> None:
    trail = _trail(cli, JOB[:9], FIXTURES / "shop")
    assert trail["token"] == JOB
    assert "beginning" in trail["matched"]


def test_a_resource_is_found_by_the_keys_that_name_it(cli: Cli, tmp_path: Path) -> None:
    log = _lines(
        tmp_path / "a.jsonl",
        {"ts": "2026-05-04T12:00:14Z", "order_id": 14, "event": "order.read"},
        {"ts": "2026-05-04T12:00:15Z", "cart_id": 14, "event": "cart.read"},
    )
    assert [step["line"] for step in _trail(cli, "order:14", log)["steps"]] == [1]


def test_lines_that_are_no_records_stay_where_they_are_written(cli: Cli, tmp_path: Path) -> None:
    log = _lines(tmp_path / "a.log", _try("00:00"), "worker: job-7f slow", _try("00:09"))
    steps = _trail(cli, "job-7f", log)["steps"]
    assert [(s["line"], s["parsed"], s["order"]) for s in steps] == [
        (1, True, "first"), (2, False, "written"), (3, True, "written"),
    ]  # fmt: skip


def test_a_try_whose_process_died_has_died(cli: Cli, tmp_path: Path) -> None:
    log = _lines(
        tmp_path / "w.jsonl",
        _try("00:00", pid=81, step="start", attempt=1),
        {"ts": "2026-05-04T12:00:05Z", "message": "Child exited, PID 81, restarting"},
        _try("10:00", pid=79, step="start", attempt=2),
        _try("10:05", pid=79, step="finish", attempt=2, status="ok"),
    )
    first, second = _trail(cli, "job-7f", log)["attempts"]
    assert (first["end"], first["ended"]["line"]) == ("died", 2)
    assert second["end"] == "finished"
    assert "the process of try 1 died" in second["trigger"]


def test_the_death_of_another_process_ends_nothing(cli: Cli, tmp_path: Path) -> None:
    log = _lines(
        tmp_path / "w.jsonl",
        _try("00:00", pid=81, step="start", attempt=1),
        {"ts": "2026-05-04T12:00:05Z", "message": "Child exited, PID 80, restarting"},
    )
    assert [a["end"] for a in _trail(cli, "job-7f", log)["attempts"]] == ["unknown"]


def test_a_token_that_is_nowhere_offers_the_nearest(cli: Cli) -> None:
    ended = cli("trace", JOB[:-1] + "9", FIXTURES / "shop")
    assert (ended.code, ended.out) == (2, "")
    assert JOB in ended.err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("", FIXTURES / "shop"), "TOKEN is empty"),
        (("x", "no-such-file"), "no such file"),
        (("x",), "Missing argument"),
        (("x", FIXTURES / "shop", "-f", "pdf"), "pdf"),
    ],
)
def test_mistakes_end_with_2(cli: Cli, args: tuple[object, ...], said: str) -> None:
    ended = cli("trace", *args)
    assert ended.code == 2
    assert said in ended.err


def test_a_pipe_is_read_as_often_as_needed() -> None:
    log = (FIXTURES / "shop" / "worker-1.jsonl").read_bytes()
    ended = racelens("trace", JOB, "-", stdin=log)
    assert ended.code == 0
    assert "2 lines in <stdin>" in ended.out


@pytest.mark.parametrize("format_", ["text", "markdown", "html", "json"])
def test_hostile_lines_are_harmless(cli: Cli, tmp_path: Path, format_: str) -> None:
    log = _lines(
        tmp_path / "a.jsonl",
        {"ts": "2026-05-04T12:00:00Z", "msg": "job-7f <script>alert(1)</script> [red]\x1b[2J|`x`" + "y" * 10_000},
    )  # fmt: skip
    ended = cli("trace", "job-7f", log, "-f", format_)
    assert ended.code == 0
    assert "\x1b[2J" not in ended.out
    assert format_ != "html" or "<script" not in ended.out
    assert format_ != "markdown" or "<script" not in ended.out.replace("\\<script", "")


def test_a_page_loads_nothing(cli: Cli) -> None:
    out = cli("trace", JOB, FIXTURES / "shop", "-f", "html").out
    assert "default-src 'none'" in out
    assert "http" not in out.replace("http-equiv", "")


def test_what_is_left_out_is_counted(cli: Cli) -> None:
    assert "6 more lines" in cli("trace", JOB, FIXTURES / "shop", "--max-lines", "2").out
