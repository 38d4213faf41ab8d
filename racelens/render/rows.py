"""What every page of text is made of: labelled rows, dots, a console that obeys the terminal."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.text import Text

from racelens.render.plain import clean

LABEL = 11  # columns of the words that name a row
ENDLESS = 100_000  # columns of a line that nobody breaks
_DRAWN = (80, 120)  # columns of a drawing: where nobody looks, and at most
_DOT = {"confirmed": "●", "possible": "○", "latent": "◌"}
HUE = {"error": "red", "warning": "yellow", "info": "cyan"}
_LABELS = {"cleared": "green", "undecided": "yellow", "unchecked": "yellow", "skipped": "yellow"}
_ASCII = str.maketrans({"●": "*", "○": "o", "◌": ".", "✓": "v", "✗": "x", "·": "-", "–": "-", "−": "-",
                        "→": ">", "…": ".", "“": '"', "”": '"', "’": "'", "±": "~", "×": "x", "↔": "-",
                        "├": "|", "┤": "|", "─": "-", "═": "=", "╵": "'", "║": "#", "│": "|", "┬": "+", "┴": "+",
                        "∅": "-", "┄": ".", "µ": "u", "━": "="})  # fmt: skip


class Screen:
    """Where lines of text go. What a terminal may show, rich decides (NO_COLOR, FORCE_COLOR, TERM)."""

    def __init__(self, out: TextIO) -> None:
        self._console = Console(
            file=out,
            highlight=False,
            markup=False,
            emoji=False,
            force_terminal=None if out is sys.stdout else False,
        )
        self._ascii = not (getattr(out, "encoding", None) or "utf-8").lower().startswith("utf")
        looked_at = out.isatty()
        self.page = self._console.width if looked_at else ENDLESS
        self.drawn = min(self._console.width, _DRAWN[1]) if looked_at else _DRAWN[0]

    def print(self, line: Text) -> None:
        """One line, never broken."""
        self._console.print(_in_ascii(line) if self._ascii else line, soft_wrap=True)


def _in_ascii(line: Text) -> Text:
    line.plain = line.plain.translate(_ASCII).encode("ascii", "replace").decode()
    return line


def dot(confidence: str, severity: str) -> Text:
    """Filled or hollow says how sure, the hue how bad."""
    return Text().append(_DOT[confidence], style=HUE[severity])


def row(label: str, text: str, page: int, indent: int = 4, loud: str = "") -> Iterator[Text]:
    """A labelled sentence; on a terminal broken into lines under itself. loud: how its harm is worded, last."""
    room = max(24, page - indent - LABEL)
    said = " ".join(clean(text, 2_000).split())
    lines = textwrap.wrap(said, room, break_long_words=False, break_on_hyphens=False)
    quiet = len(said) - len(loud) if loud and said.endswith(loud) else len(said)
    at = 0
    for index, line in enumerate(lines or [""]):
        told = Text(" " * indent)
        told.append(f"{label if index == 0 else '':{LABEL}}", style=_LABELS.get(label, "dim"))
        cut = min(max(quiet - at, 0), len(line))
        told.append(line[:cut]).append(line[cut:], style="bold red")
        at += len(line) + 1
        yield told
