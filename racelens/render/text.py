"""The report for a terminal, a pipe or a file.

The verdict comes first and last; every sentence carries its lines; three answers have three different
words. Without a terminal there is no colour and no line is broken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from rich.text import Text

from racelens.findings import Report
from racelens.render import words
from racelens.render.examples import GROUPS, examples
from racelens.render.plain import clean, width
from racelens.render.rows import LABEL, Screen, dot, row
from racelens.vocabulary import count

_GUARDS = 6  # guards listed when nothing was found
_OPERATION = 12  # columns of an operation, at least
_COMMAND = 48  # columns of a command that leaves room for a word beside it


def render(
    report: Report, out: TextIO, context: int | None = None, statistics: bool = False
) -> None:
    """Write the report.

    context: list the events of each example and so many around them; statistics: rule by rule.
    """
    screen = Screen(out)
    for line in _lines(report, screen, context, statistics):
        screen.print(line)


def _lines(report: Report, screen: Screen, context: int | None, statistics: bool) -> Iterator[Text]:
    page = screen.page
    yield from _head(report)
    if report.summary.findings:
        yield from _table(report, page)
        yield from examples(report, page, screen.drawn, context)
    elif report.looked:
        yield from _looked(report)
    else:
        yield from _blind(report, page)
    if statistics:
        yield from _statistics(report)
    yield from _basis(report, page)
    yield from _next(report, page)
    yield Text()
    yield Text(words.last_line(report), style="bold")


def _head(report: Report) -> Iterator[Text]:
    said = words.verdict(report)
    verdict = Text(said.headline, style=f"bold {said.hue}")
    verdict.append(f"  {said.rest}", style="not bold default")
    yield verdict
    yield Text(words.capture(report))


def _table(report: Report, page: int) -> Iterator[Text]:
    shown = report.groups[:GROUPS]
    if not shown:
        return
    names = [f"{group.rule} {group.name}" for group in shown]
    kinds = [f"{group.resources:,} {clean(group.resource_type, 24)}" for group in shown]
    wide, kind_wide = max(map(len, names)), max(8, *map(len, kinds))
    told = None
    for group, name, kind in zip(shown, names, kinds, strict=True):
        if group.confidence != told:
            first, told = told is None, group.confidence
            yield Text()
            yield _heading(report, told, wide, kind_wide, first)
        line = dot(group.confidence, group.severity)
        line.append(f" {name:{wide}}  {group.count:5,}  {kind:{kind_wide}}  ")
        unsure = (
            f"  {group.count - group.confirmed:,} possible"
            if 0 < group.confirmed < group.count
            else ""
        )
        room = max(page - len(line) - len(unsure), _OPERATION)
        line.append(words.operation(group, room)).append(unsure)
        yield line
    if len(report.groups) > GROUPS:
        rest = report.groups[GROUPS:]
        more = count(sum(group.count for group in rest), "finding")
        yield Text(f"  and {count(len(rest), 'group')} more, {more}: -f json lists all")  # fmt: skip


def _heading(report: Report, confidence: str, wide: int, kind_wide: int, first: bool) -> Text:
    total = sum(finding.confidence == confidence for finding in report.counted)
    heading = Text(
        f"  {f'{confidence} {total:,}':{wide}}" if first else f"  {confidence} {total:,}"
    )
    return heading.append(f"  times  {'on':{kind_wide}}  operation" if first else "", style="dim")


def _looked(report: Report) -> Iterator[Text]:
    yield Text()
    yield Text("Looked", style="bold")
    for entry in report.coverage:
        total = entry.checked + entry.unchecked
        line = Text("  ")
        line.append("✓ " if entry.checked else "– ", style="green" if entry.checked else "yellow")
        line.append(f"{entry.rule}  {entry.checked:,} of {total:,} could be checked")
        yield line
    if report.cleared:
        worked = sum(entry.count for entry in report.cleared)
        yield Text()
        yield Text(f"Guards that did their job  {worked:,}", style="bold")
    for cleared in report.cleared[:_GUARDS]:
        yield Text(
            f"  {cleared.count:6,}  {clean(cleared.reason)}  e.g. {words.at(cleared.example)}"
        )


def _blind(report: Report, page: int) -> Iterator[Text]:
    yield Text()
    yield Text("Why not", style="bold")
    if not report.summary.events:
        yield from row("input", "no line is a JSON object", page, 2)
    if not report.skipped and not report.coverage:
        yield from row("rules", "no rule is left by --select and --ignore", page, 2)
    for skipped in report.skipped:
        yield from row(skipped.rule, skipped.reason, page, 2)
    for entry in report.coverage:
        yield from row(entry.rule, words.unseen(entry), page, 2)


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
    rows = list(words.basis(report))
    if rows:
        yield Text()
        yield Text("What this rests on", style="bold")
    before = None
    for label, text in rows:
        yield from row(label if label != before else "", text, page, 2)
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
        yield line
