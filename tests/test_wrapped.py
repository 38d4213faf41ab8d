"""A log tells the same story in whatever it was wrapped by an export."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from racelens.findings import Report
from racelens.scanning import scan

from . import exports
from .exports import Export, Stamped
from .simulator import Dial, simulate
from .simulator.dialects import encode
from .test_relogged import _found

EXPORTS = [
    exports.docker,
    exports.cri,
    exports.compose,
    exports.cloudwatch,
    exports.google,
    exports.loki,
]


def stamped(text: str) -> Stamped:
    """Lines with the times in them; a line without one has that of the line before it."""
    out, time_ns = [], 0
    for line in text.splitlines():
        time_ns = _time(line) or time_ns
        out.append((time_ns, line))
    first = next((ns for ns, _ in out if ns), 0)
    return [(ns or first, line) for ns, line in out]


def _time(line: str) -> int | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    if not isinstance(record, dict):
        return None
    if isinstance(time := record.get("time"), int):
        return time * 10**6
    told = record.get("timestamp") or record.get("asctime") or record.get("ts")
    if not told:
        return None
    when = datetime.fromisoformat(str(told).replace(",", "."))
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return round(aware.timestamp() * 10**6) * 1_000


def told(report: Report) -> set[tuple[str, str, str, tuple[str, ...]]]:
    return {(f.rule, f.confidence, f.resource, tuple(sorted(f.actors))) for f in report.findings}


def wrapped(files: dict[str, str], export: Export, folder: Path) -> Report:
    for name, text in files.items():
        lines = stamped(text)
        (folder / f"{name}.log").write_text(export(lines, name), encoding="utf-8")
    return scan([str(folder)])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], Report]:
    run = simulate(Dial(seed=31, operations=250, precision="us", dialect="canonical"))
    files = {
        name: "".join(f"{encode(record, run.dial)}\n" for record in records)
        for name, records in run.files.items()
    }
    folder = tmp_path_factory.mktemp("plain")
    for name, text in files.items():
        (folder / f"{name}.log").write_text(text, encoding="utf-8")
    return files, scan([str(folder)])


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.__name__)
def test_the_findings_are_the_same(
    export: Export, shop: tuple[dict[str, str], Report], tmp_path: Path
) -> None:
    files, plain = shop
    assert told(wrapped(files, export, tmp_path)) == told(plain) != set()


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.__name__)
def test_stock_loggers_keep_their_figures(export: Export, shared: Path, tmp_path: Path) -> None:
    """documents_mixed: no resource, no action, banners and text among the lines."""
    folder = shared / "lab" / "documents_mixed"
    labels = json.loads((folder / "labels.json").read_text())
    files = {path.stem: path.read_text(errors="replace") for path in sorted(folder.glob("*.log"))}
    plain = scan([str(path) for path in sorted(folder.glob("*.log"))])
    again = wrapped(files, export, tmp_path)
    sure = {finding for finding in told(plain) if finding[1] == "confirmed"}
    assert {finding for finding in told(again) if finding[1] == "confirmed"} == sure
    found = _found(again, labels)
    assert found.precision >= 0.95
    assert found.recall >= _found(plain, labels).recall
