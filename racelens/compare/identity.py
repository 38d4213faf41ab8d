"""What an event is, whatever its ids, times and numbers: what lets one run's events stand beside another's.

A name is stripped of what varies. What an attempt writes, where that is one of few states, tells it apart
from others of its operation: a cancellation and a renewal through one handler are two things.
"""

from __future__ import annotations

import polars as pl

from racelens import events, timeline
from racelens.compare import marks
from racelens.compare import spelled as spell
from racelens.ingest import Capture

_VARYING = (
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F-]{13,}"  # UUIDs
    r"|\b[\w.+-]+@[\w-]+\.[\w.]+"  # mail addresses
    r"|\bhttps?://\S+"
    r"|\b(?:0x)?[0-9a-fA-F]*\d[0-9a-fA-F]{6,}\b"  # long hex with a digit
    r"|\b\w{1,12}[-_:#]?\d{2,}[\w-]*"  # order-4711, req_12ab
    r"|\d+(?:[.,:]\d+)*"
)
_ENDINGS = {"conflict": " refused", "fail": " failed", "unknown": " without an end"}

CHANGES = ("write", "create", "delete")
HOLDS = ("acquire", "release")


def template(name: pl.Expr) -> pl.Expr:
    """`saving document 17` → `saving document #`; names that programs choose stay as they are."""
    prose = name.str.contains(r"[\s/]") | name.str.contains(r"\d{3,}|[0-9a-fA-F]{8}-")
    return pl.when(prose).then(name.str.replace_all(_VARYING, "#")).otherwise(name)


def with_labels(events: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    """Adds `label` (what happened), `does` (the attempt's operation and what it writes) and `plain`.

    `plain` is the operation alone: the class that counts of events are taken in.
    """
    known = events.lazy().with_columns(
        what=template(pl.coalesce("name", "stem", pl.col("action").cast(pl.String))),
        plain=template(pl.coalesce("operation", "stem", "name", pl.col("action").cast(pl.String))),
    )
    outcomes = pl.col("logged_outcome").fill_null("ok").cast(pl.String)
    many_ends = (outcomes.n_unique() > 1).over("what", "phase")
    # A record outside of any handler names the attempt by its first event.
    known = known.with_columns(plain=pl.col("plain").first().over("attempt", order_by="id"))
    ending = (
        pl.when(many_ends).then(outcomes.replace_strict(_ENDINGS, default="")).otherwise(pl.lit(""))
    )
    phase = (
        pl.col("phase")
        .cast(pl.String)
        .replace_strict({"start": " start", "finish": " finish"}, default="")
    )
    labelled = known.with_columns(label=pl.col("what") + phase + ending)
    return _with_states(labelled, _written(events, capture)).collect()


def _written(events: pl.DataFrame, capture: Capture) -> pl.LazyFrame:
    """`id` and `state` of the writes that say what they made: a state, a value, or a word in another field."""
    changes = pl.col("action").is_in(CHANGES) & (pl.col("role") == "access") & ~pl.col("mention")
    writes = events.filter(changes).with_columns(state=pl.coalesce("state", _word()))
    silent = writes.filter(pl.col("state").is_null())
    spelled = spell.words(silent, capture).rename({"word": "state"})
    return pl.concat([writes.drop_nulls("state").select("id", "state"), spelled]).lazy()


def _with_states(events: pl.LazyFrame, words: pl.LazyFrame) -> pl.LazyFrame:
    written = events.select("attempt", "what", "plain", "id").join(words, on="id")
    states = written.group_by("what", "plain").agg(
        kinds=pl.col("state").n_unique(), writes=pl.len()
    )
    few = (
        (pl.col("kinds") > 1)
        & (pl.col("kinds") <= spell.FEW)
        & (pl.col("writes") >= 2 * pl.col("kinds"))
    )
    told = (
        written.join(states.filter(few), on=["what", "plain"])
        .group_by("attempt")
        .agg(writes=pl.col("state").sort_by("id").first())
    )
    wrote = (
        pl.when(pl.col("writes").is_not_null()).then(" → " + pl.col("writes")).otherwise(pl.lit(""))
    )
    return (
        events.join(told, on="attempt", how="left", maintain_order="left")
        .with_columns(does=pl.col("plain") + wrote)
        .drop("writes", "what")
    )


def _word() -> pl.Expr:
    """A written value that is one word, not a number: `cancelled`, `on`."""
    value = pl.col("value").cast(pl.String)
    return pl.when(value.str.contains(r"^[A-Za-z][A-Za-z_ -]{0,30}$")).then(value)


def changed() -> pl.Expr:
    """True for an event that changed something, or may have; or that took or left a lock."""
    may_have = pl.col("outcome").is_in(["ok", "unknown"])
    change = (pl.col("role") == "access") & pl.col("action").is_in(CHANGES)
    outside = pl.col("role") == "effect"
    return (change | outside | pl.col("action").is_in(HOLDS)) & may_have


def looked() -> pl.Expr:
    """True for an event that saw the state, be it that there is nothing."""
    read = (pl.col("role") == "access") & (pl.col("action") == "read")
    return read | timeline.found_nothing()


def kind(unit: str) -> pl.Expr:
    """The class of a case's key: a resource's type, else the unit's name."""
    return marks.bare_column(events.kind()) if unit == "resource" else pl.lit(unit)
