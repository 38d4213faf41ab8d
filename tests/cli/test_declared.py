"""What the user declares reaches the verdict: racelens.toml, --config, --good."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ..histories import stamp
from .running import racelens

LIFECYCLE = '[lifecycle.order]\ncreated = ["paid", "cancelled"]\npaid = ["shipped"]\n'


def _moves(*states: str, order: int = 7) -> str:
    records = [
        {
            "ts": stamp(10 * place),
            "request_id": f"q{order}-{place}",
            "resource": f"order:{order}",
            "action": "write",
            "new_status": state,
            "version": place + 1,
        }
        for place, state in enumerate(states)
    ]
    return "".join(json.dumps(record) + "\n" for record in records)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "bad.jsonl"
    file.write_text(_moves("created", "cancelled", "paid"))
    return file


def test_nothing_declared_cannot_be_checked(log: Path, tmp_path: Path) -> None:
    ended = racelens("scan", log, "--select", "RL402", cwd=tmp_path)
    assert ended.code == 3
    assert "no lifecycle is declared" in ended.out


def test_the_file_in_the_folder_counts(log: Path, tmp_path: Path) -> None:
    (tmp_path / "racelens.toml").write_text(LIFECYCLE)
    ended = racelens("scan", log, cwd=tmp_path)
    assert ended.code == 1
    assert "no edge cancelled → paid in the lifecycle declared in racelens.toml" in ended.out


def test_another_file_can_be_named(log: Path, tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text(LIFECYCLE)
    assert racelens("scan", log, "--config", tmp_path / "shop.toml", cwd=tmp_path).code == 1


def test_a_good_run_shows_the_lifecycle(log: Path, tmp_path: Path) -> None:
    good = tmp_path / "good.jsonl"
    good.write_text(
        "".join(
            _moves("created", "cancelled", "archived", order=n)
            + _moves("created", "paid", order=100 + n)
            for n in range(30)
        )
    )
    ended = racelens("scan", log, "--good", good, cwd=tmp_path)
    assert ended.code == 1
    assert "shown by the good run" in ended.out


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--config", "none.toml"], "cannot read none.toml"),
        (["--good", "none.jsonl"], "no such file or folder: none.jsonl"),
    ],
)
def test_what_is_not_there_is_named(flags: list[str], said: str, log: Path, tmp_path: Path) -> None:
    ended = racelens("scan", log, *flags, cwd=tmp_path)
    assert ended.code == 2
    assert said in ended.err


def test_a_mistake_in_the_file_is_trouble(log: Path, tmp_path: Path) -> None:
    (tmp_path / "racelens.toml").write_text("[lifecyle.order]\n")
    ended = racelens("scan", log, cwd=tmp_path)
    assert ended.code == 2
    assert "[lifecyle] is no setting" in ended.err
    assert "[lifecycle]" in ended.err
