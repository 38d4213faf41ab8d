"""Settings: flags win over the environment, that over the nearest file, that over defaults."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from racelens import flags, settings

from .running import FIXTURES, called, racelens


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "racelens.toml").write_text('fail-on = "never"\n', encoding="utf-8")
    return tmp_path


def scan(*args: str, cwd: Path, **variables: str) -> int:
    return racelens("scan", FIXTURES / "shop", "-q", *args, cwd=cwd, env=variables).code


def test_the_file_wins_over_the_default(folder: Path) -> None:
    assert scan(cwd=folder) == 0


def test_the_environment_wins_over_the_file(folder: Path) -> None:
    assert scan(cwd=folder, RACELENS_FAIL_ON="confirmed") == 1


def test_flags_win_over_the_environment(folder: Path) -> None:
    assert scan("--fail-on", "never", cwd=folder, RACELENS_FAIL_ON="confirmed") == 0


def test_the_project_file_counts_too(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.racelens]\nfail-on = "never"\n')
    (tmp_path / "below").mkdir()
    assert scan(cwd=tmp_path / "below") == 0


@pytest.mark.parametrize("name", list(flags.FLAGS))
def test_every_setting_is_a_flag_a_variable_and_a_key(name: str, tmp_path: Path) -> None:
    flag = flags.FLAGS[name]
    file = tmp_path / "racelens.toml"
    file.write_text(f"{name} = {flag.example}\n")
    of_file = racelens("config", "show", cwd=tmp_path)
    assert of_file.code == 0, of_file.err
    row = next(line for line in of_file.out.splitlines() if line.startswith(f"{name} "))
    assert row.endswith("racelens.toml")
    value = tomllib.loads(file.read_text())[name]
    words = (
        " ".join(value)
        if isinstance(value, list)
        else str(value).lower()
        if value is True
        else value
    )
    told = racelens("config", "show", cwd=tmp_path, env={flags.variable(name): words}).out
    again = next(line for line in told.splitlines() if line.startswith(f"{name} "))
    assert again.split()[:-1] == row.split()[:-1]
    assert again.endswith(flags.variable(name))


def test_a_key_that_is_no_setting_has_a_suggestion(tmp_path: Path) -> None:
    (tmp_path / "racelens.toml").write_text('fail_onn = "never"\n')
    ended = racelens("scan", FIXTURES / "shop", cwd=tmp_path)
    assert ended.code == 2
    assert "fail_onn is no setting" in ended.err
    assert "close   fail-on" in ended.err


def test_a_variable_that_is_no_setting_has_a_suggestion(tmp_path: Path) -> None:
    ended = racelens("scan", FIXTURES / "shop", cwd=tmp_path, env={"RACELENS_FAILON": "never"})
    assert ended.code == 2
    assert "RACELENS_FAILON in the environment is no setting" in ended.err
    assert "close   RACELENS_FAIL_ON" in ended.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('fail-on = "sometimes"', "one of confirmed, possible, never"),
        ("latent = 3", "true or false"),
        ("select = [1]", "list of texts"),
        ("correlation = []", "text"),
    ],
)
def test_a_value_of_another_kind_is_refused(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "racelens.toml"
    file.write_text(f"{text}\n")
    ended = called("config", "show", cwd=tmp_path)
    assert ended.code == 2
    assert said in ended.err
    assert str(file) in ended.err


def test_a_time_of_the_file_may_be_one(tmp_path: Path) -> None:
    file = tmp_path / "racelens.toml"
    file.write_text("since = 2026-05-04T12:00:00Z\n")
    assert settings.load(file).flags["since"] == "2026-05-04T12:00:00+00:00"


def test_the_first_file_is_valid_and_says_nothing(tmp_path: Path) -> None:
    assert called("config", "init", cwd=tmp_path).code == 0
    written = tmp_path / "racelens.toml"
    assert settings.load(written) == settings.Settings(origin=str(written))
    text = written.read_text()
    assert all(f"# {name} = {flag.example}" in text for name, flag in flags.FLAGS.items())
    again = called("config", "init", cwd=tmp_path)
    assert again.code == 2
    assert "exists already" in again.err
    assert called("config", "init", "-", cwd=tmp_path).out == text


def test_what_the_first_file_shows_can_be_set(tmp_path: Path) -> None:
    """Each line of it that is no sentence, uncommented, is a setting."""
    lines = called("config", "init", "-", cwd=tmp_path).out.splitlines()
    bare = (line.removeprefix("# ") for line in lines)
    shown = [line for line in bare if line.startswith("[") or (" = " in line and line[-1] in '"]e')]
    file = tmp_path / "racelens.toml"
    file.write_text("\n".join(shown))
    found = settings.load(file)
    assert set(found.flags) == set(flags.FLAGS)
    assert found.lifecycles
    assert found.singletons
    assert found.maps


def test_the_schema_knows_every_setting(tmp_path: Path) -> None:
    schema: dict[str, Any] = json.loads(called("config", "schema", cwd=tmp_path).out)
    assert set(schema["properties"]) == {*flags.FLAGS, "lifecycle", "jobs", "map"}
    assert schema["additionalProperties"] is False
