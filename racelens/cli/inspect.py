"""`racelens inspect`."""

from __future__ import annotations

import sys

import typer

from racelens.cli import exits, options
from racelens.cli.messages import show_notice


def inspect(
    paths: options.Paths,
    maps: options.Maps = [],
    quiet: options.Quiet = False,
) -> None:
    """Show what was understood of these logs: which key feeds which field, for what share of the events."""
    overrides = options.read_maps(maps)

    from racelens.render import survey as picture
    from racelens.survey import survey

    seen = survey(paths, overrides)
    if not quiet:
        for notice in seen.notices:
            show_notice(notice)
    picture.render(seen, sys.stdout)
    sys.stdout.flush()
    raise typer.Exit(exits.CLEAN)
