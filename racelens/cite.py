"""Hit rows (few) → findings with their events, told as a minimal contradiction."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

import polars as pl

from racelens import causes
from racelens import hits as hit_columns
from racelens.findings import Evidence, Fact, Finding, Place, in_order, rfc3339
from racelens.history import History
from racelens.rule import Rule

Row = Mapping[str, Any]

_TRIGGERS = 50  # looked at between two tries


def findings(rule: Rule, hits: pl.DataFrame, history: History) -> list[Finding]:
    """The findings of one rule's hits, in the order of their primary events."""
    cited = (
        hits["at"].to_list() + hits["related"].explode().struct.field("id").drop_nulls().to_list()
    )
    chosen = history.events.filter(pl.col("id").is_in(set(cited))).with_columns(
        checked=rule.checked()
    )
    nanoseconds = pl.col("time").dt.epoch("ns").alias("time_ns")
    events = {row["id"]: row for row in chosen.with_columns(nanoseconds).iter_rows(named=True)}
    seen: Counter[str] = Counter()
    return [_finding(rule, hit, events, history, seen) for hit in hits.iter_rows(named=True)]


def _finding(
    rule: Rule, hit: Row, events: Mapping[int, Row], history: History, seen: Counter[str]
) -> Finding:
    related = sorted(hit["related"], key=lambda event: event["id"])
    evidence = (
        _evidence("primary", events[hit["at"]], hit["note"], history),
        *(_evidence("related", events[r["id"]], r["note"], history) for r in related),
    )
    cited = [events[hit["at"]], *(events[r["id"]] for r in related)]
    resource = hit["resource"] or ""
    kind, _, key = resource.partition(":")
    words = {**_words(hit), "type": kind, "key": key or resource}
    raced = [cited[0], *(events[r["id"]] for r in related if r["raced"])]
    actors = tuple(dict.fromkeys(row["actor"] for row in raced if row["actor"]))
    operations = tuple(_operations(raced))
    name = identity(rule.code, resource, actors, (entry.version for entry in evidence))
    seen[name] += 1
    confidence, reason = _sure(hit, raced)
    return Finding(
        id=name if seen[name] == 1 else _digest(10, name, seen[name]),
        rule=rule.code,
        name=rule.name,
        severity=rule.severity,
        confidence=confidence,
        reason=reason,
        resource=resource,
        resource_type=kind,
        operations=operations,
        actors=actors,
        title=rule.message.format_map(words),
        story=_story(evidence),
        lost=rule.lost.format_map(words),
        fix=rule.fix.format_map(words),
        facts=_facts(hit),
        fingerprint=_digest(16, rule.code, kind, sorted(operations)),
        evidence=evidence,
        cause=_cause(rule, raced, history),
        settle=_settle(rule, raced, {**words, "reason": reason})
        if confidence == "possible"
        else "",
    )


def identity(
    rule: str, resource: str, actors: Iterable[str], versions: Iterable[str | None]
) -> str:
    """A finding's id: what it is about and who took part, not where it was logged."""
    known = sorted({version for version in versions if version is not None})
    return _digest(10, rule, resource, sorted(actors), known)


def _sure(hit: Row, raced: list[Row]) -> tuple[Any, str]:
    """Confidence and reason: a line that may be another one printed again confirms nothing."""
    doubled = next((row["line"] for row in raced if row["doubled"]), None)
    if doubled is None or hit["confidence"] != "confirmed":
        return hit["confidence"], hit["reason"]
    told = f"line {doubled} repeats an earlier one to the letter, within one second: it may be one event printed twice"
    return "possible", told


def _cause(rule: Rule, raced: list[Row], history: History) -> str:
    """Why twice: what stands between the primary and the party before it."""
    if rule.code not in causes.OF_REPEATS or len(raced) < 2:
        return ""
    at = raced[0]
    before = [row for row in raced[1:] if row["id"] < at["id"]]
    nearest = max(before, key=_id) if before else min(raced[1:], key=_id)
    first, second = sorted((at, nearest), key=_id)
    jobs = {first["job"], second["job"], None}
    between = history.triggers.filter(
        pl.col("id").is_between(first["id"], second["id"], closed="right")
    ).head(_TRIGGERS)
    told = [row for row in between.iter_rows(named=True) if row["job"] in jobs]
    return causes.line(rule.code, first, second, told)


def _id(row: Row) -> int:
    return int(row["id"])


def _settle(rule: Rule, raced: list[Row], words: Row) -> str:
    """What to log for this to be decided: what a side leaves unsaid, else what ties two clocks."""
    silent = dict.fromkeys(_called(row) for row in raced if row["checked"] is False)
    if silent:
        return rule.advice.format(name=" and ".join(silent))
    if any(row["doubled"] for row in raced):
        return "Log milliseconds, or an id for each record: that tells a second event from a second print"
    clocks = sorted({_clock(row) for row in raced})
    if "clock" in words["reason"] and len(clocks) > 1:
        pair = " and ".join(clocks[:2])
        return f"Log the messages between {pair} where they are sent and where they arrive: that bounds their clocks"
    return rule.settle.format_map(words)


def _clock(row: Row) -> str:
    """The stamping clock by a name short enough to read."""
    return row["process"] or row["host"] or PurePath(row["domain"]).name


def _called(row: Row) -> str:
    return row["name"] or row["stem"] or "events without a name"


def _evidence(role: Any, row: Row, note: str, history: History) -> Evidence:
    return Evidence(
        role=role,
        place=Place(history.sources[row["source"]], row["line"]),
        time=rfc3339(row["time_ns"]),
        time_ns=row["time_ns"],
        actor=row["actor"],
        request=row["request"],
        job=row["job"],
        correlation=row["correlation"],
        attempt=row["try"],
        process=row["process"],
        name=row["name"],
        action=row["action"],
        version=row["version"],
        note=note,
    )


def _story(evidence: tuple[Evidence, ...]) -> str:
    """What happened, event by event, each with its line: the harm comes last."""
    one_file = len({entry.place.source for entry in evidence}) == 1
    primary = evidence[0]
    acts = [
        f"{entry.actor or 'a record'} {entry.act} ({_where(entry.place, one_file)})"
        for entry in in_order(evidence)
    ]
    return "; ".join(acts) + (f": {primary.harm}" if primary.harm else "")


def _where(place: Place, one_file: bool) -> str:
    return f"line {place.line}" if one_file else f"{PurePath(place.source).stem}:{place.line}"


def _operations(raced: list[Row]) -> list[str]:
    """What the two sides were doing: the primary's attempt and the first other one."""
    by_attempt: dict[str, str] = {}
    for row in raced:
        by_attempt.setdefault(row["attempt"], row["operation"] or row["name"] or row["action"])
    return list(by_attempt.values())[:2]


def _words(hit: Row) -> dict[str, Any]:
    return {name: "an unnamed writer" if value is None else value for name, value in hit.items()}


def _facts(hit: Row) -> dict[str, Fact]:
    return {name: value for name, value in hit.items() if name not in hit_columns.COLUMNS}


def _digest(length: int, *parts: object) -> str:
    """Hex digits of content: the same on every machine and in every version."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:length]
