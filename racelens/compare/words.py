"""A difference in plain words."""

from __future__ import annotations

from racelens.compare import relations, statistics
from racelens.compare.encounters import FIRST, SECOND
from racelens.compare.judge import Candidate

_UNITS = {
    "work": "for one piece of work",
    "flow": "in one flow",
    "resource": "on one resource",
}


def sides(candidate: Candidate) -> tuple[tuple[str, str], tuple[str, str] | None]:
    """(event, who) of the two, the one that good cases have first in front."""
    left, right, a, b = candidate.hypothesis.subject[-4:]
    first, second = (a or "", left or ""), (b or "", right or "")
    if b is None:
        return first, None
    shown = candidate.kept if candidate.kept != relations.UNCLEAR else candidate.broken
    return (second, first) if shown == relations.AFTER else (first, second)


def names(candidate: Candidate) -> tuple[str, str | None]:
    """`a` and `b` of the report: the event and who does it."""
    family = candidate.hypothesis.family
    one, other = sides(candidate)
    if family in ("repeat", "operation"):
        return one[0], None
    if family == "window" or other is None:
        return one[0], other[0] if other else None
    if family == "within":
        return one[0], other[0]
    return f"{one[0]} by {one[1]}", f"{other[0]} by {other[1]}"


def title(candidate: Candidate) -> str:
    """What good cases keep, or what bad ones have; a clause."""
    family = candidate.hypothesis.family
    one, other = sides(candidate)
    if family == "repeat":
        return f"{one[0]} more than once {_UNITS[one[1]]}"
    if family == "operation":
        return f"{one[0]} in a flow that begins with {one[1]}"
    if other is None:
        return one[0] if one[0].startswith(one[1]) else f"{one[0]} in {one[1]}"
    if family == "window":
        return _window_title(candidate, one[1], other[1])
    return _order_title(one, other, family == "within")


def _order_title(one: tuple[str, str], other: tuple[str, str], within: bool) -> str:
    ranks = [who.partition(" ")[0] for _, who in (one, other)]
    if within:
        return f"{one[0]} before {other[0]} in one {one[1]}"
    if _alike(one[1], other[1]):
        return f"{ranks[0]} {one[0]} before {ranks[1]} {other[0]}"
    if one[0] == other[0]:
        return f"{_told_apart(one)} before {_told_apart(other)}"
    return f"{one[0]} before {other[0]}"


def _told_apart(side: tuple[str, str]) -> str:
    """An event that both sides have, by what it writes or by who does it."""
    event, who = side
    _, arrow, state = who.partition(" → ")
    return f"{event} → {state}" if arrow else f"{event} by {who}"


def _window_title(candidate: Candidate, one: str, other: str) -> str:
    if candidate.kept == relations.UNCLEAR:
        return _at_once(one, other)
    if _alike(one, other):
        return f"two {one.partition(' ')[2]}, one after the other"
    return f"{one} ends before {other} begins"


def _at_once(one: str, other: str) -> str:
    both = f"two {one.partition(' ')[2]}" if _alike(one, other) else f"{one} and {other}"
    return f"{both} at the same time"


def _alike(one: str, other: str) -> bool:
    """Two who do the same, told apart by their turn."""
    return {one.partition(" ")[0], other.partition(" ")[0]} == {FIRST, SECOND}


def consequence(candidate: Candidate) -> str:
    """The same as what follows from another difference."""
    if candidate.kind in ("extra", "missing"):
        return f"{candidate.kind} {title(candidate)}"
    if candidate.hypothesis.family == "window" and candidate.broken == relations.OVERLAP:
        one, other = sides(candidate)
        return _at_once(one[1], other[1] if other else "")
    return title(candidate) if candidate.kind == "repeated" else f"no longer {title(candidate)}"


def suspect(candidate: Candidate) -> str:
    """A difference without proof."""
    good, bad = candidate.good, candidate.bad
    counts = f"good {good.holds} of {good.of}, bad {bad.holds} of {bad.of}"
    return f"{title(candidate)}: {counts}"


def who(candidate: Candidate) -> str:
    """Whose events these are, where the title does not say it."""
    if candidate.hypothesis.family != "order":
        return ""
    (_, one), other = sides(candidate)
    assert other
    if _alike(one, other[1]):
        return f"by one {one.partition(' ')[2]} and the next"
    return f"by {one} and {other[1]}"


def meaning(candidate: Candidate) -> str:
    """What bad cases do instead."""
    family, broken = candidate.hypothesis.family, candidate.broken
    _, other = sides(candidate)
    if family == "repeat":
        return "bad cases do it again"
    if family in ("event", "operation"):
        return "bad cases have it" if candidate.kind == "extra" else "bad cases lack it"
    if family == "window":
        return _window_meaning(candidate)
    if candidate.weak and broken == relations.UNCLEAR:
        return "in bad cases nothing shows that order any more"
    if candidate.kept == relations.UNCLEAR:
        return "bad cases have this order, good ones leave it open"
    assert other
    return f"in bad cases {_named(other)} comes first"


def _named(side: tuple[str, str]) -> str:
    rank = side[1].partition(" ")[0]
    return f"the {rank} {side[0]}" if rank in (FIRST, SECOND) else side[0]


def _window_meaning(candidate: Candidate) -> str:
    if candidate.broken == relations.OVERLAP:
        return "in bad cases they overlap"
    if candidate.broken == relations.UNCLEAR:
        return "in bad cases nothing shows that one had ended"
    return "in bad cases the other comes first"


def support(candidate: Candidate, tests: int) -> str:
    """How often, and how sure."""
    good, bad = candidate.good, candidate.bad
    often = f"in {good.holds:,} of {good.of:,} good cases, in {bad.holds:,} of {bad.of:,} bad"
    if candidate.p is None:
        return f"{often}: what was seen, not a rate"
    bound = ""
    if good.holds == good.of:
        bound = f", so good ones break it in at most {_percent(statistics.at_most(statistics.Share(0, good.of)))}"
    elif good.holds == 0:
        bound = f", so good ones have it in at most {_percent(statistics.at_most(good))}"
    few = "" if good.of >= statistics.RARE else f"; {good.of} are too few to say “always”"
    sure = f"p = {_small(candidate.p)}, q = {_small(candidate.q or 0)} after {tests:,} tests"
    return f"{often}{bound}{few}; {sure} (Fisher)"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


def _small(p: float) -> str:
    if p >= 0.001:
        return f"{p:.3f}"
    return f"{p:.0e}".replace("e-0", "e-")


def confidence(candidate: Candidate, skew_ms: float, assumed: bool) -> tuple[str, str]:
    """How sure that the order is what it says, and why."""
    if candidate.hypothesis.stamped:
        return "possible", f"order within the assumed {skew_ms:g} ms between two clocks"
    if candidate.p is None:
        return "possible", "too few cases for a test"
    if assumed:
        return "possible", f"more than chance, if clocks of two hosts are within {skew_ms:g} ms"
    return "confirmed", "more than chance, and no order rests on an assumed clock"
