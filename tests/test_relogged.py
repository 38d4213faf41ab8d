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
from .simulator.stock import sql, stock

Encode = Callable[[dict[str, Any], Dial], dict[str, Any]]


def relogged(run: Run, encode: Encode, folder: Path) -> Report:
    """The report on the run as another logger would have written it."""
    paths = []
    for name, records in run.files.items():
        path = folder / f"{name}.jsonl"
        lines = (json.dumps(encode(record, run.dial)) for record in records)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        paths.append(str(path))
    return scan(paths)


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


@pytest.mark.parametrize("encode", [ecs, pino])
def test_the_lab_keeps_its_figures(encode: Encode, shared: Path, tmp_path: Path) -> None:
    folder = shared / "lab" / "mixed_a"
    for path in sorted(folder.glob("*.jsonl")):
        told = (json.dumps(encode(record, Dial(precision="us"))) for record in _neutral(path))
        (tmp_path / path.name).write_text("".join(f"{line}\n" for line in told), encoding="utf-8")
    labels = json.loads((folder / "labels.json").read_text())
    before, after = (_found(scan([str(place)]), labels) for place in (folder, tmp_path))
    assert after.precision >= 0.95
    assert after.recall >= before.recall - 0.03


def _neutral(path: Path) -> Iterator[dict[str, Any]]:
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
