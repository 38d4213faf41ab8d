"""RL103: two looked, both found it free, both took it."""

from __future__ import annotations

import polars as pl

from racelens import hits, timeline
from racelens.knowledge import Knowledge
from racelens.rule import rule
from racelens.timeline import OTHER, by_another, neighbours, rivals, same_clock

_REACH = 4  # other acts told with one
_NOTHING = "nothing"
_ACT = ("resource", "life", "stem")
_KEPT = [
    "id",
    "actor",
    "attempt",
    "domain",
    "trace",
    "job",
    "key",
    "service",
    "check",
    "state_seen",
    "visible",
]


def _checked() -> pl.Expr:
    """Creations: does the log say under what resource they were made?"""
    made = (pl.col("role") == "access") & (pl.col("action") == "create")
    return pl.when(made & (pl.col("outcome") == "ok")).then(pl.col("actor").is_not_null())


def _cleared() -> pl.Expr:
    refused = (pl.col("outcome") == "conflict") & (pl.col("action") == "create")
    return pl.when(refused & (pl.col("role") != "envelope")).then(
        pl.lit("guard worked: the store refused the second")
    )


@rule(
    "RL103",
    severity="error",
    key=("resource",),
    needs=("resource", "action"),
    message="{actor} took {resource} although {earlier} had taken it",
    lost="{resource} was given away {often}",
    fix="let the store decide in one statement: CREATE UNIQUE INDEX ON {type} (…) over what must be taken once, "
    "INSERT … ON CONFLICT DO NOTHING, and look at the number of rows; or SELECT … FOR UPDATE before the check",
    unit="creation",
    wish="Log each look-up and each creation with its action, its resource and the request",
    blind_spot="do not say who made them",
    advice="Log the request's id on {name}",
    settle="Log what each look-up saw, and each creation under the resource that was taken",
    checked=_checked,
    cleared=_cleared,
)
def check_then_act(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:  # noqa: ARG001
    """Two attempts looked, both found the same thing free or missing, and both acted on it.

    Flagged
        {"time":"2026-05-04T12:00:00.100Z","request_id":"a","event":"seat.not_found","resource":"seat:7","action":"read"}
        {"time":"2026-05-04T12:00:00.110Z","request_id":"b","event":"seat.not_found","resource":"seat:7","action":"read"}
        {"time":"2026-05-04T12:00:00.150Z","request_id":"a","event":"seat.insert","resource":"seat:7","action":"create"}
        {"time":"2026-05-04T12:00:00.160Z","request_id":"b","event":"seat.insert","resource":"seat:7","action":"create"}

    Silent
        {"time":"2026-05-04T12:00:00.100Z","request_id":"a","event":"seat.not_found","resource":"seat:7","action":"read"}
        {"time":"2026-05-04T12:00:00.110Z","request_id":"b","event":"seat.not_found","resource":"seat:7","action":"read"}
        {"time":"2026-05-04T12:00:00.150Z","request_id":"a","event":"seat.insert","resource":"seat:7","action":"create"}
        {"time":"2026-05-04T12:00:00.160Z","request_id":"b","event":"seat.insert","resource":"seat:7","action":"create","outcome":"conflict"}

    How it is found
        Get-or-create, double booking, the last one in stock sold twice: the check and the act are two
        steps, and another's act fits in between. Creations of one resource by different attempts, each
        after a look-up of its own that showed the same: nothing there, or one version.
        confirmed: both created the resource itself (`seat.insert` on seat:7), after the same state, and
        nothing was deleted in between.
        possible: what was created is named otherwise, the look-up says neither version nor “not found” and
        only the times overlap, or both records may tell of one creation.
        Left alone: writes that compute from a version (RL101), refused creations, deltas.
        Cannot see: checks that are not logged; a limit that counts more than one.

    Fix
        One statement that checks and acts: a unique index on what must be taken once and INSERT … ON
        CONFLICT DO NOTHING, or UPDATE … SET taken_by = :me WHERE id = :id AND taken_by IS NULL.
    """
    acts = _acts(events)
    seen_alike = pl.col("state_seen") == pl.col("state_seen" + OTHER)
    blind = pl.col("state_seen").is_null() | pl.col("state_seen" + OTHER).is_null()
    overlap = same_clock() & (pl.col("check") < pl.col("id" + OTHER)) & pl.col("before")
    # Looked at after the other's act could be seen: then something unlogged made it free again.
    gone_again = (same_clock() & (pl.col("check") > pl.col("visible" + OTHER))).fill_null(False)
    pairs = rivals(
        neighbours(acts, _ACT, ("id",), _KEPT, _REACH).filter(
            by_another() & ~gone_again & (seen_alike | (blind & overlap)).fill_null(False)
        )
    )
    linked = [(pl.col(c) == pl.col(c + OTHER)).fill_null(False) for c in ("trace", "job", "key")]
    elsewhere = pl.col("service").ne_missing(pl.col("service" + OTHER))
    one_creation = pl.any_horizontal(*linked, elsewhere)
    named = pl.col("stem").str.to_lowercase()
    itself = named.is_null() | named.str.contains(pl.col("kind"), literal=True)
    doubts = (
        (
            ~seen_alike.fill_null(False),
            "only the times overlap: the look-ups do not say what they saw",
        ),
        (~itself.fill_null(False), "what was created goes by another name than the resource"),
        (one_creation, "both records may tell of one creation"),
    )
    proof = pl.format("both looked and saw {}, and both creations succeeded", "state_seen")
    told = pairs.with_columns(
        **hits.unless(doubts, proof),
        earlier=pl.col("actor" + OTHER).fill_null("another"),
        related=pl.concat_list(
            hits.event("check", _saw("state_seen"), raced=False),
            hits.event("check" + OTHER, _saw("state_seen" + OTHER), raced=False),
            hits.event("id" + OTHER, pl.lit("took it"), raced=True),
        ).list.drop_nulls(),
    )
    often = pl.when(pl.col("others") > 1).then(pl.lit("more than twice")).otherwise(pl.lit("twice"))
    return (
        hits.one_each(hits.strongest(told), ("earlier",))
        .with_columns(often=often)
        .with_columns(note=pl.format("then took it, too: it was given away {}", "often"))
        .select(*hits.COLUMNS, "actor", "earlier", "often", "state_seen")
    )


def _saw(state: str) -> pl.Expr:
    return pl.format("looked and saw {}", pl.col(state).fill_null("it"))


def _acts(events: pl.LazyFrame) -> pl.LazyFrame:
    """Creations that succeeded, each with the look-up of its attempt before it.

    life: deletions before; check: the look-up's id; state_seen: what it showed.
    """
    own = events.filter(~pl.col("mention") & pl.col("actor").is_not_null())
    gone = (pl.col("action") == "delete") & (pl.col("outcome") == "ok")
    living = own.with_columns(life=gone.cast(pl.Int32).cum_sum().over("resource", order_by="id"))
    made = (
        (pl.col("role") == "access") & (pl.col("action") == "create") & (pl.col("phase") == "point")
    )
    done = made & (pl.col("outcome") == "ok")
    acts = living.filter(done & pl.col("version").is_null())
    nothing = timeline.found_nothing()
    looked = ((pl.col("action") == "read") & (pl.col("role") == "access")) | nothing
    checks = living.filter(looked).select(
        "attempt",
        "resource",
        check="id",
        state_seen=pl.when(nothing)
        .then(pl.lit(_NOTHING))
        .otherwise(pl.lit("v") + pl.col("version")),
    )
    return (
        acts.sort("id")
        .join_asof(
            checks.sort("check"),
            left_on="id",
            right_on="check",
            by=["attempt", "resource"],
            strategy="backward",
            check_sortedness=False,
        )
        .filter(pl.col("check").is_not_null())
        .with_columns(kind=pl.col("kind").str.to_lowercase())
    )
