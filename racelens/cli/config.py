"""`racelens config`: what holds and who says so, a file to begin with, and its schema."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from racelens import flags, settings
from racelens.cli import options
from racelens.errors import RacelensError

app = typer.Typer(
    help="Show the settings that hold, write a settings file, or print its schema.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
# Section → what it holds, and an example.
_TABLES = {
    "lifecycle": (
        "states a resource of that type may move on to, by state",
        '# [lifecycle.order]\n# created = ["paid", "cancelled"]\n# paid = ["shipped"]',
    ),
    "jobs": (
        "operations of which one run at a time is meant",
        '# [jobs]\n# singletons = ["job.rollup"]',
    ),
    "map": ("the keys to read a field from first", '# [map]\n# version = ["row.rev"]'),
}


@app.command()
def show(context: typer.Context, config: options.Config = None) -> None:
    """Show each setting of `racelens scan`, its value, and where that comes from."""
    scan: Any = context.find_root().command
    given = ["--config", str(config)] if config else []
    effective = scan.commands["scan"].make_context("scan", [*given, "-"])
    of_option = {option: p.name for p in effective.command.params for option in p.opts}
    rows = []
    for name in flags.FLAGS:
        parameter = of_option[f"--{name}"]
        source = effective.get_parameter_source(parameter)
        rows.append((name, _shown(effective.params[parameter]), _origin(name, source, config)))
    declared = settings.load(config)
    if of_environment := os.environ.get(f"{flags.PREFIX}MAP"):
        rows.append(("map", _shown(of_environment.split()), f"{flags.PREFIX}MAP"))
    for section, values in (
        ("map", declared.maps),
        ("lifecycle", {kind: sorted(edges) for kind, edges in declared.lifecycles.items()}),
    ):
        rows += [(f"{section}.{k}", _shown(list(v)), str(config)) for k, v in values.items()]
    if declared.singletons:
        rows.append(("jobs.singletons", _shown(sorted(declared.singletons)), str(config)))
    wide = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, value, origin in rows:
        print(f"{name:{wide[0]}}  {value:{wide[1]}}  {origin}")


def _shown(value: object) -> str:
    """As TOML writes it; a dash for nothing."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or value == []:
        return "-"
    return json.dumps(value, ensure_ascii=False)


def _origin(name: str, source: Any, config: Path | None) -> str:
    kind = source.name if source else "DEFAULT"
    return {"ENVIRONMENT": flags.variable(name), "DEFAULT_MAP": str(config)}.get(kind, "default")


@app.command()
def init(
    path: Annotated[Path, typer.Argument(help="The file; - for standard output.")] = Path(
        "racelens.toml"
    ),
    force: options.Force = False,
) -> None:
    """Write a settings file in which everything is explained, and nothing set."""
    if str(path) == "-":
        print(template(), end="")
        return
    if path.exists() and not force:
        raise RacelensError(f"{path} exists already", hint="--force to overwrite it")
    try:
        path.write_text(template(), encoding="utf-8")
    except OSError as error:
        raise RacelensError(f"cannot write {path}: {error.strerror}") from error
    print(f"wrote {path}")


@app.command()
def schema() -> None:
    """Print the JSON schema of racelens.toml."""
    words = {"type": "array", "items": {"type": "string"}}
    moves = {"type": "object", "additionalProperties": words}
    tables: dict[str, dict[str, Any]] = {
        "lifecycle": {"type": "object", "additionalProperties": moves},
        "jobs": {"type": "object", "properties": {"singletons": words}},
        "map": {
            "type": "object",
            "additionalProperties": {"anyOf": [{"type": "string"}, words]},
        },
    }
    tables["jobs"]["additionalProperties"] = False
    for name, table in tables.items():
        table["description"] = _TABLES[name][0]
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "racelens.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": {**{name: flag.schema for name, flag in flags.FLAGS.items()}, **tables},
    }
    print(json.dumps(whole, indent=2, ensure_ascii=False))


def template() -> str:
    """A commented settings file."""
    lines = ["# Settings of racelens. Flags win over RACELENS_*, and both over this file."]
    for name, flag in flags.FLAGS.items():
        lines += ["", f"# {flag.about}", f"# {name} = {flag.example}"]
    for about, example in _TABLES.values():
        lines += ["", f"# {about}", example]
    return "\n".join(lines) + "\n"
