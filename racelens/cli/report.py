"""`racelens report`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, TextIO

import typer

from racelens import pseudonyms, saved, triage
from racelens.cli import known, options, output
from racelens.cli.messages import show_notice
from racelens.findings import Report
from racelens.render import FORMATS, one, text
from racelens.schema import schema


def _schema(wanted: bool) -> None:
    if wanted:
        print(json.dumps(schema(), indent=1))
        raise typer.Exit


EXAMPLES = """\
racelens report report.json -o review.html     as a page
racelens report report.json --only 3f2a9c01bd  one finding in full
racelens report review.html -f markdown        a page is a report, too"""


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
    strict_ignores: options.StrictIgnores = False,
    show_suppressed: options.ShowSuppressed = False,
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
    full = known.mark(original, known.load(baseline, ignore_file, strict_ignores))
    if select or resource or only:
        full = triage.chosen(full, select, resource, only)
    shown = triage.listed(full, severity.value, min_confidence.value, max_findings)
    if redact:
        shown = pseudonyms.redacted(shown)
    if not quiet:
        for notice in shown.notices[len(original.notices) :]:
            show_notice(notice)
    output.write(
        shown,
        format_,
        out,
        {**FORMATS, "text": _text(shown, only, context, statistics, show_suppressed)},
    )
    if out and not quiet:
        show_notice(f"wrote {', '.join(map(str, out))}: {output.verdict(shown)}")
    raise typer.Exit(output.finish(replace(full, interrupted=False), fail_on.value, False))


def _text(
    shown: Report, only: list[str], context: int | None, statistics: bool, suppressed: bool
) -> Callable[[Report, TextIO], None]:
    """The page for people: of a finding that was asked for alone, all there is to say."""
    if only and len(shown.findings) == 1:
        return partial(one.render, shown.findings[0], context=context)
    return partial(text.render, context=context, statistics=statistics, suppressed=suppressed)
