"""The complete output of every fixture through the real command.

`make golden` (GOLDEN=write) writes `tests/golden/` anew; read its diff before you commit it.
`<command>.err` holds standard error and, in its last line, the exit code.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from .cli.running import FIXTURES, Ended, racelens

GOLDEN = Path(__file__).parent / "golden"
WRITE = os.environ.get("GOLDEN") == "write"

_VERSION = re.compile(r'("name": "racelens",\s+"version": ")[^"]+')


def compare(path: Path, text: str) -> None:
    """Equal to what the file holds; or, when golden files are written, made equal."""
    if WRITE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert path.exists(), f"{path} is missing: make golden"
    assert text == path.read_bytes().decode()


def check(folder: Path, name: str, ending: str, ended: Ended) -> None:
    compare(folder / f"{name}{ending}", _VERSION.sub(r"\1…", ended.out))
    compare(folder / f"{name}.err", f"{ended.err}exit {ended.code}\n")


FOLDERS = sorted(path.name for path in FIXTURES.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", FOLDERS)
def test_scan(name: str) -> None:
    logs = f"{name}/*.jsonl"
    page = racelens("scan", logs)
    check(GOLDEN / name, "scan", ".txt", page)
    data = racelens("scan", logs, "-f", "json")
    check(GOLDEN / name, "scan", ".json", data)
    assert (page.code, page.err) == (data.code, data.err)


@pytest.mark.parametrize("name", FOLDERS)
def test_inspect(name: str) -> None:
    check(GOLDEN / name, "inspect", ".txt", racelens("inspect", f"{name}/*.jsonl"))


@pytest.mark.parametrize("rule", ["", "RL101"])
def test_explain(rule: str) -> None:
    check(GOLDEN, f"explain{rule and '-'}{rule}", ".txt", racelens("explain", *rule.split()))


RUNS = {
    "diff": ("diff", "runs/good_*.jsonl", "runs/bad_*.jsonl"),
    "diff-one": ("diff", "runs/good_1.jsonl", "runs/bad_2.jsonl"),
    "diff-few": ("diff", "runs/good_[1-3].jsonl", "runs/bad_[1-3].jsonl"),
    "verify": ("verify", "runs"),
    "verify-good": ("verify", "runs/good_*.jsonl"),
}


@pytest.mark.parametrize("name", RUNS)
def test_runs(name: str) -> None:
    check(GOLDEN / "runs", name, ".txt", racelens(*RUNS[name]))
    check(GOLDEN / "runs", name, ".json", racelens(*RUNS[name], "-f", "json"))


def test_no_golden_without_a_fixture() -> None:
    assert sorted(path.name for path in GOLDEN.iterdir() if path.is_dir()) == FOLDERS
