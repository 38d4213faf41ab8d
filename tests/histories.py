"""Small histories for tests, as a text and as JSON lines, judged through the real way in.

The mini-language, after Elle's: `"a r7, b r7, b w8, a w9"` is four records of the attempts a and b on one
resource, 10 ms apart: `r7` read version 7, `w8` wrote version 8, `w9/7` wrote 9 and logged its base 7,
`w` wrote without a version, `w409` was refused, `w?` timed out, `i` incremented, `c1` created, `d` deleted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from racelens.findings import Finding, Report
from racelens.scanning import scan

Record = dict[str, Any]

_STEP_MS = 10
_ACTIONS = {"r": "read", "w": "write", "i": "increment", "c": "create", "d": "delete", "p": "patch"}
_ENDS: dict[str, Record] = {
    "409": {"status": 409},
    "?": {"outcome": "timeout"},
    "!": {"outcome": "error"},
}
_WORD = re.compile(r"(\w+) ([rwicdp])(409|\?|!|)(\d*)(?:=(-?\w+))?(?:/(\d+))?")


def records(text: str, resource: str = "order:42", **more: Any) -> list[Record]:
    """The records of a history in the mini-language."""
    return [
        _record(word, place, resource) | more
        for place, word in enumerate(re.split(r"\s*,\s*", text))
    ]


def _record(word: str, place: int, resource: str) -> Record:
    match = _WORD.fullmatch(word.strip())
    assert match, word
    attempt, letter, end, version, value, base = match.groups()
    record: Record = {
        "ts": stamp(place * _STEP_MS),
        "request_id": attempt,
        "resource": resource,
        "action": _ACTIONS[letter],
    }
    record |= {"version": int(version)} if version else {}
    record |= {"value": value} if value else {}
    record |= {"base_version": int(base)} if base else {}
    return record | _ENDS.get(end, {})


def stamp(milliseconds: float) -> str:
    """A time so long after noon."""
    micros = round(milliseconds * 1000)
    minutes, micros = divmod(micros, 60_000_000)
    return f"2026-05-04T12:{minutes:02d}:{micros // 1_000_000:02d}.{micros % 1_000_000:06d}Z"


def write(folder: Path, files: Mapping[str, Iterable[Record | str]]) -> Path:
    """One JSON-lines file each; a str is written as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in files.items():
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        (folder / name).write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return folder


def judge(folder: Path, lines: str | Iterable[Record | str], **options: Any) -> Report:
    """Scan one file with these lines; a text is read in the mini-language."""
    history = records(lines) if isinstance(lines, str) else lines
    write(folder, {"log.jsonl": history})
    return scan([str(folder / "log.jsonl")], **options)


def verdicts(report: Report) -> list[tuple[str, str, tuple[str, ...]]]:
    """Rule, confidence and actors of every finding."""
    return [(f.rule, f.confidence, tuple(sorted(f.actors))) for f in report.findings]


def confirmed(report: Report) -> set[tuple[str, str, tuple[str, ...]]]:
    """What survives a hostile review: rule, resource and actors of confirmed warnings and errors."""
    sure = (f for f in report.findings if f.confidence == "confirmed" and f.severity != "info")
    return {identity(finding) for finding in sure}


def identity(finding: Finding) -> tuple[str, str, tuple[str, ...]]:
    return finding.rule, finding.resource, tuple(sorted(finding.actors))
