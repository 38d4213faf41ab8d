"""Who acts and who writes logs: actors, processes, and the lines they wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]
"""A log record before its dialect: flat, snake_case, `time_ns` by the writer's own clock."""


@dataclass(eq=False, slots=True)
class Actor:
    """One attempt: a request, or one try of a job. Compared by identity, never by its ids."""

    process: str
    correlation: str
    request: str | None = None
    job: str | None = None
    user: str | None = None
    retry: int = 0
    span: str | None = None
    parent: str | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """Request and job id as logged, the request's first."""
        return tuple(i for i in (self.request, self.job) if i)


@dataclass(eq=False, slots=True)
class Line:
    """One record and its fate. `index` is true order over all processes; `local_ns` is the
    time as a reader of the log sees it (own clock, truncated)."""

    record: Record
    actor: Actor | None
    index: int
    true_ns: int
    local_ns: int
    shown: bool


@dataclass(eq=False, slots=True)
class Attempt:
    """The envelope of one actor: its start and finish lines, true begin and end in ns."""

    actor: Actor
    start: Line
    finish: Line | None = None

    @property
    def shown(self) -> bool:
        """Whether a reader sees both ends."""
        return self.start.shown and self.finish is not None and self.finish.shown


@dataclass(eq=False, slots=True)
class Process:
    """One log file. `offset_ns` is what its clock shows minus true time."""

    name: str
    service: str
    host: str
    pid: int
    offset_ns: int
    records: list[Record] = field(default_factory=list)
    requests: int = 0


LAYOUT = (
    ("api-1", "api", "web-1"),
    ("api-2", "api", "web-2"),
    ("worker-1", "worker", "job-1"),
    ("worker-2", "worker", "job-2"),
    ("notifier", "notifier", "mail-1"),
    ("scheduler", "scheduler", "cron-1"),
)
"""(process, service, host): one process a host, so process and host are one clock domain."""
