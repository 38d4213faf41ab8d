"""What `racelens inspect` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.text import Text

from racelens.findings import Column, Survey
from racelens.render.plain import clean, count

_KEYS = 4  # keys listed for one column
_BAR = 14


def render(survey: Survey, out: TextIO) -> None:
    """Write the survey."""
    console = Console(file=out, highlight=False, markup=False, emoji=False)
    for line in _lines(survey):
        console.print(line, soft_wrap=True)


def _lines(survey: Survey) -> Iterator[Text]:
    lines = sum(entry.lines for entry in survey.inputs)
    rejects = sum(entry.rejects for entry in survey.inputs)
    yield Text(
        f"{count(survey.events, 'event')} from {count(lines, 'line')} · {rejects:,} rejected",
        style="bold",
    )
    yield from _files(survey)
    yield from _fields(survey)
    yield from _attempts(survey)
    yield from _versions(survey)


def _files(survey: Survey) -> Iterator[Text]:
    names = [clean(entry.path, 60) for entry in survey.inputs]
    wide = max((len(name) for name in names), default=5)
    yield Text()
    yield Text(f"{'Files':{wide + 2}}{'lines':>9}{'rejected':>10}  time", style="bold")
    for name, entry, clock in zip(names, survey.inputs, survey.clocks, strict=True):
        yield Text(f"  {name:{wide}}{entry.lines:>9,}{entry.rejects:>10,}  {clean(clock)}")


def _fields(survey: Survey) -> Iterator[Text]:
    yield Text()
    yield Text(f"{'Fields':18}{'events':>9}{'':7}  read from", style="bold")
    for column in survey.columns:
        yield _field(column, survey.events)


def _field(column: Column, events: int) -> Text:
    share = 100 * column.events // max(events, 1)
    keys = ", ".join(clean(key, 60) for key in column.keys[:_KEYS]) or "no key of these logs"
    more = len(column.keys) - _KEYS
    keys += f" and {more} more" if more > 0 else ""
    style = "" if column.events else "yellow"
    name = column.name.removeprefix("logged_")
    return Text(f"  {name:16}{column.events:>9,}{share:>5} %  {keys}", style=style)


def _attempts(survey: Survey) -> Iterator[Text]:
    if survey.attempts:
        yield Text()
        yield Text("Who acts", style="bold")
    for sentence in survey.attempts:
        yield Text(f"  {clean(sentence)}")


def _versions(survey: Survey) -> Iterator[Text]:
    yield Text()
    if not survey.versioned:
        yield Text("No event writes a resource: lost updates cannot be looked for", style="yellow")
        return
    yield Text("What can be checked  writes with a version", style="bold")
    wide = max(len(clean(kind, 40)) for kind, *_ in survey.versioned)
    for kind, versioned, writes in survey.versioned:
        filled = round(_BAR * versioned / writes)
        bar = "━" * filled + "·" * (_BAR - filled)
        share = 100 * versioned // writes
        yield Text(
            f"  {clean(kind, 40):{wide}}  {bar}{share:>4} %  {versioned:,} of {writes:,}",
            style="" if versioned else "yellow",
        )
