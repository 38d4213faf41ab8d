"""The part of a log that counts: a window of time, some resources, one flow, some services."""

from __future__ import annotations

from dataclasses import dataclass

_DAY = 86_400_000_000_000


@dataclass(frozen=True)
class TimeOfDay:
    """A moment of a day that only the log tells: nanoseconds since midnight UTC, as `text` says it."""

    ns: int
    text: str

    def last_before(self, end_ns: int) -> int:
        """The last such moment that is not after the end."""
        return end_ns - (end_ns - self.ns) % _DAY

    def first_after(self, begin_ns: int) -> int:
        """The first such moment that is not before the beginning."""
        return begin_ns + (self.ns - begin_ns) % _DAY


Moment = int | TimeOfDay
"""Nanoseconds since 1970, or a time of a day that is still to be found."""


@dataclass(frozen=True)
class Scope:
    """since, until: both included. resources: globs; the others are exact.

    Several words of one kind are alternatives, several kinds must hold of one event.
    """

    since: Moment | None = None
    until: Moment | None = None
    resources: tuple[str, ...] = ()
    correlation: str | None = None
    services: tuple[str, ...] = ()

    @property
    def is_timed(self) -> bool:
        return self.since is not None or self.until is not None

    @property
    def is_narrow(self) -> bool:
        """Whether not every race counts."""
        return bool(self.resources or self.correlation or self.services)


EVERYTHING = Scope()
