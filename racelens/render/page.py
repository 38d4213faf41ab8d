"""A rule's page for `racelens explain`: both histories drawn, prose broken to the terminal's width."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TextIO

from rich.text import Text

from racelens.render import pictures, strip
from racelens.render.screen import Screen, dot
from racelens.rule import Page

_WIDEST = 100  # columns of prose
_DRAWN = 80
_BLIND = "Cannot see"


def render(page: Page, out: TextIO) -> None:
    """Code stays as it is written."""
    screen = Screen(out)
    for line in _lines(page, min(screen.page, _WIDEST), min(screen.drawn, _DRAWN)):
        screen.print(line)


def _lines(page: Page, width: int, drawn: int) -> Iterator[Text]:
    picture = pictures.of(page.code)
    yield Text(f"{page.code} {page.name}", style="bold").append(
        f"   {page.severity} · local to one {' and '.join(page.key)}", style="not bold dim"
    )
    yield from (Text(line) for line in textwrap.wrap(page.summary, width))
    yield from _heading("Flagged", strip.legend([picture.flagged]))
    yield from strip.lines(picture.flagged, drawn, 2)
    yield from _heading("Silent", picture.why)
    yield from strip.lines(picture.silent, drawn, 2)
    for section in ("How it is found", "Fix"):
        yield from _heading(section)
        for paragraph in _paragraphs(page.sections[section]):
            yield from _told(paragraph, page.severity, width)
    yield Text()
    flag = " --latent" if page.opt_in else ""
    yield Text("try  ", style="dim").append(
        f"racelens explain {page.code} --example | racelens scan -{flag}", style="not dim cyan"
    )


def _heading(words: str, beside: str = "") -> Iterator[Text]:
    yield Text()
    yield Text(words, style="bold").append(f"  {beside}" if beside else "", style="not bold dim")


def _paragraphs(text: str) -> Iterator[str]:
    """Lines joined to paragraphs; a line that is code or opens a new point stands alone."""
    held = ""
    for line in textwrap.dedent(text).splitlines():
        alone = line.startswith(" ") or not line.strip()
        opens = line.partition(":")[0] in ("confirmed", "possible", "undecided", _BLIND)
        if held and (alone or opens):
            yield held
            held = ""
        if alone:
            yield line
        else:
            held = f"{held} {line}".strip()
    if held:
        yield held


def _told(paragraph: str, severity: str, width: int) -> Iterator[Text]:
    opening, _, rest = paragraph.partition(":")
    if opening == _BLIND:
        yield from _heading(_BLIND)
        paragraph = rest.strip()
    if paragraph.startswith(" "):
        yield Text("  " + paragraph)
        return
    indent = "     " if opening in ("confirmed", "possible") else "  "
    lines = textwrap.wrap(paragraph, width, initial_indent=indent, subsequent_indent=indent)
    for number, line in enumerate(lines or [""]):
        if indent == "  " or number:
            yield Text(line)
        else:
            yield Text("  ").append_text(dot(opening, severity)).append(f"  {line.strip()}")
