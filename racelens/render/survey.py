"""What `racelens inspect` prints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TextIO

from rich.console import Console
from rich.text import Text

from racelens.findings import Column, InputAccount, Survey, to_log
from racelens.render.json import SCHEMA_VERSION
from racelens.render.plain import clean
from racelens.vocabulary import count

_KEYS = 4  # keys listed for one column
_FILES = 30
_TAILS = 3  # numbers listed of files that differ in nothing else
_NUMBERED = re.compile(r"(?P<stem>.*?)(?P<mark>[-_.])(?P<number>\d{1,6})(?P<end>(?:\.[a-z]+)*)$")
_WISHES = 2  # more than two pieces of advice is none
_NUMBERS = {1: "One", 2: "Two"}
# What the field that a rule misses holds.
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
        yield Text(f"  {'':{wide}}  {wish.meaning}")


@dataclass(frozen=True)
class _Row:
    """Files of one stem, written by one producer in one way. way: framing, and what was taken off."""

    names: tuple[str, ...]
    lines: int
    rejects: int
    producer: str
    way: str
    clock: str

    @property
    def name(self) -> str:
        """`docs-api-1, -2`: what the names share, once."""
        if len(self.names) == 1:
            return self.names[0]
        first, *others = (_NUMBERED.match(name) for name in self.names)
        tails = [f"{m['mark']}{m['number']}" for m in others if m]
        head = f"{first['stem']}{first['mark']}{first['number']}" if first else ""
        more = f" … {len(tails)} more" if len(tails) > _TAILS else ""
        return ", ".join([head, *tails[:_TAILS]]) + more


def _files(survey: Survey) -> Iterator[Text]:
    rows = _folded(survey)
    shown = rows[:_FILES]
    names = [clean(row.name, 40) for row in shown]
    wide = max((len(name) for name in names), default=5)
    by = max((len(row.producer) for row in shown), default=1)
    how = max((len(row.way) for row in shown), default=1)
    yield Text()
    yield Text(
        f"{'Files':{wide + 2}}{'lines':>9}{'rejected':>10}  {'written by':{max(by, 10)}}"
        f"  {'read as':{max(how, 7)}}  time",
        style="bold",
    )
    for name, row in zip(names, shown, strict=True):
        yield Text(
            f"  {name:{wide}}{row.lines:>9,}{row.rejects:>10,}  {row.producer:{max(by, 10)}}"
            f"  {row.way:{max(how, 7)}}  {row.clock}"
        )
    if len(rows) > _FILES:
        yield Text(f"  and {count(sum(len(row.names) for row in rows[_FILES:]), 'file')} more")


def _folded(survey: Survey) -> list[_Row]:
    """A row for each file, and one for those that differ in a number only."""
    rows: dict[tuple[str, ...], _Row] = {}
    written = survey.producers or [""] * len(survey.inputs)
    for entry, producer, clock in zip(survey.inputs, written, survey.clocks, strict=True):
        name = _short(entry.path)
        numbered = _NUMBERED.match(name)
        stem = f"{numbered['stem']}{numbered['end']}" if numbered else name
        row = _Row(
            (name,),
            entry.lines,
            entry.rejects,
            clean(producer or "?", 30),
            _way(entry),
            clean(clock),
        )
        key = (stem, row.producer, row.way, row.clock)
        if old := rows.get(key):
            row = replace(
                row,
                names=(*old.names, name),
                lines=old.lines + row.lines,
                rejects=old.rejects + row.rejects,
            )
        rows[key] = row
    return list(rows.values())


def _way(entry: InputAccount) -> str:
    """`lines`, `cri`, `documents of elasticsearch`; and whether the end is missing."""
    inside = f" of {entry.unwrapped}" if entry.unwrapped else ""
    return clean(f"{entry.framing}{inside}", 40) + (", cut" if entry.truncated else "")


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
        if wish.statement:
            yield Text(f"          {clean(wish.statement, 500)}", style="cyan")
    for line, codes in to_log(survey.coverage, survey.skipped):
        yield Text(f"  code    for {', '.join(codes)}")
        yield Text(f"          {clean(line, 500)}", style="cyan")
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
