"""Where a report goes: standard output, or files whose endings name their format."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TextIO, TypeVar

from racelens import triage
from racelens.cli import exits
from racelens.errors import RacelensError
from racelens.findings import Report
from racelens.render import FORMATS, by_ending, words

_HEAD, _OURS = 4_096, b"racelens"  # bytes in which a report names its tool

Shown = TypeVar("Shown")
Renderers = Mapping[str, Callable[[Shown, TextIO], None]]


def check(
    format_: str | None,
    outputs: list[Path],
    paths: list[str],
    force: bool,
    known: Collection[str] = FORMATS,
) -> None:
    """Raises RacelensError before anything is read when the report could not be written.

    known: the formats that the command writes.
    """
    asked = [format_ or "text", *(_format_of(p, format_) for p in outputs if str(p) != "-")]
    if unknown := [name for name in asked if name not in known]:
        raise RacelensError(f"--format: no format “{unknown[0]}”", (("formats", ", ".join(known)),))
    inputs = {Path(path).resolve() for path in paths}
    for path in outputs:
        if str(path) == "-":
            raise RacelensError("--output -: standard output is where the report goes anyway")
        if path.resolve() in inputs or _is_read(path.resolve(), inputs):
            raise RacelensError(f"{path} is an input: the report would overwrite the evidence")
        _format_of(path, format_)
        if path.exists() and not force:
            raise RacelensError(f"{path} exists already", hint="--force to overwrite it")
        if not path.parent.is_dir():
            raise RacelensError(f"no such folder: {path.parent}")


def _is_read(path: Path, inputs: set[Path]) -> bool:
    """True for a file in a folder that is read, unless this tool has written it."""
    if not path.is_file() or inputs.isdisjoint(path.parents):
        return False
    with path.open("rb") as file:
        return _OURS not in file.read(_HEAD)


def _format_of(path: Path, format_: str | None) -> str:
    known = "pytest" if path.suffix == ".py" else by_ending(path.name)
    if known or format_:
        return known or str(format_)
    endings = ", ".join(ending for each in FORMATS.values() for ending in each.endings)
    raise RacelensError(
        f"--output {path}: the ending names no format", (("endings", endings),), "add -f json"
    )


def quotes(format_: str | None, outputs: list[Path]) -> bool:
    """True when some output shows the lines of the log."""
    asked = {_format_of(path, format_) for path in outputs} or {format_ or "text"}
    return any(FORMATS[name].quotes for name in asked)


def finish(full: Report, fail_on: str, exit_zero: bool, keep_going: bool = True) -> int:
    """The exit code of a whole report. keep_going: inputs that could not be read are no trouble."""
    if full.interrupted:
        return exits.INTERRUPTED
    if full.unread and not keep_going:
        return exits.TROUBLE
    if exit_zero:
        return exits.CLEAN
    if triage.fails(full, fail_on):
        return exits.FOUND
    return exits.CLEAN if full.looked else exits.NOTHING_CHECKABLE


def verdict(report: Report) -> str:
    """The counts in a few words, for those who only see that a file was written."""
    summary = report.summary
    if not report.looked:
        return "nothing could be checked"
    known = f", {summary.suppressed:,} suppressed" if summary.suppressed else ""
    return f"{words.races(summary)}{known}{words.beside_races(summary)}"


def write(
    shown: Shown, format_: str | None, outputs: list[Path], renderers: Renderers[Shown]
) -> None:
    """To each output, or to standard output when there is none."""
    for path in outputs:
        try:
            with path.open("w", encoding="utf-8") as out:
                renderers[_format_of(path, format_)](shown, out)
        except OSError as error:
            raise RacelensError(f"cannot write {path}: {error.strerror}") from error
    if not outputs:
        _print(renderers[format_ or "text"], shown)


def _print(renderer: Callable[[Shown, TextIO], None], shown: Shown) -> None:
    try:
        renderer(shown, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise RacelensError(f"cannot write standard output: {error.strerror}") from error
