"""What goes to standard error: errors, notices, progress. Standard output is for the report only."""

from __future__ import annotations

import sys
import time

from racelens.errors import RacelensError
from racelens.render.plain import clean


def show_error(error: RacelensError) -> None:
    """The message, what was seen, and one line to try."""
    print(f"error: {clean(error.message, 2_000)}", file=sys.stderr)
    for label, text in error.details:
        print(f"  {label:<8}{clean(text, 2_000)}", file=sys.stderr)
    if error.hint:
        print(f"  {'try':<8}{clean(error.hint, 2_000)}", file=sys.stderr)


def show_notice(text: str) -> None:
    print(f"note: {clean(text, 2_000)}", file=sys.stderr)


class Progress:
    """Bytes read so far, on one line of a terminal; gone when done. Silent elsewhere."""

    def __init__(self, wanted: bool) -> None:
        self.shown = wanted and sys.stderr.isatty()
        self.bytes = 0
        self.started = self.drawn = time.monotonic()

    def __call__(self, source: str, size: int) -> None:
        self.bytes += size
        now = time.monotonic()
        if self.shown and now - self.drawn > 0.1:
            rate = self.bytes / max(now - self.started, 1e-9) / 1e6
            text = f"reading {clean(source, 50)}  {self.bytes / 1e6:,.0f} MB  {rate:,.0f} MB/s"
            print(f"\r\x1b[2K{text}", end="", file=sys.stderr, flush=True)
            self.drawn = now

    def done(self) -> None:
        if self.shown and self.drawn > self.started:
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)
