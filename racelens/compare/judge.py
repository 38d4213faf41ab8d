"""Hypotheses → candidates: what bad cases break that good ones keep, and how sure that is.

With one run a side and few cases there is no test. Then only what cannot be chance in a working program
counts: two accesses that conflict and swap places, windows that now overlap, and events that are missing,
extra or repeated in every case of one side and none of the other. All else is unconstrained.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from racelens.compare import observe, relations
from racelens.compare.statistics import LEVEL, Share, adjusted, difference, fisher, least
from racelens.compare.tally import Hypothesis

Kind = Literal["order", "concurrency", "missing", "extra", "repeated"]

_DETERMINED = (relations.BEFORE, relations.AFTER)
_KINDS: tuple[Kind, ...] = ("order", "repeated", "extra", "concurrency", "missing")


@dataclass(frozen=True)
class Candidate:
    """A hypothesis read as a difference. `kept`: what good cases do, `broken`: what bad ones do instead.

    `weak`: bad cases do not show the opposite, only no order any more. `lead`: the least by which the
    two sides differ, 95 %.
    """

    hypothesis: Hypothesis
    kind: Kind
    kept: str
    broken: str
    good: Share
    bad: Share
    p: float | None
    q: float | None
    weak: bool

    @property
    def interval(self) -> tuple[float, float]:
        return difference(self.good, self.bad)

    @property
    def lead(self) -> float:
        low, high = self.interval
        return max(low, -high)

    @property
    def strength(self) -> tuple[object, ...]:
        """Conflicts first, then what is proved, then how much the sides differ at least."""
        return (
            not self.hypothesis.conflict,
            self.hypothesis.stamped,
            self.weak,
            -round(self.lead, 1),
            _KINDS.index(self.kind),
        )


@dataclass(frozen=True)
class Judged:
    """`tests`: hypotheses that could have been significant; `free`: changed orders that mean nothing."""

    candidates: tuple[Candidate, ...]
    tests: int
    free: int


def by_test(hypotheses: Sequence[Hypothesis]) -> Judged:
    """Fisher's exact test for each, Benjamini–Hochberg over all that could be significant at all."""
    read = [(hypothesis, *_tested(hypothesis)) for hypothesis in hypotheses]
    possible = [(h, p, category) for h, p, category, least_p in read if least_p <= LEVEL]
    # What stamps say is asked only where the evidence itself is not significant: one question, one test.
    qs = adjusted([p for _, p, _ in possible])
    found = [_candidate(h, p, q) for (h, p, _), q in zip(possible, qs, strict=True) if q <= LEVEL]
    candidates = [candidate for candidate in found if candidate is not None]
    return Judged(tuple(_without_doubles(candidates)), len(possible), len(read) - len(candidates))


def by_eye(hypotheses: Sequence[Hypothesis]) -> Judged:
    """One case a side, or a handful: what differs without exception, and may not."""
    read = [_candidate(h, None, None) for h in hypotheses if not h.stamped]
    candidates = [c for c in read if c is not None and _is_plain(c)]
    return Judged(tuple(candidates), 0, len(hypotheses) - len(candidates))


def _is_plain(candidate: Candidate) -> bool:
    good, bad = candidate.hypothesis.shares(candidate.broken)
    if candidate.weak or good.holds or 2 * bad.holds < bad.of:
        return False
    return candidate.hypothesis.conflict or candidate.hypothesis.family != "order"


def _without_doubles(candidates: Iterable[Candidate]) -> Iterable[Candidate]:
    """A stamped reading says nothing new beside the proved one of the same subject."""
    sure = {c.hypothesis.subject for c in candidates if not c.hypothesis.stamped}
    return [c for c in candidates if not (c.hypothesis.stamped and c.hypothesis.subject in sure)]


def _tested(hypothesis: Hypothesis) -> tuple[float, str, float]:
    """p, its category, and the least p these margins allow; both for as many looks as were taken."""
    categories = sorted({*hypothesis.good, *hypothesis.bad})
    looks = 1 if len(categories) <= 2 else len(categories)
    best, chosen, floor = 1.0, categories[0], 1.0
    for category in categories:
        effect = hypothesis.effect(category)
        good, bad = (share.scaled(effect) for share in hypothesis.decided(category))
        p = min(1.0, looks * fisher(good, bad))
        floor = min(floor, looks * least(good.of, bad.of, good.holds + bad.holds))
        if p < best:
            best, chosen = p, category
    return best, chosen, floor


def _candidate(hypothesis: Hypothesis, p: float | None, q: float | None) -> Candidate | None:
    """The hypothesis as a difference; None where bad cases only do less of what races."""
    gains = {
        category: bad.ratio - good.ratio
        for category in sorted({*hypothesis.good, *hypothesis.bad})
        for good, bad in (hypothesis.shares(category),)
    }
    broken = max(gains, key=lambda category: gains[category])
    kept = min(gains, key=lambda category: gains[category])
    if gains[broken] <= 0:
        return None
    kind, weak = _kind(hypothesis, kept, broken)
    if kind is None:
        return None
    good, bad = hypothesis.shares(_shown(hypothesis, kept, broken))
    return Candidate(hypothesis, kind, kept, broken, good, bad, p, q, weak)


def _shown(hypothesis: Hypothesis, kept: str, broken: str) -> str:
    """The category that is counted before the reader: what good cases keep, where they keep something."""
    if hypothesis.family in ("event", "operation"):
        return observe.PRESENT
    if hypothesis.family == "repeat":
        return observe.TWICE
    return kept if kept in _DETERMINED else broken


def _kind(hypothesis: Hypothesis, kept: str, broken: str) -> tuple[Kind | None, bool]:
    """What sort of difference it is, and whether it only is less order than before."""
    if hypothesis.family in ("event", "operation"):
        return ("extra" if broken == observe.PRESENT else "missing"), False
    if hypothesis.family == "repeat":
        return ("repeated" if broken == observe.TWICE else None), False
    if hypothesis.family == "window":
        return _window_kind(hypothesis, kept, broken)
    if broken in _DETERMINED:
        usual = max(_DETERMINED, key=lambda c: hypothesis.good.get(c, 0))
        is_usual = hypothesis.good.get(usual, 0) > 0 and usual == broken
        return (None if is_usual else "order"), kept not in _DETERMINED
    return ("concurrency" if hypothesis.conflict else None), True


def _window_kind(hypothesis: Hypothesis, kept: str, broken: str) -> tuple[Kind | None, bool]:
    if broken == relations.OVERLAP:
        return "concurrency", kept not in _DETERMINED
    if kept in _DETERMINED and broken in _DETERMINED:
        return "order", not hypothesis.conflict
    return ("concurrency" if kept in _DETERMINED and hypothesis.conflict else None), True
