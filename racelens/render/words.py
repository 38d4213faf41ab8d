"""Sentences that several formats share: the verdict, the basis, the next steps."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from racelens.findings import ClockPair, Coverage, Finding, Group, Place, Report, Summary
from racelens.findings import nanoseconds as read_time
from racelens.render.layout import Track, lettered
from racelens.render.plain import clean, duration
from racelens.vocabulary import SIGNALS, count

_PAIRS = 3  # clock pairs told
_GUARDS = 6  # guards told one by one


@dataclass(frozen=True)
class Verdict:
    """headline: the answer in capitals; rest: how much of it; good: looked, and found nothing.

    hue: red for harm, yellow where it had to be assumed, green where it was looked and fine.
    """

    headline: str
    rest: str
    good: bool
    hue: str


def verdict(report: Report) -> Verdict:
    """Three answers have three different words."""
    summary = report.summary
    if not report.looked:
        return Verdict(
            "COULD NOT LOOK", "nothing here can be checked. This is not “clean”.", False, "yellow"
        )
    known = f" · {_suppressed(report)}" if summary.suppressed else ""
    if only_signals(report):
        rest = f"{_reach(report)} · {_signals(summary.findings, summary.groups)}{known}"
        return Verdict("NO RACES FOUND", rest, True, "green")
    if summary.findings:
        sure = sure_races(summary) > 0
        words, hue = ("RACES FOUND", "red") if sure else ("POSSIBLE RACES", "yellow")
        return Verdict(words, found(summary) + known, False, hue)
    if known:
        return Verdict("NO NEW RACES", _suppressed(report), True, "green")
    return Verdict("NO RACES FOUND", _reach(report), True, "green")


def part(entry: Finding | Group) -> str:
    """Under which word it is listed: how sure, but what is no race is a signal."""
    signal = entry.rule in SIGNALS and entry.confidence != "latent"
    return "signals" if signal else entry.confidence


def only_signals(report: Report) -> bool:
    """True when all that was found is no race: habits of retrying, paths that could race and did not."""
    summary = report.summary
    return summary.findings > 0 and not sure_races(summary) and not possible_races(summary)


def sure_races(summary: Summary) -> int:
    return summary.confirmed - summary.signals.confirmed


def possible_races(summary: Summary) -> int:
    return summary.possible - (summary.signals.findings - summary.signals.confirmed)


def _signals(findings: int, groups: int) -> str:
    return f"{count(findings, 'signal')} in {count(groups, 'group')}"


def races(summary: Summary) -> str:
    """`77 confirmed, 18 possible`: never one total."""
    latent = f", {summary.latent:,} latent" if summary.latent else ""
    return f"{sure_races(summary):,} confirmed, {possible_races(summary):,} possible{latent}"


def beside_races(summary: Summary) -> str:
    """` · 3 signals in 1 group`, where there are any."""
    signals = summary.signals
    return f" · {_signals(signals.findings, signals.groups)}" if signals.findings else ""


def found(summary: Summary) -> str:
    """`77 confirmed, 18 possible · 12 groups on 73 resources · 3 signals in 1 group`."""
    undecided = f", {summary.undecided:,} undecided" if summary.undecided else ""
    groups = count(summary.groups - summary.signals.groups, "group")
    return (
        f"{races(summary)}{undecided} · {groups} on {count(summary.raced, 'resource')}"
        f"{beside_races(summary)}"
    )


def _suppressed(report: Report) -> str:
    by_baseline = sum(
        f.suppressed is not None and f.suppressed.by == "baseline" for f in report.findings
    )
    ignored = report.summary.suppressed - by_baseline
    parts = [f"{by_baseline:,} in the baseline"] if by_baseline else []
    return ", ".join([*parts, *([f"{ignored:,} ignored"] if ignored else [])])


def _reach(report: Report) -> str:
    checked = sum(entry.checked for entry in report.coverage)
    total = checked + sum(entry.unchecked for entry in report.coverage)
    if checked == total and not report.skipped:
        return "all that could race was checked"
    return f"in the {100 * checked // max(total, 1)} % that could be checked"


def capture(report: Report) -> str:
    """What was read: files, events, from when to when."""
    inputs = report.inputs
    named = clean(inputs[0].path) if len(inputs) == 1 else count(len(inputs), "file")
    unread = [f"{len(report.unread)} not read"] if report.unread else []
    return " · ".join([named, *unread, count(report.summary.events, "event"), *_span(report)])


def _span(report: Report) -> Iterator[str]:
    first, last = report.clock.first, report.clock.last
    if not first or not last:
        yield "no times"
        return
    lasted = read_time(last) - read_time(first)
    digits = 23 if lasted < 10_000_000_000 else 19
    same_day = first[:10] == last[:10]
    end = last[11:digits] if same_day else last[:digits].replace("T", " ")
    yield f"{first[:digits].replace('T', ' ')} → {end} UTC ({duration(lasted)})"


def last_line(report: Report) -> str:
    """The verdict once more: a terminal shows the end first."""
    summary = report.summary
    read = f"{count(summary.events, 'event')}, {summary.rejects:,} rejected"
    if report.unread:
        read += f", {count(len(report.unread), 'file')} not read"
    if not report.looked:
        return f"nothing checked · {read}"
    known = f", {summary.suppressed:,} suppressed" if summary.suppressed else ""
    if only_signals(report):
        return f"0 races · {_signals(summary.findings, summary.groups)}{known} · {read}"
    if not summary.findings:
        unchecked = sum(entry.unchecked for entry in report.coverage)
        return f"0 races{known} · {unchecked:,} unchecked · {read}"
    number = count(sure_races(summary) + possible_races(summary), "race")
    if signals := summary.signals.findings:
        return f"{number}, {races(summary)}{known} · {count(signals, 'signal')} · {read}"
    return f"{number} in {count(summary.groups, 'group')}, {races(summary)}{known} · {read}"


def operation(group: Group, room: int = 60) -> str:
    """Both sides; a lone name means “with itself”. Where it is too long, without what the names begin with."""
    names = list(dict.fromkeys(group.operations))
    said = clean(" × ".join(names), 10 * room)
    if len(said) > room:
        said = " × ".join(name.rpartition(".")[2] or name for name in names)
    return clean(said, min(room, 60))


def more_of(group: Group) -> str:
    """`17 more on 8 others`; empty for a group of one."""
    if group.count < 2:
        return ""
    others = count(group.resources - 1, "other") if group.resources > 1 else "this one"
    return f"{group.count - 1:,} more on {others}"


def lines_of(finding: Finding) -> Iterator[str]:
    """The lines to open, a span for each file."""
    spans: dict[str, list[int]] = {}
    for entry in finding.evidence:
        spans.setdefault(entry.place.source, []).append(entry.place.line)
    for source, lines in spans.items():
        first, last = min(lines), max(lines)
        yield f"{source}:{first}" + (f"-{last}" if last > first else "")


def points(finding: Finding, tracks: Sequence[Track]) -> Iterator[tuple[str, str]]:
    """What to say of a finding below its story, with the letters of its drawing."""
    rows = (
        ("sure", f"{finding.confidence}: {finding.reason}"),
        ("lost", lettered(finding.lost, tracks)),
        ("cause", finding.cause),
        ("guard", finding.fix),
        ("to settle", finding.settle),
        ("lines", ", ".join(lines_of(finding))),
    )
    return ((label, text) for label, text in rows if text)


def skips(report: Report) -> Iterator[tuple[str, str]]:
    """The rules that were skipped for one reason, and the reason."""
    reasons: dict[str, list[str]] = {}
    for entry in report.skipped:
        reasons.setdefault(entry.reason, []).append(entry.rule)
    return ((", ".join(codes), reason) for reason, codes in reasons.items())


LOG = "log it as"  # the label of a statement to paste


def at(place: Place) -> str:
    """`api-9800:33`."""
    return clean(f"{PurePath(place.source).stem}:{place.line}", 80)


def unseen(entry: Coverage) -> str:
    """What a rule could not look at, and what to log."""
    return f"{entry.reason}. {entry.advice}"


def basis(report: Report) -> Iterator[tuple[str, str]]:
    """Labelled sentences: how far the verdict reaches."""
    yield from _set_aside(report)
    for open_ in report.undecided:
        yield "undecided", f"{open_.rule}: {count(open_.count, 'pair')}, {open_.reason}"
    if report.looked:
        for entry in report.coverage:
            if entry.unchecked:
                yield "unchecked", f"{entry.rule}: {unseen(entry)}"
                yield LOG, entry.statement
        yield from (("skipped", f"{codes}: {reason}") for codes, reason in skips(report))
    if report.clock.first:
        yield "clock", clocks(report)
    for artefact in report.artefacts:
        yield "repeats", f"{count(artefact.count, 'line')}: {artefact.reason}"
    if report.rejects:
        yield "rejected", rejected(report)


def _set_aside(report: Report) -> Iterator[tuple[str, str]]:
    """What is known or was answered: findings that count no more, guards that worked."""
    for group in report.suppressed_groups:
        on = f" on {clean(group.resource_type, 40)}" if group.resource_type else ""
        yield "suppressed", f"{group.rule} {group.name}{on}: {count(group.count, 'finding')}"
    # Where nothing was found, the guards have a section of their own.
    if report.findings or not report.looked:
        for entry in report.cleared[:_GUARDS]:
            times = count(entry.count, "time")
            yield "cleared", f"{times} {entry.reason}, e.g. {at(entry.example)}"


def clocks(report: Report) -> str:
    """How finely the stamps tell time, and how far the clocks may differ."""
    clock = report.clock
    stamps = f"stamps of {duration(clock.precision_ns)}"
    if clock.domains < 2:
        return f"{stamps}; one clock"
    measured = [pair for pair in clock.pairs if half(pair) is not None]
    shown = [
        f"{pair_name(p)} ±{duration(half(p) or 0)} ({count(p.evidence, 'message')})"
        for p in measured
    ]
    wrong = [f"{pair_name(p)} contradict each other" for p in clock.pairs if p.contradiction]
    rest = f"±{duration(clock.assumed_ns)} assumed between {'the other' if measured else 'them'}"
    domains = count(clock.domains, "clock")
    return "; ".join([stamps, domains, *shown[:_PAIRS], *wrong[:_PAIRS], rest])


def half(pair: ClockPair) -> int | None:
    """Half the width of a two-sided bound, nanoseconds."""
    if pair.lower_ns is None or pair.upper_ns is None or pair.contradiction or not pair.evidence:
        return None
    return (pair.upper_ns - pair.lower_ns) // 2


def pair_name(pair: ClockPair) -> str:
    """`notifier ↔ worker`."""
    a, b = (_clock(name.partition("@")[0]) for name in (pair.a, pair.b))
    return f"{a} ↔ {b}"


def _clock(name: str) -> str:
    """A source by its file's name; `worker/9797` is a process."""
    return clean(PurePath(name).name if PurePath(name).suffix else name, 40)


def rejected(report: Report) -> str:
    """How many lines are no events, and the first of them."""
    lines = sum(entry.lines for entry in report.inputs)
    shown = [
        f"{PurePath(entry.place.source).name}:{entry.place.line} ({entry.reason})"
        for entry in report.rejects[:3]
    ]
    more = report.summary.rejects - len(shown)
    listed = ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")
    return f"{report.summary.rejects:,} of {count(lines, 'line')}: {listed}"


def paths(report: Report) -> str:
    """The inputs as a shell would take them."""
    return " ".join(shlex.quote(clean(path, 1_000)) for path in report.arguments) or "LOGS"


def steps(report: Report) -> Iterator[tuple[str, str, str]]:
    """What to do now: a word, a command to paste, what it shows."""
    given = paths(report)
    if report.groups:
        yield "read", f"racelens explain {report.groups[0].rule}", "what proves it, how to guard"
        yield "share", f"racelens scan {given} -o review.html", "lanes, filters, raw lines"
    if not report.looked or any(entry.unchecked for entry in report.coverage):
        yield "see more", f"racelens inspect {given}", "what was read from where"


def steps_of(finding: Finding, report: Report) -> Iterator[str]:
    """Commands that go on from one finding."""
    if finding.resource:
        resource = shlex.quote(clean(finding.resource, 200))
        yield f"racelens timeline {paths(report)} -r {resource}"
    yield f"racelens repro {finding.id} report.json"
    yield f"racelens explain {finding.rule}"
