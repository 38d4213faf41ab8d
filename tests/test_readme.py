"""What the README shows is what the tool says."""

from __future__ import annotations

import re
import shlex

import pytest

from .cli.running import ROOT, called

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^```console\n\$ racelens ([^\n]*)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_it_shows_a_scan_and_a_diff() -> None:
    assert [command.split()[0] for command, _ in SHOWN] == ["scan", "diff"]


@pytest.mark.parametrize(("command", "shown"), SHOWN)
def test_output_is_real(command: str, shown: str) -> None:
    """Piece by piece, in order; `…` stands for what is left out."""
    said = called(*shlex.split(command), cwd=ROOT).out
    at = 0
    for piece in re.split(r"^\s*…\n", shown, flags=re.MULTILINE):
        found = said.find(piece.rstrip(), at)
        assert found >= 0, piece
        at = found + len(piece.rstrip())
    assert said.startswith(shown.splitlines()[0])
