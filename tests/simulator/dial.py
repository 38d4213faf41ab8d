"""The dial: every knob of a simulated run, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Guard = Literal["none", "cas", "lock", "atomic", "mixed"]
Level = Literal["full", "sparse"]
Dialect = Literal["structlog", "pino", "ecs", "canonical"]
Precision = Literal["us", "ms", "s"]

OPERATIONS = ("edits", "tabs", "clicks", "jobs", "webhooks", "keys", "exchange")
"""Flows that clients run; `operations` counts these."""

BACKGROUND = ("cron", "heartbeat")
"""Flows that run beside the clients for as long as they are busy."""

RACES = (
    "sequence",
    "premature",
    "claims",
    "cache",
    "conditional",
    "leases",
    "lifecycle",
    "entity",
    "retries",
    "copies",
    "tickets",
)
"""Flows that clients run only when the dial names them."""

EVERYTHING = OPERATIONS + RACES + BACKGROUND
"""Every flow there is, for `Dial(flows=EVERYTHING)`."""


@dataclass(frozen=True)
class Dial:
    """What to simulate (first block) and how it is logged (second block).

    The second block never changes what happens: one seed gives the same requests, writes and
    incidents at any level, dialect, skew, drop or precision. Probabilities are 0…1, times in
    the unit of their suffix.
    """

    seed: int = 0
    clients: int = 6
    resources: int = 10
    operations: int = 200
    guard: Guard = "none"
    versions: Literal["store", "computed"] = "store"
    """`computed`: the handler stores base + 1, so racers log equal versions (and versions may
    regress under a pile-up; a base is then not always unique)."""
    think_ms: float = 20.0
    timeout_ms: float = 300.0
    slow: float = 0.15
    """Probability that a callee is slower than its caller's timeout and succeeds late."""
    failures: float = 0.15
    """Probability of a genuine failure (before the effect, or rolled back)."""
    redelivery: float = 0.2
    double_click: float = 0.3
    two_tabs: float = 0.4
    key_reuse: float = 0.3
    skip_runs: float = 0.2
    """Probability that a cron run outlives its period (the next is skipped, or overlaps)."""
    race: float = 0.5
    """Probability that an operation of one of the flows in RACES meets its race."""
    flows: tuple[str, ...] = OPERATIONS + BACKGROUND

    level: Level = "full"
    dialect: Dialect = "structlog"
    skew_ms: float = 0.0
    """Each process's clock is off by a constant drawn from ± this."""
    drop: float = 0.0
    precision: Precision = "us"
    restarting_ids: bool = False

    @property
    def precision_ns(self) -> int:
        """Resolution of logged times in ns; pino never logs finer than 1 ms."""
        if self.dialect == "pino" and self.precision == "us":
            return 1_000_000
        return {"us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}[self.precision]
