"""What the scan says of each incident beside what its label asks for: `python -m tests.incidents [FOLDER]`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from racelens.findings import Report
from racelens.scanning import scan

FOLDER = Path(__file__).parents[2] / "shared" / "incidents"


@dataclass(frozen=True)
class Answer:
    """One incident. `missed`: what its label asks for and the report does not give, in words."""

    name: str
    found: tuple[str, ...]
    missed: tuple[str, ...]
    must_be_quiet: bool


def answers(folder: Path = FOLDER) -> tuple[Answer, ...]:
    expected = json.loads((folder / "expect.json").read_text())
    return tuple(_answer(name, asked, folder) for name, asked in expected.items())


def _answer(name: str, asked: Mapping[str, Any], folder: Path) -> Answer:
    report = scan([str(folder / f"{name}.jsonl")])
    found = tuple(f"{f.rule} {f.confidence}" for f in report.findings)
    return Answer(name, found, tuple(_missed(asked, report)), bool(asked.get("quiet")))


def _missed(asked: Mapping[str, Any], report: Report) -> Iterator[str]:
    wanted = asked.get("any", ())
    if wanted and not any(finding.rule in wanted for finding in report.findings):
        yield f"none of {', '.join(wanted)}"
    if asked.get("quiet") and any(finding.severity != "info" for finding in report.findings):
        yield "not quiet"
    if asked.get("not_confirmed") and any(f.confidence == "confirmed" for f in report.findings):
        yield "confirmed what cannot be"
    for section in ("cleared", "artefacts"):
        if asked.get(section) and not getattr(report, section):
            yield f"nothing {section}"
    said = " ".join(f"{f.message} {f.reason} {f.cause} {f.lost}" for f in report.findings)
    yield from (f"does not mention {word}" for word in asked.get("words", ()) if word not in said)
    if asked.get("exit") == 3 and report.looked:
        yield "claims to have looked"


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    every = answers(folder)
    for answer in every:
        verdict = "; ".join(answer.missed) or "as labelled"
        print(f"{answer.name:<42}{', '.join(answer.found) or '–':<44}{verdict}")
    print(f"{sum(not answer.missed for answer in every)} of {len(every)} as labelled")


if __name__ == "__main__":
    main()
