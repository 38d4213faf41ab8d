"""To paste into an incident document: the verdict, the groups, one timeline as text, what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TextIO

from racelens.findings import Finding, Group, Report, to_log
from racelens.render import strip
from racelens.render.conflict import draw
from racelens.render.layout import lettered
from racelens.render.plain import clean
from racelens.render.words import (
    LOG,
    basis,
    capture,
    lines_of,
    more_of,
    part,
    points,
    steps,
    steps_of,
    verdict,
)
from racelens.vocabulary import count

_GROUPS = 30
_DRAWN = 3  # examples told at length
_WIDE = 88  # columns of a drawing
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()#+!|<>~$&-])")


def render(report: Report, out: TextIO) -> None:
    """GitHub's and most wikis' dialect. Nothing that a log contains is markup."""
    for line in _lines(report):
        out.write(line + "\n")


def _lines(report: Report) -> Iterator[str]:
    words = verdict(report)
    yield f"## {words.headline.capitalize()}: {prose(words.rest)}"
    yield ""
    yield prose(capture(report))
    if report.groups:
        yield from _table(report)
    by_id = {finding.id: finding for finding in report.findings}
    examples = [
        (g, by_id[g.example])
        for g in report.groups
        if g.example in by_id and (g.severity != "info" or not report.looked)
    ]
    for group, finding in examples[:_DRAWN]:
        yield from _example(finding, group, report)
    yield from _rest(report)


def _table(report: Report) -> Iterator[str]:
    yield ""
    yield "| | rule | times | on | operation |"
    yield "|---|---|--:|---|---|"
    for group in report.groups[:_GROUPS]:
        operations = " × ".join(map(code, dict.fromkeys(group.operations)))
        kind = f"{group.resources:,} {code(group.resource_type)}" if group.resource_type else ""
        yield (
            f"| {part(group)} | {group.rule} {group.name} | {group.count:,} "
            f"| {kind} | {operations} |"
        )
    if len(report.groups) > _GROUPS:
        rest = report.groups[_GROUPS:]
        findings = count(sum(group.count for group in rest), "finding")
        yield ""
        yield f"and {count(len(rest), 'group')} more, {findings}"


def _example(finding: Finding, group: Group, report: Report) -> Iterator[str]:
    yield ""
    yield f"### {finding.rule} {finding.name} on {code(finding.resource or 'no named resource')}"
    yield ""
    drawing = draw(finding, report.clock)
    story = lettered(finding.story, drawing.tracks) if drawing else finding.story
    yield prose(story)
    if drawing:
        yield ""
        yield from fenced(line.plain for line in strip.lines(drawing, _WIDE))
    yield ""
    for label, text in points(finding, drawing.tracks if drawing else ()):
        yield f"* **{label}** {', '.join(map(code, lines_of(finding))) if label == 'lines' else prose(text)}"
    if more := more_of(group):
        yield f"* **else** {more}"
    yield ""
    yield from fenced(steps_of(finding, report))


def _rest(report: Report) -> Iterator[str]:
    if rows := list(basis(report)):
        yield ""
        yield "### What this rests on"
        yield ""
        for label, text in rows:
            yield f"* **{label}** {code(text, 500) if label == LOG else prose(text)}"
    lines = to_log(report.coverage, report.skipped)
    if lines and not report.looked:
        yield ""
        yield "### Log one of these"
        yield ""
        yield from (f"* {code(line, 500)} for {', '.join(codes)}" for line, codes in lines)
    if commands := list(steps(report)):
        yield ""
        yield "### Next"
        yield ""
        yield from fenced(f"{command}   # {why}" for _, command, why in commands)


def prose(text: str) -> str:
    """A sentence as text: no markup, no mention, no link."""
    safe = _PUNCTUATION.sub(r"\\\1", clean(text, 2_000))
    # A comment ends a name before it begins: `@team` and `www.` would become links.
    return (
        safe.replace("@", "@<!-- -->").replace("://", ":<!-- -->//").replace("www.", "www<!-- -->.")
    )


def code(text: str, room: int = 200) -> str:
    """A value as code, fenced by more backticks than it holds; `|` would end a table's cell."""
    safe = clean(text, room).replace("|", "¦")
    fence = "`" * (max((len(run) for run in re.findall("`+", safe)), default=0) + 1)
    padded = f" {safe} " if safe.startswith("`") or safe.endswith("`") or not safe.strip() else safe
    return f"{fence}{padded}{fence}"


def fenced(lines: Iterator[str]) -> Iterator[str]:
    """Lines as they are, in a fence that none of them can close."""
    held = [clean(line, 2_000).rstrip() for line in lines]
    longest = max((len(run) for line in held for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield fence + "text"
    yield from held
    yield fence
