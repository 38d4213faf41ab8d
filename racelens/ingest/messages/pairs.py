"""`key=value`, `"key": value`, `'key' => value` inside of a text: fields that somebody printed."""

from __future__ import annotations

import re
from functools import lru_cache

from racelens.ingest import aliases
from racelens.ingest.messages.forms import Form

_PAIR = re.compile(
    r"""["':]?\b([A-Za-z_][\w.-]{1,40})(["']?\s*(?:=>|=)|["']\s*:)\s*["']?[\w{(<#-]"""
)
# What a pair may say. Time, outcome and words are left to what is sure of them.
_FIELDS = frozenset(
    [
        "job",
        "request",
        "correlation",
        "session",
        "transaction",
        "queue",
        "task",
        "user",
        "try",
        "version",
        "base",
        "state",
        "worker",
        "pid",
        "delivery",
        "key",
        "payload",
        "redelivered",
    ]
)
_VALUE = r"[\"']?\s*(?:=>|=|:)\s*[\"']?(?P<SLOT>[^\s\"',;)}\]>]+)"


def forms(text: str) -> tuple[Form, ...]:
    """A form for each pair of the text that says something known."""
    keys = dict.fromkeys(match[1] for match in _PAIR.finditer(text))
    return tuple(found for key in keys if (found := _form(key)))


@lru_cache(maxsize=4096)
def _form(key: str) -> Form | None:
    path = (key,)
    pattern = rf"(?:^|[\s\"'{{\[(,:]){re.escape(key)}{_VALUE}"
    if noun := aliases.noun(path):
        return Form(pattern.replace("SLOT", "id"), (("noun", noun),))
    for field, _ in aliases.matches(path):
        if field in _FIELDS:
            from_zero = field == "try" and aliases.segments(path)[-1] in aliases.ZERO_BASED_TRIES
            return Form(pattern.replace("SLOT", "try0" if from_zero else field))
    return None
