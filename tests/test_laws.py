"""What must not matter does not: order of lines, names of ids, clocks, files, strangers, partitions."""

from __future__ import annotations

import io
import json
import random
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from racelens.findings import Report
from racelens.render import FORMATS
from racelens.scanning import scan

from .histories import confirmed
from .simulator import Dial, Run, simulate

Files = dict[str, list[str]]

_DIALS: dict[str, dict[str, Any]] = {
    "unguarded": {"guard": "none"},
    "mixed, canonical": {"guard": "mixed", "dialect": "canonical"},
    "computed versions, pino": {"versions": "computed", "dialect": "pino"},
}


@pytest.fixture(params=_DIALS.values(), ids=list(_DIALS), scope="module")
def run(request: pytest.FixtureRequest) -> Run:
    return simulate(Dial(seed=5, operations=300, **request.param))


@pytest.fixture(scope="module")
def files(run: Run) -> Files:
    return {f"{name}.jsonl": run.lines(name) for name in run.files}


def _scan(files: Files, folder: Path, partitions: int = 1) -> Report:
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in files.items():
        (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return scan(sorted(str(folder / name) for name in files), partitions=partitions)


_STAMP = re.compile(r'"(?:time|ts|timestamp|@timestamp)": ?"?([^",}]+)')


def _moments(lines: list[str]) -> list[list[str]]:
    """The lines of each stamp: nothing but their place says which of them came first."""
    found: dict[str, list[str]] = {}
    for line in lines:
        match = _STAMP.search(line)
        found.setdefault(match[1] if match else line, []).append(line)
    return list(found.values())


def _joined(moments: list[list[str]]) -> list[str]:
    return [line for lines in moments for line in lines]


def _shuffled(files: Files) -> Files:
    rng = random.Random(7)
    told = {name: _moments(lines) for name, lines in files.items()}
    return {name: _joined(rng.sample(lines, len(lines))) for name, lines in told.items()}


def _newest_first(files: Files) -> Files:
    return {name: lines[::-1] for name, lines in files.items()}


def _one_file(files: Files) -> Files:
    return {"all.jsonl": [line for name in sorted(files) for line in files[name]]}


def _split(files: Files) -> Files:
    return {
        f"{name}-{part}.jsonl": _joined(_moments(lines)[part::3])
        for name, lines in files.items()
        for part in range(3)
    }


def _with_strangers(files: Files) -> Files:
    noise = [
        {"ts": f"2026-05-04T12:00:{i % 60:02d}.{i % 1000:03d}123Z", "request_id": f"stranger-{i // 3}",
         "pid": 4, "resource": f"parcel:{i // 3}", "action": ("read", "write", "read")[i % 3], "version": i % 3}
        for i in range(600)
    ]  # fmt: skip
    return {**files, "strangers.jsonl": [json.dumps(record) for record in noise]}


@pytest.mark.parametrize(
    "change",
    [_shuffled, _newest_first, _one_file, _split, _with_strangers],
    ids=lambda f: f.__name__,
)
def test_confirmed_findings_do_not_depend_on(
    change: Callable[[Files], Files], files: Files, tmp_path: Path
) -> None:
    before = confirmed(_scan(files, tmp_path / "before"))
    assert before
    assert confirmed(_scan(change(files), tmp_path / "after")) == before


@pytest.mark.parametrize("skew_ms", [35, -20, 500, -3_600_000])
def test_no_clock_decides_a_confirmed_finding(skew_ms: int, run: Run, tmp_path: Path) -> None:
    files = {f"{name}.jsonl": run.lines(name) for name in run.files}
    before = confirmed(_scan(files, tmp_path / "before"))
    moved = {
        name: [record | {"time_ns": record["time_ns"] + skew_ms * 1_000_000} for record in records]
        if name == sorted(run.files)[0]
        else records
        for name, records in run.files.items()
    }
    skewed = Run(**{**vars(run), "files": moved})
    after = {f"{name}.jsonl": skewed.lines(name) for name in skewed.files}
    assert after != files
    assert confirmed(_scan(after, tmp_path / "after")) == before


def test_names_of_ids_mean_nothing(files: Files, tmp_path: Path) -> None:
    named = re.compile(r"\b(req|c|job)-([0-9a-z-]+)")

    def rename(text: str) -> str:
        return named.sub(lambda m: f"{m[1]}-x{m[2][::-1]}", text)

    before = confirmed(_scan(files, tmp_path / "before"))
    renamed = {name: [rename(line) for line in lines] for name, lines in files.items()}
    after = confirmed(_scan(renamed, tmp_path / "after"))
    assert after == {
        (rule, rename(resource), tuple(sorted(map(rename, actors))))
        for rule, resource, actors in before
    }


def test_disjoint_inputs_give_the_union(tmp_path: Path) -> None:
    runs = [simulate(Dial(seed=seed, operations=200)) for seed in (1, 2)]
    apart = []
    for place, run in enumerate(runs):
        text = json.dumps({f"{place}-{name}.jsonl": run.lines(name) for name in run.files})
        apart.append(json.loads(re.sub(r"(req|c|job|inventory|cart|document|profile|order|rollup|cron|rollup-hourly|rollup-daily)([-:])", rf"\1\g<2>{place}x", text)))  # fmt: skip
    single = [confirmed(_scan(files, tmp_path / str(place))) for place, files in enumerate(apart)]
    assert all(single)
    assert confirmed(_scan(apart[0] | apart[1], tmp_path / "both")) == single[0] | single[1]


def test_partitions_change_nothing_at_all(files: Files, tmp_path: Path) -> None:
    texts = set()
    for partitions in (1, 3, 17):
        out = io.StringIO()
        FORMATS["json"](_scan(files, tmp_path, partitions), out)
        texts.add(out.getvalue())
    assert len(texts) == 1


def test_attempts_one_after_the_other_never_race(tmp_path: Path) -> None:
    run = simulate(
        Dial(
            seed=3,
            clients=1,
            operations=200,
            double_click=0,
            two_tabs=0,
            redelivery=0,
            slow=0,
            key_reuse=0,
            skip_runs=0,
        )
    )
    files = {f"{name}.jsonl": run.lines(name) for name in run.files}
    told = [f for f in _scan(files, tmp_path).findings if f.severity != "info"]
    assert [f for f in told if f.confidence == "confirmed"] == []


@pytest.mark.parametrize(
    ("name", "change"),
    # Celery's lines name no process: in one file they would be one writer's.
    [("mixed_a", _shuffled), ("mixed_a", _one_file), ("documents_mixed", _shuffled)],
)
def test_the_laws_hold_on_real_logs(
    name: str, change: Callable[[Files], Files], shared: Path, tmp_path: Path
) -> None:
    files = {
        path.name: path.read_text(encoding="utf-8").splitlines()
        for path in sorted((shared / "lab" / name).iterdir())
        if path.name != "labels.json"
    }
    before = confirmed(_scan(files, tmp_path / "before"))
    assert before
    assert confirmed(_scan(change(files), tmp_path / "after")) == before


def test_a_moved_clock_changes_nothing_on_real_logs(shared: Path, tmp_path: Path) -> None:
    folder = shared / "lab" / "mixed_a"
    files = {path.name: path.read_text().splitlines() for path in sorted(folder.glob("*.jsonl"))}
    before = confirmed(_scan(files, tmp_path / "before"))
    moved = dict(files)
    for name, shift in ((sorted(files)[0], 35_000), (sorted(files)[1], -20_000)):
        moved[name] = [_shift(line, shift) for line in files[name]]
    assert confirmed(_scan(moved, tmp_path / "after")) == before


def _shift(line: str, microseconds: int) -> str:
    """The line with its stamp moved; a line without one stays."""
    match = re.search(r'"timestamp": "([^"]+)Z"', line)
    if not match:
        return line
    moved = datetime.fromisoformat(match[1]) + timedelta(microseconds=microseconds)
    return line.replace(match[1], moved.isoformat(timespec="microseconds"))
