"""`racelens scan`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from racelens import catalogue, settings, triage
from racelens.cli import exits, options, output
from racelens.cli.messages import Progress, show_notice


def scan(
    paths: options.Paths,
    format_: Annotated[
        str | None, typer.Option("--format", "-f", metavar="FORMAT", help="text or json.")
    ] = None,
    out: Annotated[
        list[Path],
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write here; the ending names the format."
        ),
    ] = [],
    select: Annotated[
        list[str],
        typer.Option(metavar="RULES", help="Only these rules: codes, names, families (RL1)."),
    ] = [],
    ignore: Annotated[list[str], typer.Option(metavar="RULES", help="Not these rules.")] = [],
    maps: options.Maps = [],
    good: Annotated[
        list[str],
        typer.Option(metavar="PATH", help="Logs of a run known to be right: its lifecycles count."),
    ] = [],
    config: options.Config = None,
    latent: Annotated[
        bool,
        typer.Option("--latent", help="Also unguarded paths that did not collide in this log."),
    ] = False,
    severity: Annotated[
        options.Severity, typer.Option(help="List only findings at least this grave.")
    ] = options.Severity.info,
    min_confidence: Annotated[
        options.Confidence, typer.Option(help="List only findings at least this sure.")
    ] = options.Confidence.latent,
    fail_on: Annotated[
        options.FailOn, typer.Option(help="Exit 1 on findings at least this sure.")
    ] = options.FailOn.possible,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Exit 0 whatever was found.")
    ] = False,
    max_findings: Annotated[
        int | None, typer.Option(min=0, help="List at most so many findings; all are counted.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite existing output files.")
    ] = False,
    quiet: options.Quiet = False,
    no_progress: options.NoProgress = False,
) -> None:
    """Find races in JSON logs. Exit 0: none found, 1: found, 2: trouble, 3: nothing could be checked."""
    codes = catalogue.select(select, ignore)
    output.check(format_, out, paths, force)
    found = settings.load(config or settings.find(Path.cwd()))
    declared = replace(found, maps=options.read_maps(maps), good=tuple(good), latent=latent)

    from racelens.scan import scan as run

    progress = Progress(not no_progress and not quiet)
    try:
        full = run(paths, codes, declared, progress=progress)
    finally:
        progress.done()
    report = triage.floors(full, severity.value, min_confidence.value)
    if max_findings is not None:
        report = triage.limit(report, max_findings)
    if not quiet:
        for notice in report.notices:
            show_notice(notice)
    output.write(report, format_, out)
    if out and not quiet:
        show_notice(f"wrote {', '.join(map(str, out))}: {output.verdict(report)}")
    if full.interrupted:
        raise typer.Exit(exits.INTERRUPTED)
    if exit_zero:
        raise typer.Exit(exits.CLEAN)
    if triage.fails(full, fail_on.value):
        raise typer.Exit(exits.FOUND)
    raise typer.Exit(exits.CLEAN if full.looked else exits.NOTHING_CHECKABLE)
