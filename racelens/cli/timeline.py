"""`racelens timeline`."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from racelens import pseudonyms, settings
from racelens.cli import exits, options, output, times
from racelens.cli.messages import Progress, show_notice
from racelens.errors import RacelensError

EXAMPLES = """\
racelens timeline logs/ -r order:42               the whole life of one order
racelens timeline logs/ -r 'cart:*' -o life.html  a glob, as a page
racelens timeline logs/ --around 3f2a9c01bd       what lies about a finding"""


def timeline(
    paths: options.Paths,
    resources: Annotated[
        list[str],
        typer.Option(
            "--resource",
            "-r",
            metavar="NAME",
            help="A resource or a glob, e.g. order:42. Repeatable.",
        ),
    ] = [],
    around: Annotated[
        str | None,
        typer.Option(metavar="FINDING", help="Only what lies about this finding (its id)."),
    ] = None,
    context: Annotated[
        int, typer.Option(min=0, help="With --around: so many events on either side.")
    ] = 5,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only from then on, e.g. 2026-05-04T14:05Z.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Only up to then.")] = None,
    format_: Annotated[
        str | None,
        typer.Option("--format", "-f", metavar="FORMAT", help="text, html, json or chrome."),
    ] = None,
    out: options.Outputs = [],
    maps: options.Maps = [],
    config: options.Config = None,
    force: options.Force = False,
    redact: options.Redact = False,
    quiet: options.Quiet = False,
    no_progress: options.NoProgress = False,
) -> None:
    """Show a resource's life: who read and wrote what, one lane for each attempt."""
    if not resources and not around:
        raise RacelensError("which resource?", hint="racelens timeline LOGS -r order:42")
    from racelens.lifeline import Window, timelines
    from racelens.render import lifelines

    output.check(format_, out, paths, force, lifelines.FORMATS)
    window = Window(times.read("--since", since), times.read("--until", until), around, context)
    found = settings.load(config)
    declared = replace(found, maps=options.over_file(found.maps, options.read_maps(maps)))
    progress = Progress(not no_progress and not quiet, paths)
    try:
        lives = timelines(paths, resources, declared, window, progress)
    finally:
        progress.done()
    if redact:
        lives = pseudonyms.redacted(lives)
    if not quiet:
        for notice in lives.notices:
            show_notice(notice)
    output.write(lives, format_, out, lifelines.FORMATS)
    if out and not quiet:
        show_notice(f"wrote {', '.join(map(str, out))}")
    raise typer.Exit(exits.CLEAN)
