"""The attempts on a trail: when each began, how it ended as far as the log says, and what set it off."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from racelens.findings import Place
from racelens.history.identity import STANDALONE
from racelens.render.plain import clean, duration
from racelens.trace.order import Row, Told
from racelens.trail import Attempt, End

_ENDS: dict[str, End] = {"ok": "finished", "fail": "failed", "conflict": "refused"}
# `retry_count: 0` says that it is none.
_CLUE = re.compile(
    rb"(?i)(?:re-?deliver|recover|restor|re-?queu|re-?try|re-?tries|stalled|orphan|re-?schedul)\w*+"
    rb"(?!\\?[\"']?\s*[:=]\s*(?:false|null|none|0|\"0\"|\[\]))"
)
_SHOWN = 120  # characters of a line that is quoted

Deaths = Callable[[Told, Told | None], tuple[Place, str] | None]


@dataclass(frozen=True)
class _Draft:
    """An attempt before others are looked at: its lines as positions on the trail."""

    key: str
    at: tuple[int, ...]
    lines: tuple[Told, ...]

    @property
    def rows(self) -> list[Row]:
        return [line.row for line in self.lines if line.row]

    @property
    def actor(self) -> str:
        return str(self.rows[0]["actor"])

    @property
    def first(self) -> Told:
        return self.lines[0]


def lanes(told: Sequence[Told]) -> dict[str, list[int]]:
    """Attempt → positions of its lines; in order of their beginning."""
    found: dict[str, list[int]] = defaultdict(list)
    for at, line in enumerate(told):
        if line.row and not line.row["attempt"].startswith(STANDALONE):
            found[line.row["attempt"]].append(at)
    return dict(found)


def describe(
    told: Sequence[Told], names: Sequence[str], deaths: Deaths, complete: bool
) -> tuple[Attempt, ...]:
    """The attempts in order of their beginning.

    names: of the sources. complete: all their lines were looked for, so that a missing end is one.
    """
    drafts = [_Draft(key, tuple(at), tuple(told[i] for i in at)) for key, at in lanes(told).items()]
    alone = [_alone(draft, names, complete) for draft in drafts]
    by_actor: dict[str, list[int]] = defaultdict(list)
    for index, draft in enumerate(drafts):
        by_actor[draft.actor].append(index)
    ended = [
        _dead(attempt, drafts[i], _next(i, by_actor, drafts), deaths)
        for i, attempt in enumerate(alone)
    ]
    others = _Others(drafts, ended, by_actor, told, names)
    return tuple(_related(index, others) for index in range(len(drafts)))


def _alone(draft: _Draft, names: Sequence[str], complete: bool) -> Attempt:
    rows = draft.rows
    end, how, last = _end(rows, complete)
    times = [row["time_ns"] for row in rows if row["time_ns"] is not None]
    return Attempt(
        label=draft.actor,
        actor=draft.actor,
        number=next((row["try"] for row in rows if row["try"]), None),
        where=place_of(rows[0]),
        began_ns=min(times, default=None),
        ended_ns=last["time_ns"] if last else None,
        began=Place(names[draft.first.source], draft.first.line),
        ended=Place(names[last["source"]], last["line"]) if last else None,
        end=end,
        how=how,
        trigger="",
        parent=None,
        lines=len(draft.lines),
        payload=next((row["payload"] for row in rows if row["payload"]), None),
    )


def place_of(row: Row) -> str:
    """Who wrote a line, by the name a person would use."""
    process, worker = row["process"], row["worker"]
    if process and worker and worker not in process:
        return f"{process} {worker}"
    return str(process or worker or row["host"] or row["service"] or "")


def _end(rows: Sequence[Row], complete: bool) -> tuple[End, str, Row | None]:
    """How the attempt ended by its own lines, what says so, and the row that does."""
    finishes = [row for row in rows if row["phase"] == "finish" and not row["mention"]]
    own = [row for row in finishes if row["stem"] == row["operation"]] or finishes
    if own:
        outcome = own[-1]["logged_outcome"] or "ok"
        how = clean(own[-1]["error"] or _deeds(rows), _SHOWN)
        return ("gave up" if outcome == "unknown" else _ENDS[outcome]), how, own[-1]
    worst = [row for row in rows if row["logged_outcome"] in ("fail", "conflict")]
    if worst:
        said = clean(worst[-1]["error"] or worst[-1]["name"] or "", _SHOWN)
        return _ENDS[worst[-1]["logged_outcome"]], said, worst[-1]
    if not complete:
        return "unknown", "its other lines were not looked for", None
    begun = any(row["phase"] == "start" for row in rows)
    return "unknown", "no end logged" if begun else "logs neither start nor end", None


def _deeds(rows: Sequence[Row]) -> str:
    """What took effect."""
    effects = [
        row["name"]
        for row in rows
        if row["role"] == "effect" and row["phase"] != "start" and row["outcome"] == "ok"
    ]
    writes = sum(
        row["role"] == "access" and row["action"] != "read" and row["outcome"] == "ok"
        for row in rows
    )
    said = [f"{writes} write{'s' if writes > 1 else ''}"] if writes else []
    return ", ".join([*said, *filter(None, dict.fromkeys(effects))])


def _next(index: int, by_actor: Mapping[str, list[int]], drafts: Sequence[_Draft]) -> Told | None:
    """The first line of the attempt after it under the same id."""
    siblings = by_actor[drafts[index].actor]
    at = siblings.index(index) + 1
    return drafts[siblings[at]].first if at < len(siblings) else None


def _dead(attempt: Attempt, draft: _Draft, following: Told | None, deaths: Deaths) -> Attempt:
    if attempt.end != "unknown" or not any(row["phase"] == "start" for row in draft.rows):
        return attempt
    found = deaths(draft.lines[-1], following)
    if not found:
        return attempt
    place, text = found
    return replace(
        attempt, end="died", ended=place, how=f"“{clean(text, _SHOWN)}” (line {place.line})"
    )


@dataclass(frozen=True)
class _Others:
    """What one attempt is looked at beside."""

    drafts: Sequence[_Draft]
    ended: Sequence[Attempt]
    by_actor: Mapping[str, list[int]]
    told: Sequence[Told]
    names: Sequence[str]


def _related(index: int, others: _Others) -> Attempt:
    """The attempt with its number among those of its id, what set it off and what it belongs to."""
    draft, attempt = others.drafts[index], others.ended[index]
    siblings = others.by_actor[draft.actor]
    nth = siblings.index(index)
    if nth:
        before = siblings[nth - 1]
        trigger = _again(others.ended[before], attempt, nth)
        between = others.told[others.drafts[before].at[0] : draft.at[0] + 1]
        trigger += _clue(between, others.names)
    else:
        trigger = _sent(draft, others.told, others.names)
    return replace(
        attempt,
        label=_label(attempt, nth, [others.ended[i].number for i in siblings]),
        trigger=trigger,
        parent=_parent(index, others.drafts, others.by_actor),
    )


def _label(attempt: Attempt, nth: int, numbers: Sequence[int | None]) -> str:
    """The id, and which try it is where there are several; logs that number all of them alike are not asked."""
    if len(numbers) == 1:
        return attempt.actor
    told_apart = len(set(numbers)) == len(numbers) and attempt.number is not None
    return f"{attempt.actor} #{attempt.number if told_apart else nth + 1}"


def _again(before: Attempt, after: Attempt, nth: int) -> str:
    """What the end of the try before makes of this one."""
    number = before.number or nth
    later = _later(before.ended_ns if before.end != "unknown" else before.began_ns, after.began_ns)
    why = (
        f" ({before.how})" if before.how and before.end in ("failed", "gave up", "refused") else ""
    )
    said = {
        "finished": f"begun{later} although try {number} had finished",
        "failed": f"retry{later} after try {number} failed{why}",
        "refused": f"retry{later} after try {number} was refused{why}",
        "gave up": f"retry{later} after try {number} gave up{why}",
        "died": f"begun again{later} after the process of try {number} died",
        "unknown": f"begun{later} after try {number} began, of which no end is logged before",
    }
    if before.ended_ns and after.began_ns and after.began_ns < before.ended_ns:
        return f"begun{_later(before.began_ns, after.began_ns)} after try {number} began, which was still running"
    return said[before.end]


def _later(before: int | None, after: int | None) -> str:
    if before is None or after is None or after < before:
        return ""
    return f" {duration(after - before)}"


def _clue(between: Sequence[Told], names: Sequence[str]) -> str:
    """A line between two tries that tells of redelivery, recovery or a retry."""
    for line in reversed(between):
        if match := _CLUE.search(line.raw):
            word = match[0].decode()
            return f"; “{word}” in {_at(line, names)}"
    return ""


def _sent(draft: _Draft, told: Sequence[Told], names: Sequence[str]) -> str:
    """Who put the job into its queue."""
    for line in told:
        row = line.row
        sends = row and row["action"] == "enqueue" and row["job"] == draft.actor
        if row and sends and row["attempt"] != draft.key:
            sender = row["actor"] or row["name"] or "a record"
            return f"sent by {clean(sender, 60)} ({_at(line, names)})"
    return ""


def _at(line: Told, names: Sequence[str]) -> str:
    return f"{PurePath(names[line.source]).stem}:{line.line}"


def _parent(index: int, drafts: Sequence[_Draft], by_actor: Mapping[str, list[int]]) -> int | None:
    """The try of the job that a request belongs to: the latest that began before it."""
    draft = drafts[index]
    jobs = {row["job"] for row in draft.rows if row["job"] and row["action"] != "enqueue"}
    tries = [i for job in jobs - {draft.actor} for i in by_actor.get(job, ())]
    before = [i for i in tries if drafts[i].at[0] < draft.at[0]]
    return max(before, key=lambda i: drafts[i].at[0], default=None)
