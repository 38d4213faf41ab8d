"""`racelens timeline`: a resource's life, or what lies about a finding."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from .conftest import LOST, Cli
from .test_suppressions import log


@pytest.fixture
def two(tmp_path: Path) -> Path:
    return log(tmp_path, "two.jsonl", order_1=LOST, order_2="c r1, c w2", invoice_9="d r1, d w2")


def test_one_event_a_row(cli: Cli, two: Path) -> None:
    ended = cli("timeline", two, "-r", "order:1")
    assert ended.code == 0
    rows = [line for line in ended.out.splitlines() if "line " in line and " ms " in line]
    assert len(rows) == 4
    assert rows[-1].endswith("✗ v8 by b is gone")
    assert "order:1  4 events, 2 attempts, 1 lost-update" in ended.out
    assert ended.out.splitlines()[-1].startswith("1 lost-update on order:1")
    assert "order:2" not in ended.out


def test_several_and_globs(cli: Cli, two: Path) -> None:
    data = json.loads(cli("timeline", two, "-r", "invoice:9", "-r", "order:*", "-f", "json").out)
    assert [each["resource"] for each in data["resources"]] == ["invoice:9", "order:1", "order:2"]
    assert data["command"] == "timeline"


def test_around_a_finding(cli: Cli, two: Path) -> None:
    found = json.loads(cli("scan", two, "-f", "json").out)["findings"][0]["id"]
    ended = cli("timeline", two, "--around", f"RL101-{found[:5]}", "--context", "0")
    assert ended.code == 0
    assert "order:1" in ended.out


def test_context_leaves_out_what_lies_further_off(cli: Cli, tmp_path: Path) -> None:
    history = ", ".join(f"x{n} r{n}, x{n} w{n + 1}" for n in range(20))
    path = log(tmp_path, "long.jsonl", order_1=f"{history}, a r20, b r20, b w21, a w22")
    found = json.loads(cli("scan", path, "-f", "json").out)["findings"][0]["id"]
    said = cli("timeline", path, "--around", found, "--context", "3").out
    assert "37 events" in said.partition("not shown")[2]


def test_since_and_until(cli: Cli, two: Path) -> None:
    flags = ("--since", "2026-05-04T12:00:00.010Z", "--until", "2026-05-04T12:00:00.020Z")
    said = cli("timeline", two, "-r", "order:1", *flags).out
    assert sum("line " in line and " ms " in line for line in said.splitlines()) == 2
    assert "not shown  2 events" in said


@pytest.mark.parametrize("flag", ["--since", "--until"])
def test_a_time_that_is_none(flag: str, cli: Cli, two: Path) -> None:
    ended = cli("timeline", two, "-r", "order:1", flag, "yesterday")
    assert ended.code == 2
    assert f"{flag} yesterday: no time that is understood" in ended.err


def test_quiet_times_are_folded(cli: Cli, tmp_path: Path) -> None:
    early, late = LOST, "e r9, e w10"
    path = log(tmp_path, "a.jsonl", order_1=early)
    lines = log(tmp_path, "b.jsonl", order_1=late).read_text("utf-8").replace("12:00:", "12:30:")
    path.write_text(path.read_text("utf-8") + lines, encoding="utf-8")
    said = cli("timeline", path, "-r", "order:1").out
    assert "┄ 29 m 59 s, nothing touched it ┄" in said


def test_all_formats(cli: Cli, two: Path, tmp_path: Path) -> None:
    page, trace = tmp_path / "t.html", tmp_path / "t.trace.json"
    ended = cli("timeline", two, "-r", "order:1", "-o", page, "-o", trace)
    assert ended.code == 0
    assert "default-src 'none'" in page.read_text("utf-8")
    events = json.loads(trace.read_text("utf-8"))["traceEvents"]
    assert sum(event["ph"] == "X" for event in events) >= 2
    told = cli("report", page)
    assert "it is what racelens timeline wrote" in told.err


def test_undated_logs_keep_their_order(cli: Cli, tmp_path: Path) -> None:
    path = log(tmp_path, "a.jsonl", order_1=LOST)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for line in lines:
        del line["ts"]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    said = cli("timeline", path, "-r", "order:1").out
    assert "as written: the log has no times" in said
    assert "✗ v8 by b is gone" in said


def test_an_unknown_name(cli: Cli, two: Path) -> None:
    ended = cli("timeline", two, "-r", "ordre:1")
    assert ended.code == 2
    assert "close   order:1 (4 events)" in ended.err
    assert f"try     racelens timeline {two} -r order:1" in ended.err


def test_no_resource(cli: Cli, two: Path, blind: Path) -> None:
    assert "which resource?" in cli("timeline", two).err
    assert "names a resource" in cli("timeline", blind, "-r", "x:1").err
    assert "no format “sarif”" in cli("timeline", two, "-r", "order:1", "-f", "sarif").err


def test_the_page_tells_the_harm_of_a_burst(cli: Cli, two: Path) -> None:
    page = cli("timeline", two, "-r", "order:*", "-f", "html").out
    (data,) = re.findall(r'id="view">(.*?)</script>', page, re.DOTALL)
    seen = json.loads(data)
    raced, calm = seen["stories"]
    assert raced["harm"] == "v8 by b is gone"
    assert calm is None
    assert [link["harm"] for link in seen["drawings"][0]["links"]] == [True]
    assert seen["drawings"][0]["band"]["label"].startswith("both on v7")
