"""RL901…: what of the logs themselves keeps the rules from seeing, and what to log to see more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from racelens.findings import Coverage, Remark, Wish
from racelens.history import History
from racelens.ingest import Capture
from racelens.rules import RULES
from racelens.secrets import mask

_SECOND = 1_000_000_000
_MANY = 0.2  # share from which on a gap is worth a word
_OF = re.compile(
    r"(?P<count>[\d,]+) of (?P<total>[\d,]+) (?P<unit>[^(]+?) \(.*?\) (?P<why>.*?): (?P<events>.*)"
)


def wishes(coverage: Iterable[Coverage]) -> tuple[Wish, ...]:
    """The fields that would let rules see most, by the number of acts they could not judge; each once."""
    found = filter(None, (_wish(entry) for entry in coverage if entry.unchecked))
    first: dict[tuple[str, str], Wish] = {}
    for wish in sorted(found, key=lambda wish: (-wish.count, wish.rule)):
        first.setdefault((wish.field, wish.events), wish)
    return tuple(first.values())


def _wish(entry: Coverage) -> Wish | None:
    told = _OF.match(entry.reason)
    if told is None:
        return None
    count, total = (int(told[part].replace(",", "")) for part in ("count", "total"))
    if count < _MANY * total:
        return None
    line = RULES[entry.rule].line
    return Wish(
        entry.rule,
        line.lacks[0],
        told["events"],
        told["unit"],
        count,
        total,
        told["why"],
        entry.statement,
        line.meaning,
    )


def remarks(capture: Capture, history: History, wished: Sequence[Wish]) -> tuple[Remark, ...]:
    """One for each kind of gap that these logs show, by code."""
    return tuple(_all(capture, history, wished))


def _all(capture: Capture, history: History, wished: Sequence[Wish]) -> Iterator[Remark]:
    yield from _clocks(capture)
    yield from _open(history.events)
    for wish in wished:
        told = f"{wish.count:,} of {wish.total:,} {wish.unit} {wish.why}"
        if wish.rule == "RL101":
            yield Remark(
                "RL903", "unversioned-write", told, f"log the row's version on {wish.events}"
            )
        elif wish.rule == "RL201":
            advice = f"log a payload hash or the idempotency key on {wish.events}"
            yield Remark("RL904", "unkeyed-effect", told, advice)
    yield from _flows(history.events)
    yield from _identities(history)
    yield from _secrets(capture)


def _clocks(capture: Capture) -> Iterator[Remark]:
    coarse = [e.source.name for e in capture.inputs if e.events and e.mapping.precision >= _SECOND]
    if coarse:
        told = f"{len(coarse):,} of {len(capture.inputs):,} inputs have clocks of whole seconds"
        yield Remark("RL901", "whole-second-clock", told, "log milliseconds at least")


def _open(events: pl.DataFrame) -> Iterator[Remark]:
    starts = events.filter((pl.col("phase") == "start") & ~pl.col("mention"))
    open_ = starts.filter(pl.col("op").is_null())
    if open_.height > _MANY * max(starts.height, 1):
        names = ", ".join(open_["stem"].drop_nulls().value_counts(sort=True, name="n")["stem"][:3])
        told = f"{open_.height:,} of {starts.height:,} starts have no finish"
        yield Remark("RL902", "missing-finish", told, f"log the end of {names}, also when it fails")


def _flows(events: pl.DataFrame) -> Iterator[Remark]:
    """Jobs whose sender had a correlation, and whose worker logs none."""
    jobs = events.filter(pl.col("job").is_not_null())
    if jobs["correlation"].count() == 0:
        return
    each = jobs.group_by("job").agg(
        sent=(pl.col("correlation").is_not_null() & (pl.col("actor") != pl.col("job"))).any(),
        lost=(pl.col("correlation").is_null() & (pl.col("actor") == pl.col("job"))).any(),
    )
    sent = each.filter("sent")
    lost = sent.filter("lost").height
    if sent.height and lost > _MANY * sent.height:
        told = f"{lost:,} of {sent.height:,} jobs lose the correlation id of the request that sent them"
        yield Remark(
            "RL905",
            "lost-correlation",
            told,
            "pass the correlation id with the job and log it there",
        )


def _identities(history: History) -> Iterator[Remark]:
    for column, value in sorted(history.knowledge.constants.items()):
        told = f"{column} is {mask(value)!r} on most events: it tells nothing apart"
        yield Remark("RL906", "constant-id", told, f"log one {column} id for each unit of work")
    for column in sorted(history.knowledge.restarting):
        told = f"{column} ids are counters that start again in every process"
        yield Remark("RL907", "restarting-id", told, f"make {column} ids unique (UUID)")


def _secrets(capture: Capture) -> Iterator[Remark]:
    found = {secret for entry in capture.inputs for secret in entry.mapping.secrets}
    for key, kind in sorted(found):
        yield Remark(
            "RL908", "secret", f"{key} holds what looks like {kind}", "mask it where it is logged"
        )
