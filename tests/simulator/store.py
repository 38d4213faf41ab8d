"""The database: versioned rows, row locks, effect tables, and the journal that is the truth."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from .facts import Facts
from .loop import Lock
from .machines import Actor, Line


@dataclass(frozen=True, slots=True)
class View:
    """What a reader saw. `revision` is the store's own counter, `version` the logged one."""

    resource: str
    revision: int
    version: int
    value: int


@dataclass(eq=False, slots=True)
class Write:
    """A journal entry: what was written, from which base, over which revision.

    `kind` is rmw (computed from `base`), blind, increment or patch. `replaced` is the revision
    that was current when it landed. A rolled back write has `committed` False and replaced
    nothing.
    """

    at_ns: int
    actor: Actor
    resource: str
    kind: str
    base: View | None
    replaced: int
    after: View
    committed: bool = True
    line: Line | None = None

    @property
    def revision(self) -> int:
        """The revision it made."""
        return self.after.revision


@dataclass(eq=False, slots=True)
class Effect:
    """A row of a charge, credit or mail table. `intent` is what the user or queue wanted once;
    it is never logged."""

    at_ns: int
    actor: Actor
    kind: str
    resource: str
    intent: str
    payload: str
    key: str | None
    line: Line | None = None


@dataclass(eq=False, slots=True)
class Work:
    """One run of a named cron job that did work, `name` as its resource."""

    name: str
    actor: Actor
    began_ns: int
    ended_ns: int = 0
    line: Line | None = None


@dataclass(slots=True)
class Row:
    """The current state of a resource and its row lock."""

    now: View
    lock: Lock = field(default_factory=Lock)


@dataclass(slots=True)
class Store:
    """All tables. `computed` versions are base + 1, else the row's + 1."""

    computed: bool
    rows: dict[str, Row] = field(default_factory=dict)
    journal: list[Write] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    works: list[Work] = field(default_factory=list)
    facts: Facts = field(default_factory=Facts)
    _claims: set[Hashable] = field(default_factory=set)

    def row(self, resource: str) -> Row:
        """The row, created at revision and version 1 on first sight."""
        if resource not in self.rows:
            self.rows[resource] = Row(View(resource, 1, 1, 500))
        return self.rows[resource]

    def apply(self, at_ns: int, actor: Actor, kind: str, resource: str, base: View | None) -> Write:
        """Commit one write over whatever is current and journal it."""
        write = self._journal(at_ns, actor, kind, resource, base)
        self.rows[resource].now = write.after
        return write

    def provisional(self, at_ns: int, actor: Actor, resource: str, base: View) -> Write:
        """A write that its transaction will roll back: journalled, never visible."""
        write = self._journal(at_ns, actor, "rmw", resource, base)
        write.committed = False
        return write

    def claim(self, what: Hashable) -> bool:
        """Insert under a unique constraint: True for the first, False ever after."""
        fresh = what not in self._claims
        self._claims.add(what)
        return fresh

    def _journal(
        self, at_ns: int, actor: Actor, kind: str, resource: str, base: View | None
    ) -> Write:
        now = self.row(resource).now
        source = base if base is not None and kind == "rmw" else now
        version = (source if self.computed else now).version + 1
        after = View(resource, now.revision + 1, version, source.value - 1)
        write = Write(at_ns, actor, resource, kind, base, now.revision, after)
        self.journal.append(write)
        return write
