"""`racelens diff` for a person: the first screen names what separates bad from good, in plain words."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import PurePath
from typing import TextIO

from rich.text import Text

from racelens.comparison import Comparison, Difference, Divergence, Link, Step, Track
from racelens.render import screen
from racelens.render.plain import clean, width
from racelens.vocabulary import count

_CONSEQUENCES = 3
_NAMES = (40, 30, 22, 16)  # columns of a name in a drawing, as there is room
_BOTH = 100  # columns of a page on which two timelines stand side by side
_BETWEEN = 9  # columns before and between them


def render(comparison: Comparison, out: TextIO) -> None:
    screen.show(lambda page: _lines(comparison, page), out)


def _lines(comparison: Comparison, page: int) -> Iterator[Text]:
    yield from _head(comparison, page)
    for difference in comparison.differences:
        yield Text()
        yield from _difference(difference, comparison, page)
    if comparison.unlisted:
        yield Text()
        yield Text(f"and {count(comparison.unlisted, 'difference')} not listed: --only, --top")
    yield from _basis(comparison, page)
    yield Text()
    yield Text(_last(comparison), style="bold")


# ── verdict ───────────────────────────────────────────────────────────────────────────────────


def _head(comparison: Comparison, page: int) -> Iterator[Text]:
    sides = f"{_sized(comparison, 'good')}, {_sized(comparison, 'bad')}"
    if comparison.verdict == "different":
        found = len(comparison.differences) + comparison.unlisted
        verb = "separates" if found == 1 else "separate"
        rest = f"{count(found, 'thing')} {verb} bad from good · {sides}"
        yield from screen.verdict("DIFFERENT", "red", rest, page)
    elif comparison.verdict == "same":
        words = "NO DIFFERENCE FOUND"
        yield from screen.verdict(words, "green", f"{_reach(comparison)} · {sides}", page)
    else:
        yield from screen.verdict("UNDER-POWERED", "yellow", f"{comparison.reason} · {sides}", page)
        yield from _power(comparison, page)
    if comparison.untested:
        yield from _literal(page)


def _sized(comparison: Comparison, name: str) -> str:
    side = comparison.good if name == "good" else comparison.bad
    if len(side.runs) > 1 or _many(comparison):
        return count(len(side.runs), f"{name} run")
    return f"1 {name} run with {count(side.cases, 'case')}"


def _many(comparison: Comparison) -> bool:
    return min(len(comparison.good.runs), len(comparison.bad.runs)) > 1


def _reach(comparison: Comparison) -> str:
    if comparison.untested:
        return comparison.reason
    return f"{comparison.compared:,} things compared, {comparison.tested:,} of them vary"


def _power(comparison: Comparison, page: int) -> Iterator[Text]:
    yield Text()
    yield from screen.row("means", "too few cases is not the same as no difference", page)
    if comparison.needed:
        noun = "runs" if _many(comparison) else f"cases by {comparison.unit}"
        need = (
            f"at least {comparison.needed} {noun} a side, if bad ones always differ; more if seldom"
        )
        yield from screen.row("need", need, page)
    for suspect in comparison.suspects:
        yield from screen.row("suspect", f"{suspect} (no proof)", page)


def _literal(page: int) -> Iterator[Text]:
    text = "one run against one: shown is what conflicts and differs, chance is not ruled out"
    yield Text()
    yield from screen.row("note", text, page)


# ── differences ───────────────────────────────────────────────────────────────────────────────


def _difference(difference: Difference, comparison: Comparison, page: int) -> Iterator[Text]:
    title = Text(f"{difference.rank} {clean(difference.title, 120)}", style="bold")
    kind = difference.resource or difference.resource_type
    if kind:
        title.append(f"  on {clean(kind, 40)}", style="not bold")
    counts = _counts(difference)
    room = screen.drawing(page) - width(title.plain) - len(counts)
    if room > 2:
        title.append(" " * room)
        title.append(counts, style="not bold")
        yield title
    else:
        yield title
        yield Text(f"  {counts}")
    told = ": ".join(part for part in (clean(difference.who), clean(difference.meaning)) if part)
    yield from screen.prose(told, page)
    first = difference is comparison.differences[0]
    if first and difference.divergence:
        yield Text()
        yield from _divergence(difference.divergence, screen.drawing(page))
        yield Text()
    if difference.divergence:
        yield from screen.row("first", difference.divergence.message, page)
    sure = f"{difference.confidence}: {difference.reason}; {difference.support}"
    yield from screen.row("sure", sure, page)
    for link in difference.links:
        yield from screen.row("in scan", _link(link, comparison), page)
    if difference.also:
        yield from screen.row("so also", _also(difference), page)
    for label, command in _next(difference) if first else ():
        yield Text(f"  {label:{screen.LABEL}}").append(command, style="cyan")


def _counts(difference: Difference) -> str:
    good, bad = difference.good, difference.bad
    return f"good {good.holds:,} of {good.of:,}   bad {bad.holds:,} of {bad.of:,}"


def _link(link: Link, comparison: Comparison) -> str:
    noun = "bad runs" if _many(comparison) else "bad cases"
    fires = f"fires in {link.bad.holds:,} of {link.bad.of:,} {noun}"
    seen = f"{link.rule} {link.name} {fires}, {link.good.holds:,} of {link.good.of:,} good"
    return f"{seen}; here it is finding {link.finding}"


def _also(difference: Difference) -> str:
    shown = difference.also[:_CONSEQUENCES]
    more = len(difference.also) - len(shown)
    return "; ".join(shown) + (f" and {more} more" if more > 0 else "")


def _next(difference: Difference) -> Iterator[tuple[str, str]]:
    """Commands that go on from a difference: the bad case's life, and the rule that explains it."""
    bad = difference.divergence.bad if difference.divergence else None
    run = shlex.quote(clean(bad.run, 1_000)) if bad else "BAD"
    if bad and bad.resource:
        yield "next", f"racelens timeline {run} -r {shlex.quote(clean(bad.resource, 200))}"
    else:
        yield "next", f"racelens scan {run}"
    if difference.links:
        yield "", f"racelens explain {difference.links[0].rule}"


# ── the two timelines ─────────────────────────────────────────────────────────────────────────


def _divergence(divergence: Divergence, room: int) -> Iterator[Text]:
    """Side by side where there is room, on a wide page for shorter names, else one above the other."""
    pair = divergence.good, divergence.bad
    tries = _NAMES if room >= _BOTH else _NAMES[:1]
    fitting = (most for most in tries if sum(_widths(pair, most)) + _BETWEEN <= room)
    longest = next(fitting, None)
    if longest is None:
        yield from _stacked(pair)
        return
    yield from _side_by_side(pair, longest)


def _widths(pair: Sequence[Track], longest: int) -> list[int]:
    return [
        max([width(text) for text, _ in _cells(track, longest)] + [width(_caption(track, longest))])
        for track in pair
    ]


def _stacked(pair: Sequence[Track]) -> Iterator[Text]:
    for name, track in zip(("good", "bad"), pair, strict=True):
        yield Text(f"    {name}  {_caption(track, _NAMES[0])}", style="dim")
        yield from (
            _marked(f"  {'✗' if marked else ' '} {text}", marked)
            for text, marked in _cells(track, _NAMES[0])
        )


def _side_by_side(pair: Sequence[Track], longest: int) -> Iterator[Text]:
    cells = [_cells(track, longest) for track in pair]
    good, bad = (_caption(track, longest) for track in pair)
    wide = _widths(pair, longest)[0]
    yield Text(f"    {good}{' ' * (wide - width(good))}     {bad}", style="dim")
    for (left, left_marked), (right, right_marked) in zip_longest(*cells, fillvalue=("", False)):
        line = _marked("    " + left + " " * (wide - width(left)), left_marked)
        line.append("   ✗ " if right_marked else "     ", style="red")
        line.append(right, style="red" if right_marked else "")
        yield line


def _caption(track: Track, longest: int) -> str:
    key = clean(track.key, longest)
    named = clean(PurePath(track.run).name or track.run, longest)
    return f"{named}  {key}" if key else named


def _cells(track: Track, longest: int) -> list[tuple[str, bool]]:
    names = [_ending(step.label, longest) for step in track.steps]
    whole = [f"{name} {clean(step.shows, 16)}".rstrip() for name, step in zip(names, track.steps, strict=True)]  # fmt: skip
    wide = max((width(text) + _indent(step) for text, step in zip(whole, track.steps, strict=True)), default=0)  # fmt: skip
    cells = []
    for text, step in zip(whole, track.steps, strict=True):
        indent = _indent(step)
        body = " " * indent + f"{step.lane} {text}"
        pad = " " * (wide + 2 - width(body))
        cells.append((f"{_offset(step):>8} {body}{pad} :{step.place.line}", step.marked))
    if track.more:
        cells.append((f"{'':>8} {track.more} more", False))
    return cells


def _ending(name: str, longest: int) -> str:
    """What happened stands last in a name: a long one loses its head."""
    told = clean(name, 200)
    return told if len(told) <= longest else f"…{told[1 - longest :]}"


def _indent(step: Step) -> int:
    """Lanes stand beside each other, as far as there is room."""
    return 2 * min(3, max(0, ord(step.lane[0]) - ord("A"))) if step.lane.isascii() else 6


def _offset(step: Step) -> str:
    """Milliseconds, or seconds where they are many."""
    if step.offset_ns is None:
        return ""
    milliseconds = step.offset_ns / 1e6
    return (
        f"{milliseconds:+.1f}" if abs(milliseconds) < 100_000 else f"{milliseconds / 1e3:+,.0f} s"
    )


def _marked(text: str, marked: bool) -> Text:
    return Text(text, style="red" if marked else "")


# ── what it rests on ──────────────────────────────────────────────────────────────────────────


def _basis(comparison: Comparison, page: int) -> Iterator[Text]:
    yield Text()
    yield Text("What this rests on", style="bold")
    yield from screen.row("cases", _cases(comparison), page)
    hidden = comparison.hidden
    free = f"{count(hidden.unconstrained_reorderings, 'change')} that good cases show, too, or that chance explains"
    yield from screen.row("left out", f"{free}; {hidden.constant:,} things never change", page)
    if hidden.records:
        alone = f"{count(hidden.records, 'record')} of attempts that share nothing with another"
        yield from screen.row("", f"{alone}: the captures are too large to compare all", page)
    for confounder in comparison.confounders:
        yield from screen.row("but", confounder, page)


def _cases(comparison: Comparison) -> str:
    unit = {"resource": "attempts that meet on a resource"}.get(
        comparison.unit, f"attempts that meet in one {comparison.unit}"
    )
    good, bad = comparison.good, comparison.bad
    each = f"{good.cases:,} good, {bad.cases:,} bad"
    if _many(comparison):
        return f"{unit}: {each}; those of one run count together"
    return f"{unit}: {each}; --by compares by something else"


def _last(comparison: Comparison) -> str:
    runs = len(comparison.good.runs) + len(comparison.bad.runs)
    events = comparison.good.events + comparison.bad.events
    read = f"{count(runs, 'run')}, {count(events, 'event')}, {comparison.rejects:,} rejected"
    what = {
        "different": f"different: {count(len(comparison.differences) + comparison.unlisted, 'difference')}",
        "same": "no difference found",
        "underpowered": "under-powered: this is not “same”",
    }[comparison.verdict]
    tested = "" if comparison.untested else f" of {comparison.tested:,} tested"
    return f"{what}{tested if comparison.differences else ''} · {read}"
