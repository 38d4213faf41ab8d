"""RL101: overlapping read-modify-write."""

from __future__ import annotations

import polars as pl

from racelens import close_calls, hits, timeline
from racelens.events import ISOLATED, ROW_LOCK
from racelens.knowledge import Knowledge
from racelens.rule import Line, rule
from racelens.timeline import OTHER, by_another, neighbours, number, rivals, same_clock, with_slack

_REACH = 8  # neighbouring writes looked at for one write
_SOURCES = {
    "logged": "logged base",
    "read": "base read",
    "flow": "base its user was shown by an earlier request,",
}
_LIFE = ("resource", "incarnation")
_COVERS = {
    ROW_LOCK: "row lock held from the read to the write (FOR UPDATE)",
    ISOLATED: "serializable transaction: the store kept the order",
}
_KEPT = [
    "id",
    "visible",
    "visible_time",
    "visible_domain",
    "request",
    "trace",
    "job",
    "key",
    "service",
    "time",
    "attempt",
    "actor",
    "domain",
    "outcome",
    "base",
    "version",
    "value",
    "base_event",
    "number",
    "cycle",
    "cover",
    "guard",
]

_OF_HANDLERS = [column for column in _KEPT if column not in ("number", "cycle")]


def _checked() -> pl.Expr:
    """Writes that a base or a value ties to what they overwrote; deltas need none.

    An attempt that logs only its start and finish may have read and written anything in between.
    """
    whole = (pl.col("role") == "effect") & (pl.col("phase") == "finish")
    fine = (pl.col("role") == "access") & pl.col("guard").ne_missing("atomic")
    is_write = (pl.col("action") == "write") & (pl.col("outcome") == "ok")
    moved = pl.col("base").is_not_null() & pl.col("version").ne_missing(pl.col("base"))
    tied = moved | pl.col("base_value").is_not_null()
    return pl.when(is_write & fine).then(tied).when(is_write & whole).then(False)


def _cleared() -> pl.Expr:
    """A refused write, a conditional one that met its condition, or one that a lock covered since its read."""
    refused = (pl.col("outcome") == "conflict") & pl.col("resource").is_not_null()
    changes = pl.col("action").is_in(["write", "create", "other"]) & (pl.col("role") != "envelope")
    held = (
        (pl.col("guard") == "conditional")
        & (pl.col("outcome") == "ok")
        & (pl.col("role") == "access")
    )
    return (
        pl.when(refused & changes)
        .then(pl.lit("guard worked: conflict refused the write"))
        .when(held)
        .then(pl.lit("conditional write: the store compared the base"))
        .when(pl.col("cover").is_not_null() & (pl.col("outcome") == "ok"))
        .then(
            pl.col("cover").replace_strict(_COVERS, default="lock held over the read and the write")
        )
    )


@rule(
    "RL101",
    severity="error",
    key=("resource",),
    needs=("resource", "action"),
    message="{actor} overwrote {loser}'s write to {resource}",
    lost="{lost} written by {loser}",
    fix="make the write conditional on what was read: UPDATE {type} SET …{bump} WHERE id = {key} "
    "AND {condition}; on 0 rows read again and retry",
    unit="write",
    wish="Log each read and each write with its action, its resource and the row's version",
    line=Line(
        "{noun}.write",
        ("{noun}_id", "old", "new", "version", "writer"),
        ("version",),
        "the row's version after each write, and the one each read saw",
    ),
    blind_spot="do not say which version they were based on",
    advice="Log the row's version on {name}, and on the read before it",
    settle="Log the row's version on every read and write of {type}, and how each write ended",
    checked=_checked,
    cleared=_cleared,
    latent=close_calls.UNGUARDED,
)
def lost_update(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """A write was based on a version that another write had already replaced.

    Flagged
        {"time":"2026-05-04T12:00:00.100Z","request_id":"a","resource":"order:42","action":"read","version":7}
        {"time":"2026-05-04T12:00:00.120Z","request_id":"b","resource":"order:42","action":"read","version":7}
        {"time":"2026-05-04T12:00:00.180Z","request_id":"b","resource":"order:42","action":"write","version":8}
        {"time":"2026-05-04T12:00:00.210Z","request_id":"a","resource":"order:42","action":"write","version":9}

    Silent
        {"time":"2026-05-04T12:00:00.100Z","request_id":"a","resource":"order:42","action":"read","version":7}
        {"time":"2026-05-04T12:00:00.120Z","request_id":"b","resource":"order:42","action":"read","version":7}
        {"time":"2026-05-04T12:00:00.180Z","request_id":"b","resource":"order:42","action":"write","version":8}
        {"time":"2026-05-04T12:00:00.210Z","request_id":"a","resource":"order:42","action":"write","status":409}

    How it is found
        Both callers get "ok", nothing fails, no alarm rings; one change is missing.
        Per resource, by version: the base of a write is the version its attempt last read or wrote, or
        the one the write itself logs. Another attempt's successful write with a version above that base
        and up to the version the write made was overwritten unseen; so was the earlier of two writes on
        one base. No clock is used (Elle calls it lost-update, the SQL literature P4).
        confirmed: versions, or a value that was written at most once, on both sides.
        possible: only the times overlap, or one side carries no version or no certain end.
        Cannot see: writes that log neither version nor value, reads that were never logged. Deltas,
        appends, partial patches, writes that name other fields (`changed_fields`) and blind overwrites lose nothing by themselves and are left alone;
        conditional writes are trusted to have compared.

    Fix
        Make the write conditional on the version that was read, and retry on conflict:
            UPDATE orders SET qty = :qty, version = version + 1 WHERE id = :id AND version = :read
        or let the store do the arithmetic: UPDATE stock SET qty = qty - :n WHERE id = :id AND qty >= :n
        or send If-Match with the PUT and answer 412; or read with SELECT … FOR UPDATE.
    """
    changes = timeline.acted(timeline.with_incarnation(events), "write", "create")
    writes = changes.with_columns(number=number("version"), cycle=_is_cycle()).filter(_may_count())
    ways = (_by_version, _by_base, _by_value, _by_window)
    pairs = [*(way(writes, knowledge) for way in ways), _by_handler(events, knowledge)]
    return _hits(pl.concat(pairs, how="diagonal"), events)


def _may_count() -> pl.Expr:
    """False for a write of unknown outcome whose version another write surely made."""
    made = (pl.col("outcome") == "ok").any().over(*_LIFE, "number")
    return (pl.col("outcome") == "ok") | pl.col("number").is_null() | ~made


def _is_cycle() -> pl.Expr:
    """A write that computes from what it read: the kind that can overwrite unseen."""
    guarded = pl.col("guard").is_in(["atomic", "partial", "conditional"]).fill_null(False)
    return (pl.col("action") == "write") & ~guarded


def _sure(both: pl.Expr, knowledge: Knowledge) -> dict[str, pl.Expr]:
    """Confidence and reason of pairs that versions or values decide."""
    mine = pl.col("outcome") == "unknown"
    whose = pl.when(mine).then(pl.lit("overwriting")).otherwise(pl.lit("overwritten"))
    unclear = mine | (pl.col("outcome" + OTHER) == "unknown")
    equal = (pl.col("version") == pl.col("version" + OTHER)) | pl.col("number").is_null()
    doubts = (
        (unclear, pl.format("whether the {} write took effect is unknown", whose)),
        (~pl.col("sure_life"), timeline.LIVES),
        (
            equal & _seen_before(),
            "the base was read after the other write could be seen: a stale read, or versions that start again",
        ),
        (equal & _same_write(), "both records may tell of one write"),
        (
            _shown_elsewhere() & pl.col("kind").is_in(sorted(knowledge.outdated)),
            "reads of this type are outdated now and then: what was shown may be older than it looks",
        ),
    )
    return hits.unless(doubts, both)


def _shown_elsewhere() -> pl.Expr:
    """True where the base was shown by an earlier request, as its version alone says, on another clock."""
    return (pl.col("base_source") == "flow") & (pl.col("base_domain") != pl.col("domain"))


def _seen_before() -> pl.Expr:
    """True where one clock says that the base was read after the other write could be seen."""
    one_clock = pl.col("base_domain") == pl.col("visible_domain" + OTHER)
    return one_clock & (pl.col("base_event") > pl.col("visible" + OTHER))


def _same_write() -> pl.Expr:
    """True where the two records may be one write told twice: by caller and callee, by log and projector."""
    linked = pl.any_horizontal(
        (pl.col(c) == pl.col(c + OTHER)).fill_null(False) for c in ("trace", "job", "key")
    )
    nameless = pl.col("actor").is_null() | pl.col("actor" + OTHER).is_null()
    elsewhere = pl.col("service").ne_missing(pl.col("service" + OTHER))
    unread = pl.any_horizontal(pl.col(c).is_null() for c in ("base_event", "base_event" + OTHER))
    return linked | nameless | (elsewhere & unread)


def _read_after() -> pl.Expr:
    """True where the base was surely read when the other write, if it happened, could be seen."""
    later = pl.col("base_time") - pl.col("visible_time" + OTHER) - pl.col("ahead_most")
    one_clock = pl.col("base_domain") == pl.col("visible_domain" + OTHER)
    return pl.when(one_clock).then(_seen_before()).otherwise(later > pl.duration()).fill_null(False)


def _may_have_happened() -> pl.Expr:
    """False for a write of unknown outcome that a later read did not see."""
    return (pl.col("outcome" + OTHER) != "unknown") | ~_read_after()


def _by_another_request() -> pl.Expr:
    """Two transactions of one request do not race with each other, nor writes of different fields."""
    one_request = (pl.col("request") == pl.col("request" + OTHER)) & same_clock()
    mine, others = (pl.col(c).str.extract_all(r"\w+") for c in ("guard", "guard" + OTHER))
    listed = pl.all_horizontal(
        pl.col(c).str.starts_with("fields ") for c in ("guard", "guard" + OTHER)
    )
    apart = listed & (mine.list.set_intersection(others).list.len() == 1)
    return by_another() & ~one_request.fill_null(False) & ~apart.fill_null(False)


def _by_version(writes: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """Another write's version lies above the base and not above the version made.

    Writers that compute base + 1 make equal versions. Which of them came last no version says, and a
    clock may only say it of its own events; so all are named with each other, and one is let off.
    A write without a base computes nothing: its equal version counts only where the order is sure.
    """
    above_base = pl.col("number" + OTHER) > number("base")
    tie = pl.col("number" + OTHER) == pl.col("number")
    life = [*_LIFE, "number"]
    computed = pl.col("cycle" + OTHER) & (number("base" + OTHER) < pl.col("number"))
    level = tie & (computed.fill_null(False) | (pl.col("before") & same_clock()))
    after = tie & pl.col("before") & (same_clock() | ~pl.col("deep").any().over(life))
    proof = pl.format(
        "version numbers alone prove it ({} {}, overwritten {}); no clock is used",
        pl.col("base_source").replace_strict(_SOURCES, return_dtype=pl.String),
        "base",
        "version" + OTHER,
    )
    numbered = writes.filter(pl.col("number").is_not_null())
    return (
        neighbours(numbered, _LIFE, ("number", "id"), _KEPT, _REACH)
        .filter(
            pl.col("cycle")
            & above_base
            & _by_another_request()
            & ((pl.col("before") & ~tie) | level)
        )
        .pipe(with_slack, knowledge)
        .filter(_may_have_happened())
        .with_columns(deep=~tie, tied=tie & ~same_clock())
        .filter((pl.col("deep") | after).any().over("id"))
        .with_columns(**_sure(proof, knowledge))
    )


def _by_base(writes: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """Two writes on one base, where the versions made are tags without an order, or not logged."""
    unordered = pl.col("number").is_null() | number("base").is_null()
    proof = pl.format("two successful writes on one base ({}); no clock is used", "base")
    # A tag that the write did not change is no version: a build, a schema, a constant.
    moved = pl.col("version").ne_missing(pl.col("base"))
    written = pl.col("version").drop_nulls()
    recurs = (written.n_unique() < written.len()).over(*_LIFE)
    based = writes.with_columns(recurs=recurs & pl.col("number").is_null()).filter(
        pl.col("base").is_not_null() & pl.col("cycle") & unordered & moved
    )
    met = with_slack(_rivals(based, "base"), knowledge)
    told = met.filter(_may_have_happened()).with_columns(**_sure(proof, knowledge))
    # Tags made of the content come back with it.
    again = "a tag of this resource was written more than once: tags come back here"
    return told.with_columns(
        **hits.unless([(pl.col("recurs"), again)], pl.col("reason"), pl.col("confidence"))
    )


def _by_value(writes: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """Two writes computed from one value that the resource can have held only once."""
    written = writes.group_by(*_LIFE, pl.col("value").alias("base_value")).agg(times=pl.len())
    based = pl.col("base").is_null() & pl.col("base_value").is_not_null() & pl.col("cycle")
    once = (pl.col("times").fill_null(0) <= 1) & pl.col("value").ne_missing(pl.col("base_value"))
    valued = writes.filter(based).join(written, on=[*_LIFE, "base_value"], how="left").filter(once)
    proof = pl.format(
        "both writes were computed from the value {}, which was written at most once; no clock is used",
        "base_value",
    )
    # Read after the other write could be seen: then something unlogged brought the value back. On other
    # hosts nobody can tell.
    met = _rivals(valued, "base_value", ~_seen_before().fill_null(False))
    apart = pl.concat_list("domain", "base_domain", "domain" + OTHER, "visible_domain" + OTHER)
    one_clock = apart.list.n_unique() == 1
    told = met.with_columns(**_sure(proof, knowledge))
    unsure = ~one_clock & (pl.col("confidence") == "confirmed")
    why = "computed from one value on several hosts: an unlogged write may have brought it back"
    return told.with_columns(**hits.unless([(unsure, why)], pl.col("reason"), pl.col("confidence")))


def _rivals(writes: pl.LazyFrame, base: str, among: pl.Expr | None = None) -> pl.LazyFrame:
    """Writes of different attempts on one base, each with all others."""
    met = neighbours(writes, (*_LIFE, base), ("id",), _KEPT, _REACH).filter(_by_another_request())
    met = met if among is None else met.filter(among)
    return rivals(met).with_columns(tied=~same_clock())


def _is_covered() -> pl.Expr:
    """True where a guard kept the other write out of this cycle: its row lock, or one lock or isolation over both."""
    alike = pl.col("cover") == pl.col("cover" + OTHER)
    return (alike | (pl.col("cover") == ROW_LOCK)).fill_null(False)


def _by_window(writes: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """A write landed between another's read and write, and no version says on what it was based."""
    unversioned = pl.col("base").is_null() | pl.col("number").is_null()
    other_unversioned = pl.col("version" + OTHER).is_null()
    after_read = pl.col("time" + OTHER) - pl.col("base_time")
    may, must = (after_read + pl.col(c) > pl.duration() for c in ("ahead_most", "ahead_least"))
    in_order = pl.col("id" + OTHER) > pl.col("base_event")
    overlaps = pl.when(same_clock()).then(in_order).otherwise(may)
    unclear = ~same_clock() & ~must
    # A read that returns what a write made came after it, whatever the clocks say.
    before_it = same_clock() & (pl.col("base_event") < pl.col("id" + OTHER))
    saw_it = (number("base") >= number("version" + OTHER)).fill_null(False) | (
        (pl.col("base_value") == pl.col("value" + OTHER)) & ~before_it
    ).fill_null(False)
    return (
        neighbours(writes, _LIFE, ("id",), _KEPT, 1)
        .filter(
            pl.col("before")
            & pl.col("cycle")
            & pl.col("base_event").is_not_null()
            & _by_another_request()
            & ~saw_it
        )
        .filter(unversioned | other_unversioned)
        .filter(~_is_covered())
        .pipe(with_slack, knowledge)
        .filter(overlaps.fill_null(False))
        .with_columns(
            confidence=pl.when(unclear & pl.col("measured"))
            .then(pl.lit("undecided"))
            .otherwise(pl.lit("possible")),
            reason=pl.when(unclear)
            .then(timeline.doubt())
            .otherwise(pl.lit("only the times overlap: the writes carry no version to compare")),
        )
    )


def _by_handler(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """One handler at work twice on one resource at once, without a word between start and finish."""
    wholes = events.filter(
        pl.col("whole")
        & (pl.col("outcome") == "ok")
        & (pl.col("role") == "effect")
        & pl.col("resource").is_not_null()
        & pl.col("duty").is_null()
    )
    overlap = pl.col("end" + OTHER) - pl.col("begin")
    may, must = (overlap + pl.col(c) > pl.duration() for c in ("ahead_most", "ahead_least"))
    return (
        neighbours(wholes, ("resource", "operation"), ("id",), [*_OF_HANDLERS, "end"], 2)
        .filter(pl.col("before") & _by_another_request() & ~_is_covered())
        .pipe(with_slack, knowledge)
        # Tries of one job that overlap are for RL303.
        .filter((pl.col("job") != pl.col("job" + OTHER)).fill_null(True))
        # What two clocks only might show to overlap is too much to name.
        .filter(may & (overlap > pl.duration()))
        .with_columns(
            base_event=pl.lit(None, pl.UInt32),
            confidence=pl.when(~must & pl.col("measured"))
            .then(pl.lit("undecided"))
            .otherwise(pl.lit("possible")),
            reason=pl.when(must)
            .then(pl.lit("two handlers overlap, and neither logs what it read or wrote in between"))
            .otherwise(timeline.doubt()),
        )
    )


def _hits(pairs: pl.LazyFrame, events: pl.LazyFrame) -> pl.LazyFrame:
    """One hit for each overwriting write, with all its victims."""
    states = events.select(base_event="id", seen=_state("version", "value"))
    made = _state("version", "value").fill_null("it")
    overwritten = _state("version" + OTHER, "value" + OTHER)
    lost = overwritten.fill_null("a change")
    by_value = pl.col("base").is_null() & pl.col("base_value").is_not_null()
    seen = pl.coalesce(pl.format("v{}", "base"), "seen", pl.lit("what it had read"))
    read = pl.format("read {}", pl.col("seen").fill_null("it"))
    told = (
        hits.strongest(pairs)
        .join(states, on="base_event", how="left")
        .with_columns(
            base=pl.coalesce("base", "base_value"),
            based_on=seen,
            kept=pl.when(by_value).then(pl.lit("value")).otherwise(pl.lit("version")),
            bump=pl.when(by_value & pl.col("base_value").is_not_null())
            .then(pl.lit(""))
            .otherwise(pl.lit(", version = version + 1")),
            condition=pl.coalesce(
                pl.format("version = {}", "base"),
                pl.format("value = {}", "base_value"),
                pl.lit("version = :version_read"),
            ),
            lost=lost,
            lost_versions="version" + OTHER,
            loser=pl.col("actor" + OTHER).fill_null("another record"),
            related=pl.concat_list(
                hits.event("base_event", read, raced=False),
                hits.event(
                    "id" + OTHER, pl.format("wrote {}", overwritten.fill_null("it")), raced=True
                ),
            ).list.drop_nulls(),
            tied=pl.col("tied").fill_null(False).any().over("id"),
        )
    )
    verb = pl.when(pl.col("others") > 1).then(pl.lit("are")).otherwise(pl.lit("is"))
    gone = pl.format("{} by {} {} gone", "lost", "loser", verb)
    one_left = pl.lit("only one of these writes survives")
    wrote = pl.format("wrote {} from {}: ", made, "based_on")
    note = pl.when("tied").then(wrote + one_left).otherwise("then " + wrote + gone)
    facts = (
        "actor",
        "loser",
        "kept",
        "base",
        "condition",
        "version",
        "lost",
        "lost_versions",
        "bump",
    )
    return (
        hits.one_each(told, ("lost", "lost_versions", "loser"))
        .with_columns(note=note)
        .select(*hits.COLUMNS, *facts)
    )


def _state(version: str, value: str) -> pl.Expr:
    """`v8` or `value 498`, null with neither."""
    return pl.coalesce(pl.format("v{}", version), pl.format("value {}", value))
