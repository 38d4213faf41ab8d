"""RL103: two looked, both found it free, both took it."""

from __future__ import annotations

import polars as pl

from racelens import hits, timeline, vocabulary
from racelens.knowledge import Knowledge
from racelens.rule import Line, rule
from racelens.timeline import OTHER, by_another, neighbours, number, rivals, same_clock, with_slack

_REACH = 4  # other acts told with one
_NOTHING = "nothing"
_ACT = ("resource", "life", "stem", "made")
_FREES = r"(?i)cancel|release|free|unassign|expire|return|void|unbook|abandon|revert"
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
    """Creations: does the log say who made them?"""
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
    fix="let the store decide in one statement: {mend}, and look at the number of rows; or SELECT … FOR UPDATE "
    "before the check",
    unit="creation",
    wish="Log each look-up and each creation with its action, its resource and the request",
    line=Line(
        "{noun}.create",
        ("{noun}_id", "request_id", "outcome"),
        ("request_id",),
        "who looked, and then created",
    ),
    blind_spot="do not say who made them",
    advice="Log the request's id on {name}",
    settle="Log what each look-up saw, and each creation under the resource that was taken",
    checked=_checked,
    cleared=_cleared,
)
def check_then_act(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
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
        steps, and another's act fits in between. Creations of one resource by different attempts, or two
        claims of it (`seat.claim`, a write of one state), each after a look-up of its own that showed the
        same: nothing there, one version, one state. And decrements that brought a count below nothing,
        though the attempt had seen enough for its own.
        confirmed: both created or claimed the resource itself (`seat.insert` on seat:7), after the same
        state, and nothing freed it in between; or one clock orders what brought the count below nothing.
        possible: both only set one state (`shipped`), which may do no harm twice; what was created is named
        otherwise, the look-up says neither state nor “not found” and
        only the times overlap, both records may tell of one creation, or the order rests on two clocks.
        Left alone: writes that compute from a version (RL101), refused or guarded acts.
        Cannot see: checks that are not logged; a limit that nobody counts down.

    Fix
        One statement that checks and acts: a unique index on what must be taken once and INSERT … ON
        CONFLICT DO NOTHING, or UPDATE … SET taken_by = :me WHERE id = :id AND taken_by IS NULL.
    """
    return pl.concat([_taken_twice(_acts(events)), _oversold(events, knowledge)], how="diagonal")


def _taken_twice(acts: pl.LazyFrame) -> pl.LazyFrame:
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
    one_act = pl.any_horizontal(*linked, elsewhere)
    named = pl.col("stem").str.to_lowercase()
    itself = pl.col("claims") | named.is_null() | named.str.contains(pl.col("type"), literal=True)
    doubts = (
        (
            ~seen_alike.fill_null(False),
            "only the times overlap: the look-ups do not say what they saw",
        ),
        (~itself.fill_null(False), "what was created goes by another name than the resource"),
        (~pl.col("sure_life"), timeline.LIVES),
        (one_act, "both records may tell of one creation"),
        (
            pl.col("claims") & ~_takes(),
            "both set one state; whether that did harm twice only what followed would tell",
        ),
    )
    did = pl.when("claims").then(pl.lit("claims")).otherwise(pl.lit("creations"))
    proof = pl.format("both looked and saw {}, and both {} succeeded", "state_seen", did)
    told = pairs.with_columns(
        **hits.unless(doubts, proof),
        earlier=pl.col("actor" + OTHER).fill_null("another"),
        related=pl.concat_list(
            hits.event("check", _saw("state_seen"), raced=False),
            hits.event("check" + OTHER, _saw("state_seen" + OTHER), raced=False),
            hits.event("id" + OTHER, pl.lit("took it"), raced=True),
        ).list.drop_nulls(),
    )
    claim = pl.format("UPDATE {} SET … WHERE id = :id AND status = '{}'", "kind", "state_seen")
    unique = "CREATE UNIQUE INDEX ON {} (…) over what must be taken once, INSERT … ON CONFLICT DO NOTHING"
    mend = pl.when("claims").then(claim).otherwise(None)
    often = pl.when(pl.col("others") > 1).then(pl.lit("more than twice")).otherwise(pl.lit("twice"))
    return (
        hits.one_each(hits.strongest(told), ("earlier",))
        .with_columns(often=often, mend=pl.coalesce(mend, pl.format(unique, "kind")))
        .with_columns(note=pl.format("then took it, too: it was given away {}", "often"))
        .select(*hits.COLUMNS, *_FACTS)
    )


_FACTS = ("actor", "earlier", "often", "state_seen", "mend")


def _saw(state: str) -> pl.Expr:
    return pl.format("looked and saw {}", pl.col(state).fill_null("it"))


def _acts(events: pl.LazyFrame) -> pl.LazyFrame:
    """Creations and claims that succeeded, each with the look-up of its attempt before it.

    life: how often it had become free; check: the look-up's id; state_seen: what it showed; claims: true
    for what takes a thing that is there; made: the state a claim gave it.
    """
    own = events.filter(~pl.col("mention") & pl.col("actor").is_not_null())
    done = (pl.col("outcome") == "ok") & pl.col("version").is_null()
    access = pl.col("role") == "access"
    creates = done & access & (pl.col("action") == "create") & (pl.col("phase") == "point")
    acts = _with_lives(own).filter(creates | (done & _is_claim()))
    nothing = timeline.found_nothing()
    checks = own.filter((access & (pl.col("action") == "read")) | nothing).select(
        "attempt",
        "resource",
        check="id",
        state_seen=pl.when(nothing)
        .then(pl.lit(_NOTHING))
        .otherwise(pl.coalesce(pl.lit("v") + pl.col("version"), "state")),
        checked_state="state",
        checked_nothing=nothing,
    )
    met = acts.sort("id").join_asof(
        checks.sort("check"),
        left_on="id",
        right_on="check",
        by=["attempt", "resource"],
        strategy="backward",
        check_sortedness=False,
    )
    # A claim needs a look-up that says that the thing was free: another state, or nobody's.
    free = pl.col("checked_nothing") | (pl.col("checked_state") != pl.col("made"))
    free |= pl.col("checked_state").is_not_null() & pl.col("made").is_null()
    return met.filter(
        pl.col("check").is_not_null() & (~pl.col("claims") | free.fill_null(False))
    ).with_columns(type=pl.col("kind").str.to_lowercase())


def _is_claim() -> pl.Expr:
    """True for an unguarded act that takes what is there: by its name, or by the one state it sets."""
    unguarded = pl.col("guard").is_null() & pl.col("cover").is_null()
    sets = (pl.col("action") == "write") & (pl.col("role") == "access") & _made().is_not_null()
    takes = pl.col("stem").str.contains(vocabulary.CLAIM) & pl.col("action").is_in(
        ["write", "other"]
    )
    acts = (pl.col("phase") != "start") & (pl.col("role") != "envelope")
    return (unguarded & acts & (sets | takes)).fill_null(False)


def _takes() -> pl.Expr:
    """True where a claim says so: by its name, or by the state it leaves."""
    by_name = pl.col("stem").str.contains(vocabulary.CLAIM)
    return by_name.fill_null(False) | pl.col("made").str.contains(vocabulary.TAKEN).fill_null(False)


def _made() -> pl.Expr:
    return pl.col("state").str.to_lowercase()


def _with_lives(events: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `claims`, `made`, `life` and `sure_life`.

    A creation is free to come again after a deletion; a claim also after whatever gave the thing back, and
    after each change to another state.
    """
    ok = pl.col("outcome") == "ok"
    deletes = ok & (pl.col("action") == "delete")
    frees = ok & pl.col("name").str.contains(_FREES).fill_null(False)
    state = pl.when(ok & (pl.col("action") != "read")).then(_made()).forward_fill()
    told = events.with_columns(claims=_is_claim(), now=state.over("resource", order_by="id"))
    turns = (pl.col("now") != pl.col("now").shift(1)).fill_null(False)
    gone = deletes.cast(pl.Int32).cum_sum().over("resource", order_by="id")
    freed = (deletes | frees | turns).cast(pl.Int32).cum_sum().over("resource", order_by="id")
    one_clock = (pl.col("domain").n_unique() == 1).over("resource")
    one_life = (pl.col("life").n_unique() == 1).over("resource", "claims")
    return told.with_columns(
        life=pl.when("claims").then(freed).otherwise(gone),
        made=pl.when("claims").then(_made()),
    ).with_columns(sure_life=one_life | one_clock | ~pl.col("claims"))


def _oversold(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """Decrements that went below nothing because another came after the look: alone they would have fitted."""
    counted = timeline.acted(events, "write").filter(pl.col("outcome") == "ok")
    known = counted.with_columns(left=number("value"), seen=number("base_value")).filter(
        pl.col("left").is_not_null()
    )
    taken = pl.col("left") - pl.col("left" + OTHER)
    fitted = (pl.col("seen") >= 0) & (pl.col("seen") + taken >= 0)
    # Clocks of several hosts may put others' records between: the count itself says who came before.
    last = taken == taken.max().over("id")
    earlier = (pl.col("id" + OTHER) < pl.col("id")) | ~same_clock()
    told = (
        neighbours(
            known.with_columns(gone=-pl.col("left")),
            ("resource",),
            ("gone", "id"),
            _KEPT_OF_COUNTS,
            _REACH,
        )
        .filter(pl.col("before") & (pl.col("left") < 0) & (taken < 0) & earlier)
        .filter(last)
        .filter(by_another() & fitted)
        .pipe(with_slack, knowledge)
        .with_columns(
            **hits.unless(
                [(~same_clock(), timeline.doubt())],
                pl.format(
                    "it had seen {}, took {}, and {} were left: one clock orders both",
                    *("seen", -taken, "left"),
                ),
            ),
            at="id",
            earlier=pl.col("actor" + OTHER).fill_null("another"),
            often=pl.format("beyond what there was: {} left", "left"),
            state_seen=pl.col("seen").cast(pl.String),
            mend=pl.format(
                "UPDATE {} SET n = n - {} WHERE id = :id AND n >= {}", "kind", -taken, -taken
            ),
            note=pl.format("then took {}, too: {} left", -taken, "left"),
            related=pl.concat_list(
                hits.event("base_event", pl.format("looked and saw {}", "seen"), raced=False),
                hits.event("id" + OTHER, pl.format("left {}", "left" + OTHER), raced=True),
            ).list.drop_nulls(),
        )
    )
    return hits.nearest(told).select(*hits.COLUMNS, *_FACTS)


_KEPT_OF_COUNTS = ("id", "actor", "attempt", "domain", "left")
