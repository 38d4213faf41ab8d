"""The best example of each group: the first of each rule drawn, the others told in a sentence."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import replace

from rich.text import Text

from racelens.findings import Finding, Group, Report
from racelens.render import ladder, strip
from racelens.render.conflict import draw
from racelens.render.layout import Drawing, lettered
from racelens.render.plain import clean, width
from racelens.render.screen import dot, row
from racelens.render.words import more_of, points, steps_of

GROUPS = 20  # rows of the table, and examples
_INDENT = 4
_DRAWN = 3  # examples told at length


def examples(report: Report, page: int, drawn: int, context: int | None) -> Iterator[Text]:
    """page: columns of prose; drawn: of a drawing; context: events to list around those of the proof."""
    by_id = {finding.id: finding for finding in report.findings}
    shown = [group for group in report.groups[:GROUPS] if group.example in by_id]
    # Signals are listed; where there are races, those are what is told at length.
    shown = [group for group in shown if group.severity != "info"] or shown
    if not shown:
        return
    races = [by_id[group.example] for group in shown if group.severity != "info"]
    at_length = _first_of_each_rule(races)
    drawings = filter(None, (draw(by_id[name], report.clock) for name in at_length))
    yield Text()
    yield from _heading(
        "Worst first, one of each group" if races else "One of each group", drawings, page
    )
    for group in shown:
        if group.example in at_length:
            yield Text()
            yield _title(by_id[group.example], group, drawn)
            yield Text()
            yield from full(by_id[group.example], report, page, drawn, context)
    rest = [group for group in shown if group.example not in at_length]
    if rest:
        yield Text()
    for group in rest:
        yield from _told(by_id[group.example], group, page, drawn)


def _heading(words: str, drawings: Iterable[Drawing], page: int) -> Iterator[Text]:
    legend = strip.legend(drawings)
    beside = width(words) + 2 + width(legend) <= page
    yield Text(words, style="bold").append(
        f"  {legend}" if legend and beside else "", style="not bold dim"
    )
    if legend and not beside:
        yield Text(legend, style="dim")


def _first_of_each_rule(findings: list[Finding]) -> set[str]:
    """Ids of the findings to draw: another example of a rule already seen tells less."""
    firsts = {finding.rule: finding.id for finding in reversed(findings)}
    drawn = [finding.id for finding in findings if firsts[finding.rule] == finding.id]
    return set(drawn[:_DRAWN])


def full(
    finding: Finding, report: Report, page: int, drawn: int, context: int | None
) -> Iterator[Text]:
    """One finding: its drawing, what it proves, what to do."""
    drawing = draw(finding, report.clock)
    if drawing:
        yield from strip.lines(drawing, drawn)
        yield Text()
        if context is not None:
            yield from ladder.lines(near(drawing, context), drawn)
            yield Text()
    story = lettered(finding.story, drawing.tracks) if drawing else finding.story
    yield from row(
        "why", story, page, _INDENT, loud=drawing.harm if drawing else finding.primary.harm
    )
    for label, text in points(finding, drawing.tracks if drawing else ()):
        yield from row(label, text, page, _INDENT)
    command = next(steps_of(finding, report))
    yield Text("    ").append(f"{'next':11}", style="dim").append(command, style="cyan")


def near(drawing: Drawing, context: int) -> Drawing:
    """The drawing with only the events of the proof and so many on either side of each."""
    ordered = sorted(
        (m.at, i, j) for i, t in enumerate(drawing.tracks) for j, m in enumerate(t.marks)
    )
    proof = [n for n, (_, i, j) in enumerate(ordered) if drawing.tracks[i].marks[j].role]
    kept = {
        ordered[n][1:]
        for p in proof
        for n in range(max(p - context, 0), min(p + context + 1, len(ordered)))
    }
    tracks = tuple(
        replace(t, marks=tuple(m for j, m in enumerate(t.marks) if (i, j) in kept))
        for i, t in enumerate(drawing.tracks)
    )
    return replace(drawing, tracks=tracks)


def _title(finding: Finding, group: Group, columns: int) -> Text:
    title = dot(finding.confidence, finding.severity)
    title.append(f" {finding.rule} {finding.name}  {clean(finding.resource, 60)}", style="bold")
    if more := more_of(group):
        gap = max(columns - width(title.plain) - len(more), 2)
        title.append(" " * gap + more, style="dim")
    return title


def _told(finding: Finding, group: Group, page: int, columns: int) -> Iterator[Text]:
    yield _title(finding, group, columns)
    unsure = f". {finding.confidence.capitalize()}: {finding.reason}"
    text = clean(finding.story, 2_000) + (unsure if finding.confidence != "confirmed" else "")
    lines = textwrap.wrap(text, max(24, page - 4), break_long_words=False, break_on_hyphens=False)
    yield from (Text(f"    {line}") for line in lines)
