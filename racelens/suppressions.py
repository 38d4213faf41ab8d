"""Findings that count no more: known from a baseline, or ignored for a written reason.

They are marked, never dropped: a finding that disappears and comes back looks like a new one.
"""

from __future__ import annotations

import math
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from racelens import triage
from racelens.errors import RacelensError
from racelens.findings import Finding, Report, Suppression

BASELINE = "baseline"  # who suppressed what an earlier report knew; else file:line
IGNORE_FILE = ".racelensignore"
_CHANCE = 0.01  # a growth that is less likely than this is news
_FORM = 'RL102:report:*  expires=2027-01-31  reason="nightly rebuild is idempotent"'
_KEYS = ("expires", "reason", "event")

Marks = dict[str, Suppression]  # finding id → why it counts no more


@dataclass(frozen=True)
class Ignore:
    """One line of the ignore file. what: as written; code, resource, event: globs; None matches all.

    fingerprint: of a group, or the start of a finding's id.
    """

    what: str
    where: str  # file:line
    code: str | None
    resource: str | None
    event: str | None
    fingerprint: str | None
    expires: date | None
    reason: str


def find(start: Path) -> Path | None:
    """The nearest ignore file in `start` or a folder above it."""
    places = (folder / IGNORE_FILE for folder in (start, *start.parents))
    return next((place for place in places if place.is_file()), None)


def read(path: Path) -> tuple[Ignore, ...]:
    """The entries of an ignore file. Raises RacelensError with the line that is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise RacelensError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RacelensError(f"{path} is not UTF-8 text") from error
    told = ((number, line) for number, line in enumerate(lines, 1))
    return tuple(
        _entry(line, f"{path.name}:{number}")
        for number, line in told
        if line.strip() and not line.lstrip().startswith("#")
    )


def check_reasons(entries: Iterable[Ignore]) -> None:
    """Raises RacelensError with the first entry that says not why."""
    for entry in entries:
        if not entry.reason:
            raise _wrong(entry.where, f'{entry.what} gives no reason="…"')


def _entry(line: str, where: str) -> Ignore:
    try:
        what, *rest = shlex.split(line, comments=True)
    except ValueError as error:
        raise _wrong(where, f"a quote is not closed: {line.strip()}") from error
    given = dict(word.partition("=")[::2] for word in rest)
    if unknown := [key for key in given if key not in _KEYS]:
        raise _wrong(where, f"“{unknown[0]}” is none of {', '.join(_KEYS)}")
    kind, _, name = what.partition(":")
    named = name if kind == "fp" else None
    if named is None and not re.fullmatch(r"(?i)RL[0-9*?]{1,3}\*?|\*", kind):
        raise _wrong(where, f"“{what}” is neither a rule nor fp:FINGERPRINT")
    return Ignore(
        what=what,
        where=where,
        code=None if named else kind.upper(),
        resource=(name or None) if not named else None,
        event=given.get("event"),
        fingerprint=named,
        expires=_day(given.get("expires"), where),
        reason=given.get("reason", ""),
    )


def _day(text: str | None, where: str) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise _wrong(where, f"expires={text} is no day such as 2027-01-31") from error


def _wrong(where: str, reason: str) -> RacelensError:
    return RacelensError(f"{where}: {reason}", (("form", _FORM),))


def ignored(report: Report, entries: Sequence[Ignore], today: date) -> tuple[Marks, list[str]]:
    """The findings that entries match, and what to say of entries: expired, unused, without a reason."""
    marks: Marks = {}
    notices = []
    for entry in entries:
        if entry.expires and entry.expires < today:
            notices.append(f"{entry.where}: {entry.what} expired on {entry.expires}: counted again")
            continue
        matched = [finding for finding in report.findings if _matches(entry, finding)]
        if not matched:
            notices.append(f"{entry.where}: {entry.what} matches no finding: take it out")
        if not entry.reason:
            notices.append(f'{entry.where}: {entry.what} gives no reason="…"')
        why = Suppression(entry.where, entry.reason or "no reason given")
        for finding in matched:
            marks.setdefault(finding.id, why)
    return marks, notices


def _matches(entry: Ignore, finding: Finding) -> bool:
    if entry.fingerprint:
        same = finding.fingerprint.startswith(entry.fingerprint)
        return len(entry.fingerprint) >= 6 and (same or finding.id.startswith(entry.fingerprint))
    names = {event.name for event in finding.evidence if event.name} | set(finding.operations)
    return (
        fnmatchcase(finding.rule, entry.code or "*")
        and fnmatchcase(finding.resource, entry.resource or "*")
        and any(fnmatchcase(name, entry.event or "*") for name in names or {""})
    )


def known(report: Report, baseline: Report) -> tuple[Marks, list[str]]:
    """The findings whose cause an earlier report had, unless there are more than chance explains.

    Captures of one system differ in length and luck: counts are compared as rates over their events.
    A cause that was only possible and is now confirmed is news.
    """
    before = Counter(f.fingerprint for f in baseline.findings if not _is_ignored(f))
    before |= Counter({group.fingerprint: group.count for group in baseline.groups})
    sure = {g.fingerprint for g in baseline.groups if g.confirmed} | {
        f.fingerprint
        for f in baseline.findings
        if f.confidence == "confirmed" and not _is_ignored(f)
    }
    now = Counter(finding.fingerprint for finding in report.findings)
    events = (baseline.summary.events, report.summary.events)
    grown = {
        fingerprint
        for fingerprint, number in now.items()
        if before[fingerprint] and _is_growth(before[fingerprint], number, events)
    }
    marks = {
        finding.id: Suppression(BASELINE, f"{before[finding.fingerprint]:,} there")
        for finding in report.findings
        if before[finding.fingerprint]
        and finding.fingerprint not in grown
        and (finding.confidence != "confirmed" or finding.fingerprint in sure)
    }
    return marks, list(_grown(report, grown, before, now))


def _is_ignored(finding: Finding) -> bool:
    """A reason that was accepted for a while: when it expires, no baseline may go on hiding it."""
    return finding.suppressed is not None and finding.suppressed.by != BASELINE


def _grown(
    report: Report, grown: set[str], before: Mapping[str, int], now: Mapping[str, int]
) -> Iterator[str]:
    for group in report.groups:
        if group.fingerprint in grown:
            counts = (
                f"{now[group.fingerprint]:,} now, {before[group.fingerprint]:,} in the baseline"
            )
            yield f"{group.rule} {group.name} on {group.resource_type}: {counts}, more than chance"


def _is_growth(before: int, now: int, events: tuple[int, int]) -> bool:
    """True when `now` of the second capture's events is unlikely at the rate of the first one.

    Given their sum, the second count is binomial with the share of the second capture's events.
    """
    if now <= before:
        return False
    total, share = before + now, events[1] / max(sum(events), 1)
    return _tail(now, total, share) < _CHANCE


def _tail(least: int, total: int, share: float) -> float:
    """P(X >= least) of a binomial."""
    if not 0 < share < 1:
        return float(share >= 1)
    whole = math.lgamma(total + 1)
    return sum(
        math.exp(
            whole
            - math.lgamma(k + 1)
            - math.lgamma(total - k + 1)
            + k * math.log(share)
            + (total - k) * math.log1p(-share)
        )
        for k in range(least, total + 1)
    )


def mark(report: Report, marks: Marks, notices: Sequence[str] = ()) -> Report:
    """The report with these findings marked and last; its counts are of those that are left."""
    noticed = replace(report, notices=(*report.notices, *notices))
    if not marks:
        return noticed
    marked = [replace(f, suppressed=f.suppressed or marks.get(f.id)) for f in report.findings]
    return triage.recounted(noticed, marked)
