"""`racelens explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from racelens import catalogue
from racelens.rule import SECTIONS


def explain(
    rule: Annotated[
        str | None,
        typer.Argument(help="A code or a name; without one, all rules.", show_default=False),
    ] = None,
) -> None:
    """Show a rule's page: what it flags, what it leaves alone, how it knows, how to guard."""
    if rule is None:
        for page in catalogue.pages().values():
            print(f"{page.code}  {page.name:<22} {page.severity:<8} {page.summary}")
        return
    page = catalogue.find(rule)
    print(f"{page.code} {page.name}   {page.severity}, local to one {' and '.join(page.key)}")
    print(page.summary)
    for title in SECTIONS:
        print(f"\n{title}\n{page.sections[title]}")
