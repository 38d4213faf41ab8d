"""`racelens verify`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from racelens.cli import exits, options
from racelens.cli.messages import Progress, show_notice

_EXITS = {"same": exits.CLEAN, "different": exits.FOUND, "underpowered": exits.NOTHING_CHECKABLE}


def verify(
    runs: Annotated[
        list[str],
        typer.Argument(help="Runs of one scenario: files, folders or globs.", show_default=False),
    ],
    format_: Annotated[
        options.CompareFormat, typer.Option("--format", "-f", help="How to show it.")
    ] = options.CompareFormat.text,
    maps: options.Maps = [],
    quiet: options.Quiet = False,
    no_progress: options.NoProgress = False,
) -> None:
    """Show whether repeats of one scenario end alike. Exit 0: all do, and no race is found; 1: not so; 2: trouble; 3: nothing to compare."""
    overrides = options.read_maps(maps)

    from racelens.compare.verify import verify as run
    from racelens.render import verify as text
    from racelens.render import verify_json

    progress = Progress(not no_progress and not quiet, runs)
    try:
        seen = run(runs, overrides, progress)
    finally:
        progress.done()
    if not quiet:
        for notice in seen.notices:
            show_notice(notice)
    render = verify_json.render if format_ is options.CompareFormat.json else text.render
    render(seen, sys.stdout)
    sys.stdout.flush()
    raise typer.Exit(exits.INTERRUPTED if seen.interrupted else _EXITS[seen.verdict])
