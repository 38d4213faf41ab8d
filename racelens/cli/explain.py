"""`racelens explain`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from racelens import catalogue
from racelens.cli.messages import show_notice
from racelens.errors import RacelensError
from racelens.render import page

EXAMPLES = """\
racelens explain                                    all rules, a line each
racelens explain RL101                              a rule's page, drawn
racelens explain RL101 --example | racelens scan -  its example, tried"""


def _codes(incomplete: str) -> list[tuple[str, str]]:
    """Rules whose code begins so, for shell completion."""
    pages = catalogue.pages().values()
    return [(page.code, page.name) for page in pages if page.code.startswith(incomplete.upper())]


def explain(
    rule: Annotated[
        str | None,
        typer.Argument(
            help="A code or a name; without one, all rules.",
            show_default=False,
            autocompletion=_codes,
        ),
    ] = None,
    example: Annotated[
        bool, typer.Option("--example", help="Print log lines that the rule flags, to try it.")
    ] = False,
) -> None:
    """Show a rule's page: what it flags, what it leaves alone, how it knows, how to guard."""
    if example:
        _print_example(rule)
        return
    if rule is None:
        for entry in catalogue.pages().values():
            print(f"{entry.code}  {entry.name:<22} {entry.severity:<8} {entry.summary}")
        return
    page.render(catalogue.find(rule), sys.stdout)


def _print_example(word: str | None) -> None:
    if word is None:
        raise RacelensError("--example: of which rule?", hint="racelens explain RL101 --example")
    page = catalogue.find(word)
    for line in page.history("Flagged"):
        print(line)
    if declared := page.settings("Flagged"):
        show_notice("it is flagged where racelens.toml says")
        for line in declared.splitlines():
            show_notice(f"  {line}")
