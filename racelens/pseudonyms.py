"""Pseudonyms for users and ids, the same in every output: what was one stays one, what was two stays two.

Whoever knows an id can recognise it; whoever does not learns nothing from it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

_TOKEN = re.compile(r"[\w.@+-]+(?::[\w.@+-]+)*")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_COUNTER = re.compile(r"[\d.]{1,5}")  # as a word of its own it may be a version, a line, a try

# What values call an id, what they call a resource, and what is shown as it is or not at all.
_IDS = frozenset(["actor", "actors", "request", "job", "correlation", "user", "token"])
_LOGGED = frozenset(["name", "operation", "operations", "said", "label", "value"])
_TYPED = frozenset(["resource", "examples", "subjects", "subject", "key"])
_KEPT = frozenset(
    [
        "place",
        "example",
        "arguments",
        "inputs",
        "runs",
        "run",
        "fingerprint",
        "tool_version",
        "notices",
    ]
)
_CONTEXT, _TRIPLE = "context", 3  # what a trail's lines name beside its token: kind, name, count
_RAW = {"raw": "", "quotes": ()}

Value = TypeVar("Value")


def pseudonym(text: str) -> str:
    """Ten hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def of_typed(text: str) -> str:
    """`order:42` keeps its type."""
    kind, colon, id_ = text.partition(":")
    return f"{kind}{colon}{pseudonym(id_)}" if colon else text


def without(text: str, known: Mapping[str, str]) -> str:
    """A text with pseudonyms for ids that it repeats as whole words, and for addresses."""
    hidden = _EMAIL.sub(lambda m: pseudonym(m[0]), text)
    return _TOKEN.sub(lambda m: _hidden(m[0], known), hidden)


def _hidden(token: str, known: Mapping[str, str]) -> str:
    if token in known:
        return known[token]
    bare = token.rstrip(".")
    return known[bare] + token[len(bare) :] if bare in known else token


def redacted(shown: Value) -> Value:
    """What is to be shown, a report or any other frozen value, with pseudonyms and without quoted lines."""
    told = list(_said(shown))
    every = {text: new for name, text in told for text, new in _pseudonyms(name, text)}
    # `7` may be a version, a line or a try, where it was not the application that wrote it.
    known = {text: new for text, new in every.items() if not _COUNTER.fullmatch(text)}
    logged = {text: without(text, every) for name, text in told if name in _LOGGED}
    changed = {f"id = {text}": f"id = {new}" for text, new in every.items()}
    changed |= {text: new for text, new in logged.items() if new != text}
    in_order = sorted(changed, key=lambda text: (-len(text), text))
    phrases = re.compile(
        "|".join(rf"(?<!\w){re.escape(text)}(?!\w)" for text in in_order) or "(?!)"
    )

    def spelled(text: str) -> str:
        return without(phrases.sub(lambda m: changed[m[0]], text), known)

    hidden: Value = _told(shown, spelled)
    return hidden


def _said(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text that may hold an id or a sentence of the log, with the name of its field."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, tuple):
        if name == _CONTEXT and len(value) == _TRIPLE and isinstance(value[0], str):
            kind, id_, _ = value
            yield ("resource" if kind == "resource" else "actor"), id_
        for entry in value:
            yield from _said(entry, name)
    elif is_dataclass(value):
        for field in fields(value):
            if field.name not in _KEPT:
                yield from _said(getattr(value, field.name), field.name)


def _pseudonyms(name: str, text: str) -> Iterator[tuple[str, str]]:
    if not text:
        return
    if name in _TYPED or (name == "token" and ":" in text):
        yield text, of_typed(text)
        yield from _pseudonyms("actor", text.partition(":")[2])
    elif name in _IDS:
        yield text, pseudonym(text)


def _told(value: Any, spelled: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return spelled(value)
    if isinstance(value, tuple):
        return tuple(_told(entry, spelled) for entry in value)
    if isinstance(value, Mapping):
        return {key: _told(entry, spelled) for key, entry in value.items()}
    if not is_dataclass(value) or isinstance(value, type):
        return value
    names = [field.name for field in fields(value)]
    told = {n: _told(getattr(value, n), spelled) for n in names if n not in _KEPT | _RAW.keys()}
    return replace(value, **told, **{n: _RAW[n] for n in names if n in _RAW})
