"""Why twice? One line for what the log itself shows of it: who said so, another worker, another path, a gap that is a default."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from racelens import gaps
from racelens.vocabulary import TRIGGER

Row = Mapping[str, Any]

# Rules about one piece of work that was done, begun or asked for more than once.
# And what may have set the second off after a time: no schedule gives work out under an id that was used before.
_TIMERS = {
    "RL201": frozenset((gaps.QUEUE, gaps.HTTP, gaps.SCHEDULE)),
    "RL202": frozenset((gaps.QUEUE,)),
    "RL301": frozenset((gaps.QUEUE,)),
    "RL302": frozenset((gaps.QUEUE, gaps.HTTP)),
    "RL303": frozenset((gaps.QUEUE, gaps.HTTP)),
    "RL501": frozenset((gaps.SCHEDULE,)),
}
OF_REPEATS = frozenset(_TIMERS)
_SAID = re.compile(TRIGGER)


def line(rule: str, first: Row, second: Row, between: Iterable[Row] = ()) -> str:
    """What stands between two tries, as clauses; empty where the log shows nothing.

    Rows are events; `between`: records that speak of a trigger, from the first try to the second.
    """
    clauses = [*_flags(second), *_triggers(between), *_elsewhere(first, second)]
    if first["time_ns"] is not None and second["time_ns"] is not None:
        clauses.append(gaps.told(abs(second["time_ns"] - first["time_ns"]), _TIMERS[rule]))
    return "; ".join(filter(None, clauses))


def _flags(second: Row) -> Iterable[str]:
    """What the second says itself of how it came about."""
    if (second["redelivered"] or "").lower() in ("true", "1", "yes"):
        yield f"line {second['line']} is flagged as redelivered"
    if (second["intent"] or "").startswith("sent "):
        yield "one client asked for the same again, as a double click or a second tab does"


def _triggers(between: Iterable[Row]) -> Sequence[str]:
    told = []
    for row in between:
        if found := _SAID.search(row["name"] or ""):
            told.append(f"line {row['line']} says “{found[1].lower()}”")
    return tuple(dict.fromkeys(told))[:2]


def _elsewhere(first: Row, second: Row) -> Iterable[str]:
    """Another worker or another code path; nothing where both are the same or not known."""
    for column, word in (("host", "host"), ("process", "process"), ("worker", "worker")):
        a, b = first[column], second[column]
        if a and b and a != b:
            yield f"another {word}: {a}, then {b}"
            break
    a, b = first["operation"] or first["name"], second["operation"] or second["name"]
    if a and b and a != b:
        yield f"another code path: {_short(a)}, then {_short(b)}"


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"
