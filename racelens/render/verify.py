"""`racelens verify` for a person: are the runs the same, and if not, who stands out?"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import TextIO

from rich.text import Text

from racelens.comparison import Aspect, Verification
from racelens.render import screen
from racelens.render.plain import clean, width
from racelens.vocabulary import count

_BAR = 20  # columns of a bar
_ASPECTS = 8
_OUTLIERS = 8
_NAMED = 6


def render(verification: Verification, out: TextIO) -> None:
    screen.show(lambda page: _lines(verification, page), out)


def _lines(seen: Verification, page: int) -> Iterator[Text]:
    yield from _head(seen, page)
    for aspect in seen.varying[:_ASPECTS]:
        yield Text()
        yield from _aspect(aspect, len(seen.runs))
    if len(seen.varying) > _ASPECTS:
        more = count(len(seen.varying) - _ASPECTS, "thing")
        yield Text(f"  and {more} more that differ: -f json lists all")
    yield from _outliers(seen, page)
    yield from _basis(seen, page)
    yield Text()
    yield Text(_last(seen), style="bold")


def _head(seen: Verification, page: int) -> Iterator[Text]:
    runs = count(len(seen.runs), "run")
    if seen.verdict == "same":
        rest = f"all {runs} agree, and no rule finds a race"
        yield from screen.verdict("THE SAME EVERY TIME", "green", rest, page)
    elif seen.verdict == "underpowered":
        yield from screen.verdict("COULD NOT LOOK", "yellow", seen.reason, page)
    elif seen.varying:
        rest = f"{seen.agree:,} of {runs} agree{_stands_out(seen)}"
        yield from screen.verdict("NOT THE SAME EVERY TIME", "red", rest, page)
    else:
        rest = f"all {runs} agree, but {_races(seen)}"
        yield from screen.verdict("RACES FOUND", "red", rest, page)


def _stands_out(seen: Verification) -> str:
    """`; run_17 sent two notifications` where a single run is not like the others."""
    if len(seen.outliers) != 1:
        return ""
    only = seen.outliers[0]
    return f"; {_stem(only.run)}: {clean('; '.join(only.differs[:2]))}"


def _races(seen: Verification) -> str:
    named = ", ".join(f"{fired.rule} {fired.name}" for fired in seen.fired)
    return f"{named} in {len(seen.runs) - seen.clean:,} of them"


def _aspect(aspect: Aspect, runs: int) -> Iterator[Text]:
    """A value a row: how many runs have it, as a bar, and the first of them."""
    head = Text(f"  {clean(aspect.subject, 60)}", style="bold")
    head.append(f"  {clean(aspect.what, 120)}", style="not bold")
    yield head
    values = [clean(outcome.value, 100) for outcome in aspect.outcomes]
    wide = max(map(width, values))
    for outcome, value in zip(aspect.outcomes, values, strict=True):
        filled = max(1, round(_BAR * outcome.runs / runs))
        bar = "━" * filled + "·" * (_BAR - filled)
        pad = " " * (wide - width(value))
        yield Text(f"    {value}{pad}  {outcome.runs:>4,} {bar}  {_stem(outcome.first)}")


def _stem(run: str) -> str:
    return clean(PurePath(run).name or run, 60)


def _outliers(seen: Verification, page: int) -> Iterator[Text]:
    """Told one by one where they are few; the bars say the rest."""
    if not 1 < len(seen.outliers) <= len(seen.runs) / 4:
        return
    yield Text()
    yield Text("Not like most", style="bold")
    for outlier in seen.outliers[:_OUTLIERS]:
        yield from screen.row(_stem(outlier.run), "; ".join(outlier.differs), page)
    if len(seen.outliers) > _OUTLIERS:
        yield Text(f"  and {count(len(seen.outliers) - _OUTLIERS, 'run')} more: -f json lists all")


def _basis(seen: Verification, page: int) -> Iterator[Text]:
    yield Text()
    yield Text("What this rests on", style="bold")
    if seen.subjects:
        yield from screen.row("looked at", _listed(seen.subjects), page)
    same = "the end of each, how often each change and effect happened, who came first in conflicts"
    yield from screen.row("compared", f"{same}: {seen.constant:,} the same in all runs", page)
    if seen.left_out:
        left = (
            f"{count(seen.left_out, 'resource')} of single runs: traffic, no part of the scenario"
        )
        yield from screen.row("left out", left, page)
    for fired in seen.fired:
        where = f"in {count(fired.runs, 'run')}, first {_stem(fired.first)}"
        yield from screen.row("in scan", f"{fired.rule} {fired.name} {where}", page)
    if seen.verdict != "underpowered":
        yield from screen.row("sure", _sure(seen), page)
    yield from _next(seen, page)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(clean(name, 40) for name in names[:_NAMED])
    more = len(names) - _NAMED
    return shown + (f" and {more:,} more" if more > 0 else "")


def _sure(seen: Verification) -> str:
    runs = len(seen.runs)
    if seen.verdict == "same":
        return (
            f"{count(seen.clean, 'clean run')} exclude, with 95 %, a race that shows in one of "
            f"{seen.excluded:,.0f} runs or more often; a rarer one may still be there"
        )
    clean_share = seen.clean / runs
    streak = 100 * clean_share**5
    text = f"{count(seen.clean, 'run')} of {runs:,} went as most do and without a finding"
    if seen.clean and clean_share < 1:
        chance = f"{streak:.0f} %" if streak >= 1 else "under 1 %"
        text += f"; even so, 5 such runs in a row come up in {chance} of tries"
    return text


def _next(seen: Verification, page: int) -> Iterator[Text]:
    if seen.fired:
        first = seen.fired[0]
        command = f"racelens scan {shlex.quote(clean(first.first, 1_000))}"
        yield from screen.row("next", command, page)
    elif seen.outliers:
        run = shlex.quote(clean(seen.outliers[0].run, 1_000))
        yield from screen.row("next", f"racelens diff GOOD {run}", page)


def _last(seen: Verification) -> str:
    read = f"{count(seen.events, 'event')}, {seen.rejects:,} rejected"
    runs = count(len(seen.runs), "run")
    if seen.verdict == "same":
        return f"the same: {runs} agree · {read}"
    if seen.verdict == "underpowered":
        return f"nothing compared · {runs} · {read}"
    differ = (
        f"{count(len(seen.varying), 'thing')} {'differs' if len(seen.varying) == 1 else 'differ'}"
    )
    return f"not the same: {seen.agree:,} of {runs} agree, {differ}, {seen.clean:,} clean · {read}"
