"""`racelens diff` as a script: gather, take cases, count, test, rank, tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from racelens import __version__, accounts
from racelens.compare import cases, confounders, identity, judge, rank, tally, tracks, words
from racelens.compare.cases import Cases
from racelens.compare.gather import BAD, GOOD, Gathered, gather
from racelens.compare.judge import Candidate, Judged
from racelens.compare.statistics import needed
from racelens.compare.tally import Tally
from racelens.comparison import Comparison, Count, Difference, Hidden, Side, Verdict
from racelens.detect import detect
from racelens.findings import Finding, rfc3339
from racelens.ingest.capture import Progress
from racelens.rules import USUAL

_FEW = 20  # cases of the commonest question, below which one run against one cannot be tested
_KEYS = ("attempt", "resource", "lineage", "flow", "key")  # what rules are local to
_SUSPECTS = 3
_RUNS = 5  # runs a side from which on what stamps say may be tested: clocks differ from run to run


_NOTHING = "nothing comparable: no event or operation is on both sides"

_Told = tuple[Verdict, str, int | None]
"""The verdict, why, and how many cases a side would show a complete change."""


@dataclass(frozen=True)
class Options:
    """`by`: the sampling unit; None: chosen. `maps`: canonical field → keys. `top`: differences told;
    `only`: of these kinds, all where it names none.
    """

    by: str | None = None
    maps: Mapping[str, Sequence[str]] = field(default_factory=dict)
    top: int = 10
    only: frozenset[str] = frozenset()


_NONE = Options()


def diff(
    good: Sequence[str],
    bad: Sequence[str],
    options: Options = _NONE,
    progress: Progress | None = None,
) -> Comparison:
    """Compare good captures with bad ones.

    Raises RacelensError for input that cannot be read, that is on both sides, or holds no events.
    """
    gathered = gather({GOOD: good, BAD: bad}, options.maps, progress)
    events = identity.with_labels(gathered.events, gathered.capture)
    runs = min(len(gathered.of_side(side)) for side in (GOOD, BAD))
    many = runs > 1
    taken = cases.take(events, gathered.history.knowledge, options.by, many)
    counted = tally.tally(taken.observations, "ran" if many else "key", stamps=runs >= _RUNS)
    untested = not many and _meeting_cases(taken) < _FEW
    judged = judge.by_eye(counted.varying) if untested else judge.by_test(counted.varying)
    found = _findings(judged.candidates, taken, gathered)
    leads = rank.arrange(judged.candidates, taken.observations, events, found, many)
    listed = [
        (index, lead)
        for index, lead in enumerate(leads, 1)
        if not options.only or lead.candidate.kind in options.only
    ][: options.top]
    shown = tracks.show([lead for _, lead in listed], events, gathered)
    skew = gathered.history.knowledge.skew / 1e6
    differences = tuple(
        _difference(index, lead, seen, words.support(lead.candidate, judged.tests), skew)
        for (index, lead), seen in zip(listed, shown, strict=True)
    )
    if leads:
        verdict: Verdict = "different"
        reason, short = "", None
    elif untested:
        verdict, reason, short = _by_eye(counted)
    else:
        verdict, reason, short = _without_difference(counted, judged, runs if many else None)
    told = [c.hypothesis for lead in leads for c in (lead.candidate, *lead.also)]
    labels = {label for hypothesis in told for label in hypothesis.subject[-2:]}
    return Comparison(
        tool_version=__version__,
        verdict=verdict,
        reason=reason,
        unit=taken.unit,
        untested=untested,
        good=_side(GOOD, good, gathered, taken),
        bad=_side(BAD, bad, gathered, taken),
        inputs=tuple(accounts.account(entry) for entry in gathered.capture.inputs),
        differences=differences,
        unlisted=len(leads) - len(differences),
        hidden=_hidden(leads, judged, counted, gathered),
        compared=len(counted.sizes),
        tested=judged.tests,
        needed=short,
        suspects=_suspects(counted) if verdict == "underpowered" else (),
        confounders=confounders.name(events, [label for label in labels if label]),
        rejects=len(gathered.capture.rejects),
        notices=(
            *accounts.unknown_keys(gathered.capture, options.maps),
            *gathered.notices,
        ),
        interrupted=gathered.capture.interrupted,
    )


def _meeting_cases(taken: Cases) -> int:
    """Cases a side of the commonest pair of roles that both sides have."""
    each = (
        taken.meetings.group_by("kind", "left_does", "right_does")
        .agg(
            good=(pl.col("side") == GOOD).sum(),
            bad=(pl.col("side") == BAD).sum(),
        )
        .select(pl.min_horizontal("good", "bad").max())
    )
    return int(each.item() or 0) if each.height else 0


def _findings(
    candidates: Sequence[Candidate], taken: Cases, gathered: Gathered
) -> tuple[Finding, ...]:
    """What `scan` says of all that the candidates touch, to see whether a rule explains them."""
    if not candidates:
        return ()
    cases = rank.of(candidates, taken.observations)
    attempts = pl.concat([cases["one"], cases["other"]]).drop_nulls().unique()
    events = gathered.history.events
    of_cases = pl.col("attempt").is_in(attempts.implode())
    near = pl.any_horizontal(
        pl.col(key).is_in(events.filter(of_cases)[key].drop_nulls().unique().implode())
        for key in _KEYS
    )
    touched = events.filter(near.fill_null(False))
    kept = events.join(touched.select("attempt").unique(), on="attempt", how="semi")
    history = replace(gathered.history, events=kept.sort("id"))
    return detect(history, USUAL).findings


def _by_eye(counted: Tally) -> _Told:
    if not counted.sizes:
        return "underpowered", _NOTHING, None
    return "same", "no two events that conflict swap places, and none is missing or extra", None


def _without_difference(counted: Tally, judged: Judged, runs: int | None) -> _Told:
    """No difference: because there is none, or because so few cases cannot show one. `runs`: where they are the cases."""
    if not counted.sizes:
        return "underpowered", _NOTHING, None
    enough = needed(judged.tests + 1)
    largest = counted.sizes[0] if runs is None else min(counted.sizes[0], runs)
    if largest >= enough:
        return "same", "", enough
    noun = "cases" if runs is None else "runs"
    reason = f"{largest} {noun} a side cannot show even a complete change"
    # With more cases, more of what varies can be tested, too.
    return "underpowered", reason, max(enough, needed(len(counted.varying)))


def _suspects(counted: Tally) -> tuple[str, ...]:
    """What differs without exception, the conflicts among it: worth a look, and no proof."""
    seen = [c for c in judge.by_eye(counted.varying).candidates if c.hypothesis.conflict]
    told = dict.fromkeys(words.suspect(c) for c in sorted(seen, key=lambda c: c.strength))
    return tuple(told)[:_SUSPECTS]


def _hidden(
    leads: Sequence[rank.Lead], judged: Judged, counted: Tally, gathered: Gathered
) -> Hidden:
    consequences = sum(len(lead.also) for lead in leads)
    return Hidden(judged.free, consequences, counted.constant, gathered.left_out)


def _side(side: str, paths: Sequence[str], gathered: Gathered, taken: Cases) -> Side:
    events = gathered.events.filter(pl.col("side") == side)
    runs = gathered.of_side(side)
    times = events.select(
        first=pl.col("time").min().dt.epoch("ns"), last=pl.col("time").max().dt.epoch("ns")
    ).row(0)
    met = taken.meetings.filter(pl.col("side") == side).height
    return Side(
        arguments=tuple(paths),
        runs=tuple(run.name for run in runs),
        cases=met,
        events=sum(gathered.capture.inputs[index].events for run in runs for index in run.sources),
        first=rfc3339(times[0]),
        last=rfc3339(times[1]),
    )


def _difference(
    index: int, lead: rank.Lead, shown: tracks.Shown, support: str, skew: float
) -> Difference:
    candidate = lead.candidate
    a, b = words.names(candidate)
    assumed = any(bool(cases["assumed"].any()) for cases in (lead.broken, lead.kept))
    confidence, reason = words.confidence(candidate, skew, assumed)
    return Difference(
        rank=index,
        kind=candidate.kind,
        a=a,
        b=b,
        resource_type=candidate.hypothesis.kind,
        resource=candidate.hypothesis.only,
        good=_count(candidate, GOOD),
        bad=_count(candidate, BAD),
        p=candidate.p,
        q=candidate.q,
        least=None if candidate.p is None else max(0.0, candidate.lead),
        confidence=confidence,
        reason=reason,
        title=words.title(candidate),
        who=words.who(candidate),
        meaning=words.meaning(candidate),
        support=support,
        links=lead.links,
        also=_also(lead),
        evidence=shown.evidence,
        divergence=shown.divergence,
    )


def _also(lead: rank.Lead) -> tuple[str, ...]:
    """What follows from it, without the same on other resources of the type."""
    mine = lead.candidate.hypothesis.everywhere
    others = (also for also in lead.also if also.hypothesis.everywhere != mine)
    return tuple(dict.fromkeys(words.consequence(also) for also in others))


def _count(candidate: Candidate, side: str) -> Count:
    share = candidate.good if side == GOOD else candidate.bad
    return Count(share.holds, share.of)
