"""What `racelens inspect` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TextIO

from rich.console import Console
from rich.text import Text

from racelens.findings import Column, Survey
from racelens.render.json import SCHEMA_VERSION
from racelens.render.plain import clean, count

_KEYS = 4  # keys listed for one column
_FILES = 30
_WISHES = 2  # more than two pieces of advice is none
_NUMBERS = {1: "One", 2: "Two"}
# What the field that a rule misses holds.
_MEANINGS = {
    "RL101": "the row's version after each write, and the one each read saw",
    "RL201": "a hash of what was asked for, or its idempotency key",
    "RL301": "the id that all tries of one operation share",
    "RL401": "what was looked for",
    "RL501": "the id of the run",
}
_BAR = 14


def render(survey: Survey, out: TextIO) -> None:
    """Write the survey."""
    console = Console(file=out, highlight=False, markup=False, emoji=False)
    for line in _lines(survey):
        console.print(line, soft_wrap=True)


def as_json(survey: Survey, out: TextIO) -> None:
    """Write the survey as JSON: the same facts, ASCII, in a fixed order."""
    json.dump(
        {"schema_version": SCHEMA_VERSION, "command": "inspect", **asdict(survey)}, out, indent=1
    )
    out.write("\n")


def _lines(survey: Survey) -> Iterator[Text]:
    lines = sum(entry.lines for entry in survey.inputs)
    rejects = sum(entry.rejects for entry in survey.inputs)
    reasons = ", ".join(f"{clean(reason, 50)} {number:,}" for reason, number in survey.rejects[:2])
    why = f" ({reasons})" if reasons else ""
    yield Text(
        f"{count(survey.events, 'event')} from {count(lines, 'line')} · {rejects:,} rejected{why}",
        style="bold",
    )
    yield from _limits(survey)
    yield from _files(survey)
    yield from _fields(survey)
    yield from _sentences(survey)
    yield from _attempts(survey)
    yield from _versions(survey)
    yield from _rules(survey)
    yield from _remarks(survey)
    yield from _more(survey)


def _sentences(survey: Survey) -> Iterator[Text]:
    """Which fields came out of the text of messages: a field of their own always wins."""
    if not survey.sentences:
        return
    yield Text()
    yield Text(
        "Read out of messages (a field wins: log one, or name it with --map job=KEY)", style="bold"
    )
    for shape, slots, number in survey.sentences:
        yield Text(f"  {number:>9,}  {clean(shape, 70)}")
        yield Text(f"             {slots}", style="dim")


def _limits(survey: Survey) -> Iterator[Text]:
    """What keeps findings from being confirmed, before anything else: a reader may go no further."""
    grave = [wish for wish in survey.wishes if 2 * wish.count > wish.total][:_WISHES]
    if not grave:
        return
    yield Text()
    yield Text("Why little can be confirmed", style="bold yellow")
    for wish in grave:
        share = f"{wish.count:,} of {wish.total:,} {wish.unit}"
        yield Text(f"  {wish.rule}  {share} {clean(wish.why)}")
    fields = "One field" if len(grave) == 1 else f"{_NUMBERS[len(grave)]} fields"
    yield Text(f"{fields} would change that", style="bold")
    wide = max(len(wish.field) for wish in grave)
    for wish in grave:
        yield Text(f"  {wish.field:{wide}}  on {clean(wish.events, 120)}", style="cyan")
        yield Text(f"  {'':{wide}}  {_MEANINGS[wish.rule]}")


def _files(survey: Survey) -> Iterator[Text]:
    shown = survey.inputs[:_FILES]
    names = [clean(_short(entry.path), 40) for entry in shown]
    written = [clean(producer or "?", 30) for producer in survey.producers] or ["?"] * len(shown)
    wide = max((len(name) for name in names), default=5)
    by = max((len(name) for name in written), default=1)
    yield Text()
    yield Text(
        f"{'Files':{wide + 2}}{'lines':>9}{'rejected':>10}  {'written by':{max(by, 10)}}  time",
        style="bold",
    )
    for name, entry, producer, clock in zip(names, shown, written, survey.clocks, strict=False):
        yield Text(
            f"  {name:{wide}}{entry.lines:>9,}{entry.rejects:>10,}  {producer:{max(by, 10)}}  {clean(clock)}"
        )
    if len(survey.inputs) > _FILES:
        yield Text(f"  and {count(len(survey.inputs) - _FILES, 'file')} more")


def _short(path: str) -> str:
    """A file's own name: what tells it from the others."""
    return path.rstrip("/").rsplit("/", 1)[-1]


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


def _rules(survey: Survey) -> Iterator[Text]:
    if not survey.coverage and not survey.skipped:
        return
    yield Text()
    yield Text(f"{'Rules':9}{'looked at':>10}{'could not':>11}  why not", style="bold")
    for entry in survey.coverage:
        style = "yellow" if entry.unchecked > entry.checked else ""
        why = clean(entry.reason, 110)
        yield Text(
            f"  {entry.rule:7}{entry.checked:>10,}{entry.unchecked:>11,}  {why}".rstrip(), style
        )
    for skipped in survey.skipped:
        yield Text(
            f"  {skipped.rule:7}{'skipped':>10}{'':11}  {clean(skipped.reason, 110)}", "yellow"
        )


def _remarks(survey: Survey) -> Iterator[Text]:
    if survey.remarks:
        yield Text()
        yield Text("Log quality", style="bold")
    for remark in survey.remarks:
        yield Text(f"  {remark.code} {remark.name}  {clean(remark.message, 120)}")
        yield Text(f"        {clean(remark.advice, 140)}", style="cyan")


def _more(survey: Survey) -> Iterator[Text]:
    yield Text()
    yield Text("To see more", style="bold")
    for map_ in survey.maps:
        yield Text(f"  config  {clean(map_, 120)}", style="cyan")
    for wish in survey.wishes[:_WISHES]:
        yield Text(f"  code    log {wish.field} on {clean(wish.events, 110)}")
    for host in survey.hosts:
        yield Text(f"  clock   {clean(host, 120)}")
    lines = max(sum(entry.lines for entry in survey.inputs), 1)
    read = sum(entry.events for entry in survey.inputs)
    yield Text()
    yield Text(
        f"{count(survey.events, 'event')}, {100 * read / lines:.1f} % of lines · "
        f"{count(len(survey.versioned), 'resource type')} · {count(len(survey.maps), 'map')} suggested",
        style="bold",
    )
