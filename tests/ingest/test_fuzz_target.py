"""Fuzzing is optional: without atheris its command says what is missing, and what checks the same without it."""

from __future__ import annotations

import sys

import pytest

from tests import fuzz


def test_without_atheris_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "atheris", None)
    assert fuzz.main(["framing"]) == 2
    assert "pip install -e '.[fuzz]'" in capsys.readouterr().err


def test_a_target_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["frames"]) == 2
    assert "which target? framing or fields" in capsys.readouterr().err


@pytest.mark.parametrize("data", [b"", b'{"ts":"1e400"}', b"\xff\xfe", b"[1,", b"{}\n\n{"])
def test_every_target_takes_any_bytes(data: bytes) -> None:
    for target in map(fuzz.target, fuzz.TARGETS):
        target(data)
