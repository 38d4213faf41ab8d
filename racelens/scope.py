"""The part of a log that counts: a window of time, some resources, one flow, some services."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """since, until: nanoseconds since 1970, both included. resources: globs; the others are exact.

    Several words of one kind are alternatives, several kinds must hold of one event.
    """

    since_ns: int | None = None
    until_ns: int | None = None
    resources: tuple[str, ...] = ()
    correlation: str | None = None
    services: tuple[str, ...] = ()

    @property
    def is_timed(self) -> bool:
        return self.since_ns is not None or self.until_ns is not None

    @property
    def is_narrow(self) -> bool:
        """Whether not every race counts."""
        return bool(self.resources or self.correlation or self.services)


EVERYTHING = Scope()
