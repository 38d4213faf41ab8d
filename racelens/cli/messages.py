"""What goes to standard error: errors, notices, progress. Standard output is for the report only."""

from __future__ import annotations

import shutil
import sys
import textwrap
import time
from pathlib import Path

from racelens.errors import RacelensError
from racelens.render.plain import clean

_NOTE = "note: "
_NARROW = 24  # columns that a notice needs
_PAUSE = 0.1  # seconds between two drawings of the progress
_BAR = 8  # columns that a bar needs


def show_error(error: RacelensError) -> None:
    """The message, what was seen, and one line to try."""
    print(f"error: {clean(error.message, 2_000)}", file=sys.stderr)
    for label, text in error.details:
        print(f"  {label:<8}{clean(text, 2_000)}", file=sys.stderr)
    if error.hint:
        print(f"  {'try':<8}{clean(error.hint, 2_000)}", file=sys.stderr)


def show_notice(text: str) -> None:
    """One line; on a terminal broken into lines under itself."""
    lines = [clean(text, 2_000)]
    if sys.stderr.isatty():
        room = max(_NARROW, shutil.get_terminal_size().columns - len(_NOTE))
        lines = textwrap.wrap(lines[0], room, break_long_words=False, break_on_hyphens=False)
    for index, line in enumerate(lines):
        print(f"{_NOTE if index == 0 else ' ' * len(_NOTE)}{line}", file=sys.stderr)


class Progress:
    """How much is read, on one line of a terminal: bytes, rate, time left. Gone when done, silent elsewhere.

    paths: what is read; a pipe has no known size, so neither a bar nor a time left.
    """

    def __init__(self, wanted: bool, paths: list[str]) -> None:
        self.shown = wanted and sys.stderr.isatty()
        self.total = _size(paths) if self.shown else None
        self.bytes = 0
        self.started = self.drawn = time.monotonic()

    def __call__(self, source: str, size: int) -> None:
        self.bytes += size
        now = time.monotonic()
        if self.shown and now - self.drawn > _PAUSE:
            columns = shutil.get_terminal_size().columns
            line = _line(source, self.bytes, self.total, now - self.started, columns)
            print(f"\r\x1b[2K{line}", end="", file=sys.stderr, flush=True)
            self.drawn = now

    def done(self) -> None:
        if self.shown and self.drawn > self.started:
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)


def _size(paths: list[str]) -> int | None:
    """Bytes behind the paths; None where that is not known before they are read."""
    total = 0
    for path in map(Path, paths):
        files = [path] if path.is_file() else [f for f in path.rglob("*") if f.is_file()]
        total += sum(file.stat().st_size for file in files)
        if not files:
            return None
    return total or None


def _line(source: str, read: int, total: int | None, seconds: float, columns: int) -> str:
    rate = read / max(seconds, 1e-9)
    speed = f"{rate / 1e6:,.0f} MB/s"
    if total is None or read >= total:
        return f"reading {clean(source, 40)}  {read / 1e6:,.0f} MB  {speed}"[: columns - 1]
    share, left = read / total, round((total - read) / max(rate, 1))
    told = f"{share:5.0%}  {read / 1e6:,.0f} of {total / 1e6:,.0f} MB  {speed}  {left // 60}:{left % 60:02}"
    room = columns - len(told) - 12
    if room < _BAR:
        return f"reading {told}"[: columns - 1]
    filled = round(share * room)
    return f"reading {'━' * filled}{'─' * (room - filled)} {told}"
