"""SQL text → what a statement does, to which table, which row, and under which guard.

Statements repeat in everything but their literals, so the grammar is read once for each template and may
be plain Python. Only the common shapes of application SQL are known; of anything else nothing is claimed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from racelens.events import ROW_LOCK
from racelens.ingest.nouns import singular

# As polars reads it, too: no look-around. What stands before the literal is kept.
LITERAL = r"([=(,<>+\-*/ ])(?:'(?:[^']|'')*'|-?[0-9]+(?:\.[0-9]+)?)"
_NAME = r"[\"`\[]?[\w$]+[\"`\]]?"
_TABLE = rf"(?:{_NAME}\.)?(?P<table>{_NAME})"
_VERBS = (
    (
        re.compile(rf"\s*insert\s+(?:or\s+\w+\s+|ignore\s+)?into\s+(?:only\s+)?{_TABLE}", re.I),
        "create",
    ),
    (re.compile(rf"\s*update\s+(?:only\s+)?{_TABLE}", re.I), "write"),
    (re.compile(rf"\s*delete\s+from\s+(?:only\s+)?{_TABLE}", re.I), "delete"),
    (re.compile(rf"\s*select\b.*?\bfrom\s+(?:only\s+)?{_TABLE}", re.I | re.S), "read"),
)
_MARKS = (
    (re.compile(r"\s*(?:begin|start\s+transaction)\b", re.I), "begin"),
    (re.compile(r"\s*(?:commit|end)\b(?!\s+prepared)", re.I), "commit"),
    (re.compile(r"\s*rollback\b(?!\s+to\b)", re.I), "rollback"),
)
_WHERE = re.compile(r"\bwhere\b(?P<tail>.*)$", re.I | re.S)
_SET = re.compile(r"\bset\b(?P<tail>.*?)(?:\bwhere\b|$)", re.I | re.S)
_PLACE = r"(?P<place>\$\d+|\?|%s|:\w+|%\(\w+\)s|@\w+)"
_VERSION = r"(?:version|rev|revision|lock_version|row_version|etag|xmin)"
_LOCKS = re.compile(r"\bfor\s+(?:no\s+key\s+)?update\b|\bfor\s+share\b|\bwith\s*\(\s*updlock", re.I)
_ONCE = re.compile(
    r"\bon\s+conflict\b|\bon\s+duplicate\s+key\b|\binsert\s+(?:or\s+)?ignore\b", re.I
)
_SUM = re.compile(rf"({_NAME})\s*=\s*(?:\w+\.)?\1\s*[-+]", re.I)
_BUMP = re.compile(
    rf"\b({_VERSION})\b[\"`\]]?\s*=\s*(?:\w+\.)?[\"`\[]?\1[\"`\]]?\s*\+\s*(?:1|\?)", re.I
)


@dataclass(frozen=True)
class Statement:
    """`key`, `base`, `version`: where in the list of literals or parameters their values stand, from 0.

    mark: of a transaction. guard: conditional, atomic, or a row lock.
    """

    action: str | None = None
    table: str | None = None
    key: int | None = None
    base: int | None = None
    version: int | None = None
    bumps: bool = False  # the version made is the base plus one
    guard: str | None = None
    mark: str | None = None


@lru_cache(maxsize=4_096)
def understand(text: str) -> Statement:
    """What a template, or a statement with placeholders, says."""
    for pattern, mark in _MARKS:
        if pattern.match(text):
            return Statement(mark=mark)
    found = next(((m, action) for p, action in _VERBS if (m := p.match(text))), None)
    if found is None:
        return Statement()
    match, action = found
    table = re.sub(r"\W", "", match["table"])
    where = _WHERE.search(text)
    given = _SET.search(text) if action == "write" else None
    key = rf"(?:\w+\.)?[\"`]?(?:id|uuid|{singular(table)}_id)[\"`]?\s*=\s*{_PLACE}"
    version = rf"(?:\w+\.)?[\"`]?{_VERSION}[\"`]?\s*=\s*{_PLACE}"
    base = _place(text, where, version)
    return Statement(
        action,
        singular(table),
        _place(text, where, key),
        base if action in ("write", "delete") else None,
        _place(text, given, version),
        bool(given and _BUMP.search(given["tail"])),
        _guard(text, action, base),
    )


def _guard(text: str, action: str, base: int | None) -> str | None:
    if action in ("write", "delete") and base is not None:
        return "conditional"
    if action == "write" and _sums_others(text):
        return "atomic"
    if action == "create" and _ONCE.search(text):
        return "conditional"
    return ROW_LOCK if action == "read" and _LOCKS.search(text) else None


def _sums_others(text: str) -> bool:
    """`SET qty = qty - 1` is arithmetic of the store; `version = version + 1` alone is none."""
    given = _SET.search(text)
    sums = _SUM.findall(given["tail"]) if given else []
    return any(not re.fullmatch(_VERSION, name.strip('"`[]'), re.I) for name in sums)


def _place(text: str, within: re.Match[str] | None, pattern: str) -> int | None:
    """Which parameter the pattern compares with: by its number, else by counting the marks before it."""
    if within is None:
        return None
    found = re.compile(rf"(?<![\w.]){pattern}", re.I).search(text, *within.span("tail"))
    if found is None:
        return None
    place = found["place"]
    if place.startswith("$"):
        return int(place[1:]) - 1
    if place in ("?", "%s"):
        return len(re.findall(r"\?|%s", text[: found.start("place")]))
    return None  # named: which value belongs to it only the names tell
