"""RL402: a state moved along an edge that the lifecycle does not have."""

from __future__ import annotations

import polars as pl

from racelens import hits, lifecycle, timeline
from racelens.knowledge import Knowledge
from racelens.rule import Line, rule
from racelens.timeline import OTHER, same_clock, with_slack


def _blind(knowledge: Knowledge) -> str | None:
    if knowledge.lifecycles or knowledge.reversals or knowledge.departures:
        return None
    return "no lifecycle is declared ([lifecycle.order] in racelens.toml), and this log alone shows none"


def _checked() -> pl.Expr:
    """Writes that say which state they made."""
    is_write = (pl.col("role") == "access") & pl.col("action").is_in(["write", "create"])
    return pl.when(is_write & (pl.col("outcome") == "ok")).then(pl.col("state").is_not_null())


@rule(
    "RL402",
    severity="error",
    key=("resource",),
    needs=("resource", "state"),
    message="{actor} moved {resource} from {left} to {state}",
    lost="the state {left}, set by {setter}",
    fix="name the states it may come from in the write: UPDATE {type} SET status = '{state}' WHERE id = "
    "{key} AND status IN (…); on 0 rows the move is not allowed any more",
    unit="write",
    wish="Log the new state of each write as new_status, and declare the lifecycle in racelens.toml",
    line=Line(
        "{noun}.write",
        ("{noun}_id", "old_status", "new_status"),
        ("new_status",),
        "the state that the write made",
    ),
    blind_spot="do not say which state they made",
    advice="Log new_status on {name}",
    settle="Declare [lifecycle.{type}] in racelens.toml, or name a run that went well: --good PATH",
    checked=_checked,
    blind=_blind,
)
def illegal_transition(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """A state moved along an edge that its lifecycle does not have.

    Flagged
        # [lifecycle.parcel]
        # created = ["paid", "cancelled"]
        # paid = ["shipped"]
        {"time":"2026-05-04T12:00:00.1Z","request_id":"a","resource":"parcel:7","action":"create","version":1,"new_status":"created"}
        {"time":"2026-05-04T12:00:00.2Z","request_id":"b","resource":"parcel:7","action":"write","version":2,"new_status":"cancelled"}
        {"time":"2026-05-04T12:00:00.3Z","request_id":"c","resource":"parcel:7","action":"write","version":3,"new_status":"paid"}

    Silent
        # [lifecycle.parcel]
        # created = ["paid", "cancelled"]
        # paid = ["shipped"]
        {"time":"2026-05-04T12:00:00.1Z","request_id":"a","resource":"parcel:7","action":"create","version":1,"new_status":"created"}
        {"time":"2026-05-04T12:00:00.2Z","request_id":"b","resource":"parcel:7","action":"write","version":2,"new_status":"paid"}
        {"time":"2026-05-04T12:00:00.3Z","request_id":"c","resource":"parcel:7","action":"write","version":3,"new_status":"shipped"}

    How it is found
        A payment arrives after the cancellation, a worker ships what was refunded. Writes that name the
        state they made, per resource in the order of their versions, else as they became visible. Writing
        the same state again is no move.
        confirmed: the edge is missing from a lifecycle that you declare (above), or from a run known to
        be good (--good FILE) that left the state at least 30 times; and versions without a gap, or one
        clock, put both writes in order.
        possible: the order rests on two clocks, or a version in between is not logged; or, with nothing
        declared, a success that is left for work or failure, or a move backwards along an edge that this log shows at least five times as often forwards.
        Cannot see: writes that name no state.

    Fix
        Let the store refuse the move: UPDATE orders SET status = 'paid' WHERE id = :id AND status IN
        ('created'), and read the state again on 0 rows. A money-back path is needed for what arrives late.
    """
    moved = lifecycle.moves(events).filter(
        (pl.col("moved") != pl.col("moved" + OTHER))
        & (timeline.by_another() | pl.col("actor").is_null())
    )
    pairs = with_slack(moved, knowledge)
    return _hits(
        pl.concat(
            [
                _outside(pairs, knowledge),
                _backwards(pairs, knowledge),
                _past_the_end(pairs, knowledge),
            ]
        )
    )


def _outside(pairs: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """Moves that a known lifecycle does not have, out of states it has."""
    rows = [
        (kind, state, sorted(following), known.source)
        for kind, known in sorted(knowledge.lifecycles.items())
        for state, following in sorted(known.edges.items())
    ]
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "kind": pl.String,
        "left": pl.String,
        "may": pl.List(pl.String),
        "source_": pl.String,
    }
    known = pl.LazyFrame(rows, schema=schema, orient="row")
    told = pairs.join(known, left_on=["kind", "moved" + OTHER], right_on=["kind", "left"])
    wrong = told.filter(~pl.col("may").list.contains(pl.col("moved")))
    gap = pl.col("visible_time") - pl.col("visible_time" + OTHER)
    next_version = pl.col("number") == pl.col("number" + OTHER) + 1
    sure = (
        pl.when("by_version")
        .then(next_version)
        .otherwise(same_clock() | (pl.col("measured") & (gap > pl.col("ahead_most"))))
    )
    doubts = (
        (
            ~pl.col("happened") | ~pl.col("happened" + OTHER),
            "whether both writes took effect is unknown",
        ),
        (
            pl.col("by_version") & ~next_version,
            "a version in between is not logged: it may have been a legal way",
        ),
        (~sure, timeline.doubt()),
        (~pl.col("sure_life"), timeline.LIVES),
    )
    proof = pl.format("no edge {} → {} in the lifecycle {}", "moved" + OTHER, "moved", "source_")
    return wrong.with_columns(**hits.unless(doubts, proof)).drop("may", "source_")


def _backwards(pairs: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """Moves of undeclared types against an edge that the log shows much more often."""
    schema: dict[str, type[pl.DataType]] = {
        **dict.fromkeys(("kind", "moved", "moved" + OTHER), pl.String),
        **dict.fromkeys(("forward", "back"), pl.Int64),
    }
    known = pl.LazyFrame(knowledge.reversals, schema=schema, orient="row")
    undeclared = ~pl.col("kind").is_in(sorted(knowledge.lifecycles))
    why = pl.format(
        "learned from this log alone: {} → {} {} times, back {} times",
        *("moved", "moved" + OTHER, "forward", "back"),
    )
    return (
        pairs.filter(undeclared)
        .join(known, on=["kind", "moved", "moved" + OTHER])
        .with_columns(confidence=pl.lit("possible"), reason=why)
        .drop("forward", "back")
    )


def _past_the_end(pairs: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """Moves of undeclared types out of a success, back to work or to a failure."""
    schema = dict.fromkeys(("kind", "moved", "moved" + OTHER), pl.String)
    known = pl.LazyFrame(knowledge.departures, schema=schema, orient="row")
    undeclared = ~pl.col("kind").is_in(sorted(knowledge.lifecycles))
    return (
        pairs.filter(undeclared)
        .join(known, on=["kind", "moved", "moved" + OTHER])
        .with_columns(
            confidence=pl.lit("possible"),
            reason=pl.format(
                "{} is an end by its name; no lifecycle is declared, and it may have been run again on purpose",
                "moved" + OTHER,
            ),
        )
    )


def _hits(pairs: pl.LazyFrame) -> pl.LazyFrame:
    told = pairs.with_columns(
        at="id",
        left="moved" + OTHER,
        setter=pl.col("actor" + OTHER).fill_null("another record"),
        note=pl.format("then made it {}: {} is gone", "moved", "moved" + OTHER),
        related=pl.concat_list(
            hits.event("id" + OTHER, pl.format("made it {}", "moved" + OTHER), raced=True)
        ),
        state="moved",
    )
    return hits.nearest(told).select(*hits.COLUMNS, "actor", "setter", "left", "state")
