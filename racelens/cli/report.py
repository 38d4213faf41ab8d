"""`racelens report`."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from racelens import pseudonyms, saved, triage
from racelens.cli import known, options, output
from racelens.cli.messages import show_notice
from racelens.render import FORMATS, text
from racelens.schema import schema


def _schema(wanted: bool) -> None:
    if wanted:
        print(json.dumps(schema(), indent=1))
        raise typer.Exit


def report(
    file: Annotated[
        Path, typer.Argument(metavar="REPORT", help="What -o report.json or -o page.html wrote.")
    ],
    format_: options.Format = None,
    out: options.Outputs = [],
    only: Annotated[
        list[str],
        typer.Option(metavar="FINDING", help="Only this finding, by the start of its id; in full."),
    ] = [],
    select: Annotated[
        list[str], typer.Option(metavar="RULES", help="Only findings of these rules.")
    ] = [],
    resource: Annotated[
        str | None,
        typer.Option("--resource", "-r", metavar="GLOB", help="Only findings on these resources."),
    ] = None,
    severity: options.SeverityFloor = options.Severity.info,
    min_confidence: options.ConfidenceFloor = options.Confidence.latent,
    fail_on: options.FailOnFlag = options.FailOn.never,
    baseline: options.Baseline = None,
    ignore_file: options.IgnoreFile = None,
    max_findings: options.MaxFindings = None,
    context: options.Context = None,
    statistics: options.Statistics = False,
    force: options.Force = False,
    redact: options.Redact = False,
    quiet: options.Quiet = False,
    _: Annotated[
        bool,
        typer.Option(
            "--schema", callback=_schema, is_eager=True, help="The JSON schema of a report."
        ),
    ] = False,
) -> None:
    """Render a saved report again, in another format or filtered. Exit 0, unless --fail-on says otherwise."""
    output.check(format_, out, [str(file)], force)
    original = saved.read(file)
    full = known.mark(original, known.load(baseline, ignore_file))
    if select or resource or only:
        full = triage.chosen(full, select, resource, only)
    shown = triage.listed(full, severity.value, min_confidence.value, max_findings)
    if redact:
        shown = pseudonyms.redacted(shown)
    if not quiet:
        for notice in shown.notices[len(original.notices) :]:
            show_notice(notice)
    around = 1_000 if only and context is None else context
    output.write(
        shown,
        format_,
        out,
        {**FORMATS, "text": partial(text.render, context=around, statistics=statistics)},
    )
    if out and not quiet:
        show_notice(f"wrote {', '.join(map(str, out))}: {output.verdict(shown)}")
    raise typer.Exit(output.finish(replace(full, interrupted=False), fail_on.value, False))
