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

from racelens.findings import Finding, Report
from racelens.render import FORMATS
from racelens.rules import RULES
from racelens.scanning import scan
from racelens.settings import Settings

from .histories import identity
from .simulator import EVERYTHING, Dial, Run, simulate
from .simulator.dial import BACKGROUND, OPERATIONS
from .simulator.lifecycle import EDGES

Files = dict[str, list[str]]

Told = set[tuple[str, str, tuple[str, ...]]]

_DIALS: dict[str, dict[str, Any]] = {
    "unguarded, pino": {"dialect": "pino"},
    "mixed, canonical": {"guard": "mixed", "dialect": "canonical"},
    "computed versions, pino": {
        "seed": 5,
        "operations": 300,
        "flows": OPERATIONS + BACKGROUND,
        "versions": "computed",
        "dialect": "pino",
    },
}
# Never surer than possible in these logs, for want of a clock that stamped all tries; and what only could race.
_AT_ANY_CONFIDENCE = {"RL304", "RL502"}
# About how long somebody waited, which no order tells.
_TIMED = {"RL304", "RL306"}


@pytest.fixture(params=_DIALS.values(), ids=list(_DIALS), scope="module")
def run(request: pytest.FixtureRequest) -> Run:
    return simulate(Dial(**{"seed": 1, "operations": 1000, "flows": EVERYTHING} | request.param))


@pytest.fixture(scope="module")
def files(run: Run) -> Files:
    return {f"{name}.jsonl": run.lines(name) for name in run.files}


@pytest.fixture(scope="module")
def before(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return _scan(files, tmp_path_factory.mktemp("before"))


def _scan(files: Files, folder: Path, partitions: int = 1) -> Report:
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in files.items():
        (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    paths = sorted(str(folder / name) for name in files)
    return scan(paths, settings=_ASKED, partitions=partitions)


def _told(report: Report) -> Told:
    """What must stay: all that is confirmed, signals at any confidence, and paths that could race."""
    return {
        identity(f)
        for f in report.findings
        if f.confidence in ("confirmed", "latent") or f.rule in _AT_ANY_CONFIDENCE
    }


def _surely(report: Report) -> Told:
    """What no clock may change: neither waits between hosts nor how close two paths came are part of it."""
    sure = (f for f in report.findings if f.confidence == "confirmed" and f.rule not in _TIMED)
    return {_whose(f) for f in sure}


def _whose(finding: Finding) -> tuple[str, str, tuple[str, ...]]:
    """Which of several operations without a place the search meets first no order tells."""
    rule, resource, actors = identity(finding)
    return rule, resource, () if rule == "RL106" else actors


_ASKED = Settings(
    "racelens.toml",
    latent=True,
    lifecycles={"order": {left: frozenset(states) for left, states in EDGES.items()}},
)

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


def _rotated(files: Files) -> Files:
    """Parts as logrotate leaves them: what names no host is still one writer's."""
    return {
        f"{name}{suffix}": lines[len(lines) * part // 3 : len(lines) * (part + 1) // 3]
        for name, lines in files.items()
        for part, suffix in enumerate((".2", ".1", ""))
    }


def _with_strangers(files: Files) -> Files:
    noise = [
        {"ts": f"2026-05-04T12:00:{i % 60:02d}.{i % 1000:03d}123Z", "request_id": f"stranger-{i // 3}",
         "pid": 4, "resource": f"parcel:{i // 3}", "action": ("read", "write", "read")[i % 3], "version": i % 3}
        for i in range(600)
    ]  # fmt: skip
    return {**files, "strangers.jsonl": [json.dumps(record) for record in noise]}


def test_the_laws_are_held_to_every_rule(before: Report, run: Run) -> None:
    if run.dial.guard == "none" and "copies" in run.dial.flows:
        assert {rule for rule, _, _ in _told(before)} == set(RULES)


@pytest.mark.parametrize(
    "change",
    [_shuffled, _newest_first, _one_file, _split, _rotated, _with_strangers],
    ids=lambda f: f.__name__,
)
def test_findings_do_not_depend_on(
    change: Callable[[Files], Files], files: Files, before: Report, tmp_path: Path
) -> None:
    after = _told(_scan(change(files), tmp_path))
    assert {entry for entry in after if not entry[1].startswith("parcel:")} == _told(before)


@pytest.mark.parametrize("skew_ms", [35, -20, 500, -3_600_000])
def test_no_clock_decides_a_confirmed_finding(
    skew_ms: int, run: Run, files: Files, before: Report, tmp_path: Path
) -> None:
    first = sorted(run.files)[0]
    records = [r | {"time_ns": r["time_ns"] + skew_ms * 1_000_000} for r in run.files[first]]
    skewed = Run(**{**vars(run), "files": {**run.files, first: records}})
    after = {f"{name}.jsonl": skewed.lines(name) for name in skewed.files}
    assert after != files
    assert _surely(_scan(after, tmp_path)) == _surely(before)


def test_names_of_ids_mean_nothing(files: Files, before: Report, tmp_path: Path) -> None:
    renamed = {name: [_rename(line) for line in lines] for name, lines in files.items()}
    assert _told(_scan(renamed, tmp_path)) == _renamed(_told(before))


_NAMED = re.compile(r"\b(req|c|job)-([0-9a-z-]+)")


def _rename(text: str) -> str:
    return _NAMED.sub(lambda m: f"{m[1]}-x{m[2][::-1]}", text)


def _renamed(told: Told) -> Told:
    return {
        (rule, _rename(resource), tuple(sorted(map(_rename, actors))))
        for rule, resource, actors in told
    }


def test_disjoint_inputs_give_the_union(tmp_path: Path) -> None:
    runs = [simulate(Dial(seed=seed, operations=200)) for seed in (1, 2)]
    apart = []
    for place, run in enumerate(runs):
        text = json.dumps({f"{place}-{name}.jsonl": run.lines(name) for name in run.files})
        apart.append(json.loads(re.sub(r"(req|c|job|inventory|cart|document|profile|order|rollup|cron|rollup-hourly|rollup-daily)([-:])", rf"\1\g<2>{place}x", text)))  # fmt: skip
    single = [_surely(_scan(files, tmp_path / str(place))) for place, files in enumerate(apart)]
    assert all(single)
    assert _surely(_scan(apart[0] | apart[1], tmp_path / "both")) == single[0] | single[1]


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


@pytest.fixture(scope="module")
def lab(shared: Path) -> dict[str, Files]:
    return {
        name: {
            path.name: path.read_text(encoding="utf-8").splitlines()
            for path in sorted((shared / "lab" / name).iterdir())
            if path.name != "labels.json"
        }
        for name in ("mixed_a", "documents_mixed")
    }


@pytest.fixture(scope="module")
def lab_before(lab: dict[str, Files], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    return {
        name: _surely(_scan(files, tmp_path_factory.mktemp(name))) for name, files in lab.items()
    }


@pytest.mark.parametrize(
    ("name", "change"),
    # Celery's lines name no process: in one file, or in several, they would be other writers'.
    [
        *(("mixed_a", change) for change in (_shuffled, _one_file, _rotated, _with_strangers)),
        *(("documents_mixed", change) for change in (_shuffled, _with_strangers)),
    ],
)
def test_the_laws_hold_on_real_logs(
    name: str,
    change: Callable[[Files], Files],
    lab: dict[str, Files],
    lab_before: dict[str, Told],
    tmp_path: Path,
) -> None:
    after = _surely(_scan(change(lab[name]), tmp_path))
    assert {entry for entry in after if not entry[1].startswith("parcel:")} == lab_before[name]
    assert len({rule for rule, _, _ in lab_before[name]}) >= 5


def test_names_of_ids_mean_nothing_on_real_logs(
    lab: dict[str, Files], lab_before: dict[str, Told], tmp_path: Path
) -> None:
    renamed = {name: [_rename(line) for line in lines] for name, lines in lab["mixed_a"].items()}
    assert _surely(_scan(renamed, tmp_path)) == _renamed(lab_before["mixed_a"])


def test_a_moved_clock_changes_nothing_on_real_logs(
    lab: dict[str, Files], lab_before: dict[str, Told], tmp_path: Path
) -> None:
    files = lab["mixed_a"]
    moved = dict(files)
    for name, shift in ((sorted(files)[0], 35_000), (sorted(files)[1], -20_000)):
        moved[name] = [_shift(line, shift) for line in files[name]]
    assert moved != files
    assert _surely(_scan(moved, tmp_path)) == lab_before["mixed_a"]


def _shift(line: str, microseconds: int) -> str:
    """The line with its stamp moved; a line without one stays."""
    match = re.search(r'"timestamp": "([^"]+)Z"', line)
    if not match:
        return line
    moved = datetime.fromisoformat(match[1]) + timedelta(microseconds=microseconds)
    return line.replace(match[1], moved.isoformat(timespec="microseconds"))
