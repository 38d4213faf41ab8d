"""The report for a terminal, a pipe or a file.

The verdict comes first and last; every sentence carries its lines; three answers have three different
words. Without a terminal there is no colour and no line is broken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TextIO

from rich.text import Text

from racelens import catalogue
from racelens.findings import Finding, Report, to_log
from racelens.render import when, words
from racelens.render.examples import GROUPS, examples
from racelens.render.plain import clean, width
from racelens.render.screen import ENDLESS, LABEL, Screen, dot, drawing, row, verdict
from racelens.vocabulary import count

_GUARDS = 6  # guards listed when nothing was found
_OPERATION = 12  # columns of an operation, at least
_WIDE = 112  # columns of a page that has room to say when
_WHEN = 16  # pieces of the time between
_COMMAND = 48  # columns of a command that leaves room for a word beside it


def render(
    report: Report,
    out: TextIO,
    context: int | None = None,
    statistics: bool = False,
    suppressed: bool = False,
) -> None:
    """Write the report.

    context: list the events of each example and so many around them; statistics: rule by rule;
    suppressed: list what counts no more, and why.
    """
    screen = Screen(out)
    for line in _lines(report, screen, context, statistics, suppressed):
        screen.print(line)


def _lines(
    report: Report, screen: Screen, context: int | None, statistics: bool, suppressed: bool
) -> Iterator[Text]:
    page = screen.page
    yield from _head(report, page)
    clean = words.verdict(report).good
    if clean:
        yield from _looked(report, screen.drawn)
    if report.summary.findings:
        yield from _table(report, page)
        yield from examples(report, page, screen.drawn, context)
    elif not report.looked:
        yield from _blind(report, page)
    if suppressed:
        yield from _suppressed(report, page)
    if statistics:
        yield from _statistics(report)
    yield from _basis(report, page)
    yield from _next(report, page)
    yield Text()
    yield Text(words.last_line(report), style="bold")


def _head(report: Report, page: int) -> Iterator[Text]:
    said = words.verdict(report)
    yield from verdict(said.headline, said.hue, said.rest, page)
    yield Text(words.capture(report))


def _table(report: Report, page: int) -> Iterator[Text]:
    shown = report.groups[:GROUPS]
    if not shown:
        return
    names = [f"{group.rule} {group.name}" for group in shown]
    kinds = [f"{group.resources:,} {clean(group.resource_type, 24)}" for group in shown]
    wide, kind_wide = max(map(len, names)), max(8, *map(len, kinds))
    bursts = _bursts(report, page)
    side = max((len(text) for text in bursts.values()), default=0)
    told = None
    for group, name, kind in zip(shown, names, kinds, strict=True):
        if words.part(group) != told:
            first, told = told is None, words.part(group)
            yield Text()
            heading = _heading(report, told, wide, kind_wide, first)
            yield _beside(heading, bursts.get("", "") if first else "", page, side)
        line = dot(group.confidence, group.severity)
        line.append(f" {name:{wide}}  {group.count:5,}  {kind:{kind_wide}}  ")
        unsure = (
            f"  {group.count - group.confirmed:,} possible"
            if 0 < group.confirmed < group.count
            else ""
        )
        room = max(page - len(line) - len(unsure) - side, _OPERATION)
        line.append(words.operation(group, room)).append(unsure)
        yield _beside(line, bursts.get(group.fingerprint, ""), page, side)
    if len(report.groups) > GROUPS:
        rest = report.groups[GROUPS:]
        more = count(sum(group.count for group in rest), "finding")
        yield Text(f"  and {count(len(rest), 'group')} more, {more}: -f json lists all")  # fmt: skip


def _bursts(report: Report, page: int) -> dict[str, str]:
    """A group's fingerprint → when it happened; under "" from when to when. Only where there is room."""
    first, last = report.clock.first, report.clock.last
    if not first or not last or not _WIDE <= page < ENDLESS:
        return {}
    members: dict[str, list[Finding]] = defaultdict(list)
    for finding in report.counted:
        members[finding.fingerprint].append(finding)
    span = when.bounds(report)
    told = {name: when.bars(when.counts(found, span, _WHEN)) for name, found in members.items()}
    return {"": f"when {first[11:16]} → {last[11:16]}", **told}


def _beside(line: Text, text: str, page: int, side: int) -> Text:
    """The line with a text at the right edge of a drawing."""
    if not text:
        return line
    gap = drawing(page) - width(line.plain) - side
    return line.append(" " * max(gap, 2)).append(text, style="dim")


def _heading(report: Report, part: str, wide: int, kind_wide: int, first: bool) -> Text:
    total = sum(words.part(finding) == part for finding in report.counted)
    heading = Text(f"  {f'{part} {total:,}':{wide}}" if first else f"  {part} {total:,}")
    return heading.append(f"  times  {'on':{kind_wide}}  operation" if first else "", style="dim")


def _looked(report: Report, drawn: int) -> Iterator[Text]:
    yield Text()
    yield Text("Looked", style="bold").append("  how many could be checked", style="not bold dim")
    pages = catalogue.pages()
    wide = max(len(pages[entry.rule].name) for entry in report.coverage)
    for entry in report.coverage:
        page, total = pages[entry.rule], entry.checked + entry.unchecked
        line = Text("  ")
        line.append("✓ " if entry.checked else "– ", style="green" if entry.checked else "yellow")
        line.append(f"{entry.rule} {page.name:{wide}}  {entry.checked:,} of ")
        yield line.append(count(total, page.unit))
    if report.cleared:
        worked = sum(entry.count for entry in report.cleared)
        yield Text()
        yield Text(f"Guards that did their job  {worked:,}", style="bold")
    for cleared in report.cleared[:_GUARDS]:
        place = words.at(cleared.example)
        reason = clean(cleared.reason.removeprefix("guard worked: "), drawn - width(place) - 13)
        gap = " " * (drawn - width(reason) - width(place) - 10)
        yield Text(f"  {cleared.count:6,}  {reason}{gap}").append(place, style="dim")


def _blind(report: Report, page: int) -> Iterator[Text]:
    yield Text()
    yield Text("Why not", style="bold")
    if not report.summary.events:
        yield from row("input", "no line is a JSON object", page)
    if not report.skipped and not report.coverage:
        yield from row("rules", "no rule is left by --select and --ignore", page)
    for n, (named, reason) in enumerate(words.skips(report)):
        yield from row("" if n else "skipped", f"{named}: {reason}", page)
    for entry in report.coverage:
        yield from row(entry.rule, words.unseen(entry), page)
    if lines := to_log(report.coverage, report.skipped):
        yield Text()
        yield Text("Log one of these", style="bold").append(
            "  the rules that could look then", style="not bold dim"
        )
    for line, codes in lines:
        yield Text(f"  {clean(line, 500)}", style="cyan")
        yield from row("", ", ".join(codes), page)


def _suppressed(report: Report, page: int) -> Iterator[Text]:
    """One by one: what it is, and who said that it counts no more."""
    known = [(finding, finding.suppressed) for finding in report.findings if finding.suppressed]
    if known:
        yield Text()
        yield Text("Suppressed", style="bold").append(f"  {len(known):,}", style="not bold")
    for finding, why in known:
        title = dot(finding.confidence, finding.severity)
        yield title.append(
            f" {finding.rule} {finding.name}  {clean(finding.resource, 60)}  {finding.id}"
        )
        yield from row(why.by, why.reason, page, 4)


def _statistics(report: Report) -> Iterator[Text]:
    """Rule by rule: what it looked at, what it found, what guards did."""
    yield Text()
    heads = ("checked", "unchecked", "confirmed", "possible", "undecided", "cleared")
    yield Text(f"{'Rule by rule':14}" + "".join(f"{head:>11}" for head in heads), style="bold")
    for entry in report.coverage:
        mine = [f.confidence for f in report.findings if f.rule == entry.rule]
        numbers = (
            entry.checked,
            entry.unchecked,
            mine.count("confirmed"),
            mine.count("possible"),
            sum(u.count for u in report.undecided if u.rule == entry.rule),
            sum(c.count for c in report.cleared if c.rule == entry.rule),
        )
        yield Text(f"  {entry.rule:12}" + "".join(f"{number:>11,}" for number in numbers))


def _basis(report: Report, page: int) -> Iterator[Text]:
    """The rows that say how far the verdict reaches."""
    told = words.verdict(report).good  # the guards, above
    rows = [
        (label, text) for label, text in words.basis(report) if not (told and label == "cleared")
    ]
    if rows:
        yield Text()
        yield Text("What this rests on", style="bold")
    before = None
    for label, text in rows:
        yield from row(label if label != before else "", text, page)
        before = label


def _next(report: Report, page: int) -> Iterator[Text]:
    steps = list(words.steps(report))
    if steps:
        yield Text()
        yield Text("Next", style="bold")
    wide = max((len(command) for _, command, _ in steps if len(command) <= _COMMAND), default=0)
    for label, command, why in steps:
        line = Text(f"  {label:{LABEL}}")
        line.append(f"{command:{wide}}", style="cyan")
        if width(line.plain) + len(why) + 3 <= page:
            line.append(f"   {why}", style="dim")
        line.rstrip()
        yield line
