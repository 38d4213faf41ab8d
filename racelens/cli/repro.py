"""`racelens repro`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from racelens import saved, triage
from racelens.cli import exits, options, output
from racelens.cli.messages import show_notice
from racelens.errors import RacelensError
from racelens.render import repro as pages
from racelens.schedule import schedule

EXAMPLES = """\
racelens repro 3f2a9c01bd report.json               step by step
racelens repro 3f2a9c01bd report.json -f markdown   to paste
racelens repro 3f2a9c01bd report.json -o test_x.py  as a test that forces it"""


def repro(
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="The start of its id.")],
    file: Annotated[Path, typer.Argument(metavar="REPORT", help="What -o report.json wrote.")],
    format_: Annotated[
        str | None,
        typer.Option("--format", "-f", metavar="FORMAT", help="text, markdown or pytest."),
    ] = None,
    out: options.Outputs = [],
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> None:
    """Show how to make a finding happen again: step by step, where to hold whom, as a test (-o test_race.py)."""
    output.check(format_, out, [str(file)], force, pages.FORMATS)
    found = triage.find(saved.read(file).findings, finding)
    if not found.lanes:
        raise RacelensError(
            f"{file} does not say what each attempt did: it is of an older version",
            hint="racelens scan LOGS -o report.json",
        )
    output.write(schedule(found), format_, out, pages.FORMATS)
    if out and not quiet:
        show_notice(f"wrote {', '.join(map(str, out))}")
    raise typer.Exit(exits.CLEAN)
