"""What the world did beside the journal, as plain tables: order in a list is order in the store."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from .machines import Actor, Line


@dataclass(eq=False, slots=True)
class Deed:
    """One access of a numbered thing. `number` is the version or sequence it wrote or saw,
    `base` what it rested on: the state it had read, expected, or the token it carried.
    `before` is what stood there at the instant."""

    at_ns: int
    actor: Actor
    resource: str
    number: int
    before: int
    base: int = 0
    state: str = ""
    lines: list[Line] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Hold:
    """One hold of a lock: from its grant until its holder let go of it, lease or no lease.
    `leased`: the log says how long it lasts, so that nobody takes it for a hold any longer."""

    resource: str
    actor: Actor
    taken_ns: int
    acquired: Line
    leased: bool = False
    freed_ns: int = 0
    released: Line | None = None


@dataclass(eq=False, slots=True)
class Lookup:
    """A search that found no row. `gave_up`: its message was dropped then and there."""

    at_ns: int
    actor: Actor
    resource: str
    line: Line
    gave_up: bool


@dataclass(eq=False, slots=True)
class Creation:
    """A row of a transaction that took a while, visible from `committed_ns` (0: rolled back)."""

    actor: Actor
    resource: str
    line: Line
    committed_ns: int = 0
    committed: Line | None = None


@dataclass(eq=False, slots=True)
class Series:
    """All tries of one operation with the error each ended in; `pauses` in ns between them."""

    resource: str
    actors: list[Actor] = field(default_factory=list)
    replies: list[str | None] = field(default_factory=list)
    pauses: list[int] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Use:
    """One call on a small thing, from its invocation to its answer. `done`: it was not refused."""

    resource: str
    model: str
    actor: Actor
    word: str
    given: Any
    expected: Any
    seen: Any = None
    done: bool = True
    start: Line | None = None
    finish: Line | None = None


@dataclass(eq=False, slots=True)
class Sale:
    """A seat of a show that was sold: how many were left when it was looked at, and after it."""

    actor: Actor
    resource: str
    at_ns: int
    seen: int
    left: int
    looked: Line
    sold: Line


@dataclass(slots=True)
class Lease:
    """Who may hold a lock, by token, and until when."""

    token: int = 0
    until_ns: int = 0


@dataclass(slots=True)
class Facts:
    """The current numbers, and a table for each sort of thing that can go wrong with them."""

    current: defaultdict[str, int] = field(default_factory=lambda: defaultdict(lambda: 1))
    cached: defaultdict[str, int] = field(default_factory=lambda: defaultdict(lambda: 1))
    states: dict[str, str] = field(default_factory=dict)
    leases: defaultdict[str, Lease] = field(default_factory=lambda: defaultdict(Lease))
    applied: list[Deed] = field(default_factory=list)
    shown: list[Deed] = field(default_factory=list)
    published: list[Deed] = field(default_factory=list)
    cache_reads: list[Deed] = field(default_factory=list)
    conditional: list[Deed] = field(default_factory=list)
    claimed: list[Deed] = field(default_factory=list)
    fenced: list[Deed] = field(default_factory=list)
    moves: list[Deed] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    lookups: list[Lookup] = field(default_factory=list)
    creations: list[Creation] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
