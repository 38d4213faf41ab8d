"""Help begins with three examples that the command understands; shells complete commands, flags and rules."""

from __future__ import annotations

import re
import shlex

import pytest
from typer.main import get_command

from racelens.cli.app import COMMANDS, app

from .conftest import Cli

NAMES = [command.__name__ for command in COMMANDS]


@pytest.mark.parametrize("name", NAMES)
def test_help_begins_with_three_examples(name: str, cli: Cli) -> None:
    lines = cli(name, "--help").out.splitlines()
    assert lines[0].startswith("Usage: racelens")
    assert [bool(re.search(rf"racelens {name}\b", line)) for line in lines[2:5]] == [True] * 3
    assert lines[5] == ""
    assert max(map(len, lines[2:5])) <= 80


@pytest.mark.parametrize("name", NAMES)
def test_examples_parse(name: str) -> None:
    """Every flag and argument of an example is one that the command has."""
    parser = get_command(app).commands[name]  # type: ignore[attr-defined]
    examples = next(text for command, text in COMMANDS.items() if command.__name__ == name)
    for line in examples.splitlines():
        shown = re.split(r"\s{2,}", line)[0]
        for part in shown.split("|"):
            words = shlex.split(part)
            if words[:2] == ["racelens", name]:
                parser.make_context(name, words[2:])


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("racelens ex", {"explain"}),
        ("racelens explain RL10", {f"RL10{n}" for n in range(1, 7)}),
        ("racelens diff --on", {"--only"}),
        ("racelens diff --only m", {"missing"}),
    ],
)
def test_shells_complete(
    typed: str, offered: set[str], cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_RACELENS_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
    assert set(cli().out.split()) == offered
