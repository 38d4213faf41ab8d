"""What became of the input, and what the user should know of it before believing the answer."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence

from racelens.findings import InputAccount
from racelens.ingest import Capture, aliases, clock
from racelens.ingest.capture import Input

_NAMED = 4
_USUAL = ("timestamp", "time", "ts", "@timestamp", "asctime")


def account(entry: Input) -> InputAccount:
    """An input's lines by bucket."""
    return InputAccount(
        path=entry.source.name,
        lines=entry.lines,
        events=entry.events,
        rejects=entry.rejects,
        blank=entry.blank,
        continuation=entry.continuation,
        repeat=entry.repeat,
        envelope=entry.envelope,
        records=entry.records,
        framing=entry.framing,
        unwrapped="+".join(entry.unwrapped) or None,
        truncated=entry.truncated is not None,
    )


def notices(capture: Capture) -> tuple[str, ...]:
    """One sentence each, gravest first."""
    return tuple(_all(capture))


def unknown_keys(capture: Capture, overrides: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """One sentence for each key of `--map` that no input has."""
    present = {key for entry in capture.inputs for key in entry.mapping.present}
    spelled = {aliases.segments((key,)) for key in present}
    asked = [(f, key) for f, keys in overrides.items() if f in aliases.ALIASES for key in keys]
    return tuple(
        f"--map {field}={key}: no input has the key “{key}”{_close(key, present)}"
        for field, key in asked
        if aliases.segments((key,)) not in spelled
    )


def _close(key: str, present: set[str]) -> str:
    close = difflib.get_close_matches(key, sorted(present), n=3)
    return f"; close: {', '.join(close)}" if close else ""


def _missing(capture: Capture) -> Iterator[str]:
    """What was there and was not read."""
    if capture.interrupted:
        yield "interrupted: this is about what was read so far"
    for name, error in capture.unread:
        yield f"not read: {error.message}" + ("" if name in error.message else f" ({name})")
    if capture.left_out:
        yield f"left out, no JSON lines: {_listed(capture.left_out)}"


def _all(capture: Capture) -> Iterator[str]:
    yield from _missing(capture)
    for told in (_truncated, _no_time, _late, _undated):
        yield from filter(None, map(told, capture.inputs))
    naive = [e for e in capture.inputs if any(_is_guessed(c) for c in e.mapping.clocks.values())]
    if naive:
        names = _listed(tuple(entry.source.name for entry in naive))
        yield f"times without a zone are read as UTC: {names}; --assume-tz says otherwise"


def _truncated(entry: Input) -> str | None:
    if not entry.truncated:
        return None
    return f"{entry.source.name} is not complete: {entry.truncated}; what follows is missing"


def _late(entry: Input) -> str | None:
    """Keys that a look at the beginning did not show."""
    if not entry.late:
        return None
    first = min(entry.late.values())
    keys = _listed(tuple(entry.late))
    one = len(entry.late) == 1
    return (
        f"{keys} in {entry.source.name} {'is' if one else 'are'} read from line {first:,} on, where a sample first "
        f"showed {'it' if one else 'them'}: a pipe, a compressed file or a document cannot be looked at ahead; "
        f"--map names a key from the start"
    )


def _undated(entry: Input) -> str | None:
    """Where some record has no other time than one without a year."""
    mapping = entry.mapping
    dated = (p for p in mapping.fields.get("time", ()) if not mapping.clocks[p].is_undated)
    least = entry.fed[".".join(next(dated, ()))]
    if not entry.year_from or least >= entry.records:
        return None
    return (
        f"times in {entry.source.name} name no year: the latest one is taken in which they are not later than "
        f"the log; {entry.year_from}"
    )


def _is_guessed(of: clock.Clock) -> bool:
    return not of.zoned and of.zone is None


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _no_time(entry: Input) -> str | None:
    mapping = entry.mapping
    if not entry.events or mapping.fields.get("time"):
        return None
    present = ", ".join(mapping.present[:8]) or "none"
    guess = next((k for k, v in mapping.example.items() if clock.recognise([v])), None)
    hint = f"; try --map time={guess}  ({guess} = {mapping.example[guess]!r})" if guess else ""
    unread = next((k for k in mapping.present if k in _USUAL and mapping.example.get(k)), None)
    if unread and not guess:
        hint = f"; {unread} = {mapping.example[unread]!r} is not a form of time that is read"
    return (
        f"no time found in {entry.source.name}, events keep the order of their lines; looked for "
        f"{', '.join(_USUAL)} and others; present keys: {present}{hint}"
    )
