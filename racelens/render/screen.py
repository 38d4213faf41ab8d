"""What every page of text is made of: a console that obeys the terminal, the verdict, labelled rows, dots.

Colour and line breaks are only where somebody looks at them.
"""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import TextIO

from rich.console import Console
from rich.text import Text

from racelens.render.plain import clean, width

LABEL = 11  # columns of the words that name a row
ENDLESS = 100_000  # columns of a line that nobody breaks
_DRAWN = (80, 120)  # columns of a drawing: where nobody looks, and at most
_DOT = {"confirmed": "●", "possible": "○", "latent": "◌"}
HUE = {"error": "red", "warning": "yellow", "info": "cyan"}
_LABELS = {"cleared": "green", "undecided": "yellow", "unchecked": "yellow", "skipped": "yellow"}
_ASCII = str.maketrans({"●": "*", "○": "o", "◌": ".", "✓": "v", "✗": "x", "·": "-", "–": "-", "−": "-",
                        "→": ">", "…": ".", "“": '"', "”": '"', "’": "'", "±": "~", "×": "x", "↔": "-",
                        "├": "|", "┤": "|", "─": "-", "═": "=", "╵": "'", "║": "#", "│": "|", "┬": "+", "┴": "+",
                        "∅": "-", "┄": ".", "µ": "u", "━": "=", "▂": ".", "▄": ":", "▆": "|", "█": "#"})  # fmt: skip


class Screen:
    """Where lines of text go. What a terminal may show, rich decides (NO_COLOR, FORCE_COLOR, TERM)."""

    def __init__(self, out: TextIO) -> None:
        self._console = Console(
            file=out,
            highlight=False,
            markup=False,
            emoji=False,
            force_terminal=_forced() if out is sys.stdout else False,
        )
        self._ascii = not (getattr(out, "encoding", None) or "utf-8").lower().startswith("utf")
        self.page = self._console.width if out.isatty() else ENDLESS
        self.drawn = drawing(self.page)

    def print(self, line: Text) -> None:
        """One line, never broken."""
        self._console.print(_in_ascii(line) if self._ascii else line, soft_wrap=True)


def _forced() -> bool | None:
    """True where CLICOLOR_FORCE asks for colour; None leaves it to rich."""
    return True if os.environ.get("CLICOLOR_FORCE", "0") not in ("", "0") else None


def _in_ascii(line: Text) -> Text:
    line.plain = line.plain.translate(_ASCII).encode("ascii", "replace").decode()
    return line


def drawing(page: int) -> int:
    """Columns a drawing may take: those of a terminal up to 120; 80 elsewhere."""
    return min(page, _DRAWN[1]) if page < ENDLESS else _DRAWN[0]


def show(lines: Callable[[int], Iterable[Text]], out: TextIO) -> None:
    """Write what `lines` makes for a page of so many columns."""
    screen = Screen(out)
    for line in lines(screen.page):
        screen.print(line)


def dot(confidence: str, severity: str) -> Text:
    """Filled or hollow says how sure, the hue how bad."""
    return Text().append(_DOT[confidence], style=HUE[severity])


def verdict(words: str, hue: str, rest: str, page: int) -> Iterator[Text]:
    """The first lines: two words in capitals, and the counts behind them, as many as fit beside them."""
    parts = rest.split(" · ")
    room = page - width(words) - 2
    beside = next((n for n in range(len(parts), 0, -1) if width(" · ".join(parts[:n])) <= room), 0)
    head, more = " · ".join(parts[:beside]), " · ".join(parts[beside:])
    yield Text(words, style=f"bold {hue}").append(
        f"  {head}" if head else "", style="not bold default"
    )
    yield from (Text(line) for line in textwrap.wrap(more, page))


def row(label: str, text: str, page: int, indent: int = 2, loud: str = "") -> Iterator[Text]:
    """A labelled sentence; on a terminal broken into lines under itself. loud: how its harm is worded, last."""
    wide = max(LABEL, width(label) + 1)
    for index, line in enumerate(_broken(text, page - indent - wide, loud)):
        told = Text(" " * indent)
        told.append(f"{label if index == 0 else '':{wide}}", style=_LABELS.get(label, "dim"))
        yield told.append_text(line)


def prose(text: str, page: int, indent: int = 2, loud: str = "") -> Iterator[Text]:
    """A sentence without a label."""
    return (Text(" " * indent).append_text(line) for line in _broken(text, page - indent, loud))


def _broken(text: str, room: int, loud: str) -> Iterator[Text]:
    said = " ".join(clean(text, 2_000).split())
    lines = textwrap.wrap(said, max(24, room), break_long_words=False, break_on_hyphens=False)
    quiet = len(said) - len(loud) if loud and said.endswith(loud) else len(said)
    at = 0
    for line in lines or [""]:
        cut = min(max(quiet - at, 0), len(line))
        yield Text(line[:cut]).append(line[cut:], style="bold red")
        at += len(line) + 1
