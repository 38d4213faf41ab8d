"""Flags that several commands share, and how their words are read."""

from __future__ import annotations

import os
import zoneinfo
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from racelens import flags, settings
from racelens.cli import times
from racelens.errors import RacelensError
from racelens.scope import Scope


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


def _flag(name: str, *short: str, metavar: str | None = None) -> Any:
    """An option that a settings file or the environment may give, too."""
    return typer.Option(
        f"--{name}",
        *short,
        metavar=metavar,
        help=flags.FLAGS[name].about,
        envvar=flags.variable(name),
        show_envvar=False,
    )


def _settings(context: typer.Context, path: Path | None) -> Path | None:
    """The settings file, named or nearest: what it says holds where neither flags nor environment do."""
    flags.refuse_unknown(os.environ)
    found = path or settings.find(Path.cwd())
    said = settings.load(found).flags
    names = {option: p.name for p in context.command.params for option in p.opts}
    context.default_map = {
        names[f"--{key}"]: value for key, value in said.items() if f"--{key}" in names
    }
    return found


Paths = Annotated[
    list[str],
    typer.Argument(help="Files, folders, globs, or - for standard input.", show_default=False),
]
Maps = Annotated[
    list[str],
    typer.Option(
        "--map",
        metavar="FIELD=KEY[,KEY]",
        help="Read FIELD from these keys first, e.g. time=when.",
        envvar=f"{flags.PREFIX}MAP",
        show_envvar=False,
    ),
]
ResourceFields = Annotated[list[str], _flag("resource-field", metavar="KEY")]
Zone = Annotated[str | None, _flag("assume-tz", metavar="ZONE")]
Unit = Annotated[str | None, _flag("ts-unit", metavar="UNIT")]
Select = Annotated[list[str], _flag("select", metavar="RULES")]
Ignore = Annotated[list[str], _flag("ignore", metavar="RULES")]
Latent = Annotated[bool, _flag("latent")]
Since = Annotated[str | None, _flag("since", metavar="TIME")]
Until = Annotated[str | None, _flag("until", metavar="TIME")]
Resources = Annotated[list[str], _flag("resource", "-r", metavar="GLOB")]
Correlation = Annotated[str | None, _flag("correlation", metavar="ID")]
Services = Annotated[list[str], _flag("service", metavar="NAME")]
Redact = Annotated[bool, _flag("redact")]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Settings; else the nearest racelens.toml or pyproject.toml.",
        show_default=False,
        envvar=f"{flags.PREFIX}CONFIG",
        show_envvar=False,
        is_eager=True,
        callback=_settings,
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
CompareFormat = Annotated[
    str | None, typer.Option("--format", "-f", metavar="FORMAT", help="text or json.")
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
FailOnFlag = Annotated[FailOn, _flag("fail-on")]
ExitZero = Annotated[bool, typer.Option("--exit-zero", help="Exit 0 whatever was found.")]
KeepGoing = Annotated[
    bool,
    typer.Option(
        "--keep-going", help="Files that cannot be read are reported, and no reason to exit 2."
    ),
]
SeverityFloor = Annotated[Severity, _flag("severity")]
ConfidenceFloor = Annotated[Confidence, _flag("min-confidence")]
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
WriteBaseline = Annotated[
    list[Path],
    typer.Option(metavar="REPORT", help="Write all that was found here, to be a --baseline later."),
]
StrictIgnores = Annotated[
    bool,
    typer.Option(
        "--strict-ignores", help="An entry of the ignore file without a reason is an error."
    ),
]
ShowSuppressed = Annotated[
    bool,
    typer.Option(
        "--show-suppressed", help="Text: list what the baseline knows or was ignored, too."
    ),
]
Context = Annotated[
    int | None,
    typer.Option(min=0, help="Text: list the events of each example, and so many around them."),
]
Statistics = Annotated[bool, typer.Option("--statistics", help="Text: rule by rule, in numbers.")]
NoProgress = Annotated[bool, typer.Option("--no-progress", help="No progress on a terminal.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No notices on standard error.")]


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


def read_scope(
    since: str | None,
    until: str | None,
    resources: Sequence[str] = (),
    correlation: str | None = None,
    services: Sequence[str] = (),
) -> Scope:
    """The part of the log that counts.

    Raises RacelensError for a time that cannot be read, or a window that ends before it begins.
    """
    first, last = times.read("--since", since), times.read("--until", until)
    if isinstance(first, int) and isinstance(last, int) and last < first:
        raise RacelensError(f"--until {until} is before --since {since}: nothing lies between")
    return Scope(first, last, tuple(resources), correlation, tuple(services))
