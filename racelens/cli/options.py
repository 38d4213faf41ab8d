"""Flags that several commands share, and how their words are read."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
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
ResourceFields = Annotated[
    list[str],
    typer.Option(
        "--resource-field",
        metavar="KEY",
        help="The key that names the resource: --map resource=KEY.",
    ),
]
Zone = Annotated[
    str | None,
    typer.Option("--assume-tz", metavar="ZONE", help="Zone of times that name none; else UTC."),
]
Unit = Annotated[
    str | None,
    typer.Option(
        "--ts-unit", metavar="UNIT", help="Unit of numeric times: s, ms, us, ns; else by size."
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


def read_input(
    maps: list[str], resources: list[str], zone: str | None, unit: str | None
) -> dict[str, list[str]]:
    """All that is said of how the input is to be read: see `ingest.mapping.Overrides`.

    Raises RacelensError for a field, zone or unit that does not exist.
    """
    from racelens.ingest import aliases

    out = read_maps([*maps, *(f"resource={key}" for key in resources)])
    if zone:
        try:
            zoneinfo.ZoneInfo(zone)
        except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
            hint = "--assume-tz Europe/Berlin"
            raise RacelensError(f"--assume-tz {zone}: no such time zone", hint=hint) from None
        out[aliases.ZONE] = [zone]
    if unit and unit != "auto":
        if unit not in aliases.UNITS:
            units = (("units", ", ".join(["auto", *aliases.UNITS])),)
            raise RacelensError(f"--ts-unit {unit}: no such unit", units)
        out[aliases.UNIT] = [unit]
    return out


def over_file(
    declared: Mapping[str, Sequence[str]], given: dict[str, list[str]]
) -> dict[str, list[str]]:
    """What flags and the settings file say of keys: a field's keys of the flags come first.

    Raises RacelensError for a field of the file that does not exist.
    """
    of_file = read_maps([f"{field}={','.join(keys)}" for field, keys in declared.items()])
    fields = dict.fromkeys([*given, *of_file])
    return {field: [*given.get(field, ()), *of_file.get(field, ())] for field in fields}


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
