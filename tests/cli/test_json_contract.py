"""The JSON report, as design.md §9 promises it: keys, types, sums, and the same bytes every time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from .conftest import Cli
from .make_fixtures import ALL
from .running import FIXTURES, called, racelens

NULL = type(None)
TEXT, MAYBE, COUNT = (str,), (str, NULL), (int,)
PLACE = {"source": TEXT, "line": COUNT}

CONTRACT: dict[str, Any] = {
    "schema_version": COUNT,
    "tool": {"name": TEXT, "version": TEXT},
    "command": TEXT,
    "inputs": [
        {
            **dict.fromkeys(("path", "framing"), TEXT),
            **dict.fromkeys(("lines", "events", "rejects", "blank"), COUNT),
            **dict.fromkeys(("continuation", "repeat", "envelope"), COUNT),
            "producer": MAYBE,
            "truncated": (bool,),
        }
    ],
    "summary": {
        **dict.fromkeys(("events", "resources", "attempts", "findings", "groups"), COUNT),
        **dict.fromkeys(("confirmed", "possible", "undecided", "rejects"), COUNT),
    },
    "coverage": [
        {"rule": TEXT, "checked": COUNT, "unchecked": COUNT, "reason": TEXT, "advice": TEXT}
    ],
    "undecided": [{"rule": TEXT, "count": COUNT, "reason": TEXT}],
    "skipped": [{"rule": TEXT, "reason": TEXT}],
    "cleared": [{"rule": TEXT, "reason": TEXT, "count": COUNT, "example": PLACE}],
    "artefacts": [{"reason": TEXT, "count": COUNT, "example": PLACE}],
    "rejects": [{**PLACE, "reason": TEXT}],
    "clock": {
        "precision_ns": TEXT,
        "hosts": [{"a": TEXT, "b": TEXT, "lower_ns": TEXT, "upper_ns": TEXT, "evidence": COUNT}],
    },
    "groups": [
        {
            **dict.fromkeys(
                ("fingerprint", "rule", "resource_type", "confidence", "example"), TEXT
            ),
            "operations": [TEXT],
            "count": COUNT,
        }
    ],
    "findings": [
        {
            **dict.fromkeys(("id", "rule", "name", "severity", "confidence", "reason"), TEXT),
            **dict.fromkeys(("resource", "message", "fix", "fingerprint", "group"), TEXT),
            "actors": [TEXT],
            "facts": (dict,),
            "evidence": [
                {
                    **PLACE,
                    **dict.fromkeys(("role", "action", "note"), TEXT),
                    **dict.fromkeys(("actor", "request", "job", "correlation"), MAYBE),
                    **dict.fromkeys(("time", "process", "name", "version"), MAYBE),
                    "try": (int, NULL),
                }
            ],
        }
    ],
}
"""Design, section 9: a dict names keys that must be there, a list what each entry is."""


def breaches(value: Any, contract: Any, path: str = "$") -> Iterator[str]:
    """Where a value is not what the contract says; keys beyond it are welcome."""
    if isinstance(contract, tuple):
        fits = isinstance(value, contract) and (bool in contract or not isinstance(value, bool))
        if not fits:
            yield f"{path}: {value!r} is none of {contract}"
    elif not isinstance(value, type(contract)):
        yield f"{path}: {value!r} is no {type(contract).__name__}"
    elif isinstance(contract, list):
        for index, entry in enumerate(value):
            yield from breaches(entry, contract[0], f"{path}[{index}]")
    else:
        for key, part in contract.items():
            if key in value:
                yield from breaches(value[key], part, f"{path}.{key}")
            else:
                yield f"{path}.{key} is missing"


@cache
def _scanned(name: str) -> str:
    return called("scan", name, "-f", "json", cwd=FIXTURES).out


@pytest.fixture(params=ALL)
def report(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The report of a fixture."""
    found = json.loads(_scanned(request.param))
    assert isinstance(found, dict)
    return found


def test_the_contract_is_kept(report: dict[str, Any]) -> None:
    assert list(breaches(report, CONTRACT)) == []
    assert report["schema_version"] == 1
    assert report["command"] == "scan"


def test_the_validator_can_fail() -> None:
    assert len(list(breaches({}, CONTRACT))) == len(CONTRACT)
    assert list(breaches({"a": True}, {"a": COUNT}))
    assert list(breaches({"a": [{"b": 1}]}, {"a": [{"b": TEXT}]}))
    assert list(breaches({"a": {}}, {"a": [TEXT]}))


def test_the_shop_fills_what_it_can(cli: Cli) -> None:
    """An empty list keeps any promise, so at least these must not be empty."""
    found = json.loads(cli("scan", _fixture("shop"), "-f", "json").out)
    for part in ("inputs", "coverage", "cleared", "rejects", "groups", "findings"):
        assert found[part], part


def _fixture(name: str) -> Path:
    return FIXTURES / name


def test_every_line_is_in_one_bucket(report: dict[str, Any]) -> None:
    buckets = ("events", "rejects", "blank", "continuation", "repeat", "envelope")
    for entry in report["inputs"]:
        assert sum(entry[bucket] for bucket in buckets) == entry["lines"], entry


def test_lines_are_counted_as_the_file_has_them(report: dict[str, Any]) -> None:
    for entry in report["inputs"]:
        path = _fixture(entry["path"])
        assert entry["lines"] == path.read_bytes().count(b"\n"), entry


def test_totals_are_sums(report: dict[str, Any]) -> None:
    summary, findings = report["summary"], report["findings"]
    assert summary["events"] == sum(entry["events"] for entry in report["inputs"])
    assert summary["rejects"] == sum(entry["rejects"] for entry in report["inputs"])
    assert summary["findings"] == len(findings) == sum(g["count"] for g in report["groups"])
    assert summary["groups"] == len(report["groups"])
    for confidence in ("confirmed", "possible"):
        assert summary[confidence] == sum(f["confidence"] == confidence for f in findings)


def test_references_lead_somewhere(report: dict[str, Any]) -> None:
    findings = {finding["id"]: finding for finding in report["findings"]}
    groups = {group["fingerprint"]: group for group in report["groups"]}
    assert len(findings) == len(report["findings"])
    assert len(groups) == len(report["groups"])
    assert {finding["group"] for finding in findings.values()} == set(groups)
    for group in groups.values():
        assert findings[group["example"]]["group"] == group["fingerprint"]


def test_nanoseconds_are_strings_and_numbers(report: dict[str, Any]) -> None:
    for path, value in _leaves(report):
        if path.endswith("_ns"):
            assert isinstance(value, str), path
            assert re.fullmatch(r"-?\d+", value), path
        assert not isinstance(value, float), path
        assert not isinstance(value, int) or abs(value) < 2**53, path


def _leaves(value: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in pairs:
            yield from _leaves(part, f"{path}.{key}")
    else:
        yield path, value


def test_evidence_can_be_looked_up(report: dict[str, Any]) -> None:
    """Each line cited holds the ids and the version it is cited for."""
    for finding in report["findings"]:
        assert [e["role"] for e in finding["evidence"]].count("primary") == 1
        for entry in finding["evidence"]:
            line = _fixture(entry["source"]).read_text().split("\n")[entry["line"] - 1]
            for key in ("request", "job", "version"):
                assert entry[key] is None or f'"{entry[key]}"' in line or (
                    f": {entry[key]}" in line
                ), (entry, line)  # fmt: skip


def test_times_have_nine_digits(report: dict[str, Any]) -> None:
    times = [entry["time"] for f in report["findings"] for entry in f["evidence"]]
    times += [report["clock"]["first"], report["clock"]["last"]]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", time) for time in times)


@pytest.mark.parametrize("format_", ["text", "json"])
def test_the_same_bytes_every_time(format_: str) -> None:
    args = ("scan", "shop", "restarting-ids", "-f", format_)
    runs = [
        racelens(*args, env={"PYTHONHASHSEED": seed} | threads)
        for seed, threads in (("0", {}), ("1", {}), ("4711", {"POLARS_MAX_THREADS": "1"}))
    ]
    assert runs[0] == runs[1] == runs[2]


def test_the_order_of_arguments_changes_no_finding(cli: Cli) -> None:
    files = sorted(_fixture("shop").glob("*.jsonl"))
    there, back = (
        json.loads(cli("scan", *order, "-f", "json").out) for order in (files, files[::-1])
    )
    for part in ("summary", "groups", "findings", "coverage", "clock"):
        assert there[part] == back[part], part


def test_fingerprints_survive_another_capture(cli: Cli, tmp_path: Path) -> None:
    """Other ids, other times, other lines: the same cause keeps its fingerprint."""
    for log in _fixture("shop").glob("*.jsonl"):
        text = log.read_text().replace("2026-05-04", "2026-05-05")
        text = text.replace("req-", "req-f").replace("job-", "job-f")
        (tmp_path / log.name).write_text("\n" + text)
    old, new = (
        json.loads(cli("scan", folder, "-f", "json").out) for folder in (_fixture("shop"), tmp_path)
    )
    assert [g["fingerprint"] for g in old["groups"]] == [g["fingerprint"] for g in new["groups"]]
    assert {f["id"] for f in old["findings"]}.isdisjoint(f["id"] for f in new["findings"])


def test_a_hundred_rejects_are_listed_and_all_counted(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text('{"a": 1}\n' + "no\n" * 150)
    found = json.loads(cli("scan", tmp_path / "log.jsonl", "-f", "json").out)
    assert len(found["rejects"]) == 100
    assert found["summary"]["rejects"] == 150
