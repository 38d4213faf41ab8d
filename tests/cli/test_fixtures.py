"""The fixtures are what the simulator makes, and what is found in them is what happened in it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.simulator import Dial, simulate

from . import make_runs
from .conftest import Cli
from .make_fixtures import ALL, FIXTURES, files
from .running import called


@pytest.mark.parametrize("name", ALL)
def test_fixtures_are_what_the_script_makes(name: str) -> None:
    committed = {
        path.name: path.read_text(encoding="utf-8") for path in (FIXTURES / name).iterdir()
    }
    assert committed == files(name)


def test_no_other_fixtures() -> None:
    assert {path.name for path in FIXTURES.iterdir()} == {*ALL, make_runs.NAME}


def test_runs_are_what_the_script_makes() -> None:
    folder = FIXTURES / make_runs.NAME
    committed = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert committed == make_runs.files()


@cache
def report(folder: Path) -> dict[str, Any]:
    found = json.loads(called("scan", folder, "-f", "json").out)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("name", ALL)
def test_only_logs_are_scanned(name: str) -> None:
    paths = [entry["path"] for entry in report(FIXTURES / name)["inputs"]]
    assert paths == sorted(map(str, (FIXTURES / name).glob("*.jsonl")))


@pytest.mark.parametrize("name", ALL)
def test_confirmed_findings_happened(name: str) -> None:
    """Its resource, and everybody in it, is in one incident of the simulator's own store."""
    happened = simulate(ALL[name].dial).incidents
    for finding in report(FIXTURES / name)["findings"]:
        if finding["confidence"] == "confirmed" and finding["severity"] != "info":
            actors = set(finding["actors"])
            assert any(
                incident.resource == finding["resource"] and actors <= set(incident.ids)
                for incident in happened
            ), finding["message"]


@pytest.mark.parametrize("name", ALL)
def test_operations_are_those_of_the_resource(name: str) -> None:
    """Every operation of the simulator names what it works on; another's means mixed-up attempts."""
    for group in report(FIXTURES / name)["groups"]:
        if group["rule"].startswith("RL1"):
            assert all(group["resource_type"] in word for word in group["operations"]), group


@pytest.mark.parametrize("name", ["shop", "pino", "ecs", "canonical", "restarting-ids"])
def test_provable_lost_updates_are_found(name: str) -> None:
    happened = simulate(ALL[name].dial).incidents
    found = {
        (finding["resource"], actor)
        for finding in report(FIXTURES / name)["findings"]
        if finding["rule"] == "RL101" and finding["confidence"] == "confirmed"
        for actor in finding["actors"]
    }
    provable = [i for i in happened if i.kind == "lost_update" and i.discoverable]
    missed = [i for i in provable if not {(i.resource, id_) for id_ in i.ids} <= found]
    assert provable
    assert missed == []


def test_one_story_in_three_dialects() -> None:
    """pino cuts times to milliseconds and ECS calls everything otherwise: the races are the same."""
    told = {
        name: [(f["fingerprint"], f["confidence"], f["actors"], f["lost"]) for f in sorted_findings]
        for name in ("canonical", "pino", "ecs")
        for sorted_findings in [sorted(report(FIXTURES / name)["findings"], key=_who)]
    }
    assert told["pino"] == told["canonical"]
    assert told["ecs"] == told["canonical"]


def _who(finding: dict[str, Any]) -> tuple[str, list[str]]:
    return finding["resource"], finding["actors"]


def test_the_demo_is_worth_a_look(cli: Cli) -> None:
    """What a stranger sees first: several causes, guards that worked, and a page that stays short."""
    ended = cli("scan", FIXTURES / "shop", "--exit-zero")
    summary = report(FIXTURES / "shop")["summary"]
    assert ended.code == 0
    assert 3 <= summary["groups"] <= 9
    assert summary["confirmed"] >= 4
    assert "refused" in ended.out
    assert len(ended.out.splitlines()) < 130


@pytest.mark.parametrize(("name", "code"), [("guarded", 0), ("sparse", 1), ("pino", 1)])
def test_how_fixtures_end(name: str, code: int, cli: Cli) -> None:
    assert cli("scan", FIXTURES / name).code == code


@pytest.mark.parametrize("seed", range(3))
def test_version_checks_leave_nothing_to_find(seed: int, tmp_path: Path) -> None:
    """Also where writes fail and are rolled back, so that a version is made twice."""
    dial = Dial(seed=seed, operations=35, resources=2, guard="cas", flows=("edits",))
    run = simulate(dial)
    run.write(tmp_path)
    (tmp_path / "truth.json").unlink()
    assert run.incidents == ()
    races = [f for f in report(tmp_path)["findings"] if f["severity"] != "info"]
    assert [f["message"] for f in races] == []
