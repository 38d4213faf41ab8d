"""`racelens explain`: a page with both histories drawn, and its example as log lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from racelens import catalogue
from tests.histories import judge

from .conftest import Cli


@pytest.mark.parametrize("code", catalogue.pages())
def test_a_page_draws_both_histories(code: str, cli: Cli) -> None:
    page = cli("explain", code).out
    flagged, silent = page.partition("\nFlagged")[2].split("\nSilent")
    assert "✗ " in flagged
    assert "\n  A " in flagged
    assert "✗ " not in silent.partition("\nHow it is found")[0]
    assert "\n  A " in silent
    assert max(map(len, page.splitlines())) <= 100


def test_the_example_is_what_the_page_flags(cli: Cli, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in cli("explain", "RL101", "--example").out.splitlines()]
    assert [finding.rule for finding in judge(tmp_path, lines).findings] == ["RL101"]


def test_the_example_says_what_must_be_declared(cli: Cli) -> None:
    ended = cli("explain", "RL402", "--example")
    assert len(ended.out.splitlines()) == 3
    assert "[lifecycle.parcel]" in ended.err


def test_an_example_of_no_rule(cli: Cli) -> None:
    ended = cli("explain", "--example")
    assert ended.code == 2
    assert "of which rule?" in ended.err


def test_what_must_be_asked_for_is_asked_for(cli: Cli) -> None:
    assert "racelens scan - --latent" in cli("explain", "RL502").out
    assert "--latent" not in cli("explain", "RL101").out
