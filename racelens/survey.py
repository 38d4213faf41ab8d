"""What was understood of the logs: which keys feed which column, for what share of the events."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from racelens import accounts, quality, remarks, scoping
from racelens.detect import detect
from racelens.findings import Column, Survey
from racelens.history import History, build
from racelens.ingest import Capture, find, load, messages
from racelens.ingest.aliases import ALIASES
from racelens.ingest.capture import Input
from racelens.ingest.shipped import once
from racelens.knowledge import Knowledge, learn
from racelens.rules import USUAL
from racelens.scope import EVERYTHING, Scope
from racelens.secrets import mask
from racelens.vocabulary import count

# What the rules live on, in the order a reader asks for it.
_COLUMNS = [
    "time",
    "resource",
    "action",
    "phase",
    "attempt",
    "request",
    "job",
    "correlation",
    "trace",
    "user",
    "version",
    "base",
    "value",
    "logged_outcome",
    "host",
    "process",
    "try",
    "payload",
    "key",
    "duration",
]
_COMPUTED = {
    "action": "the words of name, action and method",
    "phase": "phase words, start and finish",
    "attempt": "the id that spans a unit of work",
    "logged_outcome": "words of status, error and name",
    "base": "what the attempt, or its user, saw before",
}


def survey(
    paths: Iterable[str],
    overrides: Mapping[str, Sequence[str]] | None = None,
    scope: Scope = EVERYTHING,
) -> Survey:
    """Read the logs and account for what was understood.

    Raises RacelensError for input that cannot be read.
    """
    capture, left_out = scoping.within(once(load(find(paths), overrides)), scope)
    knowledge = learn(capture.records, capture.precisions)
    history = build(capture, knowledge, everything=True)
    events = history.events
    verdicts = remarks.spelled(detect(history, USUAL), capture, history)
    wished = quality.wishes(verdicts.coverage)
    return Survey(
        inputs=tuple(accounts.account(entry) for entry in capture.inputs),
        clocks=tuple(_clock(entry) for entry in capture.inputs),
        columns=tuple(_column(name, capture, events) for name in _COLUMNS),
        events=events.height,
        attempts=tuple(_attempts(knowledge)),
        versioned=_versioned(events),
        notices=(*left_out, *accounts.notices(capture)),
        producers=tuple(entry.mapping.producer or "" for entry in capture.inputs),
        rejects=tuple(Counter(reject.reason for _, reject in capture.rejects).most_common()),
        coverage=verdicts.coverage,
        skipped=verdicts.skipped,
        wishes=wished,
        remarks=quality.remarks(capture, history, wished),
        hosts=tuple(_hosts(history)),
        maps=tuple(_maps(capture, events)),
        sentences=_sentences(events),
    )


def _sentences(events: pl.DataFrame) -> tuple[tuple[str, str, int], ...]:
    """The commonest templates of messages out of which fields were read."""
    told = events.filter(pl.col("from_text").is_not_null() & ~pl.col("mention"))
    if told.is_empty():
        return ()
    shaped = told.select("from_text", shape=messages.shapes(told["name"].fill_null("")))
    counted = shaped.group_by("shape", "from_text").len()
    listed = counted.sort("len", "shape", "from_text", descending=[True, False, False])
    return tuple(listed.head(_SENTENCES).rows())


def _hosts(history: History) -> Iterable[str]:
    """How far clocks differ, as messages between them tell; one sentence each."""
    yield f"{count(history.totals.domains, 'clock')}"
    for bound in history.knowledge.bounds[:_PAIRS]:
        pair = f"{bound.a} ↔ {bound.b}"
        if bound.is_contradiction:
            yield f"{pair}: messages contradict each other, not used"
        elif bound.lower is None or bound.upper is None:
            yield f"{pair}: messages one way only, ±{history.knowledge.skew // 1_000_000} ms assumed"
        else:
            yield f"{pair}: {bound.lower / 1e6:+.1f} to {bound.upper / 1e6:+.1f} ms, from {count(bound.evidence, 'message')}"


_PAIRS = 6
_SENTENCES = 12
_LIKE_VERSION = re.compile(r"(?i)(?:^|[._-]|[a-z])(?:version|revision|rev|ver|generation)$")


def _maps(capture: Capture, events: pl.DataFrame) -> Iterable[str]:
    """`--map` words that would feed a column nothing feeds, from keys that look like it."""
    if events["version"].count():
        return
    seen: dict[str, None] = {}
    for entry in capture.inputs:
        used = {".".join(path) for path in entry.mapping.paths}
        free = (key for key in entry.mapping.present if key not in used)
        seen |= {
            key: None
            for key in free
            if _LIKE_VERSION.search(key) and entry.mapping.example.get(key, "").isdigit()
        }
    if seen:
        yield f"--map version={','.join(sorted(seen))}"


def _clock(entry: Input) -> str:
    keys = entry.mapping.fields.get("time", ())
    if not keys:
        return "no time"
    clock = entry.mapping.clocks[keys[0]]
    kind = (
        "text"
        if clock.unit is None
        else {1: "epoch ns", 1_000: "epoch µs", 1_000_000: "epoch ms"}.get(clock.unit, "epoch s")
    )
    zone = "" if clock.zoned else f", no zone: {clock.zone or 'UTC'} taken"
    return f"{'.'.join(keys[0])}, {kind}, {_resolution(clock.precision)}{zone}"


def _resolution(nanoseconds: int) -> str:
    for unit, name in ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs")):
        if nanoseconds >= unit:
            return f"{nanoseconds // unit} {name}"
    return f"{nanoseconds} ns"


def _column(name: str, capture: Capture, events: pl.DataFrame) -> Column:
    fed: dict[str, int] = {}
    for entry in capture.inputs:
        for path in entry.mapping.fields.get(_FIELD_OF.get(name, name), ()):
            key = ".".join(path)
            fed[key] = fed.get(key, 0) + entry.fed[key]
        if name == "resource":
            for path, noun in entry.mapping.nouns:
                key = ".".join(path)
                fed[f"{key} → {noun}"] = fed.get(f"{key} → {noun}", 0) + entry.fed[key]
    keys = tuple(key for key, rows in sorted(fed.items(), key=lambda item: -item[1]) if rows)
    if name in _COMPUTED:
        keys = (*keys, _COMPUTED[name])
    has = events[name] if name != "attempt" else events["actor"]
    told = (
        has != "point"
        if name == "phase"
        else has != "other"
        if name == "action"
        else has.is_not_null()
    )
    return Column(name, keys, int(told.sum()))


_FIELD_OF = {"logged_outcome": "outcome", "process": "pid"}
assert set(_FIELD_OF.values()) <= set(ALIASES)


def _attempts(knowledge: Knowledge) -> Iterable[str]:
    for service, column in sorted(knowledge.transactions.items()):
        yield f"{column} is a transaction{_of(service)}: it runs from begin to commit or rollback"
    for service, column in sorted(knowledge.statements):
        if column == "job" and service in knowledge.requests_act:
            continue
        yield f"{column} names single statements{_of(service)}, not attempts"
    for service in sorted(knowledge.requests_act):
        yield f"on records that name both, the request acts and not the job{_of(service)}"
    for column in sorted(knowledge.restarting):
        yield f"{column} ids start again in every process: told apart by process"
    for column, value in sorted(knowledge.constants.items()):
        yield f"{column} is {mask(value)!r} nearly everywhere: it tells nothing apart"


def _of(service: str) -> str:
    return f" in {service}" if service else ""


def _versioned(events: pl.DataFrame) -> tuple[tuple[str, int, int], ...]:
    acts = (pl.col("role") == "access") | pl.col("whole")
    writes = events.filter(acts & (pl.col("action") == "write") & pl.col("resource").is_not_null())
    kinds = (
        writes.group_by("kind")
        .agg(versioned=pl.col("version").count(), writes=pl.len())
        .sort("writes", "kind", descending=[True, False])
    )
    return tuple(kinds.rows())
