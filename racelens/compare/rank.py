"""Candidates → the few that are told, each with what follows from it.

Conflicts on a shared resource come first, then what a rule's finding explains, then how much the sides
differ at least, then who diverges first, then who is near a failure. What differs in the same attempts as
one before it is its consequence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from racelens import cite
from racelens.compare import marks
from racelens.compare.judge import Candidate
from racelens.compare.observe import HYPOTHESIS
from racelens.comparison import Count, Link
from racelens.findings import Finding

_SAME = 0.8  # share of its attempts that make a difference the consequence of another
_FAMILY_ATTEMPTS = ("one", "other")
_Accused = Mapping[tuple[str, str], Mapping[str, str]]
"""(rule, name) → the attempts it fires on, each with the id of the finding."""


@dataclass(frozen=True)
class Lead:
    """A candidate to tell. `broken` and `kept`: its bad and good cases (`observe.COLUMNS`)."""

    candidate: Candidate
    broken: pl.DataFrame
    kept: pl.DataFrame
    links: tuple[Link, ...]
    also: tuple[Candidate, ...]


@dataclass(frozen=True)
class _Case:
    candidate: Candidate
    rows: pl.DataFrame
    attempts: frozenset[str]
    flows: frozenset[str]
    links: tuple[Link, ...]
    diverges: int
    failed: bool


def arrange(
    candidates: Sequence[Candidate],
    observations: pl.DataFrame,
    events: pl.DataFrame,
    findings: Sequence[Finding],
    by_run: bool,
) -> list[Lead]:
    """The leads, most telling first. `by_run`: links count runs; else cases."""
    if not candidates:
        return []
    chosen = of(candidates, observations)
    parts = dict(_partitioned(chosen))
    attempts = _Attempts(events)
    accused = _accused(findings, attempts)
    cases = [
        _case(candidate, parts[candidate.hypothesis.subject], attempts, accused, by_run)
        for candidate in candidates
    ]
    ordered = sorted(cases, key=_strength)
    return _folded(ordered)


def of(candidates: Sequence[Candidate], observations: pl.DataFrame) -> pl.DataFrame:
    """The observations that the candidates are about."""
    subjects = pl.DataFrame(
        [c.hypothesis.subject for c in candidates],
        schema=dict.fromkeys(HYPOTHESIS, pl.String),
        orient="row",
    ).unique()
    return observations.join(subjects, on=HYPOTHESIS, how="semi", nulls_equal=True)


def _partitioned(rows: pl.DataFrame) -> Iterable[tuple[tuple[str | None, ...], pl.DataFrame]]:
    for subject, part in rows.partition_by(HYPOTHESIS, as_dict=True).items():
        yield subject, part.sort("ran", "key", "x", "y", nulls_last=True)


class _Attempts:
    """What a candidate needs to know of attempts: flow, actor, begin and whether it failed."""

    def __init__(self, events: pl.DataFrame) -> None:
        failed = pl.col("error").is_not_null() | pl.col("logged_outcome").is_in(
            ["fail", "conflict"]
        )
        self.table = events.group_by("attempt").agg(
            pl.col("flow").min(),
            pl.col("actor").min(),
            begin=pl.col("time").min().dt.epoch("ns"),
            failed=failed.fill_null(False).any(),
        )
        self.times = events.select("id", at=pl.col("time").dt.epoch("ns"))

    def named(self, actors: Iterable[str]) -> pl.DataFrame:
        return self.table.filter(pl.col("actor").is_in(sorted(actors)))

    def of(self, attempts: Iterable[str]) -> pl.DataFrame:
        return self.table.filter(pl.col("attempt").is_in(sorted(attempts)))


def _accused(findings: Sequence[Finding], attempts: _Attempts) -> _Accused:
    blamed: dict[tuple[str, str], dict[str, str]] = {}
    for finding in findings:
        if finding.severity != "info":
            by_actor = blamed.setdefault((finding.rule, finding.name), {})
            for actor in finding.actors:
                by_actor.setdefault(actor, _id(finding))
    return {
        rule: {
            attempt: by_actor[actor]
            for attempt, actor in attempts.named(by_actor).select("attempt", "actor").rows()
        }
        for rule, by_actor in sorted(blamed.items())
    }


def _id(finding: Finding) -> str:
    """The id that a scan of its run alone gives."""
    actors = map(marks.bare, finding.actors)
    versions = (entry.version for entry in finding.evidence)
    return cite.identity(finding.rule, marks.bare(finding.resource), actors, versions)


def _case(
    candidate: Candidate,
    rows: pl.DataFrame,
    attempts: _Attempts,
    accused: _Accused,
    by_run: bool,
) -> _Case:
    broken = _with(rows, candidate, "bad", candidate.broken)
    involved = frozenset(_names(broken))
    known = attempts.of(involved)
    flows = frozenset(known["flow"].drop_nulls()) | frozenset(broken["key"].drop_nulls())
    return _Case(
        candidate,
        rows,
        involved,
        flows,
        tuple(_links(rows, candidate, accused, by_run)),
        _divergence(broken, known, attempts),
        bool(known["failed"].any()),
    )


def _with(rows: pl.DataFrame, candidate: Candidate, side: str, category: str) -> pl.DataFrame:
    column = "stamped" if candidate.hypothesis.stamped else "category"
    return rows.filter((pl.col("side") == side) & (pl.col(column) == category))


def _names(rows: pl.DataFrame) -> Iterable[str]:
    for column in _FAMILY_ATTEMPTS:
        yield from rows[column].drop_nulls()


def _links(
    rows: pl.DataFrame,
    candidate: Candidate,
    accused: _Accused,
    by_run: bool,
) -> Iterable[Link]:
    """Rules that fire on what is broken, and hardly on what is not."""
    place = pl.col("ran") if by_run else pl.col("key")
    broken = _with(rows, candidate, "bad", candidate.broken)
    kept = rows.filter(pl.col("side") == "good")
    parties = [a for row in broken.select(_FAMILY_ATTEMPTS).rows() for a in row if a]
    for (code, name), attempts in accused.items():
        hit = pl.any_horizontal(pl.col(c).is_in(sorted(attempts)) for c in _FAMILY_ATTEMPTS)
        good, bad = (
            Count(
                side.filter(hit.fill_null(False)).select(place.n_unique()).item(),
                side.select(place.n_unique()).item(),
            )
            for side in (kept, broken)
        )
        if 2 * bad.holds >= bad.of and good.holds * bad.of * 2 <= bad.holds * good.of:
            first = next(attempts[party] for party in parties if party in attempts)
            yield Link(code, name, good, bad, first)


def _divergence(broken: pl.DataFrame, known: pl.DataFrame, attempts: _Attempts) -> int:
    """Nanoseconds from the beginning of a case to what is out of order, in the median."""
    begins = known.select("attempt", "begin")
    placed = (
        broken.with_columns(event=pl.min_horizontal("x", "y"))
        .join(attempts.times, left_on="event", right_on="id", how="left")
        .join(begins, left_on="one", right_on="attempt", how="left")
        .join(begins, left_on="other", right_on="attempt", how="left", suffix="_other")
    )
    late = placed.select(pl.col("at") - pl.min_horizontal("begin", "begin_other")).to_series()
    return int(late.median() or 0)  # type: ignore[arg-type]


def _strength(case: _Case) -> tuple[object, ...]:
    conflict, stamped, weak, lead, kind = case.candidate.strength
    return (
        conflict,
        stamped,
        weak,
        not case.links,
        lead,
        kind,
        case.diverges,
        not case.failed,
        tuple(part or "" for part in case.candidate.hypothesis.subject),
    )


def _folded(cases: Sequence[_Case]) -> list[Lead]:
    leads: list[tuple[_Case, list[Candidate]]] = []
    for case in cases:
        cause = next((lead for lead in leads if _follows(case, lead[0])), None)
        if cause is None:
            leads.append((case, []))
        else:
            cause[1].append(case.candidate)
    return [
        Lead(
            case.candidate,
            _with(case.rows, case.candidate, "bad", case.candidate.broken),
            _with(case.rows, case.candidate, "good", case.candidate.kept),
            case.links,
            tuple(also),
        )
        for case, also in leads
    ]


def _follows(case: _Case, cause: _Case) -> bool:
    """The same on all resources of the type as on the one, or in the attempts that the cause is about."""
    if case.candidate.hypothesis.everywhere == cause.candidate.hypothesis.everywhere:
        return True
    mine, theirs = (case.attempts, cause.attempts) if case.attempts else (case.flows, cause.flows)
    return bool(mine) and len(mine & theirs) >= _SAME * len(mine)
