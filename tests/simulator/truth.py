"""What went wrong, as recorded by the store and never by the log."""

from __future__ import annotations

from dataclasses import dataclass

FAIR_NAMES: dict[str, tuple[str, ...]] = {
    "lost_update": ("RL101", "RL105", "RL103", "RL106"),
    "duplicate_action": ("RL201", "RL202", "RL103", "RL301", "RL302", "RL303"),
    "duplicate_delivery": ("RL202", "RL201", "RL301", "RL303"),
    "key_reuse": ("RL203",),
    "retry_after_success": ("RL301", "RL202", "RL201"),
    "late_success": ("RL302", "RL303", "RL301", "RL202", "RL201"),
    "overlapping_attempts": ("RL303", "RL302", "RL202", "RL201"),
    "overlapping_runs": ("RL501", "RL105"),
    "stale_write": ("RL102", "RL402", "RL101", "RL104"),
    "check_then_act": ("RL103", "RL101", "RL105", "RL106"),
    "stale_read": ("RL104", "RL106"),
    "broken_guard": ("RL105", "RL101", "RL106", "RL501"),
    "premature_event": ("RL401",),
    "illegal_transition": ("RL402", "RL102", "RL101"),
    "retry_storm": ("RL304",),
    "futile_retry": ("RL305",),
    "masked_by_retry": ("RL306",),
    "non_linearizable": ("RL106", "RL105", "RL101", "RL103"),
    "oversold": ("RL103", "RL101"),
}
"""Rules that name a kind fairly, best first (the first is `Incident.rule`)."""


@dataclass(frozen=True)
class Incident:
    """One thing that went wrong (or, in `Run.gray`, one that need not be flagged).

    `ids` are request and job ids exactly as logged, the culprit's first (a gray one names the
    attempt that misleads; whoever it is paired with is gray as well); `processes` is parallel
    to it and tells restarting ids apart. `at_ns` is true time. `discoverable`: the lines that
    prove it, whatever the clocks, are in the log. `suggested`: the envelopes of both sides are
    in the log and their windows overlap as logged; for the kinds of the flows in RACES: the
    lines are there, but it may take clocks to order them.
    """

    kind: str
    resource: str
    ids: tuple[str, ...]
    processes: tuple[str, ...]
    correlations: tuple[str, ...]
    detail: str
    at_ns: int
    discoverable: bool
    suggested: bool

    @property
    def rule(self) -> str:
        """The rule that should find it, `RL101` …"""
        return FAIR_NAMES[self.kind][0]

    @property
    def accept(self) -> tuple[str, ...]:
        """Every rule whose finding on these ids counts as found."""
        return FAIR_NAMES[self.kind]
