"""`racelens inspect`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from racelens import settings
from racelens.cli import exits, options
from racelens.cli.messages import show_notice
from racelens.errors import RacelensError

EXAMPLES = """\
racelens inspect logs/                    what was read from which key
racelens inspect app.log --map time=when  with a key that was not found
racelens inspect logs/ -f json            for a script"""


def inspect(
    paths: options.Paths,
    format_: Annotated[
        str, typer.Option("--format", "-f", metavar="FORMAT", help="text or json.")
    ] = "text",
    maps: options.Maps = [],
    resource_fields: options.ResourceFields = [],
    assume_tz: options.Zone = None,
    ts_unit: options.Unit = None,
    since: options.Since = None,
    until: options.Until = None,
    config: options.Config = None,
    quiet: options.Quiet = False,
) -> None:
    """Show what was understood of these logs: which key feeds which field, for what share of
    the events, what the rules can and cannot check, and what to log to see more.
    """
    if format_ not in ("text", "json"):
        raise RacelensError(f"no format “{format_}”", (("formats", "text, json"),))
    given = options.read_input(maps, resource_fields, assume_tz, ts_unit)
    found = settings.load(config)
    overrides = options.over_file(found.maps, given)

    from racelens.render import survey as picture
    from racelens.survey import survey

    seen = survey(paths, overrides, options.read_scope(since, until))
    if not quiet:
        for notice in seen.notices:
            show_notice(notice)
    write = picture.as_json if format_ == "json" else picture.render
    write(seen, sys.stdout)
    sys.stdout.flush()
    raise typer.Exit(exits.CLEAN)
