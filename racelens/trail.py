"""What `racelens trace` shows of one token: frozen values, complete when they are made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from racelens.findings import Place

# How it is known that a step came after the one before it (design, section 4).
Order = Literal["first", "line", "cause", "time", "clock", "written"]
ORDERS: dict[Order, str] = {
    "first": "",
    "line": "one writer: order of its lines",
    "cause": "the one before it caused it",
    "time": "times apart by more than the clocks can differ",
    "clock": "by clocks that may differ by more than this gap",
    "written": "no time: as written",
}
End = Literal["finished", "failed", "refused", "gave up", "died", "unknown"]


@dataclass(frozen=True)
class Alias:
    """Another id whose lines belong here. `why`: a clause with the line that says so."""

    id: str
    field: str
    why: str
    place: Place


@dataclass(frozen=True)
class Attempt:
    """One execution that the token took part in.

    parent: index of the attempt that caused it. lines: shown steps of it. how: what says so of its end, a
    clause. trigger: why there was another one, a clause, empty for the first.
    """

    label: str
    actor: str
    number: int | None  # of the try
    where: str
    began_ns: int | None
    ended_ns: int | None
    began: Place
    ended: Place | None
    end: End
    how: str
    trigger: str
    parent: int | None
    lines: int
    payload: str | None = None


@dataclass(frozen=True)
class Step:
    """One line of a log. `time`: RFC 3339; `gap_ns`: since the step before, where both have a time.

    attempt: index into the trail's attempts. via: the alias it was found by, None for the token itself.
    said: event name or message; did: what it did to which resource, as far as it was understood.
    """

    place: Place
    time: str | None
    time_ns: int | None
    gap_ns: int | None
    order: Order
    attempt: int | None
    phase: Literal["start", "finish", "point"]
    where: str
    said: str
    did: str
    outcome: str | None
    via: str | None
    parsed: bool
    raw: str


@dataclass(frozen=True)
class Trail:
    """Everything that touched `token`.

    matched: how the token was matched, in words, empty for whole words. roles: what the token is and on how
    many lines. context: other things its lines name, with counts. left_out: matching lines beyond the limit.
    assumed_ns: how far clocks may differ without evidence.
    """

    token: str
    tool_version: str
    arguments: tuple[str, ...]
    matched: str
    roles: tuple[tuple[str, int], ...]
    context: tuple[tuple[str, str, int], ...]
    aliases: tuple[Alias, ...]
    steps: tuple[Step, ...]
    attempts: tuple[Attempt, ...]
    left_out: int
    files: int
    assumed_ns: int
    notices: tuple[str, ...] = ()

    @property
    def unparsed(self) -> int:
        return sum(not step.parsed for step in self.steps)


def limited(trail: Trail, most: int) -> Trail:
    """The first `most` lines; what is left out is counted."""
    rest = max(0, len(trail.steps) - most)
    return replace(trail, steps=trail.steps[:most], left_out=trail.left_out + rest)
