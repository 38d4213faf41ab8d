"""Which rules run, what is listed, what is counted, how fields are mapped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.histories import records, stamp, write

from .conftest import LOST, Cli


def report(cli: Cli, *args: object) -> dict[str, Any]:
    """The JSON report of a scan with these flags."""
    found = json.loads(cli("scan", *args, "-f", "json").out)
    assert isinstance(found, dict)
    return found


def ran(found: dict[str, Any]) -> set[str]:
    return {entry["rule"] for part in ("coverage", "skipped") for entry in found[part]}


@pytest.mark.parametrize("word", ["RL101", "rl101", "lost-update", "Lost-Update", "RL1", "all"])
def test_select(word: str, cli: Cli, lost: Path) -> None:
    found = report(cli, lost, "--select", word)
    assert "RL101" in ran(found)
    assert all(code.startswith("RL1") for code in ran(found)) or word == "all"
    assert found["summary"]["confirmed"] >= 1


@pytest.mark.parametrize("word", ["RL101", "rl101", "lost-update", "RL1"])
def test_ignore(word: str, cli: Cli, lost: Path) -> None:
    found = report(cli, lost, "--ignore", word)
    assert "RL101" not in ran(found)
    assert not any(finding["rule"] == "RL101" for finding in found["findings"])


def test_ignore_beats_select(cli: Cli, lost: Path) -> None:
    ended = cli("scan", lost, "--select", "RL101", "--ignore", "RL101")
    assert ended.code in (2, 3)


def test_nothing_selected_says_so(cli: Cli, lost: Path) -> None:
    """No rule ran: the reader must learn that it was the flags, not the log."""
    ended = cli("scan", lost, "--select", "RL101", "--ignore", "RL101")
    assert "no rule" in ended.out + ended.err


@pytest.mark.parametrize("flag", ["--select", "--ignore"])
@pytest.mark.parametrize("word", ["lost-updates", "lost update", "lost_update", "lostupdate"])
def test_unknown_rule_names_the_close_ones(flag: str, word: str, cli: Cli, lost: Path) -> None:
    ended = cli("scan", lost, flag, word)
    assert ended.code == 2
    assert f"{flag}: no rule “{word}”" in ended.err
    assert "RL101 lost-update" in ended.err
    assert "racelens explain" in ended.err


def test_unknown_rules_are_all_named(cli: Cli, lost: Path) -> None:
    ended = cli("scan", lost, "--select", "RL101,nonsense,zzz")
    assert "no rule “nonsense” and no rule “zzz”" in ended.err


def test_words_may_come_in_one_list_or_in_many(cli: Cli, lost: Path) -> None:
    one = report(cli, lost, "--select", "RL101, lost-update")
    many = report(cli, lost, "--select", "RL101", "--select", "lost-update")
    assert one == many


# ── floors and limits ─────────────────────────────────────────────────────────────────────────


def test_min_confidence_lists_less_and_counts_the_same(cli: Cli, several: Path) -> None:
    full, floored = (
        report(cli, several),
        report(cli, several, "--min-confidence", "confirmed"),
    )
    assert {f["confidence"] for f in floored["findings"]} == {"confirmed"}
    assert len(floored["findings"]) < len(full["findings"])
    assert floored["summary"] == full["summary"]


def test_a_hidden_finding_is_mentioned(cli: Cli, several: Path) -> None:
    ended = cli("scan", several, "--min-confidence", "confirmed")
    assert "1 finding below" in ended.err
    assert "--min-confidence confirmed" in ended.err


def test_severity_error_keeps_errors(cli: Cli, several: Path) -> None:
    assert report(cli, several, "--severity", "error") == report(cli, several)


def test_everything_below_the_floor_is_not_clean(cli: Cli, doubtful: Path) -> None:
    full, floored = cli("scan", doubtful), cli("scan", doubtful, "--min-confidence", "confirmed")
    assert floored.code == full.code == 1
    assert floored.out.splitlines()[0].startswith("POSSIBLE RACES")
    assert floored.out.splitlines()[-1] == full.out.splitlines()[-1]


@pytest.mark.parametrize("limit", [0, 1, 2, 3, 99])
def test_max_findings_limits_the_list(limit: int, cli: Cli, several: Path) -> None:
    full, limited = report(cli, several), report(cli, several, "--max-findings", limit)
    assert len(limited["findings"]) == min(limit, len(full["findings"]))
    assert limited["summary"] == full["summary"]
    assert limited["groups"] == full["groups"]


@pytest.mark.parametrize("limit", [0, 1])
def test_max_findings_keeps_the_verdict(limit: int, cli: Cli, several: Path) -> None:
    full, limited = cli("scan", several), cli("scan", several, "--max-findings", limit)
    assert limited.code == full.code == 1
    assert limited.out.splitlines()[0] == full.out.splitlines()[0]
    assert limited.out.splitlines()[-1] == full.out.splitlines()[-1]


# ── --map ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A lost update under names nobody knows."""
    names = {"ts": "wann", "request_id": "vorgang", "resource": "sache", "version": "stand"}
    lines = [
        {names.get(key, key): value for key, value in record.items()} for record in records(LOST)
    ]
    write(tmp_path, {"foreign.jsonl": lines})
    return tmp_path / "foreign.jsonl"


def test_maps_are_followed(cli: Cli, foreign: Path) -> None:
    maps = ["--map", "time=wann", "--map", "request=vorgang"]
    maps += ["--map", "resource=nothing,sache", "--map", "version=stand"]
    assert cli("scan", foreign).code == 3
    assert report(cli, foreign, *maps)["summary"]["confirmed"] == 1


@pytest.mark.parametrize("word", ["time", "time=", "=when", "time=,", "when"])
def test_a_map_without_both_sides(word: str, cli: Cli, lost: Path) -> None:
    ended = cli("scan", lost, "--map", word)
    assert ended.code == 2
    assert f"--map {word}" in ended.err
    assert "Traceback" not in ended.err


def test_a_map_for_no_field(cli: Cli, lost: Path) -> None:
    ended = cli("scan", lost, "--map", "colour=hue")
    assert ended.code == 2
    assert "no field “colour”" in ended.err
    assert "resource" in ended.err


def test_a_map_to_a_key_that_is_not_there_is_mentioned(cli: Cli, lost: Path) -> None:
    ended = cli("scan", lost, "--map", "version=revisoin")
    assert "revisoin" in ended.err


def test_maps_reach_into_nested_keys(cli: Cli, tmp_path: Path) -> None:
    lines = [
        {"ts": r["ts"], "request_id": r["request_id"], "action": r["action"], "x": {"y": r}}
        for r in records(LOST)
    ]
    write(tmp_path, {"nested.jsonl": lines})
    found = report(
        cli, tmp_path / "nested.jsonl", "--map", "resource=x.y.resource", "--map", "version=x.y.version"
    )  # fmt: skip
    assert found["summary"]["confirmed"] == 1


# ── -q ────────────────────────────────────────────────────────────────────────────────────────


def test_quiet_says_nothing_but_the_report(cli: Cli, tmp_path: Path, lost: Path) -> None:
    (tmp_path / "notes.md").write_text("no log\n", encoding="utf-8")
    loud, quiet = cli("scan", tmp_path), cli("scan", tmp_path, "-q")
    assert lost.exists()
    assert "notes.md" in loud.err
    assert not quiet.err
    assert quiet.out == loud.out


def test_quiet_with_a_file(cli: Cli, tmp_path: Path, lost: Path) -> None:
    ended = cli("scan", lost, "-q", "-o", tmp_path / "r.json")
    assert (ended.code, ended.out, ended.err) == (1, "", "")


def test_quiet_still_tells_errors(cli: Cli, tmp_path: Path) -> None:
    assert "no such file" in cli("scan", tmp_path / "none", "-q").err


def test_no_zone_is_mentioned(cli: Cli, tmp_path: Path) -> None:
    lines = [r | {"ts": stamp(10 * n)[:-1]} for n, r in enumerate(records(LOST))]
    write(tmp_path, {"naive.jsonl": lines})
    assert "read as UTC" in cli("scan", tmp_path / "naive.jsonl").err
