"""`[map]` in the settings file holds wherever logs are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import racelens

from .running import called


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lost update whose versions stand under a name that nobody knows."""
    records = [
        {
            "ts": f"2026-06-01T09:00:00.{at}Z",
            "request_id": request,
            "order_id": 7,
            "msg": what,
            **more,
        }
        for at, request, what, more in (
            (100, "r-1", "order.read", {"stamp_no": 4}),
            (120, "r-2", "order.read", {"stamp_no": 4}),
            (180, "r-1", "order.write", {"stamp_no": 5, "was_no": 4}),
            (210, "r-2", "order.write", {"stamp_no": 5, "was_no": 4}),
        )
    ]
    lines = "".join(f"{json.dumps(record)}\n" for record in records)
    (tmp_path / "app.jsonl").write_text(lines)
    (tmp_path / "racelens.toml").write_text('[map]\nversion = ["stamp_no"]\nbase = ["was_no"]\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_scan(folder: Path) -> None:
    assert "RL101" in called("scan", "app.jsonl").out
    report = racelens.scan(folder / "app.jsonl", config=folder / "racelens.toml")
    assert [(f.rule, f.confidence) for f in report.findings] == [("RL101", "confirmed")]


def test_the_caller_s_keys_come_before_the_file_s(folder: Path) -> None:
    config = folder / "racelens.toml"
    config.write_text('[map]\nversion = ["no_such"]\nbase = ["was_no"]\n')
    report = racelens.scan(folder / "app.jsonl", config=config, maps={"version": ["stamp_no"]})
    assert [f.confidence for f in report.findings] == ["confirmed"]


@pytest.mark.usefixtures("folder")
def test_timeline_and_trace() -> None:
    assert "W5" in called("timeline", "app.jsonl", "-r", "order:7").out
    assert "v5 from v4" in called("trace", "r-1", "app.jsonl").out


@pytest.mark.usefixtures("folder")
def test_diff_refuses_a_field_that_the_file_invents() -> None:
    Path("racelens.toml").write_text('[map]\nversoin = ["stamp_no"]\n')
    ended = called("diff", "app.jsonl", "app.jsonl")
    assert ended.code == 2
    assert "versoin" in ended.err
