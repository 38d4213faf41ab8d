"""The pages of all rules, read from their source: importing the rules would load polars for nothing."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

from racelens.errors import RacelensError
from racelens.rule import Page, read_page

# A rule as far as its page goes: its mark, its name and its docstring. The query below is most of the file.
_DECLARED = re.compile(r'^@rule\(.*?^    """.*?"""$', re.MULTILINE | re.DOTALL)


@cache
def pages() -> dict[str, Page]:
    """Every rule's page by code, in code order."""
    folder = Path(__file__).parent / "rules"
    found = (page for file in sorted(folder.glob("[!_]*.py")) for page in _pages_of(file))
    return {page.code: page for page in sorted(found, key=lambda page: page.code)}


def _pages_of(file: Path) -> Iterable[Page]:
    for declared in _DECLARED.findall(file.read_text(encoding="utf-8")):
        (function,) = ast.parse(declared).body
        assert isinstance(function, ast.FunctionDef)
        yield _page(function)


def _page(function: ast.FunctionDef) -> Page:
    (mark,) = function.decorator_list
    assert isinstance(mark, ast.Call)
    given = {k.arg: k.value for k in mark.keywords}
    page = read_page(
        ast.literal_eval(mark.args[0]),
        function.name,
        ast.literal_eval(given["severity"]),
        ast.literal_eval(given["key"]),
        ast.get_docstring(function, clean=False) or "",
    )
    said = {name: ast.literal_eval(given[name]) for name in ("unit", "opt_in") if name in given}
    return replace(page, **said)


def select(select: Iterable[str], ignore: Iterable[str]) -> tuple[str, ...]:
    """Codes of the rules to run. Names, codes and families such as `RL1` are understood.

    Raises RacelensError for a word that means no rule.
    """
    chosen = _expand("--select", select) or set(pages())
    return tuple(sorted(chosen - _expand("--ignore", ignore)))


def _expand(flag: str, words: Iterable[str]) -> set[str]:
    wanted = [word.strip() for given in words for word in given.split(",") if word.strip()]
    found: set[str] = set()
    unknown = []
    for word in wanted:
        codes = {p.code for p in pages().values() if _is_meant(p, word)}
        found |= codes
        unknown += [word] if not codes else []
    if unknown:
        raise _no_such_rule(flag, unknown)
    return found


def _is_meant(page: Page, word: str) -> bool:
    family = len(word) == 3 and page.code.startswith(word.upper())
    return family or word.upper() in (page.code, "ALL") or word.lower() == page.name


def _no_such_rule(flag: str, unknown: list[str]) -> RacelensError:
    known = [text for page in pages().values() for text in (page.code, page.name)]
    close = [c for word in unknown for c in difflib.get_close_matches(word, known, n=2, cutoff=0.5)]
    named = [f"{p.code} {p.name}" for p in pages().values() if {p.code, p.name} & set(close)]
    quoted = " and ".join(f"no rule “{word}”" for word in unknown)
    details = (("close", ", ".join(named)),) if named else ()
    return RacelensError(f"{flag}: {quoted}", details, "racelens explain")


def find(word: str) -> Page:
    """The page a user asks for by code or name. Raises RacelensError when there is none."""
    for page in pages().values():
        if word.upper() == page.code or word.lower() == page.name:
            return page
    raise _no_such_rule("explain", [word])
