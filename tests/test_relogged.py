"""The same truth in other loggers' words: who logs neither resource nor action is understood, too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from racelens.findings import Report
from racelens.scanning import scan

from .scoring import Score, scan_run, score
from .simulator import Dial, Run, simulate
from .simulator.dialects import ecs, pino
from .simulator.machines import Record
from .simulator.otlp import exported
from .simulator.runners import bullmq, celery, sidekiq, temporal
from .simulator.stock import sql, stock

Encode = Callable[[dict[str, Any], Dial], dict[str, Any]]


def relogged(run: Run, encode: Encode, folder: Path) -> Report:
    """The report on the run as another logger would have written it."""
    told = {name: [encode(r, run.dial) for r in records] for name, records in run.files.items()}
    return _scanned(told, folder)


def _scanned(files: dict[str, list[dict[str, Any]]], folder: Path) -> Report:
    folder.mkdir(exist_ok=True)
    for name, lines in files.items():
        text = "".join(f"{json.dumps(line)}\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return scan([str(folder)])


@pytest.mark.parametrize("encode", [stock, sql])
def test_neither_resource_nor_action(encode: Encode, tmp_path: Path) -> None:
    run = simulate(Dial(seed=11, operations=400, guard="mixed", precision="ms"))
    report = relogged(run, encode, tmp_path)
    updates = score(report, run, ["RL101"])
    assert updates.precision == 1.0
    assert updates.recall >= 0.9
    twice = score(report, run, ["RL201"])
    assert twice.precision >= 0.95
    assert twice.recall >= 0.9


@pytest.mark.parametrize("encode", [stock, sql])
def test_guarded_code_stays_silent_in_any_words(encode: Encode, tmp_path: Path) -> None:
    run = simulate(Dial(seed=12, operations=300, guard="cas", precision="ms"))
    report = relogged(run, encode, tmp_path)
    assert [f for f in report.findings if f.rule == "RL101" and f.confidence == "confirmed"] == []


def test_nothing_is_lost_against_the_own_dialect(tmp_path: Path) -> None:
    run = simulate(Dial(seed=13, operations=400, precision="ms"))
    own = score(scan_run(run, tmp_path / "own"), run, ["RL101", "RL201"])
    (tmp_path / "stock").mkdir()
    told = score(relogged(run, stock, tmp_path / "stock"), run, ["RL101", "RL201"])
    assert told.recall >= own.recall - 0.05
    assert told.precision >= own.precision - 0.05


# Of one simulated history: every update lost, every effect done twice and every try too many.
_RACES = ["RL101", "RL201", "RL202", "RL301", "RL302", "RL303"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Score]:
    """A run, and what its own dialect gives: all of it, and nothing false."""
    run = simulate(Dial(seed=13, operations=400, precision="ms"))
    own = score(scan_run(run, tmp_path_factory.mktemp("own")), run, _RACES)
    assert (own.found, own.discoverable, own.false) == (71, 71, ())
    return run, own


@pytest.mark.parametrize("runner", ["bullmq", "sidekiq", "celery", "temporal", "otlp"])
def test_job_runners_and_spans_tell_the_same(
    runner: str, shop: tuple[Run, Score], tmp_path: Path
) -> None:
    run, own = shop
    if runner == "otlp":
        report = _scanned(exported(run.files), tmp_path)
    else:
        encodes = {"bullmq": bullmq, "sidekiq": sidekiq, "celery": celery, "temporal": temporal()}
        report = relogged(run, encodes[runner], tmp_path)
    told = score(report, run, _RACES)
    assert (told.found, told.discoverable, told.false) == (own.found, own.discoverable, ())


def test_guarded_code_stays_silent_in_spans(tmp_path: Path) -> None:
    run = simulate(Dial(seed=12, operations=300, guard="cas", precision="ms"))
    report = _scanned(exported(run.files), tmp_path)
    assert [f for f in report.findings if f.rule == "RL101" and f.confidence == "confirmed"] == []


@pytest.fixture(scope="module")
def lab(shared: Path) -> tuple[Path, Any, Score]:
    """A folder of the lab, its labels, and what is found of them as it is."""
    folder = shared / "lab" / "mixed_a"
    labels = json.loads((folder / "labels.json").read_text())
    return folder, labels, _found(scan([str(folder)]), labels)


@pytest.mark.parametrize("dialect", ["ecs", "pino", "otlp"])
def test_the_lab_keeps_its_figures(
    dialect: str, lab: tuple[Path, Any, Score], tmp_path: Path
) -> None:
    folder, labels, before = lab
    files = {path.stem: list(_neutral(path)) for path in sorted(folder.glob("*.jsonl"))}
    if dialect == "otlp":
        report = _scanned(exported(files), tmp_path)
    else:
        encode, dial = {"ecs": ecs, "pino": pino}[dialect], Dial(precision="us")
        report = _scanned({n: [encode(r, dial) for r in rs] for n, rs in files.items()}, tmp_path)
    after = _found(report, labels)
    assert after.false == before.false == ()
    assert after.recall >= before.recall - 0.03


def _neutral(path: Path) -> Iterator[Record]:
    for line in path.read_text().splitlines():
        if not line.startswith("{"):
            continue
        record = json.loads(line)
        stamp = datetime.fromisoformat(record.pop("timestamp"))
        whole = int(stamp.replace(microsecond=0).timestamp()) * 1_000_000_000
        yield {"host": None, **record, "time_ns": whole + stamp.microsecond * 1_000}


def _found(report: Report, labels: dict[str, Any]) -> Score:
    """Confirmed findings against the labels, by resource and id."""
    sure = [f for f in report.findings if f.confidence == "confirmed" and f.severity != "info"]
    able = [i for i in labels["incidents"] if i["discoverable"]]

    def meets(finding: Any, incident: dict[str, Any]) -> bool:
        ids = set(incident["ids"]) | set(incident["correlation_ids"])
        on_it = not finding.resource or finding.resource in incident["accept_resources"]
        return on_it and not ids.isdisjoint(finding.actors)

    known = labels["incidents"] + labels["gray"]
    false = tuple(f for f in sure if not any(meets(f, i) for i in known))
    found = sum(any(meets(f, i) for f in sure) for i in able)
    return Score(len(sure) - len(false), 0, false, found, len(able))
