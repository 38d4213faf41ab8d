"""One story, told in the words of every logger and export.

Two requests read `ticket:7` at version 4, both write version 5: a lost update. Then `job-31` ends its first
try with success and begins a second one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

MS = 1_000_000
MORNING = 1_780_304_400_000_000_000  # 2026-06-01T09:00:00Z
TRACES = {
    "r-10": "0af7651916cd43dd8448eb211c80319c",
    "r-11": "b9c7c989f97918e1c23a6cd4e5b1a2f0",
}
SPANS = {"r-10": "00f067aa0ba902b7", "r-11": "b7ad6b7169203331"}
Record = dict[str, Any]


@dataclass(frozen=True)
class Moment:
    """One event; `at`: milliseconds since that morning."""

    at: int
    name: str
    request: str
    host: str
    action: str
    version: int | None = None
    base: int | None = None
    status: str = "ok"
    took: float | None = 5.0  # milliseconds
    job: str | None = None
    attempt: int | None = None

    @property
    def ns(self) -> int:
        return MORNING + self.at * MS + 123_456

    @property
    def trace(self) -> str:
        return TRACES[self.request]

    @property
    def span(self) -> str:
        return SPANS[self.request]

    def stamp(self, digits: int = 9, zone: str = "Z", sep: str = "T", dot: str = ".") -> str:
        """ISO 8601 and its relatives."""
        second = datetime.fromtimestamp(self.ns // 10**9, UTC).strftime(f"%Y-%m-%d{sep}%H:%M:%S")
        return second + (dot + f"{self.ns % 10**9:09}"[:digits] if digits else "") + zone

    def snake(self, *without: str) -> Record:
        """What the application logs, in Python's and Go's spelling."""
        told = {
            "request_id": self.request,
            "trace_id": self.trace,
            "span_id": self.span,
            "user_id": f"u-{self.request}",
            "resource": "ticket:7",
            "action": self.action,
            "version": self.version,
            "base_version": self.base,
            "job_id": self.job,
            "attempt": self.attempt,
            "status": self.status,
        }
        return {k: v for k, v in told.items() if v is not None and k not in without}

    def own(self) -> Record:
        """Without what a tracing library would add."""
        return self.snake("trace_id", "span_id")

    def camel(self, *without: str) -> Record:
        """In the spelling of JavaScript and Java."""
        told = {camel(key): value for key, value in self.snake().items()}
        return {key: value for key, value in told.items() if key not in without}

    def pascal(self) -> Record:
        """In the spelling of .NET."""
        told = self.camel("traceId", "spanId")
        return {key[0].upper() + key[1:]: value for key, value in told.items()}


def camel(key: str) -> str:
    first, *more = key.split("_")
    return first + "".join(word.capitalize() for word in more)


def texts(record: Record) -> Record:
    """All values as text: of MDC, tags and labels."""
    return {key: str(value) for key, value in record.items()}


STORY = (
    Moment(100, "ticket.read", "r-10", "web-1", "read", 4),
    Moment(130, "ticket.read", "r-11", "web-2", "read", 4),
    Moment(190, "ticket.write", "r-10", "web-1", "write", 5, 4, took=11.5),
    Moment(240, "ticket.write", "r-11", "web-2", "write", 5, 4, took=12.25),
    Moment(
        *(450, "refund.finish", "r-10", "worker-1", "refund"),
        status="success",
        took=180.0,
        job="job-31",
        attempt=1,
    ),
    Moment(
        *(950, "refund.start", "r-10", "worker-1", "refund"),
        status="started",
        took=None,
        job="job-31",
        attempt=2,
    ),
)
