"""A trail to paste into an incident review."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TextIO

from racelens.render import trace_words as words
from racelens.render.plain import clean
from racelens.trail import Attempt, Step, Trail

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


def render(trail: Trail, out: TextIO) -> None:
    """Write the trail; nothing a log contains is taken for markup."""
    for line in _lines(trail):
        out.write(line + "\n")


def _lines(trail: Trail) -> Iterator[str]:
    short = words.sources(trail)
    yield f"## {text(trail.token)}"
    yield ""
    yield f"{text(words.roles(trail))}. {text(words.extent(trail))}."
    yield ""
    yield from _table(
        ("time (UTC)", "gap", "", "line", "what"), (_step(step, short) for step in trail.steps)
    )
    if trail.attempts:
        yield ""
        yield from _table(
            ("", "attempt", "where", "began", "ended", "how it ended"),
            (_attempt(i, a, short) for i, a in enumerate(trail.attempts)),
        )
    yield ""
    for label, said in words.notes(trail):
        yield f"* {label}: {text(said)}"
    for file, name in short.items():
        if len(short) > 1 and name != file:
            yield f"* {text(name)} = {text(file)}"


def _table(heads: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    heads = tuple(heads)
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(text(cell) for cell in row)} |"


def _step(step: Step, short: dict[str, str]) -> tuple[str, ...]:
    return (
        (step.time or "")[11:26],
        words.gap(step),
        "" if step.attempt is None else words.letter(step.attempt),
        words.where(step.place, short),
        words.doing(step),
    )


def _attempt(index: int, attempt: Attempt, short: dict[str, str]) -> tuple[str, ...]:
    ended = words.where(attempt.ended, short) if attempt.ended else "?"
    began = words.where(attempt.began, short)
    return (words.letter(index), attempt.label, attempt.where, began, ended, words.ended(attempt))


def text(value: str) -> str:
    return _SPECIAL.sub(r"\\\1", clean(value))
