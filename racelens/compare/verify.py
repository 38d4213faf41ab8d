"""`racelens verify` as a script: do N repeats of one scenario end alike, do the same, in the same order?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from racelens import __version__, accounts
from racelens.compare import encounters, identity, relations, subjects
from racelens.compare.gather import Gathered, gather
from racelens.compare.statistics import excluded
from racelens.comparison import Aspect, Fired, Outcome, Outlier, Verdict, Verification
from racelens.detect import detect
from racelens.findings import Finding
from racelens.ingest.capture import Progress
from racelens.knowledge import Knowledge
from racelens.rules import USUAL

_SIDE = "run"
_ORDER = "order of "
_NONE: Mapping[str, Sequence[str]] = {}

Seen = dict[tuple[str, str], dict[int, str]]
"""(subject, what) → value in each run that has one."""


def verify(
    paths: Sequence[str],
    maps: Mapping[str, Sequence[str]] = _NONE,
    progress: Progress | None = None,
) -> Verification:
    """Compare the runs behind `paths` with each other.

    Raises RacelensError for input that cannot be read or holds no events.
    """
    gathered = gather({_SIDE: paths}, maps, progress)
    events = identity.with_labels(gathered.events, gathered.capture)
    runs = len(gathered.runs)
    chosen = subjects.find(events, runs)
    on_subjects = events.join(chosen, on=["resource", "ran"], maintain_order="left")
    seen = {
        **_ends(on_subjects),
        **_counts(on_subjects),
        **_orders(on_subjects, events, gathered.history.knowledge),
    }
    aspects = [_aspect(key, values, gathered) for key, values in seen.items()]
    varying = tuple(aspect for aspect in aspects if len(aspect.outcomes) > 1)
    names = {(aspect.subject, aspect.what) for aspect in varying}
    kept = {key: values for key, values in seen.items() if key in names}
    fired, with_finding = _fired(gathered)
    usual, agreeing = _majority(kept, runs, with_finding)
    clean = len(agreeing - with_finding)
    verdict, reason = _verdict(runs, len(chosen), clean)
    return Verification(
        tool_version=__version__,
        verdict=verdict,
        reason=reason,
        runs=tuple(run.name for run in gathered.runs),
        agree=len(agreeing),
        subjects=tuple(sorted(set(chosen["subject"]))),
        left_out=_resources(events) - chosen.height,
        varying=varying,
        constant=len(aspects) - len(varying),
        outliers=tuple(_outliers(kept, usual, agreeing, gathered)),
        fired=fired,
        clean=clean,
        excluded=excluded(clean),
        inputs=tuple(accounts.account(entry) for entry in gathered.capture.inputs),
        events=sum(entry.events for entry in gathered.capture.inputs),
        rejects=len(gathered.capture.rejects),
        notices=(
            *accounts.unknown_keys(gathered.capture, maps),
            *gathered.notices,
        ),
        interrupted=gathered.capture.interrupted,
    )


def _verdict(runs: int, resources: int, clean: int) -> tuple[Verdict, str]:
    if runs < 2:
        return "underpowered", "one run: nothing to compare it with"
    if not resources:
        return "underpowered", "nothing comparable: no resource comes up in nearly every run"
    return ("same" if clean == runs else "different"), ""


def _resources(events: pl.DataFrame) -> int:
    return events.filter(~pl.col("mention"))["resource"].drop_nulls().n_unique()


# ── what a run ends with and does ─────────────────────────────────────────────────────────────


def _changes(on_subjects: pl.DataFrame) -> pl.DataFrame:
    return encounters.fine(on_subjects.lazy()).filter(identity.changed()).collect()


def _ends(on_subjects: pl.DataFrame) -> Seen:
    """The state each subject is left in: by the store's versions where writes were based on them."""
    stored = pl.when(pl.col("base").is_not_null()).then(
        pl.col("version").cast(pl.Int64, strict=False)
    )
    shown = {"value": "= ", "state": "→ ", "version": "v"}
    last = (
        _changes(on_subjects)
        .filter(pl.col("action").is_in(identity.CHANGES))
        .with_columns(stored=stored)
        .sort("stored", "id", nulls_last=False)
        .group_by("subject", "ran", maintain_order=True)
        .agg(
            end=pl.coalesce(pl.lit(word) + pl.col(c) for c, word in shown.items()).last(),
        )
        .filter(pl.col("end").is_not_null())
    )
    seen: Seen = defaultdict(dict)
    for subject, ran, end in last.sort("subject", "ran").rows():
        seen[subject, "at the end"][ran] = end
    return seen


def _counts(on_subjects: pl.DataFrame) -> Seen:
    """How often each change and effect happened; zero where a run has none."""
    counted = _changes(on_subjects).group_by("subject", "label", "ran").len()
    runs = sorted(set(on_subjects["ran"]))
    seen: Seen = {}
    for subject, label, ran, count in counted.sort("subject", "label", "ran").rows():
        values = seen.setdefault((subject, label), dict.fromkeys(runs, "never"))
        values[ran] = _times(count)
    return seen


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def _orders(on_subjects: pl.DataFrame, events: pl.DataFrame, knowledge: Knowledge) -> Seen:
    """The order of accesses that conflict, where every run shows one."""
    rows = encounters.rows(on_subjects, "resource")
    meetings = encounters.meet(encounters.visits(rows))
    pairs = relations.relate(meetings, encounters.items(rows), events, knowledge).pairs
    named = on_subjects.select(key="resource", subject="subject").unique()
    roles = ("subject", "left_does", "right_does", "x_item", "y_item", "alike")
    told = (
        pairs.filter("conflict")
        .join(named, on="key")
        .filter((pl.col("relation") != relations.UNCLEAR).all().over(roles))
        .sort("case", "x", "y")
        .group_by(*roles, "ran", maintain_order=True)
        .agg(pl.col("relation").str.join(" "))
    )
    seen: Seen = defaultdict(dict)
    for subject, left, right, a, b, alike, ran, found in told.sort(*roles, "ran").rows():
        first = f"first {a}" if alike else f"{a} by {left}"
        second = f"second {b}" if alike else f"{b} by {right}"
        seen[subject, f"{_ORDER}{first}, {second}"][ran] = _said(first, second, found)
    return seen


def _said(first: str, second: str, found: str) -> str:
    """`first write, then second read`; where the two meet more than once, every order there is."""
    orders = [
        f"{first}, then {second}" if relation == relations.BEFORE else f"{second}, then {first}"
        for relation in dict.fromkeys(found.split())
    ]
    return "; ".join(orders)


# ── who agrees ────────────────────────────────────────────────────────────────────────────────


def _aspect(key: tuple[str, str], values: Mapping[int, str], gathered: Gathered) -> Aspect:
    counts = Counter(values.values())
    first = {value: ran for ran, value in sorted(values.items(), reverse=True)}
    ordered = sorted(counts, key=lambda value: (-counts[value], value))
    return Aspect(
        *key,
        tuple(Outcome(value, counts[value], gathered.runs[first[value]].name) for value in ordered),
    )


def _majority(
    seen: Seen, runs: int, with_finding: set[int]
) -> tuple[dict[tuple[str, str], str | None], set[int]]:
    """What most runs do in all varying aspects together, and the runs that do it.

    Of two that are as common, the one without a finding is how it should be.
    """
    signatures = [tuple(values.get(ran) for values in seen.values()) for ran in range(runs)]
    counts = Counter(signatures)
    clean = Counter(s for ran, s in enumerate(signatures) if ran not in with_finding)
    usual = max(counts, key=lambda signature: (counts[signature], clean[signature]))
    agreeing = {ran for ran, signature in enumerate(signatures) if signature == usual}
    return dict(zip(seen, usual, strict=True)), agreeing


def _outliers(
    seen: Seen,
    usual: Mapping[tuple[str, str], str | None],
    agreeing: set[int],
    gathered: Gathered,
) -> Iterable[Outlier]:
    for ran, run in enumerate(gathered.runs):
        if ran in agreeing:
            continue
        differs = [
            f"{_clause(subject, what)}: {values.get(ran) or 'nothing'}"
            for (subject, what), values in seen.items()
            if values.get(ran) != usual[subject, what]
        ]
        yield Outlier(run.name, tuple(differs))


def _clause(subject: str, what: str) -> str:
    """An order is told by its value alone."""
    return subject if what.startswith(_ORDER) else f"{subject} {what}"


def _fired(gathered: Gathered) -> tuple[tuple[Fired, ...], set[int]]:
    """Rules with findings, and the runs that have any; signals are no findings."""
    found = detect(gathered.history, USUAL).findings
    run_of = {
        gathered.history.sources[source]: index
        for index, run in enumerate(gathered.runs)
        for source in run.sources
    }
    by_rule: dict[tuple[str, str], set[int]] = defaultdict(set)
    for finding in found:
        if finding.severity != "info":
            by_rule[finding.rule, finding.name].add(_run(finding, run_of))
    fired = tuple(
        Fired(*rule, len(runs), gathered.runs[min(runs)].name)
        for rule, runs in sorted(by_rule.items())
    )
    return fired, {ran for runs in by_rule.values() for ran in runs}


def _run(finding: Finding, run_of: Mapping[str, int]) -> int:
    return run_of[finding.primary.place.source]
