"""`scan --excerpt`: the lines that prove a finding."""

from __future__ import annotations

import json
from pathlib import Path

from .conftest import Cli


def _finding(cli: Cli, path: Path) -> dict[str, str]:
    found = json.loads(cli("scan", path, "-f", "json", "-q").out)["findings"]
    return dict(found[0])


def test_an_excerpt_proves_what_the_log_proved(cli: Cli, lost: Path, tmp_path: Path) -> None:
    finding = _finding(cli, lost)
    shown = cli("scan", lost, "-q", "--excerpt", f"{finding['rule']}-{finding['id'][:6]}")
    assert shown.code == 0
    again = tmp_path / "excerpt.jsonl"
    again.write_text(shown.out)
    assert _finding(cli, again)["id"] == finding["id"]


def test_an_unknown_finding_names_those_there_are(cli: Cli, lost: Path) -> None:
    ended = cli("scan", lost, "-q", "--excerpt", "ffffffffffff")
    assert (ended.code, ended.out) == (2, "")
    assert "no such finding" in ended.err
    assert "RL101-" in ended.err


def test_an_excerpt_is_no_report(cli: Cli, lost: Path) -> None:
    ended = cli("scan", lost, "-q", "--excerpt", "ab", "-f", "json")
    assert ended.code == 2
    assert "no --format" in ended.err
