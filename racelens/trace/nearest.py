"""What may have been meant by a token that is nowhere: a single slip leaves one half of it as it was."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from racelens.errors import RacelensError
from racelens.ingest import Source
from racelens.trace.lines import blocks, holding

_CANDIDATES = 5_000
_SHORTEST = 3  # characters of a half that is worth looking for
_WORD = re.compile(rb"[A-Za-z0-9_][A-Za-z0-9_:.-]*[A-Za-z0-9_]")


def not_found(token: str, sources: Sequence[Source], files: int) -> RacelensError:
    """The error to raise, with the words closest to the token."""
    close = difflib.get_close_matches(token, sorted(_words(token, sources)), n=4, cutoff=0.6)
    details = [
        ("looked", f"{files} file{'' if files == 1 else 's'}, every line, also inside words")
    ]
    if close:
        details.append(("close", ", ".join(close)))
    hint = f"racelens trace {close[0]} …" if close else "a shorter part of it"
    return RacelensError(f"“{token}” is on no line of these logs", tuple(details), hint)


def _words(token: str, sources: Sequence[Source]) -> set[str]:
    """Words that share half of the token, each up to twice as long."""
    middle = len(token) // 2
    halves = [half.encode() for half in (token[:middle], token[middle:]) if len(half) >= _SHORTEST]
    found: set[str] = set()
    for source in sources:
        for block in blocks(source) if halves else ():
            for line in holding(block, halves):
                found.update(
                    word.decode()
                    for word in _WORD.findall(line.text)
                    if len(word) <= 2 * len(token) and any(half in word for half in halves)
                )
                if len(found) > _CANDIDATES:
                    return found
    return found
