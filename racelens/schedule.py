"""A finding → the schedule that makes it happen again: who does what in which order, and where to hold whom.

Nothing here reads a clock: the order is that of the evidence, and holding an attempt replaces luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from racelens.findings import Finding, Lane, Moment

_DELAYS = (200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000)  # milliseconds
_AMPLE = 10  # times what the others were seen to need
_DOES = {
    "R": "reads",
    "R∅": "looks and finds nothing",
    "W": "writes",
    "C": "creates it",
    "D": "deletes it",
    "E": "takes effect",
    "L": "takes the lock",
    "U": "releases the lock",
    "Q": "enqueues",
    "M": "receives the message",
    "✓": "commits",
}
_ENDS = {"ok": "ends", "conflict": "is refused", "fail": "fails", "unknown": "gives up"}


@dataclass(frozen=True)
class Step:
    """kind: `do`, `hold` or `resume`. expect: what the log shows then."""

    kind: str
    who: str
    what: str
    expect: str = ""


@dataclass(frozen=True)
class Hold:
    """Where to stop `who`: between two of its events. needed_ms: what the others were seen to need."""

    who: str
    process: str
    after: str
    before: str
    needed_ms: float
    delay_ms: int


@dataclass(frozen=True)
class Act:
    """One thing to do in a test: by whom (a letter), what (`read`, `write` …), and on which version."""

    who: str
    what: str
    version: str | None


@dataclass(frozen=True)
class Schedule:
    """drive: how to get the attempts under way at once; wrong: what happens; fixed: what must happen instead."""

    finding: Finding
    lanes: tuple[tuple[str, Lane], ...]
    steps: tuple[Step, ...]
    holds: tuple[Hold, ...]
    acts: tuple[Act, ...]
    drive: str
    wrong: str
    fixed: str
    kind: str = field(default="")


_DRIVE = {
    "RL302": "give the caller a timeout shorter than the delay, so that it tries again",
    "RL501": "start the job by hand while its scheduled run is at work",
    "RL401": "send the message while the creation is held before its commit",
}
_WORDS = {"R": "read", "R∅": "read", "W": "write", "C": "create", "E": "effect", "✓": "commit"}
_FIXED = {
    "versions": "the second write is refused (0 rows, 409) and its attempt reads again: no write is lost",
    "effects": "the second effect is refused by its key, or answers with the first result: one effect",
    "events": "the older event matches no row and is ignored: the newest state stays",
    "visibility": "a look-up that finds nothing fails, the message is sent again and finds it",
    "": "the same steps, one attempt refused or waiting, no harm",
}
KINDS = {
    "RL101": "versions",
    "RL105": "versions",
    "RL102": "events",
    "RL402": "events",
    "RL103": "effects",
    "RL201": "effects",
    "RL202": "effects",
    "RL203": "effects",
    "RL301": "effects",
    "RL302": "effects",
    "RL303": "effects",
    "RL501": "effects",
    "RL401": "visibility",
}
"""What a runnable test needs: rows with versions, counted effects, numbered events, a row not yet committed."""


def schedule(finding: Finding) -> Schedule:
    """The schedule of a finding; its lanes lettered in order of their begins."""
    lanes = tuple((chr(ord("A") + i % 26), lane) for i, lane in enumerate(finding.lanes))
    told = _told(lanes)
    kind = KINDS.get(finding.rule, "")
    return Schedule(
        finding=finding,
        lanes=lanes,
        steps=tuple(_steps(told)),
        holds=tuple(_holds(told)),
        acts=tuple(Act(who, _WORDS[m.sign], m.version) for who, _, m in told if m.sign in _WORDS),
        drive=_drive(finding, [lane for _, lane in lanes]),
        wrong=finding.primary.harm or finding.lost,
        fixed=_FIXED[kind],
        kind=kind,
    )


Told = tuple[str, Lane, Moment]


def _told(lanes: Sequence[tuple[str, Lane]]) -> list[Told]:
    """What matters, in order: the proof, and the reads that its writes rest on. The deed comes last
    where it came after all others in its own words (“then …”), whatever another clock says."""
    out = []
    for who, lane in lanes:
        for index, moment in enumerate(lane.moments):
            later = [m for m in lane.moments[index + 1 :] if m.role and m.sign in ("W", "E")]
            if moment.role or (moment.sign == "R" and later):
                out.append((who, lane, moment))
    out.sort(key=lambda told: (told[2].time_ns or 0, told[2].place.line))
    deed = next((told for told in out if told[2].role == "primary"), None)
    if deed and deed[2].note.startswith("then "):
        out.remove(deed)
        out.append(deed)
        _advance(out, deed[0])
    return out


def _advance(told: list[Told], who: str) -> None:
    """Reads commute: what `who` read may come before what others read, so that nobody else need be held."""
    mine = next((i for i, (w, _, m) in enumerate(told) if w == who and m.sign == "R"), None)
    while mine and told[mine - 1][2].sign == "R":
        told[mine - 1], told[mine] = told[mine], told[mine - 1]
        mine -= 1


def _steps(told: Sequence[Told]) -> list[Step]:
    """One step each; whoever is interrupted is held before, and let go after, the others' steps."""
    steps: list[Step] = []
    held: set[str] = set()
    for index, (who, _, moment) in enumerate(told):
        before = told[index - 1][0] if index else who
        if before != who and any(later == before for later, _, _ in told[index:]):
            following = next(m for later, _, m in told[index:] if later == before)
            steps.append(Step("hold", before, f"before it {_does(following)}"))
            held.add(before)
        if who in held:
            steps.append(Step("resume", who, "let it go on"))
            held.discard(who)
        steps.append(Step("do", who, _does(moment), _where(moment)))
    return steps


def _does(moment: Moment) -> str:
    if not moment.sign:
        return f"{'begins' if moment.phase == 'start' else _ENDS[moment.outcome]}"
    version = f" v{moment.version}" if moment.version and moment.sign in ("R", "W") else ""
    return f"{_DOES.get(moment.sign, 'acts')}{version}"


def _where(moment: Moment) -> str:
    return moment.name or ""


def _holds(told: Sequence[Told]) -> list[Hold]:
    holds = []
    for index, (who, lane, moment) in enumerate(told[:-1]):
        back = next((i for i in range(index + 1, len(told)) if told[i][0] == who), None)
        if back is None or back == index + 1:
            continue
        between = [m.time_ns for _, _, m in told[index + 1 : back] if m.time_ns is not None]
        needed = (max(between) - (moment.time_ns or 0)) / 1e6 if between else 0.0
        holds.append(
            Hold(
                who=who,
                process=lane.process or "",
                after=moment.name or _does(moment),
                before=told[back][2].name or _does(told[back][2]),
                needed_ms=needed,
                delay_ms=next((d for d in _DELAYS if d >= _AMPLE * needed), _DELAYS[-1]),
            )
        )
    return holds


def _drive(finding: Finding, lanes: Sequence[Lane]) -> str:
    """How a person or a test gets the attempts to run at once."""
    if finding.rule in _DRIVE:
        return _DRIVE[finding.rule]
    actors = [lane.actor for lane in lanes]
    jobs = {entry.job for entry in finding.evidence if entry.job}
    flows = {entry.correlation for entry in finding.evidence if entry.correlation}
    if len(set(actors)) < len(actors) or (len(jobs) == 1 and len(lanes) > 1):
        return (
            "hand the same job out again while it runs: a redelivery, or a visibility timeout "
            "shorter than the delay"
        )
    if jobs:
        return "two workers: enqueue both jobs, one worker process each"
    if len(flows) == 1 and len(lanes) > 1:
        return "double-click, or send the form from two tabs: one user, one flow, two requests"
    return "two users at once: send both requests in parallel"
