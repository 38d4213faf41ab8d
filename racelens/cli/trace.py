"""`racelens trace`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from racelens import pseudonyms, settings
from racelens.cli import exits, options
from racelens.cli.messages import Progress, show_notice


class Format(StrEnum):
    text = "text"
    json = "json"
    html = "html"
    markdown = "markdown"


EXAMPLES = """\
racelens trace order:42 logs/                     everything that touched it
racelens trace req-7f3a logs/ -f markdown         a request, to paste
kubectl logs deploy/api | racelens trace job-9 -  at the end of a pipe"""


def trace(
    token: Annotated[
        str, typer.Argument(help="Any string: an id, order:42, a worker, a piece of a message.")
    ],
    paths: options.Paths,
    format_: Annotated[
        Format, typer.Option("--format", "-f", help="How to print it.", show_choices=True)
    ] = Format.text,
    maps: options.Maps = [],
    config: options.Config = None,
    max_lines: Annotated[
        int, typer.Option(min=1, help="Show at most so many lines; json shows all.")
    ] = 500,
    redact: options.Redact = False,
    quiet: options.Quiet = False,
    no_progress: options.NoProgress = False,
) -> None:
    """Show everything that touched a token, over all files: its attempts, how they ended, what set them off."""
    overrides = options.over_file(settings.load(config).maps, options.read_maps(maps))

    from racelens import trail
    from racelens.render import trace as text
    from racelens.render import trace_html, trace_json, trace_markdown
    from racelens.trace import trace as follow

    progress = Progress(not no_progress and not quiet, paths)
    try:
        found = follow(token, paths, overrides, progress)
    finally:
        progress.done()
    if redact:
        found = pseudonyms.redacted(found)
    if not quiet:
        for notice in found.notices:
            show_notice(notice)
    renderers = {
        Format.text: text.render,
        Format.json: trace_json.render,
        Format.html: trace_html.render,
        Format.markdown: trace_markdown.render,
    }
    shown = found if format_ is Format.json else trail.limited(found, max_lines)
    renderers[format_](shown, sys.stdout)
    sys.stdout.flush()
    raise typer.Exit(exits.CLEAN)
