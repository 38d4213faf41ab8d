"""RL106: what a register, a lock, a counter or a set did fits no order of its operations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import polars as pl

from racelens import hits, linearize, vocabulary
from racelens.knowledge import Knowledge
from racelens.linearize import Call, Moment, Reading, Verdict
from racelens.rule import Line, rule

_LOCK = r"(?i)(?:^|[^a-z])(?:un)?(?:lock|mutex)(?:ed|s|ing)?(?:[^a-z]|$)"
_INCREMENT = r"(?i)(?:^|[^a-z])incr(?:ement(?:ed)?)?(?:by)?(?:[^a-z]|$)"
_ADD = r"(?i)(?:^|[^a-z])(?:s?add(?:ed)?|insert(?:ed)?)(?:[^a-z]|$)"
_REMOVE = r"(?i)(?:^|[^a-z])(?:remove[ds]?|srem|discard(?:ed)?)(?:[^a-z]|$)"
# Counters of these are meant to start again by themselves.
_EXPIRES = r"(?i)(?:^|[^a-z])(?:rate|limit|quota|window|throttl|bucket|session|ttl|expir|daily|hourly|minute)"
_LISTED = 60  # characters of a set that is told
_GAVE_UP = "too many operations at once to try every order"
_NOT_THERE = r"(?i)not.?(?:found|held|owner)"

_CURES = {
    "register": "read and write it where one copy decides: from the leader, by a quorum or linearizable read, "
    "not from a cache or a replica; then compare before writing",
    "lock": "let the store check a fencing token of the lock on every write, and make the lease longer than "
    "the work, or renew it",
    "set": "read it where additions are acknowledged: from the leader or a quorum, not from a replica or a cache; "
    "acknowledge an addition when a majority has it",
    "counter": "let the store add (INCR, SET n = n + 1) and read it where it is added",
}
_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "resource": pl.String,
    "at": pl.UInt32,
    "note": pl.String,
    "related": pl.List(hits.Event),
    "confidence": pl.String,
    "reason": pl.String,
    "actor": pl.String,
    "model": pl.String,
    "told": pl.String,
    "harm": pl.String,
    "cure": pl.String,
    "operations": pl.Int64,
}
_SCHEMA = pl.Schema(_COLUMNS)


def _checked() -> pl.Expr:
    """Accesses by plain values, and holds of locks, whose begin and end are logged."""
    valued = (pl.col("role") == "access") & pl.col("value").is_not_null()
    plain = valued & pl.col("version").is_null() & pl.col("action").is_in(["read", "write"])
    plain |= _is_move() & pl.col("value").is_not_null() & pl.col("resource").is_not_null()
    locks = pl.col("action").is_in(["acquire", "release"]) & pl.col("resource").is_not_null()
    done = (pl.col("phase") != "start") & (pl.col("outcome") == "ok")
    return pl.when((plain | locks) & done).then(_has_interval())


def _has_interval() -> pl.Expr:
    """Started and finished, and its effect does not wait for the end of something longer."""
    lasted = (pl.col("phase") == "finish") & (pl.col("begin") < pl.col("time"))
    return lasted & (pl.col("visible") == pl.col("id"))


def _is_move() -> pl.Expr:
    """True for what its name calls an addition to a set or a removal from it."""
    named = [pl.col("stem").str.contains(verb) for verb in (_ADD, _REMOVE)]
    return pl.any_horizontal(named).fill_null(False) & (pl.col("action") != "read")


@rule(
    "RL106",
    severity="error",
    key=("resource",),
    needs=("resource", "action"),
    message="{actor} {told}",
    lost="{harm}",
    fix="{cure}",
    unit="valued call",
    wish="Log a start and a finish of each read and write, with its value",
    line=Line(
        "{noun}.write",
        ("{noun}_id", "old", "new", "duration_ms", "outcome"),
        ("duration_ms",),
        "how long the call took, or a line at its start and one at its end",
    ),
    blind_spot="do not say when they began and ended",
    advice="Log a start and a finish for {name}",
    settle="Log every call that changes {resource}, resets and expiry included, with a start and a finish",
    checked=_checked,
)
def non_linearizable(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """A resource answered as no single copy of it could have, in whatever order the operations took effect.

    Flagged
        {"time":"2026-05-04T12:00:00.100Z","request_id":"a","event":"flag.write","step":"start","resource":"flag:7","action":"write","value":"on"}
        {"time":"2026-05-04T12:00:00.110Z","request_id":"a","event":"flag.write","step":"finish","resource":"flag:7","action":"write","value":"on"}
        {"time":"2026-05-04T12:00:00.120Z","request_id":"b","event":"flag.write","step":"start","resource":"flag:7","action":"write","value":"off"}
        {"time":"2026-05-04T12:00:00.130Z","request_id":"b","event":"flag.write","step":"finish","resource":"flag:7","action":"write","value":"off"}
        {"time":"2026-05-04T12:00:00.140Z","request_id":"c","event":"flag.read","step":"start","resource":"flag:7","action":"read"}
        {"time":"2026-05-04T12:00:00.150Z","request_id":"c","event":"flag.read","step":"finish","resource":"flag:7","action":"read","value":"on"}

    Silent
        {"time":"2026-05-04T12:00:00.100Z","request_id":"a","event":"flag.write","step":"start","resource":"flag:7","action":"write","value":"on"}
        {"time":"2026-05-04T12:00:00.110Z","request_id":"a","event":"flag.write","step":"finish","resource":"flag:7","action":"write","value":"on"}
        {"time":"2026-05-04T12:00:00.120Z","request_id":"b","event":"flag.write","step":"start","resource":"flag:7","action":"write","value":"off"}
        {"time":"2026-05-04T12:00:00.130Z","request_id":"c","event":"flag.read","step":"start","resource":"flag:7","action":"read"}
        {"time":"2026-05-04T12:00:00.140Z","request_id":"b","event":"flag.write","step":"finish","resource":"flag:7","action":"write","value":"off"}
        {"time":"2026-05-04T12:00:00.150Z","request_id":"c","event":"flag.read","step":"finish","resource":"flag:7","action":"read","value":"on"}

    How it is found
        A read from a replica that lags, a lock that two held at once. Every operation takes effect at one
        moment between its start and its finish; a search tries every order of these moments (Wing and Gong,
        Lowe). If none is one that a register, a lock, a counter or a set allows, the shortest beginning that cannot
        be ordered is told, by the fewest operations that prove it. A call that timed out may have taken
        effect at any later time or never; the state before the log began may have been anything
        but a value that only a failed write gave. A set is added to and removed from by the element, and
        read as a whole. One value that nobody logged writing is left out.
        confirmed: the orders used are those of one source or one clock.
        possible: the order rests on clocks of several hosts, a counter may have been reset (unless the log
        shows how it was made, before all else, and accounts for every reading), or the readings of a set may
        be parts of it.
        undecided: the search was given up after a fixed number of steps.
        Cannot see: resources with versions (RL101 to RL105 read those), accesses inside a longer handler or
        a transaction, point records, writers that log nothing. Several values that nobody
        is known to have written tell of such writers: the resource is left alone.

    Fix
        Read where one copy decides: from the leader, or with the store's linearizable or quorum read, not
        from a cache or replica. For a lock, give each holder a fencing token that the store checks.
    """
    calls = _calls(events)
    fit = calls.group_by("resource").agg(_model()).filter(pl.col("model").is_not_null())
    chosen = calls.join(fit, on="resource").sort("resource", "id")
    return chosen.map_batches(partial(_search, skew=knowledge.skew), schema=_SCHEMA)


def _calls(events: pl.LazyFrame) -> pl.LazyFrame:
    """One row for each completion, or invocation that has none, with its invocation (`started_…`)."""
    rows = events.filter(pl.col("resource").is_not_null() & ~pl.col("mention"))
    opens = pl.col("phase") == "start"
    stamps = {f"started_{c}": pl.col(c) for c in ("id", "source", "domain", "time", "precision")}
    started = rows.filter(opens & pl.col("op").is_not_null()).select("op", **stamps)
    paired = rows.filter(~opens).join(started, left_on="id", right_on="op", how="left")
    alone = rows.filter(opens & pl.col("op").is_null()).with_columns(**stamps)
    # An error that there was nothing to change is an answer of the store, not a doubt.
    nothing = pl.col("error").str.contains(_NOT_THERE) & (pl.col("outcome") == "fail")
    return pl.concat([paired, alone]).with_columns(
        refused=(pl.col("outcome") == "conflict") | nothing.fill_null(False)
    )


def _model() -> pl.Expr:
    """The model that all calls on a resource fit."""
    known = pl.col("started_id").is_not_null() & (pl.col("visible") == pl.col("id"))
    fine = known & (pl.col("role") != "envelope")
    plain = fine & pl.all_horizontal(pl.col("version", "transaction").is_null())
    reads = pl.col("action") == "read"
    changes = pl.col("action").is_in(["write", "create"])
    valued = pl.col("value").is_not_null() | pl.col("refused")
    compares = (pl.col("guard") == "conditional") & (
        pl.col("base").is_not_null() | pl.col("refused")
    )
    sets = changes & valued & (pl.col("guard").is_null() | compares)
    name = pl.col("resource") + " " + pl.col("stem").fill_null("")
    locks = pl.col("action").is_in(["acquire", "release"])
    shared = name.str.contains(vocabulary.SHARED) | (pl.col("guard") == "shared").fill_null(False)
    exclusive = name.str.contains(_LOCK) & ~shared
    elements = (pl.col("value").is_not_null() | pl.col("refused")) & ~pl.col("value").str.contains(
        r"^\s*[\[{]"
    ).fill_null(False)
    moves = _is_move() & elements & ~locks
    lists = reads & pl.col("value").str.starts_with("[").fill_null(True)
    shows = (reads & pl.col("value").str.starts_with("[")).fill_null(False)
    adds = (pl.col("guard") == "atomic") & pl.col("stem").str.contains(_INCREMENT)
    counts = (changes & valued & adds).fill_null(False)
    starts = (changes & valued & pl.col("guard").is_null()).fill_null(False)
    return (
        pl.when(~plain.all())
        .then(None)
        .when((lists | moves).all() & shows.any() & moves.any())
        .then(pl.lit("set"))
        .when((reads | sets.fill_null(False)).all())
        .then(pl.lit("register"))
        .when((locks & exclusive).all())
        .then(pl.lit("lock"))
        .when((reads | counts | starts).all() & counts.any())
        .then(pl.lit("counter"))
        .alias("model")
    )


# ── few rows, as values ────────────────────────────────────────────────────────────────────────

_Row = dict[str, Any]


def _search(chosen: pl.DataFrame, skew: int) -> pl.DataFrame:
    """One row for each resource that is not, or may not be, in order."""
    told = chosen.with_columns(pl.col("time", "started_time").dt.epoch("ns"))
    parts = told.partition_by("resource", maintain_order=True)
    found = [hit for part in parts for hit in _judge(part.rows(named=True), skew)]
    return pl.DataFrame(found, schema=_SCHEMA, orient="row")


def _judge(rows: Sequence[_Row], skew: int) -> Iterator[_Row]:
    """The verdict of the surest reading that is not legal."""
    model = rows[0]["model"]
    for reading in linearize.readings(model, [_call(row) for row in rows], skew):
        verdict = linearize.decide(
            reading.operations, reading.step, reading.initial, reading.precedes
        )
        if verdict.word != "legal":
            yield _hit({row["id"]: row for row in rows}, reading, verdict)
            return


def _call(row: _Row) -> Call:
    end = _moment(row, "") if row["phase"] != "start" else None
    return Call(
        id=row["id"],
        begin=_moment(row, "started_"),
        end=end,
        action=_action(row),
        outcome=row["outcome"],
        value=row["value"],
        base=row["base"],
        refused=row["refused"],
        attempt=row["attempt"],
        worker=row["worker"],
        process=row["process"],
        expires=row["lease"] is not None
        or bool(re.search(_EXPIRES, f"{row['resource']} {row['stem']}")),
    )


def _action(row: _Row) -> str:
    """The call by the model's own word."""
    if row["action"] == "read":
        return "read"
    if row["model"] == "set":
        return "remove" if re.search(_REMOVE, row["stem"]) else "add"
    if row["model"] == "counter":
        return "add" if row["guard"] == "atomic" else "start"
    return "compare" if row["guard"] == "conditional" else str(row["action"])


def _moment(row: _Row, prefix: str) -> Moment:
    place, stream, clock, time, tick = (
        row[prefix + column] for column in ("id", "source", "domain", "time", "precision")
    )
    return Moment(place, stream, clock, time, tick)


# ── telling it ─────────────────────────────────────────────────────────────────────────────────


def _hit(rows: dict[int, _Row], reading: Reading, verdict: Verdict) -> _Row:
    row = rows[verdict.culprit.id if verdict.culprit else max(rows)]
    others = [rows[operation.id] for operation in verdict.needed]
    gave_up = verdict.word == "undecided"
    harm = _harm(row, others)
    return {
        "resource": row["resource"],
        "at": row["id"],
        "note": f"{_did(row)}: {harm}",
        "related": [
            _began(row),
            *(_event(other, _did(other), raced=True) for other in others),
            *_witnesses(rows, row, others, reading),
        ],
        "confidence": "undecided" if gave_up else "possible" if reading.doubt else "confirmed",
        "reason": _GAVE_UP if gave_up else reading.doubt or reading.proof,
        "actor": row["actor"],
        "model": row["model"],
        "told": _told(row),
        "harm": harm,
        "cure": _CURES[row["model"]],
        "operations": len(rows),
    }


def _told(row: _Row) -> str:
    if row["model"] == "lock" and row["action"] == "acquire":
        return f"acquired {row['resource']} while it was still held"
    return f"{_did(row)}, which no order of the operations on {row['resource']} explains"


def _did(row: _Row) -> str:
    value = row["value"]
    if row["model"] == "lock":
        did = "acquired it" if row["action"] == "acquire" else "released it"
        return f"{did} in vain" if row["refused"] else did
    if row["action"] == "read":
        return f"read {_short(value)}"
    if row["model"] == "set":
        did = f"added {value}" if _action(row) == "add" else f"removed {value}"
        return f"{did} and reported failure" if row["outcome"] == "fail" else did
    adds = row["model"] == "counter" and _action(row) == "add"
    did = f"added {value}" if adds else f"wrote {value}"
    did = f"replaced {row['base']} by {value}" if row["guard"] == "conditional" else did
    return f"{did} and reported failure" if row["outcome"] == "fail" else did


def _harm(row: _Row, others: Sequence[_Row]) -> str:
    """Why that cannot be, in the plainest words that are true of these operations."""
    if row["model"] == "lock":
        return "it was still held" if row["action"] == "acquire" else "another held it by then"
    if row["model"] == "counter":
        return "more had been counted before that began"
    if row["model"] == "set":
        return _wrong_in_set(row, others)
    if not others:
        return f"nobody is known to have brought {_seen(row)} about"
    if len(others) > 1 or others[0]["id"] > row["started_id"]:
        return f"no order of these operations leaves {_seen(row)} there"
    value, looked = others[0]["value"], others[0]["action"] == "read"
    gone = f"{value} had been seen in its place" if looked else f"{value} had replaced it"
    return f"{gone} before that began"


def _wrong_in_set(row: _Row, others: Sequence[_Row]) -> str:
    shown = linearize.elements(row["value"]) or frozenset()
    for other in others:
        element, word = other["value"], _action(other)
        if other["id"] < row["started_id"]:
            if word == "add" and element not in shown:
                return f"{element} is missing, though it had been added before that began"
            if word == "remove" and element in shown:
                return f"{element} is there, though it had been removed before that began"
            if word == "read" and (gone := (linearize.elements(element) or frozenset()) - shown):
                return f"{min(gone)}, which had been seen before that began, is missing"
    return "no order of these operations leaves that set there"


def _short(value: str | None) -> str:
    text = str(value)
    return text if len(text) <= _LISTED else text[: _LISTED - 1] + "…"


def _seen(row: _Row) -> str | None:
    compares = row["action"] != "read" and row["guard"] == "conditional"
    value: str | None = row["base"] if compares else row["value"]
    return value


def _event(row: _Row, note: str, raced: bool) -> _Row:
    return {"id": row["id"], "note": note, "raced": raced}


def _began(row: _Row) -> _Row:
    """What the culprit saw came after its begin; that line tells when."""
    what = "to acquire it" if row["model"] == "lock" else f"that {row['action']}"
    return {"id": row["started_id"], "note": f"began {what}", "raced": False}


def _witnesses(
    rows: dict[int, _Row], row: _Row, others: Sequence[_Row], reading: Reading
) -> list[_Row]:
    """What shows the state the others ended, or that a hold was not over yet."""
    if row["model"] == "lock":
        held = {other["id"] for other in others}
        ends = [o.id if o.certain else o.begin.place for o in reading.operations if o.seen in held]
        found = [rows[id_] for id_ in ends if rows[id_]["action"] == "release"]
        return [_event(end, _did(end), raced=False) for end in found]
    shown = any(other["value"] == _seen(row) for other in others)
    return [] if shown else _origin(rows, row, others)


def _origin(rows: dict[int, _Row], row: _Row, others: Sequence[_Row]) -> list[_Row]:
    """The latest write, before the others, of what the culprit saw; else one that failed."""
    first = min((other["id"] for other in others), default=row["id"])
    brought = [
        other
        for other in rows.values()
        if other["action"] != "read" and other["value"] == _seen(row) and not other["refused"]
    ]
    sure = [other for other in brought if other["outcome"] == "ok" and other["id"] < first]
    failed = [other for other in brought if other["outcome"] == "fail" and other["id"] < row["id"]]
    return [_event(other, _did(other), raced=not sure) for other in (sure or failed)[-1:]]
