"""What users declare: where it is found, what it means, and what is said of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from racelens import settings
from racelens.errors import RacelensError

LIFECYCLE = '[lifecycle.order]\nCreated = ["paid", "Cancelled"]\n'


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "racelens.toml").write_text(LIFECYCLE)
    assert settings.find(inner) == tmp_path / "racelens.toml"
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert settings.find(inner) == tmp_path / "racelens.toml"
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.racelens.jobs]\nsingletons = ['x']\n")
    assert settings.find(inner) == tmp_path / "a" / "pyproject.toml"
    assert settings.load(settings.find(inner)).singletons == {"x"}


def test_states_are_compared_without_case_and_what_has_no_line_is_final(tmp_path: Path) -> None:
    file = tmp_path / "racelens.toml"
    file.write_text(LIFECYCLE)
    edges = settings.load(file).lifecycles["order"]
    assert edges == {
        "created": {"paid", "cancelled"},
        "paid": frozenset(),
        "cancelled": frozenset(),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lifecycle", "Expected '='"),
        ("[lifecycles.order]\na = ['b']\n", "[lifecycles] is no setting"),
        ("[lifecycle.order]\na = 'b'\n", "lifecycle.order.a"),
        ("[lifecycle]\norder = 1\n", "[lifecycle.order] lists"),
        ("lifecycle = 1\n", "lifecycle is a table"),
        ("[jobs]\nsingleton = ['x']\n", "[jobs] has one key"),
        ("[jobs]\nsingletons = [1]\n", "[jobs] has one key"),
    ],
)
def test_mistakes_name_the_file_and_the_key(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "racelens.toml"
    file.write_text(text)
    with pytest.raises(RacelensError) as caught:
        settings.load(file)
    assert str(file) in str(caught.value)
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RacelensError, match="cannot read"):
        settings.load(tmp_path / "none.toml")


def test_keys_of_fields_may_be_declared(tmp_path: Path) -> None:
    file = tmp_path / "racelens.toml"
    file.write_text('[map]\nversion = ["row.rev"]\ntime = "when"\n')
    assert settings.load(file).maps == {"version": ["row.rev"], "time": ["when"]}


@pytest.mark.parametrize("text", ["map = 3\n", "[map]\nversion = 3\n", "[map]\nversion = [3]\n"])
def test_keys_are_words(text: str, tmp_path: Path) -> None:
    file = tmp_path / "racelens.toml"
    file.write_text(text)
    with pytest.raises(RacelensError, match=r"\[map\]"):
        settings.load(file)
