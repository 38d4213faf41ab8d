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

from racelens.ingest import lexicon, recipes


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
    if known := lexicon.OUTCOMES.get(plain(value)):
        return known
    said = set(tokens(value))
    return next((outcome for phrase, outcome in lexicon.PHRASES if phrase <= said), None)


def is_outcome(value: str) -> bool:
    return outcome_of(value) is not None


def is_phase(value: str) -> bool:
    return plain(value) in lexicon.PHASES


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
    if said.name and (told := recipes.phrase(said.name)):
        return _of_phrase(said, told)
    words = tokens(said.name or "")
    mark = _mark(words)
    stem, phase = _phase(said, words)
    action, guard = _action(said, words, mark)
    return Meaning(stem, phase, action, _outcome(said, words, phase), mark, guard)


def _of_phrase(said: Said, told: recipes.Phrase) -> Meaning:
    """A framework's phrase names no action of its own; fields beside it may."""
    action, guard = _action(said, (), None)
    outcome = _outcome(said, (), told.phase)
    if told.outcome and outcome in (None, "ok"):
        outcome = told.outcome
    explicit = lexicon.PHASES.get(plain(said.phase)) if said.phase else None
    return Meaning(told.stem, explicit or told.phase, told.action or action, outcome, None, guard)


def _mark(words: tuple[str, ...]) -> str | None:
    """begin, commit or rollback: of a transaction by name, or as databases print them alone."""
    said = set(words)
    if lexicon.ROLLBACK & said or {"rolled", "back"} <= said or {"rolling", "back"} <= said:
        return "rollback"
    named = not lexicon.TRANSACTION.isdisjoint(said)
    if lexicon.COMMIT & (said if named else set(words[-1:])):
        return "commit"
    begins = lexicon.BEGIN & said if named else words in (("begin",), ("begin", "implicit"))
    return "begin" if begins else None


def _phase(said: Said, words: tuple[str, ...]) -> tuple[str | None, str]:
    """The stem and the phase. A phase word at the end of the name belongs to the phase."""
    last = words[-1] if words else ""
    named = (
        lexicon.PHASES.get(last)
        if last in lexicon.START | lexicon.FINISH | lexicon.FAILED
        else None
    )
    if lexicon.ANNOUNCED & {*words[:1], last}:
        named = "start"
    stem = said.name
    if named and len(words) > 1 and last in lexicon.PHASES:
        stem = re.sub(rf"[^A-Za-z0-9]*{re.escape(last)}\W*$", "", stem or "", flags=re.IGNORECASE)
    explicit = lexicon.PHASES.get(plain(said.phase)) if said.phase else None
    if explicit is None and said.outcome and plain(said.outcome) in lexicon.STARTED:
        explicit = "start"
    return stem, explicit or named or "point"


def _action(said: Said, words: tuple[str, ...], mark: str | None) -> tuple[str, str | None]:
    """The canonical action and, for deltas and conditional writes, the guard it implies."""
    spoken = tokens(said.action or "")
    if _is_conditional(spoken or words):
        return "write", "conditional"
    if not spoken and _is_handed_over(words):
        return "effect", None
    if _is_put_on_its_way(spoken or words):
        return "enqueue", None
    named = () if mark or _is_not_done(words) else _name_order(words)
    for word in _moves_last(spoken or named):
        if verb := _verb(word):
            return verb, "atomic" if _DELTA.search(said.name or "") else _implied_guard(word)
    method = (said.method or "").upper()
    by_method = lexicon.METHODS.get(method, "other")
    guard = "partial" if method == "PATCH" else None
    return ("write" if spoken and by_method == "create" else by_method), guard


def _is_not_done(words: tuple[str, ...]) -> bool:
    return (
        not lexicon.NOT_DONE.isdisjoint(words)
        and not {"not", "found"} <= set(words)
        and len(words) > 1
    )


def _is_handed_over(words: tuple[str, ...]) -> bool:
    """`smtp server accepted message`: who delivers it has it, and nobody can take it back."""
    said = set(words)
    return not (lexicon.CARRIERS.isdisjoint(said) or lexicon.TAKEN.isdisjoint(said))


def _is_put_on_its_way(words: tuple[str, ...]) -> bool:
    """`outbox.publish`, `message published to topic`: that it goes on its way is not yet what it is to do."""
    said = set(words)
    return not (lexicon.PUBLISH.isdisjoint(said) or lexicon.BROKERS.isdisjoint(said))


def _is_conditional(words: tuple[str, ...]) -> bool:
    joined = "".join(words)
    return "cas" in words or any(name in joined for name in lexicon.CONDITIONAL if len(name) > 3)


_REFUSED = re.compile(lexicon.REFUSED)
# `UPDATE stock SET qty = qty - 1`: the store does the arithmetic.
_DELTA = re.compile(r"(?i)\b(\w+)\s*=\s*\1\s*[-+]|\batomic")


def _implied_guard(word: str) -> str | None:
    """A delta needs no read; a partial write leaves the fields it does not name alone."""
    return "atomic" if word in lexicon.DELTA else "partial" if word in lexicon.PARTIAL else None


def _name_order(words: tuple[str, ...]) -> Iterable[str]:
    """`noun.verb` is the commoner form, `verb noun` the next."""
    return (*words[-1:], *words[:-1])


def _verb(word: str) -> str | None:
    return next((action for known, action in lexicon.ACTIONS if word in known), None)


def _moves_last(words: Iterable[str]) -> list[str]:
    """`notify_shipped` notifies: a change of state says less than any other verb."""
    return sorted(words, key=lambda word: word in lexicon.MOVE)


def _outcome(said: Said, words: tuple[str, ...], phase: str) -> str | None:
    """Words for failure give way to what says more: a timeout leaves it open, a guard refused it."""
    spoken = _spoken(said.outcome) if said.outcome else None
    hints = (
        _of_error(said.error) if said.error else None,
        "conflict" if _REFUSED.search(said.name or "") else _of_name(words, phase),
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
    return (
        known
        if known or plain(outcome) in lexicon.STARTED or plain(outcome) in lexicon.LEVELS
        else "unknown"
    )


def _of_name(words: tuple[str, ...], phase: str) -> str | None:
    said = set(words)
    if {"not", "found"} <= said:
        return "fail"
    if {"timed", "out"} <= said:
        return "unknown"
    if ("0", "rows") in pairwise(words) or {"affected", "0"} <= said or "stale" in said:
        return "conflict"
    if {"could", "not"} <= said or lexicon.CANNOT & said:
        return "fail"
    if _is_handed_over(words):
        return "ok"
    named = next((outcome for known, outcome in lexicon.NAME_OUTCOMES if known & said), None)
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
    for parts, outcome in lexicon.ERROR_OUTCOMES:
        if any(part in letters for part in parts.split()):
            return outcome
    return "fail"
