"""`racelens explain`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from racelens import catalogue
from racelens.render import page


def explain(
    rule: Annotated[
        str | None,
        typer.Argument(help="A code or a name; without one, all rules.", show_default=False),
    ] = None,
) -> None:
    """Show a rule's page: what it flags, what it leaves alone, how it knows, how to guard."""
    if rule is None:
        for entry in catalogue.pages().values():
            print(f"{entry.code}  {entry.name:<22} {entry.severity:<8} {entry.summary}")
        return
    page.render(catalogue.find(rule), sys.stdout)
