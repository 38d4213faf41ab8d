"""Flags that several commands share, and how their words are read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from racelens.errors import RacelensError


class Confidence(StrEnum):
    confirmed = "confirmed"
    possible = "possible"
    latent = "latent"


class Severity(StrEnum):
    error = "error"
    warning = "warning"
    info = "info"


class FailOn(StrEnum):
    confirmed = "confirmed"
    possible = "possible"
    never = "never"


Paths = Annotated[
    list[str],
    typer.Argument(help="Files, folders, globs, or - for standard input.", show_default=False),
]
Maps = Annotated[
    list[str],
    typer.Option(
        "--map", metavar="FIELD=KEY[,KEY]", help="Read FIELD from these keys first, e.g. time=when."
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Settings; else the nearest racelens.toml or pyproject.toml.",
        show_default=False,
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help="text, html, markdown, json, jsonl, sarif, junit, github or chrome.",
    ),
]
Outputs = Annotated[
    list[Path],
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write here; the ending names the format. Repeatable.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite existing output files.")]
FailOnFlag = Annotated[
    FailOn, typer.Option("--fail-on", help="Exit 1 on findings at least this sure.")
]
ExitZero = Annotated[bool, typer.Option("--exit-zero", help="Exit 0 whatever was found.")]
SeverityFloor = Annotated[
    Severity, typer.Option("--severity", help="List only findings at least this grave.")
]
ConfidenceFloor = Annotated[
    Confidence, typer.Option("--min-confidence", help="List only findings at least this sure.")
]
MaxFindings = Annotated[
    int | None, typer.Option(min=0, help="List at most so many findings; all are counted.")
]
Baseline = Annotated[
    Path | None,
    typer.Option(metavar="REPORT", help="An earlier report: what it knows is not news."),
]
IgnoreFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="What to ignore, and why; else the nearest .racelensignore."),
]
Context = Annotated[
    int | None,
    typer.Option(min=0, help="Text: list the events of each example, and so many around them."),
]
Statistics = Annotated[bool, typer.Option("--statistics", help="Text: rule by rule, in numbers.")]
NoProgress = Annotated[bool, typer.Option("--no-progress", help="No progress on a terminal.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No notices on standard error.")]


class CompareFormat(StrEnum):
    """Of commands that compare runs."""

    text = "text"
    json = "json"


def read_maps(given: list[str]) -> dict[str, list[str]]:
    """`["time=when", "version=rev,row.rev"]` → canonical field → keys.

    Raises RacelensError for a word without `=` or a field that does not exist.
    """
    from racelens.ingest import aliases

    out: dict[str, list[str]] = {}
    for word in given:
        field, equals, keys = word.partition("=")
        name = aliases.MAP_SYNONYMS.get(field.strip(), field.strip())
        names = [key.strip() for key in keys.split(",") if key.strip()]
        if not equals or not names:
            raise RacelensError(f"--map {word}: expected FIELD=KEY", hint="--map time=when")
        if name not in aliases.ALIASES:
            fields = ", ".join(sorted(aliases.ALIASES))
            raise RacelensError(f"--map {word}: no field “{field}”", (("fields", fields),))
        out.setdefault(name, []).extend(names)
    return out
