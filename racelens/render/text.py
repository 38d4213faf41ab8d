"""The report for a terminal, a pipe or a file.

The verdict comes first and last; every sentence carries its lines; three answers have three different
words. Without a terminal there is no colour and no line is broken.
"""

from __future__ import annotations

import shlex
import sys
import textwrap
from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePath
from typing import TextIO

from rich.console import Console
from rich.text import Text

from racelens.findings import (
    ClockPair,
    Coverage,
    Evidence,
    Finding,
    Group,
    Place,
    Report,
    Summary,
    in_order,
)
from racelens.render.plain import clean, count, duration, offset, width

_GROUPS = 20  # rows of the table, and examples
_PAIRS = 3  # clock pairs told
_GUARDS = 6  # guards listed when nothing was found
_ENDLESS = 100_000  # columns of a line that nobody breaks
_COMMAND = 48  # columns of a command that leaves room for a word beside it
_LABEL = 11  # columns of the words that name a row
_DOT = {"confirmed": "●", "possible": "○", "latent": "◌"}
_HUE = {"error": "red", "warning": "yellow", "info": "cyan"}
_ASCII = str.maketrans({"●": "*", "○": "o", "◌": ".", "✓": "+", "✗": "x", "·": "-", "–": "-", "−": "-",
                        "→": ">", "…": ".", "“": '"', "”": '"', "’": "'", "±": "~", "×": "x", "↔": "-"})  # fmt: skip


def render(report: Report, out: TextIO) -> None:
    """Write the report; what a terminal may show, rich decides (NO_COLOR, FORCE_COLOR, TERM)."""
    console = Console(
        file=out,
        highlight=False,
        markup=False,
        emoji=False,
        force_terminal=None if out is sys.stdout else False,
    )
    page = console.width if out.isatty() else _ENDLESS
    plain = not (getattr(out, "encoding", None) or "utf-8").lower().startswith("utf")
    for line in _lines(report, page):
        console.print(_in_ascii(line) if plain else line, soft_wrap=True)


def _in_ascii(line: Text) -> Text:
    line.plain = line.plain.translate(_ASCII).encode("ascii", "replace").decode()
    return line


def _lines(report: Report, page: int) -> Iterator[Text]:
    yield from _head(report)
    if report.summary.findings:
        yield from _table(report)
        yield from _examples(report, page)
    elif report.looked:
        yield from _looked(report)
    else:
        yield from _blind(report, page)
    yield from _basis(report, page)
    yield from _next(report, page)
    yield Text()
    yield Text(_last(report), style="bold")


# ── verdict ───────────────────────────────────────────────────────────────────────────────────


def _head(report: Report) -> Iterator[Text]:
    summary = report.summary
    if report.groups and all(_is_signal(group) for group in report.groups):
        words, hue = "NO RACES FOUND", "green"
        rest = f"{count(summary.findings, 'signal')} in {count(summary.groups, 'group')}"
    elif summary.findings:
        sure = summary.confirmed > 0
        words, hue = ("RACES FOUND", "red") if sure else ("POSSIBLE RACES", "yellow")
        rest = (
            f"{summary.confirmed:,} confirmed, {summary.possible:,} possible{_open(summary)} · "
            f"{count(summary.groups, 'group')} on {count(summary.raced, 'resource')}"
        )
    elif report.looked:
        words, hue, rest = "NO RACES FOUND", "green", _reach(report)
    else:
        words, hue = "COULD NOT LOOK", "yellow"
        rest = "nothing here can be checked. This is not “clean”."
    verdict = Text(words, style=f"bold {hue}")
    verdict.append(f"  {rest}", style="not bold default")
    yield verdict
    yield Text(_capture(report))


def _is_signal(group: Group) -> bool:
    """True for what is no race: habits of retrying, and paths that could race and did not."""
    return group.severity == "info" or group.confidence == "latent"


def _open(summary: Summary) -> str:
    undecided = f", {summary.undecided:,} undecided" if summary.undecided else ""
    return undecided + (f", {summary.latent:,} latent" if summary.latent else "")


def _reach(report: Report) -> str:
    checked = sum(entry.checked for entry in report.coverage)
    total = checked + sum(entry.unchecked for entry in report.coverage)
    if checked == total and not report.skipped:
        return "all that could race was checked"
    return f"in the {100 * checked // max(total, 1)} % that could be checked"


def _capture(report: Report) -> str:
    inputs = report.inputs
    named = clean(inputs[0].path) if len(inputs) == 1 else count(len(inputs), "file")
    return " · ".join([named, count(report.summary.events, "event"), *_span(report)])


def _span(report: Report) -> Iterator[str]:
    first, last = report.clock.first, report.clock.last
    if not first or not last:
        yield "no times"
        return
    lasted = _nanoseconds(last) - _nanoseconds(first)
    digits = 23 if lasted < 10_000_000_000 else 19
    same_day = first[:10] == last[:10]
    end = last[11:digits] if same_day else last[:digits].replace("T", " ")
    yield f"{first[:digits].replace('T', ' ')} → {end} UTC ({duration(lasted)})"


def _nanoseconds(time: str) -> int:
    seconds = int(datetime.fromisoformat(time[:19] + "+00:00").timestamp())
    return seconds * 1_000_000_000 + int(time[20:29])


def _last(report: Report) -> str:
    summary = report.summary
    read = f"{count(summary.events, 'event')}, {summary.rejects:,} rejected"
    if not report.looked:
        return f"nothing checked · {read}"
    if not summary.findings:
        unchecked = sum(entry.unchecked for entry in report.coverage)
        return f"0 races · {unchecked:,} unchecked · {read}"
    sure = f"{summary.confirmed:,} confirmed, {summary.possible:,} possible"
    found = f"{count(summary.findings, 'race')} in {count(summary.groups, 'group')}"
    return f"{found}, {sure} · {read}"


# ── findings ──────────────────────────────────────────────────────────────────────────────────


def _table(report: Report) -> Iterator[Text]:
    shown = report.groups[:_GROUPS]
    if not shown:
        return
    names = [f"{group.rule} {group.name}" for group in shown]
    kinds = [f"{group.resources:,} {clean(group.resource_type, 24)}" for group in shown]
    wide, kind_wide = max(map(len, names)), max(8, *map(len, kinds))
    yield Text()
    yield Text(f"  {'':{wide}}  times  {'on':{kind_wide}}  operation", style="dim")
    for group, name, kind in zip(shown, names, kinds, strict=True):
        row = _dot(group.confidence, group.severity)
        row.append(f" {name:{wide}}  {group.count:5,}  {kind:{kind_wide}}  {_operation(group)}")
        if 0 < group.confirmed < group.count:
            row.append(f"  {group.count - group.confirmed:,} possible")
        yield row
    if len(report.groups) > _GROUPS:
        rest = report.groups[_GROUPS:]
        more = count(sum(group.count for group in rest), "finding")
        yield Text(f"  and {count(len(rest), 'group')} more, {more}: -f json lists all")


def _dot(confidence: str, severity: str) -> Text:
    return Text(_DOT[confidence], style=_HUE[severity])


def _operation(group: Group) -> str:
    """Both sides; a lone name means “with itself”."""
    return clean(" × ".join(dict.fromkeys(group.operations)), 60)


def _examples(report: Report, page: int) -> Iterator[Text]:
    by_id = {finding.id: finding for finding in report.findings}
    shown = [group for group in report.groups[:_GROUPS] if group.example in by_id]
    # Signals are listed; where there are races, those are what is told at length.
    shown = [group for group in shown if group.severity != "info"] or shown
    if shown:
        yield Text()
        yield Text("One example of each, the clearest first", style="bold")
    for group in shown:
        yield Text()
        yield from _example(by_id[group.example], group, page)


def _example(finding: Finding, group: Group, page: int) -> Iterator[Text]:
    title = _dot(finding.confidence, finding.severity)
    title.append(f" {finding.rule} {finding.name}  {clean(finding.resource, 60)}", style="bold")
    if group.count > 1:
        others = count(group.resources - 1, "other") if group.resources > 1 else "this one"
        title.append(f"  {group.count - 1:,} more on {others}", style="dim")
    yield title
    yield Text()
    yield from _events(finding)
    yield Text()
    yield from _row("why", finding.story, page)
    yield from _row("sure", f"{finding.confidence}: {finding.reason}", page)
    if finding.cause:
        yield from _row("cause", finding.cause, page)
    yield from _row("lost", finding.lost, page)
    yield from _row("guard", finding.fix, page)
    if finding.settle:
        yield from _row("to settle", finding.settle, page)
    yield from _row("lines", ", ".join(_ranges(finding)), page)


def _ranges(finding: Finding) -> Iterator[str]:
    """The lines to open, a span for each file."""
    spans: dict[str, list[int]] = {}
    for entry in finding.evidence:
        spans.setdefault(entry.place.source, []).append(entry.place.line)
    for source, lines in spans.items():
        first, last = min(lines), max(lines)
        yield f"{source}:{first}" + (f"-{last}" if last > first else "")


def _events(finding: Finding) -> Iterator[Text]:
    """The evidence in order: offset, who, what, line."""
    entries = in_order(finding.evidence)
    first = min((e.time_ns for e in entries if e.time_ns is not None), default=None)
    if first is not None:
        start = next(entry.time for entry in entries if entry.time_ns == first) or ""
        yield Text(f"    {start[:26].replace('T', ' ')} UTC", style="dim")
    one_file = len({entry.place.source for entry in entries}) == 1
    names = {entry.actor for entry in entries if entry.actor}
    cells = [
        (
            _since(entry, first),
            _cut(clean(entry.actor or "–"), names),
            clean(entry.act),
            _where(entry, one_file),
        )
        for entry in entries
    ]
    widths = [max(width(row[column]) for row in cells) for column in range(3)]
    for when, who, act, where in cells:
        line = Text(f"    {when:>{max(widths[0], 12)}}  {_pad(who, widths[1])}  ")
        line.append(_pad(act, widths[2]))
        line.append(f"  {where}", style="dim")
        yield line
    if harm := clean(finding.primary.harm):
        yield Text(f"    {'':{max(widths[0], 12)}}  ✗ {harm}", style="red")


def _cut(name: str, names: set[str]) -> str:
    """A long id cut at its tail, git style, as long as it stays apart from the others."""
    length = next((n for n in (16, 20, 24, 32) if len({x[:n] for x in names}) == len(names)), 40)
    return name if len(name) <= length + 4 else name[:length]


def _since(entry: Evidence, first: int | None) -> str:
    return "" if entry.time_ns is None or first is None else offset(entry.time_ns - first)


def _where(entry: Evidence, one_file: bool) -> str:
    line = f"line {entry.place.line}"
    return (
        line if one_file else clean(f"{PurePath(entry.place.source).stem}:{entry.place.line}", 60)
    )


def _pad(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))


# ── what it rests on ──────────────────────────────────────────────────────────────────────────


def _row(label: str, text: str, page: int, indent: int = 4) -> Iterator[Text]:
    """A labelled sentence; on a terminal broken into lines under itself."""
    room = max(24, page - indent - _LABEL)
    lines = textwrap.wrap(clean(text, 2_000), room, break_long_words=False, break_on_hyphens=False)
    for index, line in enumerate(lines or [""]):
        row = Text(" " * indent)
        row.append(f"{label if index == 0 else '':{_LABEL}}", style="dim")
        row.append(line)
        yield row


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
        yield Text(f"  {cleared.count:6,}  {clean(cleared.reason)}  e.g. {_at(cleared.example)}")


def _at(place: Place) -> str:
    return clean(f"{PurePath(place.source).stem}:{place.line}", 80)


def _blind(report: Report, page: int) -> Iterator[Text]:
    yield Text()
    yield Text("Why not", style="bold")
    if not report.summary.events:
        yield from _row("input", "no line is a JSON object", page, 2)
    if not report.skipped and not report.coverage:
        yield from _row("rules", "no rule is left by --select and --ignore", page, 2)
    for skipped in report.skipped:
        yield from _row(skipped.rule, skipped.reason, page, 2)
    for entry in report.coverage:
        yield from _row(entry.rule, _unseen(entry), page, 2)


def _unseen(entry: Coverage) -> str:
    return f"{entry.reason}. {entry.advice}"


def _basis(report: Report, page: int) -> Iterator[Text]:
    """The rows that say how far the verdict reaches."""
    rows = list(_basis_rows(report))
    if rows:
        yield Text()
        yield Text("What this rests on", style="bold")
    for label, text in rows:
        yield from _row(label, text, page, 2)


def _basis_rows(report: Report) -> Iterator[tuple[str, str]]:
    if report.findings and report.cleared:
        for entry in report.cleared[:_GUARDS]:
            yield (
                "cleared",
                f"{count(entry.count, 'time')} {entry.reason}, e.g. {_at(entry.example)}",
            )
    if report.looked:
        yield from (
            ("unchecked", f"{e.rule}: {e.reason}. {e.advice}")
            for e in report.coverage
            if e.unchecked
        )
        yield from (("skipped", f"{s.rule}: {s.reason}") for s in report.skipped)
    if report.clock.first:
        yield "clock", _clock(report)
    for artefact in report.artefacts:
        yield "repeats", f"{count(artefact.count, 'line')}: {artefact.reason}"
    if report.rejects:
        yield "rejected", _rejected(report)


def _clock(report: Report) -> str:
    clock = report.clock
    stamps = f"stamps of {duration(clock.precision_ns)}"
    if clock.domains < 2:
        return f"{stamps}; one clock"
    measured = [pair for pair in clock.pairs if _half(pair) is not None]
    shown = [
        f"{_pair(p)} ±{duration(_half(p) or 0)} ({count(p.evidence, 'message')})" for p in measured
    ]
    wrong = [f"{_pair(p)} contradict each other" for p in clock.pairs if p.contradiction]
    rest = f"±{duration(clock.assumed_ns)} assumed between {'the other' if measured else 'them'}"
    clocks = count(clock.domains, "clock")
    return "; ".join([stamps, clocks, *shown[:_PAIRS], *wrong[:_PAIRS], rest])


def _half(pair: ClockPair) -> int | None:
    """Half the width of a two-sided bound, nanoseconds."""
    if pair.lower_ns is None or pair.upper_ns is None or pair.contradiction or not pair.evidence:
        return None
    return (pair.upper_ns - pair.lower_ns) // 2


def _pair(pair: ClockPair) -> str:
    a, b = (clean(name.partition("@")[0], 40) for name in (pair.a, pair.b))
    return f"{a} ↔ {b}"


def _rejected(report: Report) -> str:
    lines = sum(entry.lines for entry in report.inputs)
    shown = [
        f"{PurePath(entry.place.source).name}:{entry.place.line} ({entry.reason})"
        for entry in report.rejects[:3]
    ]
    more = report.summary.rejects - len(shown)
    listed = ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")
    return f"{report.summary.rejects:,} of {count(lines, 'line')}: {listed}"


def _next(report: Report, page: int) -> Iterator[Text]:
    steps = list(_steps(report))
    if steps:
        yield Text()
        yield Text("Next", style="bold")
    wide = max((len(command) for _, command, _ in steps if len(command) <= _COMMAND), default=0)
    for label, command, why in steps:
        line = Text(f"  {label:{_LABEL}}")
        line.append(f"{command:{wide}}", style="cyan")
        if width(line.plain) + len(why) + 3 <= page:
            line.append(f"   {why}", style="dim")
        yield line


def _steps(report: Report) -> Iterator[tuple[str, str, str]]:
    paths = " ".join(shlex.quote(clean(path, 1_000)) for path in report.arguments) or "LOGS"
    if report.groups:
        yield "read", f"racelens explain {report.groups[0].rule}", "what proves it, how to guard"
        yield "share", f"racelens scan {paths} -o report.json", "all findings, all lines"
    if not report.looked or any(entry.unchecked for entry in report.coverage):
        yield "see more", f"racelens inspect {paths}", "what was read from where"
