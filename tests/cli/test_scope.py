"""The part of a log that counts: a window, resources, one flow, services."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from racelens.cli import times
from racelens.errors import RacelensError

from .running import FIXTURES, called

SHOP = FIXTURES / "shop"


def report(*args: object) -> dict[str, Any]:
    return dict(json.loads(called("scan", SHOP, "-f", "json", "-q", *args).out))


@pytest.fixture(scope="module")
def whole() -> list[dict[str, Any]]:
    return list(report()["findings"])


def ids(findings: list[dict[str, Any]]) -> set[str]:
    return {finding["id"] for finding in findings}


def test_a_glob_finds_what_the_whole_scan_finds_on_those_resources(
    whole: list[dict[str, Any]],
) -> None:
    on_orders = {f["id"] for f in whole if f["resource"].startswith("order:")}
    assert ids(report("-r", "order:*")["findings"]) == on_orders != set()


def test_resources_are_alternatives(whole: list[dict[str, Any]]) -> None:
    both = {f["id"] for f in whole if f["resource"] in ("document:4", "cart:1")}
    assert ids(report("-r", "document:4", "-r", "cart:1")["findings"]) == both


def test_a_correlation_keeps_the_rivals(whole: list[dict[str, Any]]) -> None:
    wanted = whole[0]["evidence"][0]["correlation"]
    found = ids(report("--correlation", wanted)["findings"])
    cited = {f["id"] for f in whole if wanted in {e["correlation"] for e in f["evidence"]}}
    assert found == cited != set()


def test_a_service_is_one_side_at_least(whole: list[dict[str, Any]]) -> None:
    found = ids(report("--service", "worker")["findings"])
    assert found
    assert found < ids(whole)


@pytest.mark.parametrize(
    ("flag", "word", "close"),
    [("-r", "documnt:4", "document:4"), ("--service", "apy", "api"), ("--correlation", "x", "c-")],
)
def test_what_the_log_does_not_have(flag: str, word: str, close: str) -> None:
    ended = called("scan", SHOP, flag, word)
    assert ended.code == 2
    assert f"{word}: no event has it" in ended.err
    assert close in ended.err


def test_a_window_says_what_it_cut() -> None:
    ended = called("scan", SHOP, "--until", "2026-05-04T12:00:00.4Z")
    assert "243 of 379 events left out" in ended.err
    assert "3 requests, jobs or transactions go over the edge" in ended.err


def test_an_empty_window_says_when_the_log_was() -> None:
    ended = called("scan", SHOP, "--since", "2h")
    assert ended.code == 3
    assert "the log runs from 2026-05-04T12:00:00" in ended.err


def test_a_window_that_ends_before_it_begins() -> None:
    ended = called("scan", SHOP, "--since", "2026-05-05", "--until", "2026-05-04")
    assert ended.code == 2
    assert "is before" in ended.err


def test_inspect_has_a_window_too() -> None:
    ended = called("inspect", SHOP, "--until", "2026-05-04T12:00:00.4Z")
    assert ended.out.startswith("136 events")


def test_undated_records_are_in_no_window(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text('{"request_id": "r", "resource": "a:1", "action": "write"}\n' * 2)
    assert "2 of them without a time" in called("scan", file, "--since", "2026-05-04").err


NIGHT = "2026-05-04T23:30", "2026-05-04T23:55", "2026-05-05T00:05", "2026-05-05T00:30"


@pytest.mark.parametrize(
    ("window", "kept", "told"),
    [
        ("--since 23:50", 3, "--since 23:50 is taken for 2026-05-04T23:50:00.000000000Z"),
        ("--since 00:10", 1, "2026-05-05T00:10:00"),
        ("--since 00:31", 4, "2026-05-04T00:31:00"),
        ("--since 0:30", 1, "2026-05-05T00:30:00.000000000Z, the last before the log ends"),
        ("--until 23:50", 1, "2026-05-04T23:50:00"),
        ("--since 23:50 --until 00:10", 2, "2026-05-05T00:10:00.000000000Z, the next after"),
        ("--since 23:50 --until 23:56", 1, "2026-05-04T23:56:00"),
        ("--since 00:00 --until 01:00", 2, "2026-05-05T01:00:00"),
        ("--since 23:00 --until 2026-05-04T23:40Z", 1, "2026-05-04T23:00:00"),
        ("--since 2026-05-04T23:40Z --until 00:10", 2, "2026-05-05T00:10:00"),
        ("--since 01:55+02:00", 3, "2026-05-04T23:55:00"),
    ],
)
@pytest.mark.parametrize("command", ["scan", "timeline"])
def test_a_time_of_day_is_the_last_the_log_has_room_for(
    window: str, kept: int, told: str, command: str, tmp_path: Path
) -> None:
    file = tmp_path / "log.jsonl"
    event = {"resource": "a:1", "action": "write"}
    lines = [
        json.dumps({"ts": f"{t}:00Z", "request_id": f"r{n}", **event}) for n, t in enumerate(NIGHT)
    ]
    file.write_text("\n".join(lines))
    if command == "timeline":
        ended = called("timeline", file, "-r", "a:1", "-f", "json", *window.split())
        assert json.loads(ended.out)["resources"][0]["left_out"] == 4 - kept
    else:
        ended = called("scan", file, *window.split())
        assert f"{4 - kept} of 4 events left out" in ended.err
    assert told in ended.err


def test_a_time_of_day_needs_a_day(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text('{"request_id": "r", "resource": "a:1", "action": "write"}\n' * 2)
    ended = called("scan", file, "--since", "14:05")
    assert ended.code == 2
    assert "--since 14:05: no record has a time" in ended.err
    assert "--since 2026-05-04T14:05" in ended.err


NOW = 1_000_000 * 10**9


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2h", 7_200), ("-2h", 7_200), ("90m", 5_400), ("1d", 86_400), ("30s ago", 30)],
)
def test_how_long_ago(text: str, seconds: int) -> None:
    assert times.read("--since", text, NOW) == NOW - seconds * 10**9


@pytest.mark.parametrize("text", ["h", "2 fortnights", "yesterday", "", "25:05", "14:75", "14"])
def test_no_time(text: str) -> None:
    with pytest.raises(RacelensError, match="no time that is understood"):
        times.read("--since", text)
