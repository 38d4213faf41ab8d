"""`racelens scan`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from racelens import catalogue, settings, triage
from racelens import excerpt as excerpts
from racelens.cli import exits, options, output
from racelens.cli.messages import Progress, show_notice
from racelens.errors import RacelensError
from racelens.findings import Report


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
    excerpt: Annotated[
        str | None,
        typer.Option(
            metavar="FINDING",
            help="Print only the lines that prove this finding, with what is private masked.",
        ),
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
    _check_excerpt(excerpt, format_, out)
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
    if excerpt:
        _print_excerpt(full, excerpt, paths)
    output.write(report, format_, out)
    if out and not quiet:
        show_notice(f"wrote {', '.join(map(str, out))}: {output.verdict(report)}")
    if full.interrupted:
        raise typer.Exit(exits.INTERRUPTED)
    raise typer.Exit(exits.CLEAN if exit_zero else _code(full, fail_on.value))


def _code(report: Report, fail_on: str) -> int:
    if triage.fails(report, fail_on):
        return exits.FOUND
    return exits.CLEAN if report.looked else exits.NOTHING_CHECKABLE


def _check_excerpt(wanted: str | None, format_: str | None, out: list[Path]) -> None:
    if wanted and (format_ or out):
        raise RacelensError(
            "--excerpt prints log lines, not a report: no --format, no --output",
            hint=f"racelens scan … --excerpt {wanted} > excerpt.jsonl",
        )


def _print_excerpt(report: Report, wanted: str, paths: list[str]) -> NoReturn:
    """In place of a report; whoever asks for lines is not asking whether there are races."""
    finding = excerpts.chosen(report.findings, wanted)
    for line in excerpts.excerpt(finding, paths):
        print(line)
    sys.stdout.flush()
    raise typer.Exit(exits.CLEAN)
