"""The `racelens` command: its sub-commands, and how it ends."""

from __future__ import annotations

import inspect as inspection
import os
import sys
import traceback
from collections.abc import Callable
from typing import Annotated

import typer

from racelens import __version__
from racelens.cli import (
    config,
    diff,
    explain,
    inspect,
    report,
    repro,
    scan,
    timeline,
    trace,
    verify,
)
from racelens.cli.exits import BROKEN_PIPE, INTERRUPTED, TROUBLE
from racelens.cli.messages import show_error
from racelens.errors import RacelensError

EXAMPLES = """\b
racelens scan logs/                          what raced, how sure, which lines
kubectl logs deploy/api | racelens scan -    at the end of a pipe
racelens diff good.jsonl bad.jsonl           what the bad run ordered differently"""

ABOUT = (
    "Find races in structured JSON logs: which attempts overwrote, repeated or overtook each other."
)

app = typer.Typer(
    name="racelens",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
COMMANDS: dict[Callable[..., None], str] = {
    scan.scan: scan.EXAMPLES,
    diff.diff: diff.EXAMPLES,
    verify.verify: verify.EXAMPLES,
    inspect.inspect: inspect.EXAMPLES,
    timeline.timeline: timeline.EXAMPLES,
    trace.trace: trace.EXAMPLES,
    repro.repro: repro.EXAMPLES,
    report.report: report.EXAMPLES,
    explain.explain: explain.EXAMPLES,
}
for command, examples in COMMANDS.items():
    about = inspection.cleandoc(command.__doc__ or "")
    app.command(help=f"\b\n{examples}\n\n{about}", short_help=about)(command)
app.add_typer(config.app, name="config")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"racelens {__version__}")
        raise typer.Exit


@app.callback(help=f"{EXAMPLES}\n\n{ABOUT}")
def racelens(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """What `racelens` alone does: show its help."""


def main() -> None:
    """Run, and end as a good citizen of pipes does."""
    try:
        app(standalone_mode=True)
    except SystemExit as end:
        sys.exit(_code(end))
    except RacelensError as error:
        show_error(error)
        sys.exit(TROUBLE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.exit(_leave_pipe())
    except Exception:
        # A crash must not exit 1: that would read as "races found".
        traceback.print_exc()
        sys.exit(TROUBLE)


def _code(end: SystemExit) -> int | str | None:
    """The library says 1 for a pipe whose reader has gone and for its own aborts; 1 means races."""
    if isinstance(end.__context__, BrokenPipeError):
        return _leave_pipe()
    return TROUBLE if isinstance(end.__context__, typer.Abort) else end.code


def _leave_pipe() -> int:
    """The reader has gone (`| head`): nothing more can be said, and nothing is wrong."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE
