"""Rules × history → findings, and what each rule could and could not look at.

The one place that collects: rules are lazy queries, what they return is few rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial

import polars as pl

from racelens import cite, engine, vocabulary
from racelens.findings import Cleared, Coverage, Finding, Place, Skipped, Undecided
from racelens.history import History
from racelens.rule import Rule

_WORKERS = 2  # rules under way at once
_NAMED = 3  # event names listed in a coverage reason


@dataclass(frozen=True)
class Verdicts:
    """What the rules say about one history."""

    findings: tuple[Finding, ...]
    coverage: tuple[Coverage, ...]
    cleared: tuple[Cleared, ...]
    skipped: tuple[Skipped, ...]
    undecided: tuple[Undecided, ...]


def detect(
    history: History,
    rules: Sequence[Rule],
    partitions: int = 1,
    chosen: pl.Series | None = None,
) -> Verdicts:
    """Run `rules` over `partitions` parts of the history; their number changes nothing.

    chosen: per event, whether it is asked for. Then a rule looks only at keys that such an event has, at all
    of each, and a finding has such an event.
    """
    closed = cache(partial(_closed, history, chosen))
    neighbours = cache(lambda key: _neighbours(closed(key).events, key))
    reasons = {rule.code: _blind(rule, history) for rule in rules}
    seeing = [rule for rule in rules if not reasons[rule.code]]
    findings: list[Finding] = []
    undecided: list[Undecided] = []
    cases = cache(lambda key, several: engine.cases(closed(key).events, key, several))

    def hits_of(rule: Rule) -> pl.DataFrame:
        return engine.run(rule, cases(rule.key, rule.several), history.knowledge, partitions)

    # Side by side: a small query is work for one core.
    with ThreadPoolExecutor(_WORKERS) as pool:
        every = list(pool.map(hits_of, seeing))
    for rule, hits in zip(seeing, every, strict=True):
        found = hits if chosen is None else _touching(hits, history.events["id"].filter(chosen))
        sure_enough = pl.col("confidence") != "undecided"
        findings += cite.findings(rule, found.filter(sure_enough), history)
        undecided += _undecided(rule, found.filter(~sure_enough))
    return Verdicts(
        tuple(findings),
        tuple(_coverage(rule, closed(rule.key), neighbours(rule.key)) for rule in seeing),
        tuple(entry for rule in seeing for entry in _cleared(rule, closed(rule.key))),
        tuple(
            Skipped(rule.code, reason, _missing(rule, history))
            for rule in rules
            if (reason := reasons[rule.code])
        ),
        tuple(undecided),
    )


def _closed(history: History, chosen: pl.Series | None, key: tuple[str, ...]) -> History:
    """The history of those keys that some chosen event has."""
    if chosen is None:
        return history
    told = pl.all_horizontal(pl.col(column).is_not_null() for column in key)
    marked = history.events.with_columns(chosen)
    wanted = pl.col(chosen.name).any().over(key)
    return replace(history, events=marked.filter(told & wanted).drop(chosen.name))


def _touching(hits: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """The hits of which an event is among `ids`."""
    wanted = set(ids)
    related = (entries or () for entries in hits["related"].to_list())
    touched = [
        at in wanted or any(entry["id"] in wanted for entry in entries)
        for at, entries in zip(hits["at"], related, strict=True)
    ]
    return hits.filter(pl.Series(touched, dtype=pl.Boolean))


def _undecided(rule: Rule, hits: pl.DataFrame) -> list[Undecided]:
    counts = hits.group_by("reason").len().sort("len", "reason", descending=[True, False])
    return [Undecided(rule.code, count, reason) for reason, count in counts.rows()]


def _blind(rule: Rule, history: History) -> str | None:
    """Why the rule cannot look at all: what it needs is on no event, or not known."""
    if missing := _missing(rule, history):
        return f"no event says its {' or '.join(missing)}"
    return rule.blind(history.knowledge)


def _missing(rule: Rule, history: History) -> tuple[str, ...]:
    """Columns that it needs and no event has."""
    known = history.totals.known
    return tuple(c for c in rule.needs if c not in known and not history.events[c].count())


def _neighbours(events: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    """`place` of each event that has the key, `code` of its key, `who` acted; in order of key and id."""
    told = pl.all_horizontal(pl.col(column).is_not_null() for column in key)
    return (
        events.with_row_index("place")
        .filter(told)
        .select("place", code=pl.struct(key).hash(), who=pl.col("attempt").hash())
        .sort("code", "place")
    )


def _pairs(checked: pl.Series, neighbours: pl.DataFrame) -> tuple[int, int]:
    """Candidate pairs: neighbours on one key by different attempts; and those that cannot be checked."""
    asked = neighbours.with_columns(checked=checked.gather(neighbours["place"])).filter(
        pl.col("checked").is_not_null()
    )
    is_pair = (pl.col("code") == pl.col("code").shift(1)) & (
        pl.col("who") != pl.col("who").shift(1)
    )
    both = pl.col("checked") & pl.col("checked").shift(1)
    counts = asked.select(pairs=is_pair.sum(), unchecked=(is_pair & ~both).sum())
    return counts.row(0)


def _coverage(rule: Rule, history: History, neighbours: pl.DataFrame) -> Coverage:
    """Writes that nobody contested are decided: nothing there can have raced in this log."""
    every = history.events.select(name=pl.coalesce("name", "stem"), checked=rule.checked())
    pairs, unsure = _pairs(every["checked"], neighbours)
    asked = every.filter(pl.col("checked").is_not_null())
    unrivalled = history.totals.unrivalled
    checked = int(asked["checked"].sum()) + unrivalled
    missing = (
        asked.filter(~pl.col("checked"))
        .group_by("name")
        .len()
        .sort("len", "name", descending=[True, False])
    )
    total = asked.height + unrivalled
    unchecked = total - checked
    if not total:
        return Coverage(rule.code, 0, 0, f"no event says that it is {_a(rule.unit)}", rule.wish)
    if not unchecked:
        return Coverage(rule.code, checked, 0, "", "", pairs, 0)
    names = _listed(missing["name"].head(_NAMED).to_list(), missing.height)
    share = (
        f"{unchecked:,} of {total:,} {vocabulary.plural(rule.unit)} ({_percent(unchecked, total)})"
    )
    return Coverage(
        rule.code,
        checked,
        unchecked,
        f"{share} {rule.blind_spot}{_in_pairs(unsure, pairs)}: {names}",
        rule.advice.format(name=names),
        pairs,
        unsure,
        tuple(filter(None, missing["name"].head(_NAMED))),
    )


def _a(unit: str) -> str:
    return f"an {unit}" if unit[0] in "aeio" or unit.startswith("un") else f"a {unit}"


def _in_pairs(unsure: int, pairs: int) -> str:
    return f" ({unsure:,} of {pairs:,} candidate pairs)" if unsure else ""


def _listed(names: Iterable[str | None], total: int) -> str:
    known = [name or "events without a name" for name in names]
    return ", ".join(known) + (f" and {total - len(known)} more" if total > len(known) else "")


def _percent(part: int, whole: int) -> str:
    share = 100 * part / whole
    return f"{share:.0f} %" if share >= 1 else "under 1 %"


def _cleared(rule: Rule, history: History) -> list[Cleared]:
    if rule.cleared is None:
        return []
    worked = history.events.select("id", "source", "line", reason=rule.cleared()).filter(
        pl.col("reason").is_not_null()
    )
    reasons = worked.group_by("reason").agg(
        pl.len(), pl.col("source").sort_by("id").first(), pl.col("line").sort_by("id").first()
    )
    return [
        Cleared(rule.code, reason, count, Place(history.sources[source], line))
        for reason, count, source, line in reasons.sort(
            "len", "reason", descending=[True, False]
        ).rows()
    ]
