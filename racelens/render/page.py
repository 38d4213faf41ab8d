"""A rule's page for `racelens explain`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.text import Text

from racelens.rule import SECTIONS, Page

_WIDEST = 100


def render(page: Page, out: TextIO) -> None:
    """Prose is broken to the terminal's width; histories and code stay as they are."""
    console = Console(file=out, highlight=False, markup=False, emoji=False)
    width = min(console.width, _WIDEST) if console.is_terminal else _WIDEST
    for line in _lines(page, width):
        console.print(line, soft_wrap=True)


def _lines(page: Page, width: int) -> Iterator[Text]:
    title = Text(f"{page.code} {page.name}", style="bold")
    title.append(
        f"   {page.severity} · local to one {' and '.join(page.key)}", style="not bold dim"
    )
    yield title
    yield Text(page.summary)
    for section in SECTIONS:
        yield Text()
        yield Text(section, style="bold")
        for paragraph in _paragraphs(page.sections[section]):
            yield from (Text(line) for line in _broken(paragraph, width))


def _paragraphs(text: str) -> Iterator[str]:
    """Lines joined to paragraphs; a line that is code, JSON or opens a new point stands alone."""
    held = ""
    for line in textwrap.dedent(text).splitlines():
        alone = line.startswith((" ", "{", "#")) or not line.strip()
        opens = line.partition(":")[0] in ("confirmed", "possible", "undecided", "Cannot see")
        if held and (alone or opens):
            yield held
            held = ""
        if alone:
            yield line
        else:
            held = f"{held} {line}".strip()
    if held:
        yield held


def _broken(paragraph: str, width: int) -> list[str]:
    if paragraph.startswith((" ", "{")):
        return ["  " + paragraph]
    return textwrap.wrap(paragraph, width, initial_indent="  ", subsequent_indent="  ") or [""]
