"""`racelens scan`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated

import typer

from racelens import catalogue, settings, triage
from racelens.cli import known, options, output
from racelens.cli.messages import Progress, show_notice
from racelens.render import FORMATS, text


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
    baseline: options.Baseline = None,
    ignore_file: options.IgnoreFile = None,
    max_findings: options.MaxFindings = None,
    context: options.Context = None,
    redact: options.Redact = False,
    statistics: options.Statistics = False,
    force: options.Force = False,
    quiet: options.Quiet = False,
    no_progress: options.NoProgress = False,
) -> None:
    """Find races in JSON logs. Exit 0: none found, 1: found, 2: trouble, 3: nothing could be checked."""
    codes = catalogue.select(select, ignore)
    output.check(format_, out, paths, force)
    old = known.load(baseline, ignore_file)
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
    output.write(
        report,
        format_,
        out,
        {**FORMATS, "text": partial(text.render, context=context, statistics=statistics)},
    )
    if out and not quiet:
        show_notice(f"wrote {', '.join(map(str, out))}: {output.verdict(report)}")
    raise typer.Exit(output.finish(full, fail_on.value, exit_zero))
