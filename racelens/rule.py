"""What a rule is: a named anomaly, the pure query that finds it, and its page.

A rule is one file in `racelens.rules`. Its function takes the events of whole keys and the Knowledge of
the capture, and returns hits: one row a finding, with at least

* `resource`, `at` (id of the primary event), `note` (what that event did, a clause),
* `related`: list of `{id, note, raced}`, the events that prove it,
* `confidence` (confirmed, possible, latent) and `reason` (why this confidence),
* whatever else its message, fix and facts mention.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from racelens.knowledge import Knowledge

    Query = Callable[[pl.LazyFrame, Knowledge], pl.LazyFrame]
    Question = Callable[[], pl.Expr]

SECTIONS = ("Flagged", "Silent", "How it is found", "Fix")


@dataclass(frozen=True)
class Page:
    """A rule's documentation: its summary line and the sections of its docstring. unit, opt_in: see Metadata."""

    code: str
    name: str
    severity: str
    key: tuple[str, ...]
    summary: str
    sections: Mapping[str, str]
    unit: str = ""
    opt_in: bool = False

    def history(self, section: str) -> list[str]:
        """The JSON lines of Flagged or Silent."""
        return [
            line.strip() for line in self.sections[section].splitlines() if line.strip()[:1] == "{"
        ]

    def settings(self, section: str) -> str:
        """The settings file that Flagged or Silent rests on: its lines that begin with #."""
        lines = (line.strip() for line in self.sections[section].splitlines())
        return "\n".join(line.removeprefix("# ") for line in lines if line.startswith("# "))


@dataclass(frozen=True)
class Latent:
    """What a rule says of code that could race and did not in this log; asked for with --latent.

    query: over all events of whole resource types; message, lost, fix: templates over its hits.
    """

    query: Query
    message: str
    lost: str
    fix: str


@dataclass(frozen=True)
class Line:
    """The log line a rule lives on: an event and its fields, in which {noun} stands for what the logs are about.

    lacks: the fields without which it cannot look at an event that is there; meaning: what the first of them says.
    """

    event: str
    fields: tuple[str, ...]
    lacks: tuple[str, ...]
    meaning: str


@dataclass(frozen=True)
class Metadata:
    """What a rule says of itself; as `@rule(…)` above a query it makes a Rule and registers nothing.

    key: the columns it is local to; findings of inputs that share no key are independent.
    needs: columns without which it cannot look.
    checked: expression over one event: true where the rule could look, false where it could not, null
        where there was nothing to look at. unit: what is counted; wish: what to log when there is none; blind_spot:
        what the unchecked ones do; advice: what to log; line: the same, as a log line.
    cleared: expression over one event: why it shows a guard that worked, else null; None where no guard
        of this rule leaves a record.
    blind: why it cannot look with this Knowledge, else None.
    settle: what would decide a possible finding whose events say all that they can.
    latent: what it says of paths that did not collide. opt_in: it speaks of nothing else.
    several: it compares tries, so keys with a single one are no case.
    message, lost, fix: templates over the hit's columns.
    """

    code: str
    _: KW_ONLY
    severity: str
    key: tuple[str, ...]
    needs: tuple[str, ...]
    message: str
    lost: str
    fix: str
    unit: str
    wish: str
    line: Line
    blind_spot: str
    advice: str
    checked: Question
    cleared: Question | None = None
    blind: Callable[[Knowledge], str | None] = lambda _: None
    settle: str = ""
    latent: Latent | None = None
    opt_in: bool = False
    several: bool = False

    def __call__(self, query: Query) -> Rule:
        return Rule(**vars(self), name=rule_name(query.__name__), query=query)


rule = Metadata


@dataclass(frozen=True)
class Rule(Metadata):
    """A rule ready to run."""

    name: str = field(kw_only=True)
    query: Query = field(kw_only=True)

    @property
    def could(self) -> Rule | None:
        """The rule that speaks of what could race: itself, its latent side, or None."""
        if self.latent:
            return replace(self, key=("kind",), latent=None, **vars(self.latent))
        return self if self.opt_in else None

    @property
    def page(self) -> Page:
        doc = self.query.__doc__ or ""
        page = read_page(self.code, self.query.__name__, self.severity, self.key, doc)
        return replace(page, unit=self.unit, opt_in=self.opt_in)


def rule_name(function: str) -> str:
    return function.replace("_", "-")


def read_page(code: str, function: str, severity: str, key: tuple[str, ...], doc: str) -> Page:
    """The page in a rule's docstring.

    Raises ValueError when a heading is missing.
    """
    lines = [line.removeprefix("    ") for line in doc.strip().splitlines()]
    text = "\n".join(lines)
    parts = re.split(rf"^({'|'.join(SECTIONS)})\n", text, flags=re.MULTILINE)
    sections = {
        title: body.strip("\n") for title, body in zip(parts[1::2], parts[2::2], strict=True)
    }
    missing = [title for title in SECTIONS if title not in sections]
    if missing:
        raise ValueError(f"{code}: no section {', '.join(missing)}")
    return Page(code, rule_name(function), severity, key, lines[0], sections)
