"""What every format says of a trail, in the same words."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePath

from racelens.findings import Place
from racelens.render.plain import clean, duration
from racelens.trail import ORDERS, Attempt, Step, Trail
from racelens.vocabulary import count

_ALIASES = 8  # told one by one
_NAMED = 4  # other things of one kind that are named


def letter(index: int) -> str:
    """A, B … Z, AA, AB …"""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def sources(trail: Trail) -> dict[str, str]:
    """Each file of the trail and the short name its lines go by: the stem where that is unambiguous."""
    named = [place.source for place in _places(trail)]
    files = list(dict.fromkeys(named))
    stems = Counter(PurePath(name).stem for name in files)
    return {
        name: clean(stem if stems[stem := PurePath(name).stem] == 1 else name, 60) for name in files
    }


def _places(trail: Trail) -> Iterator[Place]:
    yield from (step.place for step in trail.steps)
    yield from (attempt.ended for attempt in trail.attempts if attempt.ended)


def where(place: Place, short: dict[str, str]) -> str:
    """`api-2:66`; the number alone where all lines are of one file."""
    if len(short) == 1:
        return str(place.line)
    return f"{short.get(place.source, clean(place.source, 60))}:{place.line}"


def roles(trail: Trail) -> str:
    """What the token is, and what else its lines name."""
    known = [f"{role} of {count(number, 'event')}" for role, number in trail.roles[:2]]
    return ", ".join([*(known or ["a string in these lines"]), *_context(trail)])


def _context(trail: Trail) -> Iterator[str]:
    for kind in ("resource", "user"):
        names = [name for found, name, _ in trail.context if found == kind]
        shown = ", ".join(clean(name, 60) for name in names[:_NAMED])
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        if shown:
            yield f"user {shown}{more}" if kind == "user" else f"{shown}{more}"


def extent(trail: Trail) -> str:
    """How many lines, where, and over which time."""
    one = {step.place.source for step in trail.steps}
    files = clean(one.pop()) if len(one) == 1 else count(trail.files, "file")
    lines = f"{count(len(trail.steps), 'line')} in {files}"
    dated = [step for step in trail.steps if step.time_ns is not None]
    if not dated:
        return f"{lines} · no times: as written"
    first, last = (pick(dated, key=lambda step: step.time_ns or 0) for pick in (min, max))
    lasted = (last.time_ns or 0) - (first.time_ns or 0)
    digits = 23 if lasted < 10_000_000_000 else 19
    start, end = ((step.time or "")[:digits].replace("T", " ") for step in (first, last))
    until = end[11:] if start[:10] == end[:10] else end
    return f"{lines} · {start} → {until} UTC ({span(lasted)})"


def span(nanoseconds: int) -> str:
    """A distance to compare with timeouts: `27.0 ms`, `2.312 s`, `1 m 30.6 s`, `1 h 0 m 1 s`."""
    seconds = nanoseconds / 1e9
    if nanoseconds < 1_000_000:
        return duration(nanoseconds)
    if seconds < 1:
        return f"{nanoseconds / 1e6:.1f} ms"
    if seconds < 60:
        return f"{seconds:.3f} s"
    minutes, rest = divmod(round(seconds, 1), 60)
    if minutes < 60:
        return f"{minutes:.0f} m {rest:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} m {rest} s"
    return f"{hours // 24} d {hours % 24} h {minutes} m"


def since(nanoseconds: int) -> str:
    """A distance from the first line: `+27.0 ms`."""
    return f"{'−' if nanoseconds < 0 else '+'}{span(abs(nanoseconds))}" if nanoseconds else "0"


def gap(step: Step) -> str:
    """Since the line before; `~` where clocks do not tell which came first."""
    if step.gap_ns is None:
        return ""
    unsure = "~" if step.order == "clock" else ""
    return f"{unsure}{'−' if step.gap_ns < 0 else ''}{span(abs(step.gap_ns))}"


def doing(step: Step) -> str:
    """The message or name, what was understood of it, and a word for the outcome."""
    parts = [clean(step.said)]
    if step.did:
        parts.append(clean(step.did))
    if step.outcome:
        parts.append(step.outcome)
    if step.attempt is None and step.where:
        parts.append(f"by {clean(step.where, 60)}")
    return " · ".join(parts)


def ended(attempt: Attempt) -> str:
    """How it ended, and what says so."""
    return f"{attempt.end}: {clean(attempt.how)}" if attempt.how else attempt.end


def notes(trail: Trail) -> Iterator[tuple[str, str]]:
    """Labelled sentences: how it was matched, what was joined and why, what set tries off, what order rests on."""
    short = sources(trail)
    if trail.matched:
        yield "matched", trail.matched
    for alias in trail.aliases[:_ALIASES]:
        yield "joined", f"{alias.id}: {alias.why} ({where(alias.place, short)})"
    if len(trail.aliases) > _ALIASES:
        yield "joined", f"and {len(trail.aliases) - _ALIASES:,} more ids, -f json lists them"
    for attempt in trail.attempts:
        if attempt.trigger:
            yield "trigger", f"{attempt.label} {attempt.trigger}"
    yield from _same(trail)
    yield from _orders(trail)
    if trail.unparsed:
        yield (
            "unparsed",
            f"{count(trail.unparsed, 'line')} of no record of its own (unreadable, or another line again), kept as the "
            "files have it",
        )
    if trail.left_out:
        yield "left out", f"{count(trail.left_out, 'more line')}, see --max-lines"


def _same(trail: Trail) -> Iterator[tuple[str, str]]:
    """Whether the attempts under one id carry the same payload: the same thing twice, or two things."""
    by_actor: dict[str, list[str]] = {}
    for attempt in trail.attempts:
        if attempt.payload:
            by_actor.setdefault(attempt.actor, []).append(attempt.payload)
    for actor, payloads in by_actor.items():
        if len(payloads) > 1 and len(set(payloads)) == 1:
            tries = "both tries" if len(payloads) == 2 else f"all {len(payloads)} tries"
            yield "same?", f"{tries} of {actor} carry payload {payloads[0]}"
        elif len(payloads) > 1:
            yield "same?", f"the tries of {actor} carry different payloads: {', '.join(payloads)}"


def _orders(trail: Trail) -> Iterator[tuple[str, str]]:
    counts = Counter(step.order for step in trail.steps)
    if counts["clock"]:
        unsure = f"{duration(trail.assumed_ns)} assumed"
        yield "order", f"{count(counts['clock'], 'place')} marked ~ {ORDERS['clock']} ({unsure})"
    if counts["written"]:
        yield (
            "order",
            f"{count(counts['written'], 'place')} as the files have it: a line has no time",
        )


def command(trail: Trail) -> str:
    paths = " ".join(shlex.quote(clean(path, 1_000)) for path in trail.arguments)
    return f"racelens scan {paths or 'LOGS'}"


def verdict(trail: Trail) -> str:
    """The last line: attempts by how they ended."""
    ends = Counter(attempt.end for attempt in trail.attempts)
    counted = [f"{number:,} {end}" for end, number in ends.most_common()]
    attempts = count(len(trail.attempts), "attempt") if trail.attempts else "no attempt known"
    return f"{count(len(trail.steps), 'line')} · {attempts}" + (
        f": {', '.join(counted)}" if counted else ""
    )
