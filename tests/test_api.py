"""racelens for notebooks: two functions, and nothing heavy before they are called."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

import racelens
from racelens import api
from racelens.errors import RacelensError

from .cli.running import FIXTURES, ROOT
from .cli.running import racelens as command

HEAVY = ("polars", "orjson", "rich", "typer")


def test_importing_is_light() -> None:
    code = f"import racelens, sys; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("args", [("--version",), ("--help",), ("report", "--schema")])
def test_what_reads_no_log_loads_no_polars(args: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "racelens", *args],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert "polars" not in done.stderr


def test_the_documented_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    failed, tried = doctest.testmod(api)
    assert (failed, tried) == (0, 4)


def test_one_path_or_several() -> None:
    one = racelens.scan(FIXTURES / "shop")
    several = racelens.scan(sorted((FIXTURES / "shop").glob("*.jsonl")))
    assert [f.id for f in one.findings] == [f.id for f in several.findings]
    assert one.looked
    assert one.quotes


def test_rules_are_chosen_by_name() -> None:
    report = racelens.scan(FIXTURES / "shop", select=["lost-update"], ignore=["RL102"])
    assert {finding.rule for finding in report.findings} == {"RL101"}


def test_mistakes_are_told(tmp_path: Path) -> None:
    with pytest.raises(RacelensError, match="no such file"):
        racelens.scan(tmp_path / "none.jsonl")
    with pytest.raises(RacelensError, match="no rule"):
        racelens.scan(FIXTURES / "shop", select=["RL9x"])
    with pytest.raises(RacelensError, match="cannot read"):
        racelens.load(tmp_path / "none.json")
    with pytest.raises(AttributeError):
        racelens.nothing  # noqa: B018


def test_help_begins_with_examples() -> None:
    for args in (("--help",), ("scan", "--help")):
        said = command(*args).out.splitlines()
        examples = [line for line in said[1:8] if "racelens " in line]
        assert len(examples) == 3
        assert said.index(examples[0]) < next(i for i, s in enumerate(said) if "Options" in s)
