"""`racelens scan`."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from racelens import catalogue, settings, triage
from racelens.cli import exits, known, options, output
from racelens.cli.messages import Progress, show_notice
from racelens.errors import RacelensError
from racelens.findings import Report
from racelens.render import FORMATS, text

EXAMPLES = """\
racelens scan logs/                             what raced, and how sure
kubectl logs deploy/api | racelens scan -       at the end of a pipe
racelens scan logs/ -o review.html -o ci.sarif  to share, and for CI"""


def scan(
    paths: options.Paths,
    format_: options.Format = None,
    out: options.Outputs = [],
    select: options.Select = [],
    ignore: options.Ignore = [],
    maps: options.Maps = [],
    resource_fields: options.ResourceFields = [],
    assume_tz: options.Zone = None,
    ts_unit: options.Unit = None,
    good: Annotated[
        list[str],
        typer.Option(metavar="PATH", help="Logs of a run known to be right: its lifecycles count."),
    ] = [],
    config: options.Config = None,
    since: options.Since = None,
    until: options.Until = None,
    resources: options.Resources = [],
    correlation: options.Correlation = None,
    services: options.Services = [],
    latent: options.Latent = False,
    severity: options.SeverityFloor = options.Severity.info,
    min_confidence: options.ConfidenceFloor = options.Confidence.latent,
    fail_on: options.FailOnFlag = options.FailOn.possible,
    exit_zero: options.ExitZero = False,
    keep_going: options.KeepGoing = False,
    baseline: options.Baseline = None,
    write_baseline: options.WriteBaseline = [],
    ignore_file: options.IgnoreFile = None,
    strict_ignores: options.StrictIgnores = False,
    show_suppressed: options.ShowSuppressed = False,
    max_findings: options.MaxFindings = None,
    context: options.Context = None,
    redact: options.Redact = False,
    statistics: options.Statistics = False,
    force: options.Force = False,
    excerpt: Annotated[
        str | None,
        typer.Option(
            metavar="FINDING",
            help="Print only the lines that prove this finding, with what is private masked.",
        ),
    ] = None,
    quiet: options.Quiet = False,
    no_progress: options.NoProgress = False,
) -> None:
    """Find races in JSON logs. Exit 0: none found, 1: found, 2: trouble, 3: nothing could be checked."""
    codes = catalogue.select(select, ignore)
    output.check(format_, out, paths, force)
    output.check("json", write_baseline, paths, force, ("json",))
    old = known.load(baseline, ignore_file, strict_ignores)
    _check_excerpt(excerpt, format_, out)
    found = settings.load(config)
    given = options.read_input(maps, resource_fields, assume_tz, ts_unit)
    told = options.over_file(found.maps, given)
    scope = options.read_scope(since, until, resources, correlation, services)
    declared = replace(
        found, maps=told, good=tuple(good), latent=latent, scope=scope, redact=redact
    )

    from racelens.scanning import scan as run
    from racelens.scanning import with_quotes

    progress = Progress(not no_progress and not quiet, paths)
    try:
        full = known.mark(run(paths, codes, declared, progress=progress), old)
    finally:
        progress.done()
    report = triage.listed(full, severity.value, min_confidence.value, max_findings)
    if output.quotes(format_, out) and not redact:
        report = with_quotes(report)
    if not quiet:
        for notice in report.notices:
            show_notice(notice)
    if excerpt:
        _print_excerpt(full, excerpt, paths)
    output.write(
        report,
        format_,
        out,
        {
            **FORMATS,
            "text": partial(
                text.render, context=context, statistics=statistics, suppressed=show_suppressed
            ),
        },
    )
    if out and not quiet:
        show_notice(f"wrote {', '.join(map(str, out))}: {output.verdict(report)}")
    _keep(full, write_baseline, quiet)
    raise typer.Exit(output.finish(full, fail_on.value, exit_zero, keep_going))


def _keep(report: Report, places: list[Path], quiet: bool) -> None:
    """The whole report, whatever is listed, for later scans to compare with."""
    if places:
        output.write(report, "json", places, {"json": FORMATS["json"]})
    for place in places if not quiet else []:
        show_notice(f"wrote {place}: scan later captures with --baseline {place}")


def _check_excerpt(wanted: str | None, format_: str | None, out: list[Path]) -> None:
    if wanted and (format_ or out):
        raise RacelensError(
            "--excerpt prints log lines, not a report: no --format, no --output",
            hint=f"racelens scan … --excerpt {wanted} > excerpt.jsonl",
        )


def _print_excerpt(report: Report, wanted: str, paths: list[str]) -> NoReturn:
    """In place of a report; whoever asks for lines is not asking whether there are races."""
    from racelens import excerpt as excerpts

    finding = excerpts.chosen(report.findings, wanted)
    for line in excerpts.excerpt(finding, paths):
        print(line)
    sys.stdout.flush()
    raise typer.Exit(exits.CLEAN)
