"""What `diff` and `verify` show: frozen values made by whoever has everything, like `findings`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from racelens.findings import Evidence, InputAccount, Place

Verdict = Literal["different", "same", "underpowered"]


@dataclass(frozen=True)
class Count:
    """`holds` of `of` cases."""

    holds: int
    of: int


@dataclass(frozen=True)
class Link:
    """A rule that `scan` fires on the same attempts; runs (or cases, where a side is one run) with it.

    finding: id of its finding on the bad case that is shown, or else on the first that has one.
    """

    rule: str
    name: str
    good: Count
    bad: Count
    finding: str


@dataclass(frozen=True)
class Step:
    """One event of a track. `lane`: A, B …, who did it; `offset_ns` from the first event of the track.

    `marked`: where this side leaves the order of the other.
    """

    lane: str
    label: str
    shows: str  # the version, state or value it saw or made, with a word for which
    offset_ns: int | None
    marked: bool
    place: Place
    actor: str | None


@dataclass(frozen=True)
class Track:
    """One case of one side as it happened. `key`: its resource, or what the case is taken by.

    `resource`: what its deciding event touched, for a timeline.
    """

    run: str
    key: str
    steps: tuple[Step, ...]
    more: int = 0  # steps left out
    resource: str | None = None


@dataclass(frozen=True)
class Divergence:
    """Two cases side by side. `message`: where and how the bad one leaves the good one's order."""

    good: Track
    bad: Track
    message: str


@dataclass(frozen=True)
class Difference:
    """What bad cases break that good ones keep.

    `good` and `bad`: order, concurrency: cases in which a comes before b; missing, extra: in which a
    happens; repeated: in which it happens more than once. `least`: by how much the two shares differ at
    least (95 %); p and q are null where there was no test. `also`: what follows from it.
    """

    rank: int
    kind: str
    a: str
    b: str | None
    resource_type: str | None
    resource: str | None  # the one it is about; None: any of its type
    good: Count
    bad: Count
    p: float | None
    q: float | None
    least: float | None
    confidence: str
    reason: str
    title: str
    who: str
    meaning: str
    support: str
    links: tuple[Link, ...]
    also: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    divergence: Divergence | None

    @property
    def message(self) -> str:
        return f"{self.title}: {self.meaning}"


@dataclass(frozen=True)
class Side:
    """`runs`: their names; `cases`: how many things were compared; spans: RFC 3339."""

    arguments: tuple[str, ...]
    runs: tuple[str, ...]
    cases: int
    events: int
    first: str | None
    last: str | None


@dataclass(frozen=True)
class Hidden:
    """What is left out. `unconstrained_reorderings`: pairs whose order changes freely in good cases, too.

    `records`: of attempts that share nothing with another, where there were too many to compare all.
    """

    unconstrained_reorderings: int
    consequences: int
    constant: int
    records: int = 0


@dataclass(frozen=True)
class Comparison:
    """`unit`: what a case is; `tested`: how many things could have been found different.

    `needed`: cases a side with which a complete change would have been seen; `untested`: true when one
    case stands against one and no test was made. `unlisted`: differences that are not told. `suspects`: where there is too little to tell, what differs
    in all there is, a clause each. `confounders`: what else differs between the sides.
    """

    tool_version: str
    verdict: Verdict
    reason: str
    unit: str
    untested: bool
    good: Side
    bad: Side
    inputs: tuple[InputAccount, ...]
    differences: tuple[Difference, ...]
    hidden: Hidden
    compared: int
    tested: int
    needed: int | None
    suspects: tuple[str, ...]
    confounders: tuple[str, ...]
    rejects: int
    notices: tuple[str, ...]
    interrupted: bool = False
    unlisted: int = 0

    @property
    def first_divergence(self) -> Divergence | None:
        return next((d.divergence for d in self.differences if d.divergence), None)


@dataclass(frozen=True)
class Outcome:
    """One value of an aspect, and the runs that have it; `first`: name of the first of them."""

    value: str
    runs: int
    first: str


@dataclass(frozen=True)
class Aspect:
    """Something that a run ends with or does: on `subject`, `what`; its values, commonest first."""

    subject: str
    what: str
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True)
class Outlier:
    """A run that is not like most, and how."""

    run: str
    differs: tuple[str, ...]


@dataclass(frozen=True)
class Fired:
    """A rule with a finding in `runs` of the runs; `first`: name of the first of them."""

    rule: str
    name: str
    runs: int
    first: str


@dataclass(frozen=True)
class Verification:
    """`agree`: runs that do all that most do; `varying`: what differs between runs; `constant`: how many
    aspects do not. `excluded`: k, where a fault in one of k runs would have shown with 95 %.
    """

    tool_version: str
    verdict: Verdict
    reason: str
    runs: tuple[str, ...]
    agree: int
    subjects: tuple[str, ...]
    left_out: int  # resources of single runs: traffic, no part of the scenario
    varying: tuple[Aspect, ...]
    constant: int
    outliers: tuple[Outlier, ...]
    fired: tuple[Fired, ...]
    clean: int  # runs that agree with most and have no finding
    excluded: float
    inputs: tuple[InputAccount, ...]
    events: int
    rejects: int
    notices: tuple[str, ...]
    interrupted: bool = False
