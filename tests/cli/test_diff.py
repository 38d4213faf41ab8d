"""`racelens diff` and `racelens verify` as a user meets them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from racelens.comparison import Divergence, Step, Track
from racelens.findings import Place
from racelens.render.diff import _divergence as drawn
from tests.histories import write

from .conftest import Cli
from .running import FIXTURES, racelens

RUNS = FIXTURES / "runs"
GOOD, BAD = str(RUNS / "good_*.jsonl"), str(RUNS / "bad_*.jsonl")


def test_different_runs_exit_1_and_name_the_culprit_on_the_first_screen(cli: Cli) -> None:
    ended = cli("diff", GOOD, BAD)
    assert ended.code == 1
    screen = "\n".join(ended.out.splitlines()[:24])
    assert screen.startswith("DIFFERENT")
    assert "first inventory.write before second inventory.read" in screen
    assert "bad_1.jsonl" in screen


def test_the_next_step_is_the_life_of_what_broke(cli: Cli) -> None:
    said = cli("diff", GOOD, BAD).out
    match = re.search(r"next +racelens (timeline \S*bad_1.jsonl -r inventory:777)\n", said)
    assert match
    life = cli(*match[1].split())
    assert life.code == 0
    finding = re.search(r"here it is finding (\w{10})", said)
    assert finding
    assert finding[1] in life.out


@pytest.mark.parametrize("args", [("diff", GOOD, BAD), ("verify", str(RUNS))])
def test_files_are_written_once(args: tuple[str, ...], cli: Cli, tmp_path: Path) -> None:
    told, data = tmp_path / "told.txt", tmp_path / "data.json"
    ended = cli(*args, "-o", told, "-o", data)
    assert (ended.code, ended.out) == (1, "")
    assert f"wrote {told}, {data}: different" in ended.err
    assert json.loads(data.read_text("utf-8"))["verdict"] == "different"
    assert told.read_text("utf-8") == cli(*args).out
    again = cli(*args, "-o", told)
    assert again.code == 2
    assert "exists already" in again.err
    assert cli(*args, "-o", told, "--force").code == 1


@pytest.mark.parametrize("command", ["diff", "verify"])
def test_a_format_that_is_none(command: str, cli: Cli, tmp_path: Path) -> None:
    for flags in (("-f", "yaml"), ("-o", tmp_path / "page.html")):
        ended = cli(command, GOOD, BAD, *flags)
        assert ended.code == 2
        assert "text, json" in ended.err


def test_only_one_kind(cli: Cli) -> None:
    ended = cli("diff", GOOD, BAD, "--only", "missing")
    assert ended.code == 1
    assert ended.out.startswith("DIFFERENT  1 thing")
    assert "and 1 difference not listed" in ended.out


def test_the_same_runs_exit_0(cli: Cli, tmp_path: Path) -> None:
    for index, path in enumerate(sorted(RUNS.glob("good_*.jsonl"))):
        for side in ("one", "two"):
            (tmp_path / f"{side}_{index}.jsonl").write_bytes(path.read_bytes())
    ended = cli("diff", tmp_path / "one_*.jsonl", tmp_path / "two_*.jsonl")
    assert ended.code == 0
    assert ended.out.startswith("NO DIFFERENCE FOUND")


def test_too_few_runs_exit_3_and_are_not_called_the_same(cli: Cli) -> None:
    ended = cli("diff", RUNS / "good_[1-2].jsonl", RUNS / "bad_[1-2].jsonl")
    assert ended.code == 3
    assert ended.out.startswith("UNDER-POWERED")
    assert "not the same as no difference" in ended.out


def test_a_glob_that_the_shell_expanded_is_explained(cli: Cli) -> None:
    ended = cli("diff", *sorted(RUNS.glob("*.jsonl")))
    assert ended.code == 2
    assert "quote the globs" in ended.err


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        (("nowhere.jsonl", BAD), "no such file"),
        ((BAD, BAD), "on both sides"),
        ((str(RUNS), str(RUNS)), f"error: {RUNS} is on both sides: nothing to compare"),
        ((str(RUNS), str(RUNS / "bad_*.jsonl")), "bad_1.jsonl and 7 more are on both sides"),
        ((GOOD, "empty.jsonl"), "no events in empty.jsonl"),
    ],
)
def test_trouble_exits_2_and_says_why(
    paths: tuple[str, str], reason: str, cli: Cli, tmp_path: Path
) -> None:
    write(tmp_path, {"empty.jsonl": ["no json here"]})
    ended = cli("diff", *paths, cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert reason in ended.err


def test_json_is_what_the_design_promises(cli: Cli) -> None:
    told = json.loads(cli("diff", GOOD, BAD, "-f", "json").out)
    assert (told["command"], told["verdict"]) == ("diff", "different")
    assert told["cases"] == {"good": 8, "bad": 8}
    difference = told["differences"][0]
    for key in ("kind", "a", "b", "resource_type", "p", "q", "rank", "message", "evidence"):
        assert key in difference
    assert difference["good"] == {"holds": 8, "of": 8}
    assert difference["evidence"][0]["role"] == "primary"
    assert set(told["first_divergence"]) == {"message", "good", "bad"}
    assert told["hidden"]["unconstrained_reorderings"] >= 0


def test_long_names_lose_their_heads_before_timelines_are_stacked() -> None:
    steps = tuple(
        Step("A", f"warehouse.inventory_reservations.{act}", "v1", 0, False, Place("g", 1), "a")
        for act in ("read", "write")
    )
    track = Track("good.jsonl", "inventory:7", steps, 0, None)
    divergence = Divergence(track, track, "")
    wide = [line.plain for line in drawn(divergence, 100)]
    assert len(wide) == 3
    assert all(line.count("reservations.") == 2 and len(line) <= 100 for line in wide[1:])
    stacked = [line.plain for line in drawn(divergence, 80)]
    assert len(stacked) == 6
    assert "good.jsonl" in stacked[0]


@pytest.mark.parametrize("columns", ["80", "120"])
def test_no_line_is_wider_than_the_page(columns: str) -> None:
    ended = racelens("diff", GOOD, BAD, env={"COLUMNS": columns, "TTY_COMPATIBLE": "0"})
    drawing = [line for line in ended.out.splitlines() if " :" in line and line.startswith("    ")]
    assert drawing
    assert max(map(len, drawing)) <= 80


def test_a_log_cannot_speak_to_the_terminal(cli: Cli, tmp_path: Path) -> None:
    def line(request: str, at: int, action: str, version: int) -> dict[str, object]:
        return {
            "ts": f"2026-05-04T12:00:00.{at:03d}Z", "request_id": request, "action": action,
            "resource": "order:\x1b[31m[red]1", "version": version, "event": "\x1b]0;x\x07[bold]ev",
        }  # fmt: skip

    kept = [line("a", 1, "read", 1), line("a", 2, "write", 2), line("b", 3, "read", 2), line("b", 4, "write", 3)]  # fmt: skip
    lost = [line("c", 1, "read", 1), line("d", 2, "read", 1), line("c", 3, "write", 2), line("d", 4, "write", 3)]  # fmt: skip
    write(tmp_path, {"good.jsonl": kept, "bad.jsonl": lost})
    for command in (
        ("diff", tmp_path / "good.jsonl", tmp_path / "bad.jsonl"),
        ("verify", tmp_path),
    ):
        ended = cli(*command)
        assert "\x1b" not in ended.out + ended.err
        assert ended.code == 1


def test_verify_exits_0_only_when_all_agree_and_nothing_raced(cli: Cli) -> None:
    assert cli("verify", GOOD).code == 0
    assert cli("verify", GOOD).out.startswith("THE SAME EVERY TIME")
    assert cli("verify", BAD).code == 1
    assert cli("verify", GOOD, BAD).code == 1
    assert cli("verify", RUNS / "good_1.jsonl").code == 3


def test_verify_as_json(cli: Cli) -> None:
    told = json.loads(cli("verify", GOOD, "-f", "json").out)
    assert (told["command"], told["verdict"], told["agree"]) == ("verify", "same", 8)
    assert told["subjects"] == ["inventory:777"]
