"""What must not be shown: secrets are masked always, users and ids get pseudonyms where it is asked for.

Both change spellings only: what was one stays one, what was two stays two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from racelens.pseudonyms import of_typed, pseudonym, without
from racelens.secrets import SUSPECT, mask

if TYPE_CHECKING:
    from racelens.history.build import History

_TEXTS = ("name", "stem", "operation", "error", "value", "base_value", "guard")
_SHOWN_IDS = ("resource", "actor", "user", "request", "job", "correlation", "key")
_IDS = (
    *("user", "actor", "attempt", "correlation", "trace", "session", "transaction", "request"),
    *("job", "span", "parent", "key", "payload", "content", "delivery", "flow", "worker"),
)
_PREFIXED = ("lineage", "work", "intent")  # a word that says of what kind the id is, then the id
_TYPED = ("resource", "beside")


def masked(events: pl.DataFrame) -> pl.DataFrame:
    """The events without secrets in what is shown of them."""
    for column in _TEXTS:
        events = _spelled(events, column, mask, SUSPECT)
    for column in _SHOWN_IDS:
        events = _spelled(events, column, _masked_id, SUSPECT)
    return events


def _masked_id(text: str) -> str:
    shown = mask(text)
    return text if shown == text else f"{shown}~{pseudonym(text)[:6]}"


def _spelled(
    events: pl.DataFrame, column: str, told: Callable[[str], str], only: str | None = None
) -> pl.DataFrame:
    """The column with each of its texts (that match `only`) told otherwise."""
    if column not in events.columns or events[column].null_count() == events.height:
        return events
    texts = events[column].drop_nulls().unique()
    if only:
        texts = texts.filter(texts.str.contains(only))
    spelled = {text: told(text) for text in texts}
    changed = {text: new for text, new in spelled.items() if new != text}
    if not changed:
        return events
    return events.with_columns(pl.col(column).replace(changed))


def redacted(history: History) -> History:
    """The history with pseudonyms for users and ids, also where a text repeats them."""
    events = history.events
    known = _pseudonyms(events)
    for column in _IDS:
        events = _spelled(events, column, pseudonym)
    for column in _PREFIXED:
        events = _spelled(events, column, _after_word)
    for column in _TYPED:
        events = _spelled(events, column, of_typed)
    for column in _TEXTS:
        events = _spelled(events, column, lambda text: _without(text, known))
    return replace(history, events=events)


def _after_word(text: str) -> str:
    word, blank, id_ = text.partition(" ")
    return f"{word}{blank}{pseudonym(id_)}" if blank else pseudonym(text)


def _pseudonyms(events: pl.DataFrame) -> dict[str, str]:
    """Id → pseudonym, as whole words of a text may repeat it."""
    found: set[str] = set()
    for column in (*_IDS, "resource"):
        if column in events.columns:
            found.update(events[column].drop_nulls().unique())
    typed = events["resource"].drop_nulls().unique()
    ids = {id_ for text in typed if (id_ := text.partition(":")[2])}
    known = {text: pseudonym(text) for text in found | ids}
    return known | {text: of_typed(text) for text in typed}


def _without(text: str, known: Mapping[str, str]) -> str:
    return text if _is_number(text) else without(text, known)  # an amount or a count


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?[\d.]+", text) is not None
