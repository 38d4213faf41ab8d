"""Logs that several tests scan, and the command called inside this process, which is quicker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.histories import records, stamp, write

from .running import Ended, called

Cli = Callable[..., Ended]

LOST = "a r7, b r7, b w8, a w9"
KEPT = "a r7, a w8, b r8, b w9"
DOUBTFUL = "a r, b r, b w, a w"  # no versions: only the times overlap


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Cli:
    """`cli("scan", path)`: what the command said and how it ended."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return called


def _log(folder: Path, name: str, *histories: str) -> Path:
    lines = [
        record
        for number, history in enumerate(histories)
        for record in records(history, f"order:{number}")
    ]
    write(folder, {name: lines})
    return folder / name


@pytest.fixture
def lost(tmp_path: Path) -> Path:
    """One confirmed lost update."""
    return _log(tmp_path, "lost.jsonl", LOST)


@pytest.fixture
def doubtful(tmp_path: Path) -> Path:
    """One possible lost update."""
    return _log(tmp_path, "doubtful.jsonl", DOUBTFUL)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Two attempts, one after the other."""
    return _log(tmp_path, "kept.jsonl", KEPT)


@pytest.fixture
def blind(tmp_path: Path) -> Path:
    """Events that name nothing they could race on."""
    write(tmp_path, {"blind.jsonl": [{"ts": stamp(n), "msg": "tick"} for n in range(3)]})
    return tmp_path / "blind.jsonl"


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """Two confirmed lost updates and a possible one, on three resources."""
    return _log(tmp_path, "several.jsonl", LOST, LOST, DOUBTFUL)
