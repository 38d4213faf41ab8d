"""A schedule makes its incident happen, on a real table; with the guard it does not, in fifty runs."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import racelens
from racelens import catalogue
from racelens.findings import Finding, Report
from racelens.render import repro
from racelens.schedule import KINDS, schedule
from tests.cli.conftest import Cli
from tests.cli.running import ROOT
from tests.simulator import Dial, simulate

PATIENCE = 300  # seconds
RULES = (
    "RL102",
    "RL103",
    "RL105",
    "RL201",
    "RL202",
    "RL203",
    "RL301",
    "RL302",
    "RL303",
    "RL401",
    "RL501",
)


def flagged(rule: str, folder: Path) -> Finding:
    """The finding of the history on the rule's own page."""
    log = folder / "log.jsonl"
    log.write_text("\n".join(catalogue.find(rule).history("Flagged")) + "\n", encoding="utf-8")
    return racelens.scan(log, select=[rule]).findings[0]


def written(finding: Finding, folder: Path) -> Path:
    path = folder / f"test_{finding.id}.py"
    with path.open("w", encoding="utf-8") as out:
        repro.pytest(schedule(finding), out)
    return path


def run(test: Path, runs: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test.name],
        cwd=test.parent,
        env=os.environ | {"RACELENS_RUNS": str(runs), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_a_simulated_lost_update_end_to_end(tmp_path: Path, cli: Cli) -> None:
    """Found in the simulator's log, forced again on a SQLite table, found in that log, gone with the guard."""
    logs = tmp_path / "logs"
    logs.mkdir()
    simulate(Dial(seed=3)).write(logs)
    report = racelens.scan(logs, select=["RL101"])
    finding = next(f for f in report.findings if f.confidence == "confirmed")
    runs = tmp_path / "runs"
    ended = run(written(finding, tmp_path), runs)
    assert "51 passed" in ended.stdout, ended.stdout[-2_000:]
    raced = racelens.scan(runs / "raced-00.jsonl")
    assert [(f.rule, f.confidence) for f in raced.findings] == [("RL101", "confirmed")]
    assert raced.findings[0].resource == finding.resource
    verified = cli("verify", runs / "guarded-*.jsonl")
    assert verified.code == 0, verified.out
    assert "THE SAME EVERY TIME  all 50 runs agree, and no rule finds a race" in verified.out


@pytest.mark.parametrize("rule", RULES)
def test_every_kind_runs(rule: str, tmp_path: Path) -> None:
    ended = run(written(flagged(rule, tmp_path), tmp_path), tmp_path / "runs")
    assert "51 passed" in ended.stdout, ended.stdout[-2_000:]


def test_the_schedule_holds_one_and_lets_it_go(shop: Report) -> None:
    finding = next(f for f in shop.findings if f.rule == "RL101" and f.confidence == "confirmed")
    plan = schedule(finding)
    kinds = [step.kind for step in plan.steps]
    assert kinds.count("hold") == kinds.count("resume") == 1
    deed = next(who for who, lane in plan.lanes if any(m.role == "primary" for m in lane.moments))
    assert {step.who for step in plan.steps if step.kind != "do"} == {deed}
    assert [step.what.split()[0] for step in plan.steps if step.who == deed and step.kind == "do"] == ["reads", "writes"]  # fmt: skip
    assert (
        plan.holds[0].delay_ms >= 10 * plan.holds[0].needed_ms or plan.holds[0].delay_ms == 60_000
    )


def test_every_rule_with_a_store_of_its_own_has_one() -> None:
    folder = ROOT / "racelens" / "render" / "assets" / "repro"
    assert {path.stem for path in folder.iterdir()} == {*KINDS.values(), "open", "turns"}


def test_the_command(saved: Path, cli: Cli, shop: Report, tmp_path: Path) -> None:
    finding = shop.findings[0]
    ended = cli("repro", finding.id[:6], saved)
    assert ended.code == 0
    assert ended.out.startswith(f"To force it again  {finding.rule}")
    assert "hold it" in ended.out
    assert "racelens verify 'runs/guarded-*.jsonl'" in ended.out
    assert cli("repro", finding.id, saved, "-f", "markdown").out.startswith("### To force it again")
    test = tmp_path / "test_race.py"
    assert cli("repro", finding.id, saved, "-o", test).code == 0
    compile(test.read_text(encoding="utf-8"), str(test), "exec")


def test_what_cannot_be_shown(saved: Path, cli: Cli, tmp_path: Path) -> None:
    assert "no finding “zzz”" in cli("repro", "zzz", saved).err
    assert "no format “sarif”" in cli("repro", "a", saved, "-f", "sarif").err
    report = json.loads(saved.read_text(encoding="utf-8"))
    for finding in report["findings"]:
        del finding["lanes"]
    old = tmp_path / "old.json"
    old.write_text(json.dumps(report), encoding="utf-8")
    ended = cli("repro", report["findings"][0]["id"], old)
    assert (ended.code, "older version" in ended.err) == (2, True)


def test_text_fits_eighty_columns(shop: Report) -> None:
    for finding in shop.findings:
        out = io.StringIO()
        repro.text(schedule(finding), out)
        table = out.getvalue().partition("Where to hold")[0]
        assert max(map(len, table.splitlines())) <= 120
