"""The words logs use for what was done, where in its course, and how it ended.

One record's name, action, phase, outcome, status, method and error become a `Meaning`. Records repeat
their words, so this runs once for each distinct combination and may be plain Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

Words = frozenset[str]


def _set(text: str) -> Words:
    return frozenset(text.split())


READ = _set(
    "read reading get gets fetch fetched fetching load loaded loading find found lookup select "
    "selected view viewed show list listed peek head options query queried hget mget scan search"
)
WRITE = _set(
    "write wrote written writing save saved saving update updated updating set put "
    "upsert upserted modify modified replace replaced store stored overwrite overwritten edit "
    "edited persist persisted"
)
CREATE = _set("create created creating insert inserted inserting new post")
DELETE = _set("delete deleted deleting remove removed removing destroy destroyed del purge purged")
DELTA = _set(
    "increment incremented incr inc decrement decremented decr dec append appended hincrby incrby "
    "decrby lpush rpush sadd zadd zincrby"
)
PARTIAL = _set("patch patched merge merged")
CONDITIONAL = _set("cas compareandset compareandswap")
EFFECT = _set(
    "charge charged charging send sent sending notify notified email emailed mail mailed publish "
    "published pay paid refund refunded capture captured transfer transferred payout credit credited "
    "debit debited deposit deposited withdraw withdrawn"
)
ENQUEUE = _set("enqueue enqueued queue queued schedule scheduled dispatch dispatched")
DELIVER = _set("deliver delivered receive received consume consumed")
ACQUIRE = _set("acquire acquired lock locked")
RELEASE = _set("release released unlock unlocked")

_ACTIONS: tuple[tuple[Words, str], ...] = (
    (READ, "read"),
    (WRITE | DELTA | PARTIAL | CONDITIONAL, "write"),
    (CREATE, "create"),
    (DELETE, "delete"),
    (EFFECT, "effect"),
    (ENQUEUE, "enqueue"),
    (DELIVER, "deliver"),
    (ACQUIRE, "acquire"),
    (RELEASE, "release"),
)
_METHODS = {
    "GET": "read",
    "HEAD": "read",
    "PUT": "write",
    "PATCH": "write",
    "POST": "create",
    "DELETE": "delete",
}

START = _set("start started starting begin began begun invoke invoked")
FINISH = _set("finish finished done end ended complete completed succeeded success")
# Said before it happens: `sending invite` is no proof that it was sent.
_CANNOT = _set("cannot unable couldn")
# Beside a verb of a message these say that it did not happen, or to something else.
_NOT_DONE = _set(
    "not no skip skipping skipped will would validate validating validated schedule scheduled scheduling "
    "audit cache index planned plan dry starting about header headers trying tried attempting attempt"
)
ANNOUNCED = _set(
    "sending charging publishing paying notifying emailing mailing refunding capturing transferring"
)
FAILED = _set("fail failed errored raised rejected aborted")
PHASES = {
    **dict.fromkeys(START | {"b", "s"}, "start"),
    **dict.fromkeys(FINISH | {"e", "f"}, "finish"),
}
PHASES |= dict.fromkeys(FAILED | {"error"}, "finish")
# ECS categorises every record; only start and end speak of a phase.
PHASES |= dict.fromkeys(
    _set("point event info access change creation deletion user group allowed denied"), "point"
)

OK = _set("ok success successful succeeded completed complete sent true accepted 0 done passed")
FAIL = _set(
    "error failed fail failure refused rejected unavailable false exception aborted denied rolledback aborted"
)
CONFLICT = _set(
    "conflict locked stale 409 412 replayed noop skipped ignored duplicate suppressed notmodified "
    "superseded obsolete outdated unchanged dropped discarded"
)
UNKNOWN = _set("timeout timedout cancelled canceled unknown lost pending deadline")
# Words that together, in whatever spelling, say more than each: `already_exists`, `compare failed`.
_PHRASES: tuple[tuple[Words, str], ...] = (
    (_set("timed out"), "unknown"),
    (_set("connection lost"), "unknown"),
    (_set("compare failed"), "conflict"),
    (_set("already"), "conflict"),
    (_set("duplicate"), "conflict"),
    (_set("not found"), "fail"),
)
_OUTCOMES: dict[str, str] = {
    **dict.fromkeys(OK, "ok"),
    **dict.fromkeys(FAIL, "fail"),
    **dict.fromkeys(CONFLICT, "conflict"),
    **dict.fromkeys(UNKNOWN, "unknown"),
}
STARTED = _set("started running processing active in_progress inprogress")
LEVELS = _set("trace debug info notice warn warning error critical fatal panic verbose information")

# What a name says of the outcome when no field does.
_NAME_OUTCOMES = (
    (
        _set("conflict conflicted already ignored skipped noop replay replayed suppressed"),
        "conflict",
    ),
    (_set("timeout timedout"), "unknown"),
    (FAILED | {"error"}, "fail"),
)
# Parts of an error's letters: `ConnectionResetError`, `could not serialize access`, `ETIMEDOUT`.
_ERROR_OUTCOMES = (
    (
        "timeout timedout deadline cancel econnreset connectionreset connectionlost brokenpipe "
        "epipe sockethangup",
        "unknown",
    ),
    (
        "conflict serializ deadlock stale optimistic duplicatekey duplicateentry alreadyexists "
        "uniqueviolation uniqueconstraint locked mismatch precondition concurren conditionalcheck "
        "comparefailed alreadyheld notheld notowner",
        "conflict",
    ),
)
_BEGIN = _set("begin began begun start started")
_COMMIT = _set("commit committed")
_ROLLBACK = _set("rollback rolledback")
_TRANSACTION = _set("txn tx transaction trx")


@dataclass(frozen=True)
class Meaning:
    """What a record's words say. `outcome` is None when no word speaks of it."""

    stem: str | None
    phase: str
    action: str
    outcome: str | None = None
    mark: str | None = None
    guard: str | None = None


@lru_cache(maxsize=65_536)
def tokens(text: str) -> tuple[str, ...]:
    """`order.Read`, `saving document`, `readOrder` → lower-case words."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return tuple(word.lower() for word in re.findall(r"[A-Za-z]+|\d+", spaced))


def plain(value: str) -> str:
    """A single word out of what a field holds: `["end"]`, `"Success"`, `in-progress`."""
    return re.sub(r"[^a-z0-9_]", "", value.lower())


def outcome_of(value: str) -> str | None:
    """ok, fail, conflict or unknown; None for a word that says none of them."""
    if known := _OUTCOMES.get(plain(value)):
        return known
    said = set(tokens(value))
    return next((outcome for phrase, outcome in _PHRASES if phrase <= said), None)


def is_outcome(value: str) -> bool:
    return outcome_of(value) is not None


def is_phase(value: str) -> bool:
    return plain(value) in PHASES


class Said(NamedTuple):
    """The words of a record that bear on its meaning; each may be missing."""

    name: str | None = None
    action: str | None = None
    phase: str | None = None
    outcome: str | None = None
    status_code: str | None = None
    method: str | None = None
    error: str | None = None


@lru_cache(maxsize=65_536)
def understand(said: Said) -> Meaning:
    """The meaning of one combination of words."""
    words = tokens(said.name or "")
    mark = _mark(words)
    stem, phase = _phase(said, words)
    action, guard = _action(said, words, mark)
    return Meaning(stem, phase, action, _outcome(said, words, phase), mark, guard)


def _mark(words: tuple[str, ...]) -> str | None:
    """begin, commit or rollback: of a transaction by name, or as databases print them alone."""
    said = set(words)
    if _ROLLBACK & said or {"rolled", "back"} <= said or {"rolling", "back"} <= said:
        return "rollback"
    named = not _TRANSACTION.isdisjoint(said)
    if _COMMIT & (said if named else set(words[-1:])):
        return "commit"
    begins = _BEGIN & said if named else words in (("begin",), ("begin", "implicit"))
    return "begin" if begins else None


def _phase(said: Said, words: tuple[str, ...]) -> tuple[str | None, str]:
    """The stem and the phase. A phase word at the end of the name belongs to the phase."""
    last = words[-1] if words else ""
    named = PHASES.get(last) if last in START | FINISH | FAILED else None
    if ANNOUNCED & {*words[:1], last}:
        named = "start"
    stem = said.name
    if named and len(words) > 1 and last in PHASES:
        stem = re.sub(rf"[^A-Za-z0-9]*{re.escape(last)}\W*$", "", stem or "", flags=re.IGNORECASE)
    explicit = PHASES.get(plain(said.phase)) if said.phase else None
    if explicit is None and said.outcome and plain(said.outcome) in STARTED:
        explicit = "start"
    return stem, explicit or named or "point"


def _action(said: Said, words: tuple[str, ...], mark: str | None) -> tuple[str, str | None]:
    """The canonical action and, for deltas and conditional writes, the guard it implies."""
    spoken = tokens(said.action or "")
    if _is_conditional(spoken or words):
        return "write", "conditional"
    for word in spoken or (() if mark or _is_not_done(words) else _name_order(words)):
        if verb := _verb(word):
            return verb, "atomic" if _DELTA.search(said.name or "") else _implied_guard(word)
    method = (said.method or "").upper()
    by_method = _METHODS.get(method, "other")
    guard = "partial" if method == "PATCH" else None
    return ("write" if spoken and by_method == "create" else by_method), guard


def _is_not_done(words: tuple[str, ...]) -> bool:
    return not _NOT_DONE.isdisjoint(words) and not {"not", "found"} <= set(words) and len(words) > 1


def _is_conditional(words: tuple[str, ...]) -> bool:
    joined = "".join(words)
    return "cas" in words or any(name in joined for name in CONDITIONAL if len(name) > 3)


# `UPDATE stock SET qty = qty - 1`: the store does the arithmetic.
_DELTA = re.compile(r"(?i)\b(\w+)\s*=\s*\1\s*[-+]|\batomic")


def _implied_guard(word: str) -> str | None:
    """A delta needs no read; a partial write leaves the fields it does not name alone."""
    return "atomic" if word in DELTA else "partial" if word in PARTIAL else None


def _name_order(words: tuple[str, ...]) -> Iterable[str]:
    """`noun.verb` is the commoner form, `verb noun` the next."""
    return (*words[-1:], *words[:-1])


def _verb(word: str) -> str | None:
    return next((action for known, action in _ACTIONS if word in known), None)


def _outcome(said: Said, words: tuple[str, ...], phase: str) -> str | None:
    """Words for failure give way to what says more: a timeout leaves it open, a guard refused it."""
    spoken = _spoken(said.outcome) if said.outcome else None
    hints = (
        _of_error(said.error) if said.error else None,
        _of_name(words, phase),
        _of_status(said.status_code) if said.status_code else None,
    )
    if spoken in (None, "fail"):
        for stronger in ("unknown", "conflict"):
            if stronger in hints:
                return stronger
    error, named, coded = hints
    return spoken or named or coded or error


def _spoken(outcome: str) -> str | None:
    """A word that nobody knows may mean anything, also that nothing happened."""
    known = outcome_of(outcome)
    return known if known or plain(outcome) in STARTED or plain(outcome) in LEVELS else "unknown"


def _of_name(words: tuple[str, ...], phase: str) -> str | None:
    said = set(words)
    if {"not", "found"} <= said:
        return "fail"
    if {"timed", "out"} <= said:
        return "unknown"
    if ("0", "rows") in pairwise(words) or {"affected", "0"} <= said or "stale" in said:
        return "conflict"
    if {"could", "not"} <= said or _CANNOT & said:
        return "fail"
    named = next((outcome for known, outcome in _NAME_OUTCOMES if known & said), None)
    return None if named == "conflict" and phase != "point" else named


def _of_status(status: str) -> str | None:
    if not status.isdigit():
        return None
    code = int(status)
    if code in (409, 412):
        return "conflict"
    if code in (408, 499, 504):
        return "unknown"
    return "ok" if 200 <= code < 400 else "fail" if code >= 400 else None


def _of_error(error: str) -> str:
    letters = re.sub(r"[^a-z]", "", error.lower())
    for parts, outcome in _ERROR_OUTCOMES:
        if any(part in letters for part in parts.split()):
            return outcome
    return "fail"
