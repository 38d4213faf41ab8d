"""What the scan says of each incident beside what its label asks for: `python -m tests.incidents [FOLDER…]`.

Without a folder: the incidents that people pasted, where they are at hand, and those of `tests/told`, in the
messages of job runners and controllers.
"""

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
TOLD = Path(__file__).parent / "told"


@dataclass(frozen=True)
class Answer:
    """One incident. `asked`: its label, in short; `missed`: what its label asks for and the report does not give, in words."""

    name: str
    asked: str
    found: tuple[str, ...]
    missed: tuple[str, ...]
    must_be_quiet: bool


def answers(folder: Path = FOLDER) -> tuple[Answer, ...]:
    return tuple(_answer(name, asked, folder) for name, asked in expected(folder).items())


def expected(folder: Path) -> Mapping[str, Any]:
    """What the label of each incident asks for: of the rules `any`, `quiet`, `not_confirmed`, `words` …"""
    labels: dict[str, Any] = json.loads((folder / "expect.json").read_text())
    return labels


def _answer(name: str, asked: Mapping[str, Any], folder: Path) -> Answer:
    report = scan([str(folder / f"{name}.jsonl")])
    found = tuple(dict.fromkeys(f"{f.rule} {f.confidence}" for f in report.findings))
    return Answer(
        name, _label(asked), found, tuple(_missed(asked, report)), bool(asked.get("quiet"))
    )


def _label(asked: Mapping[str, Any]) -> str:
    """`RL303/RL202, at most possible; “90 s”` in a few words."""
    parts = ["/".join(asked.get("any", ()))] if asked.get("any") else []
    parts += ["quiet"] if asked.get("quiet") else []
    parts += ["at most possible"] if asked.get("not_confirmed") else []
    parts += [section for section in ("cleared", "artefacts") if asked.get(section)]
    parts += [f"“{word}”" for word in asked.get("words", ())]
    parts += [f"exit {asked['exit']}"] if "exit" in asked else []
    return ", ".join(parts)


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
    given = [Path(argument) for argument in sys.argv[1:]]
    folders = given or [folder for folder in (FOLDER, TOLD) if folder.exists()]
    every = [answer for folder in folders for answer in answers(folder)]
    for answer in every:
        verdict = "; ".join(answer.missed) or "as labelled"
        print(
            f"{answer.name:<41} {answer.asked:<30} {', '.join(answer.found) or '–':<30} {verdict}"
        )
    print(f"{sum(not answer.missed for answer in every)} of {len(every)} as labelled")


if __name__ == "__main__":
    main()
