"""`racelens verify`."""

from __future__ import annotations

from typing import Annotated

import typer

from racelens.cli import exits, options, output
from racelens.cli.messages import Progress, show_notice

_EXITS = {"same": exits.CLEAN, "different": exits.FOUND, "underpowered": exits.NOTHING_CHECKABLE}

EXAMPLES = """\
racelens verify runs/                        do all repeats end alike?
racelens verify 'after_fix_*.jsonl' -f json  a quoted glob, for a script
racelens verify a.jsonl b.jsonl c.jsonl      single files"""


def verify(
    runs: Annotated[
        list[str],
        typer.Argument(help="Runs of one scenario: files, folders or globs.", show_default=False),
    ],
    format_: options.CompareFormat = None,
    out: options.Outputs = [],
    maps: options.Maps = [],
    force: options.Force = False,
    quiet: options.Quiet = False,
    no_progress: options.NoProgress = False,
) -> None:
    """Show whether repeats of one scenario end alike. Exit 0: all do, and no race is found; 1: not so; 2: trouble; 3: nothing to compare."""
    overrides = options.read_maps(maps)
    output.check(format_, out, runs, force, ("text", "json"))

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
    output.write(seen, format_, out, {"text": text.render, "json": verify_json.render})
    if out and not quiet:
        show_notice(f"wrote {', '.join(map(str, out))}: {seen.verdict}")
    raise typer.Exit(exits.INTERRUPTED if seen.interrupted else _EXITS[seen.verdict])
