"""One finding in full: the sentence, the glance, the proof, and where to go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from rich.text import Text

from racelens.findings import Finding, Report
from racelens.render import examples, ladder, strip
from racelens.render.conflict import draw
from racelens.render.layout import lettered
from racelens.render.plain import clean, width
from racelens.render.screen import LABEL, Screen, dot, prose, row
from racelens.render.words import points, steps_of
from racelens.vocabulary import count

_INDENT = 2


def render(finding: Finding, report: Report, out: TextIO, context: int | None = None) -> None:
    """Write the finding. context: of its attempts, so many events around each of the proof; None: all."""
    screen = Screen(out)
    for line in _lines(finding, report, screen, context):
        screen.print(line)


def _lines(finding: Finding, report: Report, screen: Screen, context: int | None) -> Iterator[Text]:
    page = screen.page
    drawing = draw(finding, report.clock)
    tracks = drawing.tracks if drawing else ()
    yield from _head(finding, screen.drawn)
    if finding.suppressed:
        yield from row(finding.suppressed.by, finding.suppressed.reason, page)
    yield Text()
    story = lettered(finding.story, tracks)
    yield from prose(story, page, loud=drawing.harm if drawing else finding.primary.harm)
    if drawing:
        yield Text()
        yield from strip.lines(drawing, screen.drawn, _INDENT)
        yield Text()
        shown = drawing if context is None else examples.near(drawing, context)
        yield from ladder.lines(shown, screen.drawn)
    yield Text()
    for label, text in points(finding, tracks):
        yield from row(label, text, page)
    if others := _others(finding):
        yield from row("else", others, page)
    yield Text()
    for number, command in enumerate(steps_of(finding, report)):
        yield Text(f"  {'next' if not number else '':{LABEL}}").append(command, style="cyan")


def _head(finding: Finding, drawn: int) -> Iterator[Text]:
    title = dot(finding.confidence, finding.severity)
    title.append(f" {finding.rule} {finding.name}  {clean(finding.resource, 60)}", style="bold")
    said = f"{finding.confidence} · {finding.severity}"
    yield title.append(" " * max(drawn - width(title.plain) - len(said), 2) + said)
    time = (finding.primary.time or "no time")[:23].replace("T", " ")
    place = f"1 of {finding.radius.findings + 1:,} in its group"
    yield Text(f"  {finding.id} · {time} UTC · {place}", style="dim")


def _others(finding: Finding) -> str:
    """How often else, on what; empty for the only one."""
    radius = finding.radius
    if not radius.findings:
        return ""
    named = ", ".join(clean(name, 40) for name in radius.examples)
    where = (
        f" on {count(radius.resources, 'other')}: {named}" if radius.resources else " on this one"
    )
    more = radius.resources > len(radius.examples)
    return f"{radius.findings:,} more{where}{' …' if more else ''}"
