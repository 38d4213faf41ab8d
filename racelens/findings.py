"""What a person sees: frozen values made by whoever has everything. No tables, no later completion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

Fact = str | int | list[str] | None

_SECOND = 1_000_000_000


def rfc3339(nanoseconds: int | None) -> str | None:
    """`2026-05-04T12:00:00.100123456Z`: every digit there is."""
    if nanoseconds is None:
        return None
    seconds, rest = divmod(nanoseconds, _SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def nanoseconds(time: str) -> int:
    """`2026-05-04T12:00:00.100123456Z` → nanoseconds since 1970."""
    seconds = int(datetime.fromisoformat(time[:19] + "+00:00").timestamp())
    return seconds * _SECOND + int(time[20:29])


@dataclass(frozen=True)
class Place:
    """A line of an input."""

    source: str
    line: int


@dataclass(frozen=True)
class Evidence:
    """One event that proves a finding. `note`: what it did, a clause; `time`: RFC 3339, nanoseconds."""

    role: Literal["primary", "related"]
    place: Place
    time: str | None
    time_ns: int | None
    actor: str | None
    request: str | None
    job: str | None
    correlation: str | None
    attempt: int | None
    process: str | None
    name: str | None
    action: str
    version: str | None
    note: str

    @property
    def act(self) -> str:
        """The note without what follows from it."""
        return self.note.partition(": ")[0]

    @property
    def harm(self) -> str:
        return self.note.partition(": ")[2]


@dataclass(frozen=True)
class Moment:
    """One event on a lane.

    sign: what it did, a letter: R read, W write, C create, D delete, E effect, L lock, U unlock, Q enqueue,
    M message; R∅ found nothing, ✓ commit; empty for starts, finishes and all else.
    role: its part in the proof, None where it is only context; note: what it did, for those.
    """

    place: Place
    time_ns: int | None
    sign: str
    name: str | None
    phase: str
    outcome: str
    version: str | None = None
    base: str | None = None
    value: str | None = None
    role: Literal["primary", "related"] | None = None
    note: str = ""


@dataclass(frozen=True)
class Span:
    """From one time to another, nanoseconds since 1970."""

    begin_ns: int
    end_ns: int


@dataclass(frozen=True)
class Cause:
    """What set a lane off: a time on another lane (its index)."""

    lane: int
    time_ns: int


@dataclass(frozen=True)
class Lane:
    """One attempt, as far as it concerns a finding or a resource, in order of time.

    clock: who stamped it. running: from its first to its last event, None for undated logs; ending: how
    its handler ended, unknown while that is not logged, None where it has no handler.
    exposed: from a read to the write that rests on it, from an insert to its commit.
    left_out: moments more than a drawing needs.
    """

    actor: str | None
    attempt: int | None  # its try
    process: str | None
    clock: str | None
    user: str | None
    operation: str | None
    running: Span | None
    ending: str | None
    exposed: tuple[Span, ...]
    moments: tuple[Moment, ...]
    cause: Cause | None = None
    left_out: int = 0


def in_order(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """As it happened. What the primary did after all others comes last, whatever another clock says."""
    primary, *related = evidence
    if primary.act.startswith("then "):
        return (*related, primary)
    return tuple(sorted(evidence, key=lambda entry: entry.time_ns or 0))


@dataclass(frozen=True)
class Radius:
    """What else the same pattern hit: findings, resources, and some of these by name."""

    findings: int = 0
    resources: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suppression:
    """Why a finding counts no more. by: `baseline` or the ignore file's name and line."""

    by: str
    reason: str


@dataclass(frozen=True)
class Finding:
    """One race. `story`: the minimal contradiction over named events; `fingerprint`: of its content,
    without ids, lines and times; `operations`: what the two sides were doing; `settle`: what to log for a
    possible one to be confirmed or cleared; `cause`: what the log shows of why it happened twice.
    """

    id: str
    rule: str
    name: str
    severity: str
    confidence: str
    reason: str
    resource: str
    resource_type: str
    operations: tuple[str, ...]
    actors: tuple[str, ...]
    title: str
    story: str
    lost: str
    fix: str
    facts: Mapping[str, Fact]
    fingerprint: str
    evidence: tuple[Evidence, ...]
    settle: str = ""
    cause: str = ""
    radius: Radius = Radius()
    lanes: tuple[Lane, ...] = ()  # the attempts that raced and those that witnessed it
    suppressed: Suppression | None = None

    @property
    def message(self) -> str:
        return f"{self.title}: {self.story}"

    @property
    def primary(self) -> Evidence:
        return self.evidence[0]


@dataclass(frozen=True)
class Group:
    """Findings of one cause: rule, resource type and operations. `confidence`: of the surest."""

    fingerprint: str
    rule: str
    name: str
    severity: str
    confidence: str
    resource_type: str
    operations: tuple[str, ...]
    count: int
    confirmed: int
    resources: int
    example: str  # finding id


@dataclass(frozen=True)
class Skipped:
    """A rule that could not look. Never counted as clean.

    missing: what no event says; statement: the line that would say it, in the logger in use.
    """

    rule: str
    reason: str
    missing: tuple[str, ...] = ()
    statement: str = ""


@dataclass(frozen=True)
class Coverage:
    """How much a rule could look at; `unchecked` is neither clean nor a finding.

    events: names of those it could not look at, commonest first; statement: the line to log, in the logger in use.

    pairs: neighbours of different attempts that could have raced; pairs_unchecked: those of them of which
    one side does not say enough.
    """

    rule: str
    checked: int
    unchecked: int
    reason: str
    advice: str
    pairs: int = 0
    pairs_unchecked: int = 0
    events: tuple[str, ...] = ()
    statement: str = ""


def to_log(
    coverage: Iterable[Coverage], skipped: Iterable[Skipped]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Statements that would let rules look that saw nothing at all, each with their codes; most rules first."""
    blind: list[Coverage | Skipped] = [e for e in coverage if not e.checked and not e.unchecked]
    opened: dict[str, list[str]] = {}
    for entry in sorted([*blind, *skipped], key=lambda entry: entry.rule):
        opened.setdefault(entry.statement, []).append(entry.rule)
    ranked = sorted(opened.items(), key=lambda item: -len(item[1]))
    return tuple((statement, tuple(codes)) for statement, codes in ranked if statement)


@dataclass(frozen=True)
class Undecided:
    """Pairs whose verdict hangs on an order that the measured clocks cannot tell."""

    rule: str
    count: int
    reason: str


@dataclass(frozen=True)
class Cleared:
    """Guards that did their job."""

    rule: str
    reason: str
    count: int
    example: Place


@dataclass(frozen=True)
class Artefact:
    """What looks like an event and is only a trick of the logging."""

    reason: str
    count: int
    example: Place


@dataclass(frozen=True)
class RejectedLine:
    """An input line that did not become an event."""

    place: Place
    reason: str


@dataclass(frozen=True)
class Quote:
    """A line of an input as it stands there, cut when it is very long."""

    place: Place
    text: str


@dataclass(frozen=True)
class InputAccount:
    """One input; its six buckets add up to `lines`. `records`: events, of which a line may hold several."""

    path: str
    lines: int
    events: int
    rejects: int
    blank: int
    continuation: int
    repeat: int
    envelope: int
    records: int = 0
    framing: str = "lines"
    unwrapped: str | None = None  # the envelopes that were taken off, outermost first
    producer: str | None = None
    truncated: bool = False


@dataclass(frozen=True)
class Signals:
    """How many of the findings are signals, sure ones among them, and in how many groups."""

    findings: int = 0
    confirmed: int = 0
    groups: int = 0


@dataclass(frozen=True)
class Summary:
    """Counts over the whole capture, whatever the report lists. `raced`: resources that raced.

    Findings that are suppressed are counted apart; signals are counted as findings, and once more alone.
    """

    events: int
    resources: int
    raced: int
    attempts: int
    findings: int
    groups: int
    confirmed: int
    possible: int
    undecided: int
    rejects: int
    latent: int = 0
    suppressed: int = 0
    signals: Signals = Signals()


@dataclass(frozen=True)
class ClockPair:
    """Clock b minus clock a lies between `lower_ns` and `upper_ns`; None: no message went that way."""

    a: str
    b: str
    lower_ns: int | None
    upper_ns: int | None
    evidence: int
    contradiction: bool


@dataclass(frozen=True)
class Clock:
    """`precision_ns`: the coarsest source; `assumed_ns`: skew taken where nothing was measured.

    `domains`: clocks that stamped events; first and last: RFC 3339, null for undated logs.
    """

    precision_ns: int
    assumed_ns: int
    domains: int
    first: str | None
    last: str | None
    pairs: tuple[ClockPair, ...] = ()


@dataclass(frozen=True)
class Unread:
    """An input that could not be read, or not to its end: of it nothing is known."""

    source: str
    reason: str


@dataclass(frozen=True)
class Report:
    """Everything a renderer may know."""

    tool_version: str
    command: str
    inputs: tuple[InputAccount, ...]
    summary: Summary
    coverage: tuple[Coverage, ...]
    undecided: tuple[Undecided, ...]
    skipped: tuple[Skipped, ...]
    cleared: tuple[Cleared, ...]
    artefacts: tuple[Artefact, ...]
    rejects: tuple[RejectedLine, ...]
    clock: Clock
    groups: tuple[Group, ...]
    findings: tuple[Finding, ...]
    arguments: tuple[str, ...] = ()  # the paths as they were given
    quotes: tuple[Quote, ...] = ()  # the lines behind the findings, where a format shows them
    notices: tuple[str, ...] = ()
    interrupted: bool = False
    unread: tuple[Unread, ...] = ()
    suppressed_groups: tuple[Group, ...] = ()

    @property
    def counted(self) -> tuple[Finding, ...]:
        """The findings that are not suppressed."""
        return tuple(finding for finding in self.findings if finding.suppressed is None)

    @property
    def looked(self) -> bool:
        """False when every rule was skipped or checked nothing: then silence means nothing."""
        return bool(self.findings or self.summary.findings) or any(
            entry.checked for entry in self.coverage
        )


@dataclass(frozen=True)
class Column:
    """A canonical column: the keys that feed it, most used first, and how many events have it."""

    name: str
    keys: tuple[str, ...]
    events: int


@dataclass(frozen=True)
class Remark:
    """RL901…: what of the logs themselves keeps rules from seeing, and what to log instead."""

    code: str
    name: str
    message: str
    advice: str


@dataclass(frozen=True)
class Wish:
    """One field that would let a rule see more: `field` on `events`, for `count` of `total` acts of `unit`.

    statement: the line to log for the first of the events, in the logger in use.
    """

    rule: str
    field: str
    events: str
    unit: str
    count: int
    total: int
    why: str
    statement: str = ""
    meaning: str = ""  # what the field says


@dataclass(frozen=True)
class Survey:
    """What `racelens inspect` shows. `clocks`: per input how it writes time, in words; `producers`: who wrote it.

    rejects: (reason, lines), most frequent first. wishes: the most useful first.
    """

    inputs: tuple[InputAccount, ...]
    clocks: tuple[str, ...]
    columns: tuple[Column, ...]
    events: int
    attempts: tuple[str, ...]
    versioned: tuple[tuple[str, int, int], ...]  # resource type, writes with a version, writes
    notices: tuple[str, ...]
    producers: tuple[str, ...] = ()
    rejects: tuple[tuple[str, int], ...] = ()
    coverage: tuple[Coverage, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    wishes: tuple[Wish, ...] = ()
    remarks: tuple[Remark, ...] = ()
    hosts: tuple[str, ...] = ()
    maps: tuple[str, ...] = ()
    sentences: tuple[tuple[str, str, int], ...] = ()  # template, fields read out of it, events


@dataclass(frozen=True)
class Burst:
    """Attempts on a resource with no long pause between them. quiet_ns: the pause before, None for the first."""

    quiet_ns: int | None
    lanes: tuple[Lane, ...]


@dataclass(frozen=True)
class Timeline:
    """A resource's life, as far as it was asked for. findings: those on it; left_out: events not asked for."""

    resource: str
    events: int
    attempts: int
    bursts: tuple[Burst, ...]
    findings: tuple[Finding, ...]
    left_out: int = 0


@dataclass(frozen=True)
class Timelines:
    """What `racelens timeline` shows."""

    tool_version: str
    arguments: tuple[str, ...]
    resources: tuple[Timeline, ...]
    clock: Clock
    quotes: tuple[Quote, ...] = ()
    notices: tuple[str, ...] = ()
