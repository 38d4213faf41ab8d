"""Where a report goes: files whose endings name their format, never overwritten unasked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Cli


def test_the_ending_names_the_format(cli: Cli, lost: Path, tmp_path: Path) -> None:
    page, data = tmp_path / "r.txt", tmp_path / "r.JSON"
    ended = cli("scan", lost, "-o", page, "-o", data)
    assert ended.code == 1
    assert not ended.out
    assert "r.txt" in ended.err
    assert "r.JSON: 1 confirmed, 0 possible" in ended.err
    assert page.read_text(encoding="utf-8").startswith("RACES FOUND")
    assert json.loads(data.read_text(encoding="utf-8"))["summary"]["confirmed"] == 1


def test_a_file_holds_what_standard_output_would(cli: Cli, lost: Path, tmp_path: Path) -> None:
    for name, format_ in (("r.txt", "text"), ("r.json", "json")):
        cli("scan", lost, "-o", tmp_path / name)
        said = cli("scan", lost, "-f", format_).out
        assert (tmp_path / name).read_text(encoding="utf-8") == said


def test_a_file_has_no_colour(
    cli: Cli, lost: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    cli("scan", lost, "-o", tmp_path / "r.txt")
    assert "\x1b" not in (tmp_path / "r.txt").read_text(encoding="utf-8")


def test_unknown_ending(cli: Cli, lost: Path, tmp_path: Path) -> None:
    ended = cli("scan", lost, "-o", tmp_path / "r.xlsx")
    assert ended.code == 2
    assert "the ending names no format" in ended.err
    assert ".json" in ended.err
    assert not (tmp_path / "r.xlsx").exists()


def test_unknown_ending_with_a_format(cli: Cli, lost: Path, tmp_path: Path) -> None:
    ended = cli("scan", lost, "-o", tmp_path / "report", "-f", "json")
    assert ended.code == 1
    assert json.loads((tmp_path / "report").read_text(encoding="utf-8"))["schema_version"] == 1


def test_unknown_format(cli: Cli, lost: Path) -> None:
    ended = cli("scan", lost, "-f", "yaml")
    assert ended.code == 2
    assert "text, html, markdown, json" in ended.err
    assert not ended.out


def test_an_existing_file_stays(cli: Cli, lost: Path, tmp_path: Path) -> None:
    there = tmp_path / "r.json"
    there.write_text("mine", encoding="utf-8")
    ended = cli("scan", lost, "-o", there)
    assert ended.code == 2
    assert "--force" in ended.err
    assert there.read_text(encoding="utf-8") == "mine"


def test_force_overwrites(cli: Cli, lost: Path, tmp_path: Path) -> None:
    there = tmp_path / "r.json"
    there.write_text("mine" * 100_000, encoding="utf-8")
    assert cli("scan", lost, "-o", there, "--force").code == 1
    assert json.loads(there.read_text(encoding="utf-8"))["schema_version"] == 1


def test_the_log_itself_is_never_overwritten(cli: Cli, lost: Path) -> None:
    before = lost.read_bytes()
    ended = cli("scan", lost, "-f", "json", "-o", lost)
    assert ended.code == 2
    assert lost.read_bytes() == before


def test_not_even_with_force(cli: Cli, lost: Path) -> None:
    before = lost.read_bytes()
    ended = cli("scan", lost, "-f", "json", "-o", lost, "--force")
    assert ended.code == 2
    assert lost.read_bytes() == before


@pytest.mark.parametrize("flag", ["-o", "--write-baseline"])
def test_nor_where_it_lies_in_a_folder_that_is_read(flag: str, cli: Cli, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "app.json"
    log.parent.mkdir()
    log.write_text('{"ts": "2026-05-04T12:00:00Z", "msg": "x"}\n', encoding="utf-8")
    before = log.read_bytes()
    ended = cli("scan", tmp_path / "logs", flag, log, "--force")
    assert ended.code == 2
    assert "overwrite the evidence" in ended.err
    assert log.read_bytes() == before


def test_a_report_in_a_folder_that_is_read_can_be_written_anew(cli: Cli, lost: Path) -> None:
    page = lost.parent / "review.html"
    assert cli("scan", lost.parent, "-o", page).code == 1
    assert cli("scan", lost.parent, "-o", page, "--force").code == 1


def test_a_baseline_is_json(cli: Cli, lost: Path, tmp_path: Path) -> None:
    ended = cli("scan", lost, "--write-baseline", tmp_path / "base.html")
    assert ended.code == 2
    assert "formats json" in ended.err
    assert not (tmp_path / "base.html").exists()


def test_no_such_folder(cli: Cli, lost: Path, tmp_path: Path) -> None:
    ended = cli("scan", lost, "-o", tmp_path / "none" / "r.json")
    assert ended.code == 2
    assert "no such folder" in ended.err


@pytest.mark.parametrize("name", ["folder.json", "/proc/racelens.json"])
def test_unwritable(name: str, cli: Cli, lost: Path, tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    ended = cli("scan", lost, "-o", tmp_path / name, "--force")
    assert ended.code == 2
    assert "cannot write" in ended.err
    assert "Traceback" not in ended.err


def test_a_full_disk(cli: Cli, lost: Path) -> None:
    ended = cli("scan", lost, "-f", "json", "-o", "/dev/full", "--force")
    assert ended.code == 2
    assert "cannot write /dev/full: No space left" in ended.err
    assert "Traceback" not in ended.err


def test_trouble_with_an_output_is_told_before_reading(cli: Cli, tmp_path: Path) -> None:
    ended = cli("scan", tmp_path / "none.jsonl", "-o", tmp_path / "r.xlsx")
    assert "the ending names no format" in ended.err


def test_standard_output_by_its_name(
    cli: Cli, lost: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-o -` is how half of all tools say it: obeyed or refused, but no file of that name."""
    monkeypatch.chdir(tmp_path)
    ended = cli("scan", lost, "-f", "json", "-o", "-")
    assert ended.code in (1, 2)
    assert not Path("-").exists()
