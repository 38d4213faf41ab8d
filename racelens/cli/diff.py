"""`racelens diff`."""

from __future__ import annotations

import shlex
from enum import StrEnum
from typing import Annotated

import typer

from racelens import pseudonyms, settings
from racelens.cli import exits, options, output
from racelens.cli.messages import Progress, show_notice
from racelens.errors import RacelensError

_EXITS = {"same": exits.CLEAN, "different": exits.FOUND, "underpowered": exits.NOTHING_CHECKABLE}


class Unit(StrEnum):
    resource = "resource"
    lineage = "lineage"
    flow = "flow"
    correlation = "correlation"
    trace = "trace"
    request = "request"
    job = "job"
    session = "session"


class Kind(StrEnum):
    order = "order"
    concurrency = "concurrency"
    missing = "missing"
    extra = "extra"
    repeated = "repeated"


EXAMPLES = """\
racelens diff good.jsonl bad.jsonl                one run against one
racelens diff good/ bad/                          folders of many runs
racelens diff 'ok_*.jsonl' 'bad_*.jsonl' --top 3  quoted globs"""


def diff(
    good: Annotated[
        str,
        typer.Argument(help="A file, a folder or a quoted glob of good runs.", show_default=False),
    ],
    bad: Annotated[
        str, typer.Argument(help="The same scenario when it went wrong.", show_default=False)
    ],
    more: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
    format_: options.CompareFormat = None,
    out: options.Outputs = [],
    by: Annotated[
        Unit | None,
        typer.Option(help="What one case is; else the first that both sides can be compared by."),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Tell at most so many differences.")] = 10,
    only: Annotated[
        list[Kind], typer.Option(help="Tell only differences of this kind. Repeatable.")
    ] = [],
    maps: options.Maps = [],
    config: options.Config = None,
    redact: options.Redact = False,
    force: options.Force = False,
    quiet: options.Quiet = False,
    no_progress: options.NoProgress = False,
) -> None:
    """Show what bad runs order differently. Exit 0: the same, 1: different, 2: trouble, 3: too few to tell."""
    if more:
        raise _too_many([good, bad, *more])
    overrides = options.over_file(settings.load(config).maps, options.read_maps(maps))
    output.check(format_, out, [good, bad], force, ("text", "json"))

    from racelens.compare.diff import Options
    from racelens.compare.diff import diff as run
    from racelens.render import diff as text
    from racelens.render import diff_json

    progress = Progress(not no_progress and not quiet, [good, bad])
    kinds = frozenset(kind.value for kind in only)
    chosen = Options(by.value if by else None, overrides, top, kinds)
    try:
        comparison = run([good], [bad], chosen, progress)
    finally:
        progress.done()
    if redact:
        comparison = pseudonyms.redacted(comparison)
    if not quiet:
        for notice in comparison.notices:
            show_notice(notice)
    output.write(comparison, format_, out, {"text": text.render, "json": diff_json.render})
    if out and not quiet:
        show_notice(f"wrote {', '.join(map(str, out))}: {comparison.verdict}")
    code = exits.INTERRUPTED if comparison.interrupted else _EXITS[comparison.verdict]
    raise typer.Exit(code)


def _too_many(paths: list[str]) -> RacelensError:
    """A glob that the shell has expanded."""
    return RacelensError(
        f"diff compares two captures; got {len(paths)} paths",
        (("found", ", ".join(shlex.quote(path) for path in paths[:4]) + ", …"),),
        "quote the globs: racelens diff 'runs/good_*.jsonl' 'runs/bad_*.jsonl'",
    )
