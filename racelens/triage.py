"""Report → Report: floors, grouping, order. After this nothing filters, counts or sorts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from heapq import nsmallest

from racelens import catalogue
from racelens.errors import RacelensError
from racelens.findings import Finding, Group, Radius, Report, Signals, Summary
from racelens.vocabulary import CONFIDENCES, SEVERITIES, SIGNALS, count

_EXAMPLES = 5  # resources named in a blast radius

_SEARCH = "RL106"

# On one pair of attempts the stronger anomaly implies the weaker ones (semantics, rule by rule).
_IMPLIED = (
    ("RL105", "RL101", "RL103", "RL106"),
    ("RL303", "RL302", "RL301", "RL202", "RL201"),
    ("RL102", "RL402"),
)


def fold(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """One finding of a family on one pair of attempts: the surest, and among equals the strongest."""
    families = {rule: family for family in _IMPLIED for rule in family}
    by_party: dict[object, list[Finding]] = defaultdict(list)
    by_resource: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_resource[finding.resource].append(finding)
        for party in _parties(finding) or (None,):
            by_party[party].append(finding)

    def is_implied(weaker: Finding) -> bool:
        family = families.get(weaker.rule, ())
        parties = _parties(weaker)
        # Nobody is part of everybody: where no actor is logged, anyone's finding may imply it.
        near = [f for party in (*parties, None) for f in by_party[party]] if parties else findings
        if weaker.rule == _SEARCH:
            near = by_resource[weaker.resource]
        return any(f.rule in family and _implies(f, weaker, family) for f in near)

    return tuple(finding for finding in findings if not is_implied(finding))


def _implies(stronger: Finding, weaker: Finding, family: tuple[str, ...]) -> bool:
    strength = [
        (CONFIDENCES.index(finding.confidence), family.index(finding.rule))
        for finding in (stronger, weaker)
    ]
    one, other = _parties(stronger), _parties(weaker)
    # The search says that something is wrong with a resource; a rule that says what tells the same.
    return (
        strength[0] < strength[1]
        and stronger.rule != weaker.rule
        and (weaker.rule == _SEARCH or one <= other or other <= one)
    )


def _parties(finding: Finding) -> set[tuple[str, str | None]]:
    """Who raced: ids with their process, since counters start again in each."""
    return {(entry.actor or "", entry.process) for entry in finding.evidence if entry.actor}


def not_seen(latent: Iterable[Finding], seen: Iterable[Finding]) -> Iterator[Finding]:
    """Latent findings without those on paths of which a collision is told."""
    collided = {(f.rule, f.resource_type, name) for f in seen for name in f.operations}
    return (
        finding
        for finding in latent
        if not any((finding.rule, finding.resource_type, o) in collided for o in finding.operations)
    )


def group(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Findings of one cause together, the surest and gravest first; signals after the races."""
    causes: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        causes[finding.fingerprint].append(finding)
    return tuple(sorted((_group(members) for members in causes.values()), key=_gravity))


def _group(members: list[Finding]) -> Group:
    best = min(members, key=_clarity)
    return Group(
        fingerprint=best.fingerprint,
        rule=best.rule,
        name=best.name,
        severity=best.severity,
        confidence=best.confidence,
        resource_type=best.resource_type,
        operations=best.operations,
        count=len(members),
        confirmed=sum(finding.confidence == "confirmed" for finding in members),
        resources=len({finding.resource for finding in members}),
        example=best.id,
    )


def _clarity(finding: Finding) -> tuple[int, int, int, str]:
    """The best example is sure, short and in one file."""
    files = len({entry.place.source for entry in finding.evidence})
    return CONFIDENCES.index(finding.confidence), len(finding.evidence), files, finding.id


def _gravity(entry: Group) -> tuple[object, ...]:
    return (
        entry.confidence == "latent",
        entry.rule in SIGNALS,
        CONFIDENCES.index(entry.confidence),
        SEVERITIES.index(entry.severity),
        -entry.count,
        entry.rule,
        entry.fingerprint,
    )


def arrange(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings by group, gravest group first, inside a group by place; each knows its blast radius."""
    hit: dict[str, Counter[str]] = defaultdict(Counter)
    for finding in findings:
        hit[finding.fingerprint][finding.resource] += 1
    most = {cause: _most_hit(counter) for cause, counter in hit.items()}
    findings = [
        replace(f, radius=_radius(f, hit[f.fingerprint], most[f.fingerprint])) for f in findings
    ]
    rank = {entry.fingerprint: place for place, entry in enumerate(group(findings))}
    return tuple(
        sorted(
            findings,
            key=lambda f: (rank[f.fingerprint], CONFIDENCES.index(f.confidence), _place(f), f.id),
        )
    )


def _most_hit(hit: Counter[str]) -> list[str]:
    """As many as a blast radius names, and one more: a finding does not name its own."""
    return nsmallest(_EXAMPLES + 1, hit, key=lambda resource: (-hit[resource], resource))


def _radius(finding: Finding, hit: Counter[str], most: Sequence[str]) -> Radius:
    others = [resource for resource in most if resource != finding.resource]
    return Radius(hit.total() - 1, len(hit) - 1, tuple(others[:_EXAMPLES]))


def _place(finding: Finding) -> tuple[int, str, int]:
    primary = finding.primary
    return primary.time_ns or 0, primary.place.source, primary.place.line


def floors(report: Report, severity: str, confidence: str) -> Report:
    """The report with only what reaches both floors listed; its counts stay those of the capture."""
    shown = tuple(
        finding
        for finding in report.findings
        if SEVERITIES.index(finding.severity) <= SEVERITIES.index(severity)
        and CONFIDENCES.index(finding.confidence) <= CONFIDENCES.index(confidence)
    )
    hidden = len(report.findings) - len(shown)
    if not hidden:
        return report
    floors = [
        *([f"--severity {severity}"] if severity != SEVERITIES[-1] else []),
        *([f"--min-confidence {confidence}"] if confidence != CONFIDENCES[-1] else []),
    ]
    notice = f"not listed: {count(hidden, 'finding')} below {' and '.join(floors)}"
    return replace(
        report,
        findings=shown,
        groups=group(f for f in shown if f.suppressed is None),
        suppressed_groups=group(f for f in shown if f.suppressed),
        notices=(*report.notices, notice),
    )


def listed(report: Report, severity: str, confidence: str, most: int | None) -> Report:
    """What a report lists: findings above both floors, at most so many."""
    above = floors(report, severity, confidence)
    return above if most is None else limit(above, most)


def chosen(
    report: Report, rules: Sequence[str], resource: str | None, ids: Sequence[str]
) -> Report:
    """The report about only these rules' findings, on resources that match, with ids that begin so.

    Raises RacelensError for a rule that does not exist and for ids that no finding has.
    """
    codes = set(catalogue.select(rules, [])) if rules else None
    for wanted in ids:
        find(report.findings, wanted)
    kept = tuple(
        f
        for f in report.findings
        if (codes is None or f.rule in codes)
        and (resource is None or fnmatchcase(f.resource, resource))
        and (not ids or any(_has_id(f, wanted) for wanted in ids))
    )
    return recounted(report, kept)


def recounted(report: Report, findings: Sequence[Finding]) -> Report:
    """The report about these findings: suppressed ones last and counted apart."""
    counted = tuple(finding for finding in findings if finding.suppressed is None)
    hidden = tuple(finding for finding in findings if finding.suppressed)
    groups = group(counted)
    return replace(
        report,
        summary=replace(tallied(report.summary, counted, groups), suppressed=len(hidden)),
        findings=(*counted, *hidden),
        groups=groups,
        suppressed_groups=group(hidden),
    )


def tallied(summary: Summary, counted: Sequence[Finding], groups: Sequence[Group]) -> Summary:
    """The summary with the counts of these findings and their groups."""
    tiers = Counter(finding.confidence for finding in counted)
    signals = [f for f in counted if f.rule in SIGNALS and f.confidence != "latent"]
    races = {f.resource for f in counted if f.rule not in SIGNALS and f.confidence != "latent"}
    return replace(
        summary,
        raced=len(races),
        findings=len(counted),
        groups=len(groups),
        confirmed=tiers["confirmed"],
        possible=tiers["possible"],
        latent=tiers["latent"],
        signals=Signals(
            len(signals),
            sum(f.confidence == "confirmed" for f in signals),
            len({f.fingerprint for f in signals}),
        ),
    )


def find(findings: Sequence[Finding], wanted: str) -> Finding:
    """The finding whose id begins so; `RL101-3f2a…` is understood, too.

    Raises RacelensError when there is none, or several.
    """
    found = [finding for finding in findings if _has_id(finding, wanted)]
    if len(found) == 1:
        return found[0]
    if not found:
        some = ", ".join(finding.id for finding in findings[:4]) or "none"
        raise RacelensError(f"no finding “{wanted}”", (("has", some),))
    close = ", ".join(finding.id for finding in found[:4])
    raise RacelensError(f"{len(found)} findings begin with “{wanted}”", (("ids", close),))


def _has_id(finding: Finding, wanted: str) -> bool:
    code, dash, rest = wanted.rpartition("-")
    right_rule = not dash or code.upper() == finding.rule
    return bool(rest) and right_rule and finding.id.startswith(rest.lower())


def limit(report: Report, findings: int) -> Report:
    """At most so many findings in the list, one of each group first; counts and groups stay."""
    if len(report.findings) <= findings:
        return report
    examples = {entry.example for entry in report.groups}
    chosen = sorted(report.findings, key=lambda f: f.id not in examples)[:findings]
    kept = {finding.id for finding in chosen}
    left = len(report.findings) - findings
    notice = f"not listed: {count(left, 'finding')} more than --max-findings {findings}"
    return replace(
        report,
        findings=tuple(f for f in report.findings if f.id in kept),
        notices=(*report.notices, notice),
    )


def fails(report: Report, fail_on: str) -> bool:
    """True when a finding is grave and sure enough to fail on. Info and what is suppressed never are."""
    if fail_on == "never":
        return False
    floor = CONFIDENCES.index(fail_on)
    return any(
        finding.severity != "info" and CONFIDENCES.index(finding.confidence) <= floor
        for finding in report.counted
    )
