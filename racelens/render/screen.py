"""A page for a terminal, a pipe or a file: colour and line breaks only where somebody looks at it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import TextIO

from rich.text import Text

from racelens.render.plain import clean, width
from racelens.render.rows import ENDLESS, Screen

DRAWING = 80  # columns of a drawing where nobody says how wide the page is
_LABEL = 10


def show(lines: Callable[[int], Iterable[Text]], out: TextIO) -> None:
    """Write what `lines` makes for a page of so many columns."""
    screen = Screen(out)
    for line in lines(screen.page):
        screen.print(line)


def drawing(page: int) -> int:
    """Columns a drawing may take: all of a terminal, 80 elsewhere."""
    return page if page < ENDLESS else DRAWING


def row(label: str, text: str, page: int, indent: int = 2) -> Iterator[Text]:
    """A labelled sentence; on a terminal broken into lines under itself."""
    wide = max(_LABEL, width(label) + 2)
    room = max(24, page - indent - wide)
    lines = textwrap.wrap(clean(text, 2_000), room, break_long_words=False, break_on_hyphens=False)
    for index, line in enumerate(lines or [""]):
        shown = Text(" " * indent)
        shown.append(f"{label if index == 0 else '':{wide}}", style="dim")
        shown.append(line)
        yield shown


def verdict(words: str, hue: str, rest: str, page: int) -> Iterator[Text]:
    """The first lines: two words in capitals, and the counts behind them."""
    head = Text(words, style=f"bold {hue}")
    if len(words) + len(rest) + 2 <= page:
        head.append(f"  {rest}", style="not bold default")
        yield head
        return
    yield head
    yield from (Text(line) for line in textwrap.wrap(rest, page))
