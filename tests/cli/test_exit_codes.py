"""0 clean, 1 findings, 2 trouble, 3 nothing checkable; a crash is trouble, never "races found"."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Cli

LOGS = {"lost": 1, "doubtful": 1, "kept": 0, "blind": 3}


@pytest.mark.parametrize(("log", "code"), LOGS.items())
def test_verdict_is_the_exit_code(
    log: str, code: int, cli: Cli, request: pytest.FixtureRequest
) -> None:
    assert cli("scan", request.getfixturevalue(log)).code == code


@pytest.mark.parametrize(
    ("fail_on", "log", "code"),
    [
        ("confirmed", "lost", 1),
        ("confirmed", "doubtful", 0),
        ("possible", "lost", 1),
        ("possible", "doubtful", 1),
        ("never", "lost", 0),
        ("never", "doubtful", 0),
        ("never", "kept", 0),
        ("never", "blind", 3),
        ("confirmed", "blind", 3),
    ],
)
def test_fail_on(
    fail_on: str, log: str, code: int, cli: Cli, request: pytest.FixtureRequest
) -> None:
    ended = cli("scan", request.getfixturevalue(log), "--fail-on", fail_on)
    assert ended.code == code
    assert ended.out


@pytest.mark.parametrize("log", LOGS)
def test_exit_zero(log: str, cli: Cli, request: pytest.FixtureRequest) -> None:
    plain = cli("scan", request.getfixturevalue(log))
    zero = cli("scan", request.getfixturevalue(log), "--exit-zero")
    assert zero.code == 0
    assert zero.out == plain.out


def test_exit_zero_does_not_hide_trouble(cli: Cli, tmp_path: Path) -> None:
    assert cli("scan", tmp_path / "none.jsonl", "--exit-zero").code == 2


def test_floors_change_the_list_not_the_verdict(cli: Cli, doubtful: Path) -> None:
    ended = cli("scan", doubtful, "--min-confidence", "confirmed")
    assert ended.code == 1


def test_nothing_checkable_is_not_clean(cli: Cli, blind: Path) -> None:
    ended = cli("scan", blind)
    assert ended.code == 3
    assert ended.out.startswith("COULD NOT LOOK")
    assert "RACES" not in ended.out


@pytest.mark.parametrize(
    "args",
    [
        ["scan"],
        ["scan", "--nonsense", "x"],
        ["scan", "x", "--fail-on", "sometimes"],
        ["scan", "x", "--max-findings", "-1"],
        ["scan", "x", "--max-findings", "many"],
        ["scan", "x", "--severity", "fatal"],
        ["nonsense"],
        ["--nonsense"],
        ["explain", "RL999"],
        ["inspect"],
        [],
    ],
)
def test_usage_is_trouble(args: list[str], cli: Cli) -> None:
    ended = cli(*args)
    assert ended.code == 2
    assert "Traceback" not in ended.err
    assert ended.err or not args


@pytest.mark.parametrize("args", [["--help"], ["-h"], ["scan", "--help"], ["--version"]])
def test_help_and_version_go_to_standard_output(args: list[str], cli: Cli) -> None:
    ended = cli(*args)
    assert ended.code == 0
    assert ended.out
    assert not ended.err


@pytest.mark.parametrize("crash", [RuntimeError, MemoryError, EOFError, KeyError, AssertionError])
def test_a_crash_never_reads_as_findings(
    crash: type[Exception], cli: Cli, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise crash("a defect")

    monkeypatch.setattr("racelens.scanning.scan", broken)
    ended = cli("scan", kept)
    assert ended.code == 2
    assert not ended.out
    assert ended.err


@pytest.mark.parametrize("renderer", ["text", "json"])
def test_a_crash_while_writing_never_reads_as_findings(
    renderer: str, cli: Cli, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(__import__("racelens.render").render.FORMATS, renderer, broken)
    assert cli("scan", kept, "-f", renderer).code == 2
