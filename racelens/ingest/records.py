"""Rows of raw strings → records in canonical columns (`events.RECORD_SCHEMA`).

Pure translation of what one record says; nothing here looks at a second record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, fields

import polars as pl

from racelens import events
from racelens.ingest import (
    aliases,
    clock,
    embedded,
    ids,
    lexicon,
    messages,
    producers,
    recipes,
    resources,
    statements,
    words,
)
from racelens.ingest.framing.prefixes import COLOUR
from racelens.ingest.lines import LINE, PART
from racelens.ingest.mapping import Mapping, Path

_IDENTITIES = (
    *("correlation", "session", "transaction", "request", "job", "queue", "task", "user"),
    *("host", "service", "pid", "worker", "key", "payload", "delivery"),
)
_READ_ELSEWHERE = (
    "history",
    "began",
    "alive",
    "time",
    "nanos",
    "url",
    "controller",
    "resource",
    "resource_type",
    "resource_id",
)
_WORDS = words.Said._fields
_MEANING = tuple(field.name for field in fields(words.Meaning))
_SPOKEN = "\0spoken"  # the words of a record, hashed
_MANY_NAMES = 2_000
_NUMBERS = r"[0-9a-f]*[0-9][0-9a-f-]*"
_DURATION_UNITS = {
    "ns": 1,
    "us": 1_000,
    "micros": 1_000,
    "s": clock.SECOND,
    "seconds": clock.SECOND,
}


_UNITS_SPELLED = {"ns": 1, "us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": clock.SECOND}


def translate(rows: pl.DataFrame, mapping: Mapping, source: int) -> pl.DataFrame:
    """Records of `rows`, one for each resource a row touches; source is the capture's index."""
    said = rows.select(
        pl.col(LINE).alias("line"),
        pl.col(PART).alias("part"),
        pl.lit(source, pl.UInt32).alias("source"),
        *(expr.alias(field) for field, expr in _said(mapping)),
        *resources.columns(mapping),
    ).with_columns(_time(rows, mapping))
    said = messages.fill(embedded.unfold(_uncoloured(said), rows, mapping))
    told = _summed(
        _with_errors(_settled(_replayed(statements.read(_guarded(_placed(_understood(said)))))))
    )
    return events.complete(_told_twice(resources.one_each(told)))


def _uncoloured(said: pl.DataFrame) -> pl.DataFrame:
    """Words without the colours of a terminal, which some workers write wherever they write."""
    worded = [c for c in ("name", "text") if c in said.columns]
    told = [c for c in worded if said[c].str.contains("\x1b", literal=True).any()]
    return said.with_columns(pl.col(c).str.replace_all(COLOUR, "") for c in told)


def _said(mapping: Mapping) -> Iterator[tuple[str, pl.Expr]]:
    """Each field the mapping feeds, as it is read."""
    for field, paths in mapping.fields.items():
        if paths and field not in _READ_ELSEWHERE:
            yield field, _READERS.get(field, _text)(mapping, paths)
    if given := [path for path in mapping.fields.get("base", ()) if _is_condition(path)]:
        yield "condition", _text(mapping, given)
    if made := [path for path in mapping.fields.get("try", ()) if _counts_ended(path)]:
        yield "ended_tries", _integer(_text(mapping, made), pl.UInt32)


def _text(mapping: Mapping, paths: Sequence[Path]) -> pl.Expr:
    """The first of the keys that is filled."""
    return pl.coalesce(*(mapping.column(path) for path in paths))


def _identity(mapping: Mapping, paths: Sequence[Path]) -> pl.Expr:
    """The first of the keys that holds more than a placeholder."""
    return pl.coalesce(*(ids.identity(mapping.column(path)) for path in paths))


def _trace(mapping: Mapping, paths: Sequence[Path]) -> pl.Expr:
    plain = all(path in mapping.plain_ids for path in paths)
    if plain:
        return _identity(mapping, paths)
    return pl.coalesce(*(ids.trace(mapping.column(path)) for path in paths))


def _version(mapping: Mapping, paths: Sequence[Path]) -> pl.Expr:
    return pl.coalesce(*(ids.identity(ids.version(mapping.column(path))) for path in paths))


def _action(mapping: Mapping, paths: Sequence[Path]) -> pl.Expr:
    """Rails logs the controller's method under `action`; the HTTP method then tells more."""
    controllers = [mapping.column(path) for path in mapping.fields.get("controller", ())]
    text = _text(mapping, paths)
    return pl.when(pl.coalesce(*controllers).is_null()).then(text) if controllers else text


def _guard(mapping: Mapping, paths: Sequence[Path]) -> pl.Expr:
    """The lock or the isolation as logged; `token 33` for a fencing token, `shared` for what several may hold,
    `fields …` where the record names those that it changed."""
    return pl.coalesce(
        *(_one_guard(aliases.segments(path)[-1], mapping.column(path)) for path in paths)
    )


def _one_guard(name: str, value: pl.Expr) -> pl.Expr:
    if name == "fencingtoken":
        return pl.format("token {}", value)
    if name in aliases.CHANGED_FIELDS:
        return pl.format("fields {}", value)
    if name in aliases.HOLDERS:
        several = value.str.contains(r"(?i)^(?:shared|read|[2-9]|\d{2,})$")
        return pl.when(several).then(pl.lit("shared"))
    return value


def _seq(mapping: Mapping, paths: Sequence[Path]) -> pl.Expr:
    return _integer(_text(mapping, paths), pl.Int64)


def _is_condition(path: Path) -> bool:
    """A base under such a name was handed to the store (`If-Match`, `expected`)."""
    return aliases.segments(path)[-1] in aliases.CONDITIONAL_BASES


def _integer(text: pl.Expr, dtype: type[pl.DataType]) -> pl.Expr:
    return text.str.strip_suffix(".0").cast(dtype, strict=False)


def _try(mapping: Mapping, paths: Sequence[Path]) -> pl.Expr:
    """The 1-based try number; counts of retries start at 0."""
    return pl.coalesce(
        *(_integer(mapping.column(path), pl.UInt32) + _counts_from_zero(path) for path in paths)
    )


def _counts_from_zero(path: Path) -> int:
    return int(_is_one_of(path, aliases.ZERO_BASED_TRIES))


def _is_one_of(path: Path, names: frozenset[str]) -> bool:
    parts = aliases.segments(path)
    return not names.isdisjoint((parts[-1], ".".join(parts)))


def _counts_ended(path: Path) -> bool:
    """BullMQ's `attemptsMade` counts tries that have ended: none while the first is active."""
    return _is_one_of(path, aliases.ENDED_TRIES)


def _duration(mapping: Mapping, paths: Sequence[Path]) -> pl.Expr:
    """Nanoseconds, by the unit that stands behind the number, else the one that the key's name states."""
    return pl.coalesce(*(_lasted(mapping, path) for path in paths))


def _lasted(mapping: Mapping, path: Path) -> pl.Expr:
    text = mapping.column(path)
    known = producers.duration_unit(mapping.producer)
    bare = aliases.segments(path)[-1] in aliases.UNITLESS and aliases.segments(path)[0] != "event"
    unit = known if bare and known else duration_unit(path)
    spelled = text.str.extract(r"([a-zµ]+)\s*$", 1).replace_strict(
        _UNITS_SPELLED, default=unit, return_dtype=pl.Int64
    )
    number = text.str.extract(r"^([0-9.eE+-]+)", 1).cast(pl.Float64, strict=False)
    plain = (text.cast(pl.Float64, strict=False) * unit).cast(pl.Int64, strict=False)
    told = (number * spelled).cast(pl.Int64, strict=False)
    return plain if known or not bare else pl.coalesce(plain, told)


def duration_unit(path: Path) -> int:
    """Nanoseconds of one tick: `duration_ms` → 1,000,000."""
    parts = aliases.segments(path)
    if parts[-2:] == ("event", "duration"):
        return 1
    if parts[-2:] == ("ctx", "elapsed") or parts[-1] == "runtime":
        return clock.SECOND
    tail = parts[-1].removeprefix("duration").removeprefix("elapsed")
    return _DURATION_UNITS.get(tail, 1_000_000)


def _lease(mapping: Mapping, paths: Sequence[Path]) -> pl.Expr:
    """Nanoseconds. Without a unit in the key's name it is seconds: a lease taken for too long accuses nobody."""
    return pl.coalesce(
        *(
            (mapping.column(p).cast(pl.Float64, strict=False) * _lease_unit(p)).cast(
                pl.Int64, strict=False
            )
            for p in paths
        )
    )


def _lease_unit(path: Path) -> int:
    return 1_000_000 if aliases.segments(path)[-1].endswith(("ms", "millis")) else clock.SECOND


def _content(mapping: Mapping, paths: Sequence[Path]) -> pl.Expr:
    """`amount=44 payee=DE18`: every such field that is filled."""
    parts = (
        pl.format("{}={}", pl.lit(path[-1]), ids.identity(mapping.column(path))) for path in paths
    )
    return pl.concat_str(*parts, separator=" ", ignore_nulls=True).replace("", None)


_READERS: dict[str, Callable[[Mapping, Sequence[Path]], pl.Expr]] = {
    **dict.fromkeys(_IDENTITIES, _identity),
    **dict.fromkeys(("trace", "span", "parent"), _trace),
    **dict.fromkeys(("version", "base"), _version),
    "action": _action,
    "content": _content,
    "seq": _seq,
    "rows": _seq,
    "guard": _guard,
    "try": _try,
    "duration": _duration,
    "lease": _lease,
}


def _time(rows: pl.DataFrame, mapping: Mapping) -> pl.Series:
    """The first of the mapping's time keys that a row fills with a time."""
    time = pl.Series("time", [None] * rows.height, dtype=events.Time)
    for path in mapping.fields.get("time", ()):
        if not time.has_nulls():
            break
        stamps = rows.select(mapping.column(path)).to_series()
        read = clock.nanoseconds(stamps, mapping.clocks[path])
        if aliases.segments(path)[-1] in aliases.WHOLE_SECONDS and mapping.fields.get("nanos"):
            beside = _integer(_text(mapping, mapping.fields["nanos"]), pl.Int64).fill_null(0)
            read += rows.select(pl.duration(nanoseconds=beside)).to_series()
        time = read if time.null_count() == rows.height else time.zip_with(time.is_not_null(), read)
    return time.alias("time")


def _understood(said: pl.DataFrame) -> pl.DataFrame:
    """Adds what the words mean: stem, phase, action, logged outcome and mark."""
    spoken = [word for word in _WORDS if word in said.columns]
    if not spoken:
        return said.with_columns(
            phase=pl.lit("point", events.Phase),
            action=pl.lit("other", events.Action),
            logged_outcome=pl.lit(None, events.Outcome),
        )
    if "name" in spoken:
        said = said.with_columns(said_name="name")
        if said["name"].n_unique() > _MANY_NAMES:
            # Free text repeats in its words, not in its numbers.
            said = said.with_columns(pl.col("name").str.replace_all(_NUMBERS, "#"))
    said = said.with_columns(pl.struct(spoken).hash().alias(_SPOKEN))
    distinct = said.select(_SPOKEN, *spoken).unique(_SPOKEN, maintain_order=True)
    meanings = pl.DataFrame(
        [
            astuple(words.understand(words.Said(**row)))
            for row in distinct.drop(_SPOKEN).iter_rows(named=True)
        ],
        schema=[(f"is_{name}", pl.String) for name in _MEANING],
        orient="row",
    )
    known = meanings.with_columns(distinct[_SPOKEN])
    told = said.join(known, on=_SPOKEN, how="left", maintain_order="left").drop(_SPOKEN)
    return told.with_columns(
        name="said_name" if "name" in spoken else pl.lit(None, pl.String),
        stem=_stem(said),
        phase=pl.col("is_phase").cast(events.Phase),
        action=pl.col("is_action").cast(events.Action),
        logged_outcome=pl.col("is_outcome").cast(events.Outcome),
        mark=pl.col("is_mark").cast(events.Mark),
    )


def _stem(said: pl.DataFrame) -> pl.Expr:
    """A phrase such as `job active` does not say which job; a field beside it may."""
    named = [pl.col(column) for column in ("task", "queue") if column in said.columns]
    nameless = pl.col("is_stem") == recipes.JOB
    return pl.when(nameless).then(pl.coalesce(*named, "is_stem")).otherwise("is_stem")


def _guarded(told: pl.DataFrame) -> pl.DataFrame:
    """`guard`: what the action implies, a condition that was given, or the lock as logged."""
    conditional = pl.when(pl.col("condition").is_not_null()).then(pl.lit("conditional"))
    # An append that says which version it expects is a condition first.
    guards = {"condition": conditional, "is_guard": pl.col("is_guard"), "guard": pl.col("guard")}
    known = [expr for column, expr in guards.items() if column in told.columns]
    return told.with_columns(guard=pl.coalesce(known)) if known else told


def _summed(told: pl.DataFrame) -> pl.DataFrame:
    """By how much, and what it came to: whether the store did the sum, the value that was read will tell."""
    if not {"amount", "value"} <= set(told.columns):
        return told
    both = pl.all_horizontal(pl.col("amount", "value").is_not_null())
    sums = pl.when(both & (pl.col("action") == "write")).then(pl.lit(events.SUM))
    own = pl.col("guard") if "guard" in told.columns else pl.lit(None, pl.String)
    return told.with_columns(guard=pl.coalesce(own, sums))


def _replayed(told: pl.DataFrame) -> pl.DataFrame:
    """A success that is flagged as a replay is the first one's answer: nothing more was done."""
    if "replayed" not in told.columns:
        return told
    again = (pl.col("replayed").str.to_lowercase() == "true").fill_null(False)
    fine = (pl.col("logged_outcome") == "ok").fill_null(True)
    outcome = pl.when(again & fine).then(pl.lit("conflict", events.Outcome))
    return told.with_columns(logged_outcome=outcome.otherwise("logged_outcome"))


def _with_errors(told: pl.DataFrame) -> pl.DataFrame:
    """The class of an error where no field of its own says it."""
    if "outcome" in told.columns:
        # `"outcome": "not_found"` says what was wrong, too.
        why = pl.when(pl.col("logged_outcome") == "fail").then(
            pl.col("outcome").str.extract(lexicon.NOTHING)
        )
        error = pl.coalesce("error", why) if "error" in told.columns else why
        told = told.with_columns(error=error)
    if "status_code" in told.columns:
        # A status is the only class of error that many services log.
        code = pl.when(pl.col("logged_outcome") == "fail").then("status_code")
        error = pl.coalesce("error", code) if "error" in told.columns else code
        told = told.with_columns(error=error)
    return told


def _settled(told: pl.DataFrame) -> pl.DataFrame:
    """What numbers add: a write that touched no row was refused; a status with a duration ends a request."""
    changes = pl.col("action").is_in(["write", "create", "delete", "effect"])
    changes &= pl.col("phase") != "start"
    if "rows" in told.columns:
        refused = changes & (pl.col("rows") == 0)
        outcome = (
            pl.when(refused).then(pl.lit("conflict", events.Outcome)).otherwise("logged_outcome")
        )
        told = told.with_columns(logged_outcome=outcome)
    if "ended_tries" in told.columns:
        # The end of a try is counted in, its begin is not.
        own = (pl.col("phase") == "finish") & (pl.col("try") == pl.col("ended_tries") + 1)
        told = told.with_columns(pl.when(own).then("ended_tries").otherwise("try").alias("try"))
    if "state" in told.columns:
        # `seat released`, now free: no lock was let go, a thing changed its state.
        moved = (pl.col("action") == "release") & pl.col("state").is_not_null()
        action = pl.when(moved).then(pl.lit("write", events.Action)).otherwise("action")
        told = told.with_columns(action=action)
    if "state" in told.columns and "from_text" in told.columns:
        # `Marking task as FAILED`: what it tells of failed; that it was marked did not.
        marked = pl.col("from_text").str.contains("state action", literal=True).fill_null(False)
        told = told.with_columns(
            phase=pl.when(marked).then(pl.lit("point", events.Phase)).otherwise("phase"),
            logged_outcome=pl.when(marked)
            .then(pl.lit("ok", events.Outcome))
            .otherwise("logged_outcome"),
        )
    for pair in (("status_code", "duration"), ("status_code", "method")):
        if set(pair) <= set(told.columns):
            both = pl.all_horizontal(pl.col(c).is_not_null() for c in pair)
            ends = both & (pl.col("phase") == "point") & ~_names_access(told)
            phase = pl.when(ends).then(pl.lit("finish", events.Phase)).otherwise("phase")
            told = told.with_columns(phase=phase)
    return told


def _told_twice(told: pl.DataFrame) -> pl.DataFrame:
    """`wallet debited`, balance 90: an effect that tells what became of its resource is a write of it, too."""
    if "value" not in told.columns or "name" not in told.columns:
        return told
    kind = pl.col("resource").str.extract(r"^(\w+):")
    of_itself = pl.col("name").str.to_lowercase().str.contains(kind, literal=True)
    known = pl.col("value").is_not_null() & ~pl.col("mention") & (pl.col("phase") == "point")
    also = told.filter((pl.col("action") == "effect") & known & of_itself)
    silent = [c for c in ("payload", "content", "key") if c in told.columns]
    return pl.concat(
        [
            told,
            also.with_columns(
                pl.lit("write", events.Action).alias("action"),
                pl.lit(events.SUM).alias("guard"),
                *(pl.lit(None, pl.String).alias(c) for c in silent),
            ),
        ]
    )


def _names_access(told: pl.DataFrame) -> pl.Expr:
    """A record that says in so many words what it read or wrote is more than an access line."""
    spoken = [c for c in ("version", "base", "value") if c in told.columns]
    return pl.any_horizontal(pl.col(c).is_not_null() for c in spoken) if spoken else pl.lit(False)


def _placed(told: pl.DataFrame) -> pl.DataFrame:
    """`process`: service/pid."""
    if "pid" not in told.columns:
        return told
    if "service" not in told.columns:
        return told.with_columns(process="pid")
    service = pl.col("service").fill_null("")
    return told.with_columns(process=(service + "/" + pl.col("pid")).str.strip_prefix("/"))
