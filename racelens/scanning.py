"""The whole way, as a script: find, load, learn, build, detect, report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import PurePath

import polars as pl

from racelens import (
    __version__,
    accounts,
    events,
    lanes,
    lifecycle,
    remarks,
    scoping,
    shapes,
    triage,
)
from racelens.detect import Verdicts, detect
from racelens.errors import RacelensError
from racelens.findings import (
    Artefact,
    Clock,
    ClockPair,
    Place,
    Quote,
    RejectedLine,
    Report,
    Summary,
    Unread,
    rfc3339,
)
from racelens.history import History, build
from racelens.history.discretion import redacted
from racelens.ingest import Capture, find, load
from racelens.ingest.capture import Progress
from racelens.ingest.quote import quote
from racelens.ingest.shipped import once
from racelens.knowledge import Knowledge, Lifecycle, learn
from racelens.rule import Rule
from racelens.rules import RULES
from racelens.settings import Settings

_NONE = Settings()
_LISTED_REJECTS = 100
_COMPARED = 200_000  # lines of inputs that are read again to compare records


def scan(
    paths: Iterable[str],
    codes: Sequence[str] = tuple(RULES),
    settings: Settings = _NONE,
    partitions: int = 1,
    progress: Progress | None = None,
) -> Report:
    """Scan files, folders, globs or `-` with the rules `codes`.

    Raises RacelensError for input that cannot be read.
    """
    arguments = tuple(paths)
    scope = settings.scope
    capture, left_out = scoping.within(
        once(load(find(arguments), settings.maps, progress, patient=True)), scope
    )
    knowledge = declared(learn(capture.records, capture.precisions), settings)
    history = with_learned(build(capture, knowledge, everything=scope.is_narrow), codes)
    rules = [RULES[code] for code in codes]
    usual = [rule for rule in rules if not rule.opt_in]
    chosen = scoping.chosen(history, scope)
    if settings.redact:
        history = redacted(history)
    verdicts = detect(history, usual, partitions, chosen)
    if settings.latent:
        everything = build(capture, knowledge, everything=True)
        chosen = scoping.chosen(everything, scope)
        if settings.redact:
            everything = redacted(everything)
        verdicts = _with_latent(verdicts, everything, rules, chosen)
    report = _report(capture, history, remarks.spelled(verdicts, capture, history))
    if not settings.redact and sum(entry.lines for entry in capture.inputs) <= _COMPARED:
        unread = {name for name, _ in capture.unread}
        sources = [e.source for e in capture.inputs if e.source.name not in unread]
        report = replace(report, findings=shapes.compared(report.findings, sources))
    noticed = (*accounts.unknown_keys(capture, settings.maps), *left_out)
    return replace(report, arguments=arguments, notices=(*noticed, *report.notices))


def with_quotes(report: Report) -> Report:
    """The report with the lines behind its findings, as far as they can still be read."""
    moments = (m for finding in report.findings for lane in finding.lanes for m in lane.moments)
    wanted = {(moment.place.source, moment.place.line) for moment in moments}
    try:
        found = quote(find(report.arguments), wanted)
    except RacelensError:
        return report
    quotes = (Quote(Place(*address), text) for address, text in sorted(found.items()))
    return replace(report, quotes=tuple(quotes))


def declared(
    knowledge: Knowledge,
    settings: Settings,
) -> Knowledge:
    """Knowledge with what the user declares, and what a good run shows."""
    shown = {}
    if settings.good:
        capture = load(find(settings.good), settings.maps)
        learned = learn(capture.records, capture.precisions)
        run = build(capture, learned, everything=True)
        shown = lifecycle.of_good_run(run.events.lazy(), " ".join(settings.good))
    source = f"declared in {PurePath(settings.origin or '').name}"
    declared = {kind: Lifecycle(edges, source) for kind, edges in settings.lifecycles.items()}
    return replace(
        knowledge,
        lifecycles={**shown, **declared},
        declared_singletons=settings.singletons,
    )


def with_learned(history: History, codes: Sequence[str]) -> History:
    """What only the whole history shows, as far as the rules `codes` ask for it."""
    learned = replace(
        history.knowledge,
        outdated=_outdated(history) if "RL101" in codes else frozenset(),
        departures=lifecycle.departures(history.events.lazy()) if "RL402" in codes else (),
        reversals=lifecycle.reversals(history.events.lazy()) if "RL402" in codes else (),
    )
    return replace(history, knowledge=learned)


def _outdated(history: History) -> frozenset[str]:
    """Types of which some read surely was; asked only where a user's earlier request shows a base."""
    if not (history.events["base_source"] == "flow").any():
        return frozenset()
    stale = RULES["RL104"].query(history.events.lazy(), history.knowledge)
    sure = stale.filter(pl.col("confidence") == "confirmed")
    return frozenset(sure.select(events.kind().unique()).collect().to_series())


def _with_latent(
    verdicts: Verdicts, everything: History, rules: Sequence[Rule], chosen: pl.Series | None
) -> Verdicts:
    """Also what could race and did not, and how much of that the rules that ask for nothing else could see."""
    could = detect(everything, [rule.could for rule in rules if rule.could], chosen=chosen)
    own = {rule.code for rule in rules if rule.opt_in}
    return replace(
        verdicts,
        findings=(*verdicts.findings, *triage.not_seen(could.findings, verdicts.findings)),
        coverage=(*verdicts.coverage, *(c for c in could.coverage if c.rule in own)),
        cleared=(*verdicts.cleared, *(c for c in could.cleared if c.rule in own)),
        skipped=(*verdicts.skipped, *(s for s in could.skipped if s.rule in own)),
    )


def _report(capture: Capture, history: History, verdicts: Verdicts) -> Report:
    findings = lanes.with_lanes(triage.arrange(triage.fold(verdicts.findings)), history)
    groups = triage.group(findings)
    read = Summary(
        events=sum(entry.records for entry in capture.inputs),
        resources=history.totals.resources,
        raced=0,
        attempts=history.totals.attempts,
        findings=0,
        groups=0,
        confirmed=0,
        possible=0,
        undecided=sum(entry.count for entry in verdicts.undecided),
        rejects=len(capture.rejects),
    )
    return Report(
        tool_version=__version__,
        command="scan",
        inputs=tuple(accounts.account(entry) for entry in capture.inputs),
        summary=triage.tallied(read, findings, groups),
        coverage=verdicts.coverage,
        undecided=verdicts.undecided,
        skipped=verdicts.skipped,
        cleared=verdicts.cleared,
        artefacts=_artefacts(capture),
        rejects=_rejects(capture),
        clock=clock_of(capture, history),
        groups=groups,
        findings=findings,
        notices=(
            *accounts.notices(capture),
            *remarks.doubled(capture),
            *remarks.rates(history, findings),
        ),
        interrupted=capture.interrupted,
        unread=tuple(Unread(name, error.message) for name, error in capture.unread),
    )


def _rejects(capture: Capture) -> tuple[RejectedLine, ...]:
    return tuple(
        RejectedLine(Place(capture.inputs[index].source.name, reject.line), reject.reason)
        for index, reject in capture.rejects[:_LISTED_REJECTS]
    )


def _artefacts(capture: Capture) -> tuple[Artefact, ...]:
    found = (
        (
            "same record written more than once: identical text and stamp",
            [(e.source.name, e.repeat, e.first_repeat) for e in capture.inputs],
        ),
        (
            "one sentence of one process under several job ids at one instant: log handlers that pile up; which "
            "job it was cannot be told. Log the process and the job's id from the task itself to settle it",
            [(e.source.name, e.unsure, e.first_unsure) for e in capture.inputs],
        ),
    )
    return tuple(
        Artefact(reason, sum(count for _, count, _ in told), Place(*first))
        for reason, told in found
        if (first := next(((name, line) for name, _, line in told if line is not None), None))
    )


def clock_of(capture: Capture, history: History) -> Clock:
    """How finely the capture's clocks tell time, and how far they may differ."""
    precisions = [entry.mapping.precision for entry in capture.inputs if entry.events]
    return Clock(
        precision_ns=max(precisions, default=1),
        assumed_ns=history.knowledge.skew,
        domains=history.totals.domains,
        first=rfc3339(history.totals.first),
        last=rfc3339(history.totals.last),
        pairs=tuple(
            ClockPair(b.a, b.b, b.lower, b.upper, b.evidence, b.is_contradiction)
            for b in history.knowledge.bounds
        ),
    )
