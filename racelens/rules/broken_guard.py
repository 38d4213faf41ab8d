"""RL105: a guard that is there and did not hold."""

from __future__ import annotations

import polars as pl

from racelens import hits, timeline, vocabulary
from racelens.knowledge import Knowledge
from racelens.rule import Line, rule
from racelens.timeline import (
    OTHER,
    by_another,
    neighbours,
    number,
    rivals,
    same_clock,
    with_slack,
)

_LIFE = ("resource", "incarnation")
_REACH = 4  # neighbours looked at on either side
_KEPT = [
    "id",
    "actor",
    "attempt",
    "domain",
    "outcome",
    "version",
    "number",
    "visible",
    "token",
    "cover",
    "held",
]


def _checked() -> pl.Expr:
    """Conditional writes with their versions, and locks taken."""
    wrote = (pl.col("guard") == "conditional") & (pl.col("role") == "access")
    took = (pl.col("action") == "acquire") & (pl.col("phase") != "start")
    ok = pl.col("outcome") == "ok"
    return (
        pl.when(wrote & ok)
        .then(pl.col("version").is_not_null() & pl.col("base").is_not_null())
        .when(took & ok & ~pl.col("mention"))
        .then(pl.col("resource").is_not_null())
    )


def _cleared() -> pl.Expr:
    refused = (pl.col("action") == "acquire") & pl.col("outcome").is_in(["conflict", "fail"])
    return pl.when(refused & (pl.col("phase") != "start")).then(
        pl.lit("guard worked: the lock was refused while another held it")
    )


@rule(
    "RL105",
    severity="error",
    key=("resource",),
    needs=("resource", "action"),
    message="{what}",
    lost="{harm}",
    fix="{mend}",
    unit="guarded act",
    wish="Log conditional writes with the version they expect, and locks with acquire and release",
    line=Line(
        "{noun}.write",
        ("{noun}_id", "version", "expected_version", "outcome"),
        ("expected_version",),
        "the version that the write was made conditional on",
    ),
    blind_spot="do not say which version they expected, or which lock they took",
    advice="Log the expected version and the version made on {name}",
    settle="Log acquire and release of the lock, and its fencing token on the writes",
    checked=_checked,
    cleared=_cleared,
)
def broken_guard(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """A guard was there and did not hold: a stale condition was accepted, or a lock was held twice.

    Flagged
        {"time":"2026-05-04T12:00:00.100Z","request_id":"a","event":"lock.acquired","resource":"lock:report","action":"acquire","outcome":"ok"}
        {"time":"2026-05-04T12:00:00.150Z","request_id":"b","event":"lock.acquired","resource":"lock:report","action":"acquire","outcome":"ok"}
        {"time":"2026-05-04T12:00:00.210Z","request_id":"a","event":"lock.released","resource":"lock:report","action":"release","outcome":"ok"}
        {"time":"2026-05-04T12:00:00.260Z","request_id":"b","event":"lock.released","resource":"lock:report","action":"release","outcome":"ok"}

    Silent
        {"time":"2026-05-04T12:00:00.100Z","request_id":"a","event":"lock.acquired","resource":"lock:report","action":"acquire","outcome":"ok"}
        {"time":"2026-05-04T12:00:00.150Z","request_id":"b","event":"lock.refused","resource":"lock:report","action":"acquire","outcome":"locked"}
        {"time":"2026-05-04T12:00:00.210Z","request_id":"a","event":"lock.released","resource":"lock:report","action":"release","outcome":"ok"}
        {"time":"2026-05-04T12:00:00.260Z","request_id":"b","event":"lock.acquired","resource":"lock:report","action":"acquire","outcome":"ok"}
        {"time":"2026-05-04T12:00:00.290Z","request_id":"b","event":"lock.released","resource":"lock:report","action":"release","outcome":"ok"}

    How it is found
        The most serious finding there is, for everybody trusts the guard.
        A conditional write that succeeded although another attempt's write had replaced the version it
        expected. A lock of which two certain holds overlap: from the answer to one acquire to the call
        of the release, another holder's acquire succeeded. A write after the lease of its
        lock had run out and another had taken it and written. A write under a fencing token lower than
        one the resource had already accepted.
        confirmed: versions prove the condition stale; one clock orders both holds, or both tokens.
        possible: the order rests on two clocks, or the end of the first hold is not logged; one worker took
        the lock twice, which a re-entrant one allows; or a process goes on to name one holder while its own
        log says that another has the lock; or it works on after another took the lock, and never says that
        it had lost it.
        Left alone: what several may hold, by its name (semaphore, slot, read lock) or its `lock_mode`, `permits`.
        Cannot see: a condition that is not logged with the write, locks without acquire and release.

    Fix
        Compare and write in one statement: UPDATE … WHERE id = :id AND version = :read, and look at the
        number of rows. Let a lease outlive the work or stop the work with it, and hand the resource a
        fencing token that it compares: a lower one than seen is refused.
    """
    living = timeline.with_incarnation(events)
    writes = (
        timeline.acted(living, "write", "create")
        .filter(pl.col("outcome") == "ok")
        .with_columns(
            number=number("version"),
            token=pl.col("guard").str.strip_prefix("token ").cast(pl.Int64, strict=False),
        )
    )
    found = [
        _stale_condition(writes),
        _stale_tag(writes),
        _fencing(writes, knowledge),
        _outlived(writes, knowledge),
        _held_twice(_holds(events), knowledge),
        _believed(events),
        _kept(events),
    ]
    return pl.concat(found, how="diagonal")


def _stale_condition(writes: pl.LazyFrame) -> pl.LazyFrame:
    """Conditional writes with another's version above the one they expected and not above theirs."""
    versioned = writes.filter(pl.col("number").is_not_null())
    accepted = (pl.col("guard") == "conditional") & (pl.col("base_source") == "logged")
    between = (pl.col("number" + OTHER) > number("base")) & (
        (pl.col("number" + OTHER) < pl.col("number"))
        | ((pl.col("number" + OTHER) == pl.col("number")) & pl.col("before"))
    )
    told = (
        neighbours(versioned, _LIFE, ("number", "id"), _KEPT, _REACH)
        .filter(accepted & between & by_another())
        .with_columns(
            **hits.unless(
                [(~pl.col("sure_life"), timeline.LIVES)],
                pl.lit("version numbers alone prove it; no clock is used"),
            ),
            what=pl.format(
                "{} wrote {} on the condition v{}, which no longer held",
                *(pl.col("actor").fill_null("a record"), "resource", "base"),
            ),
            harm=pl.format(
                "v{} written by {}", "version" + OTHER, pl.col("actor" + OTHER).fill_null("another")
            ),
            mend=pl.format(
                "compare and write in one statement, UPDATE … WHERE version = {}, and look at the number of "
                "rows; a check before the write is no condition",
                "base",
            ),
            at="id",
            note=pl.format(
                "then wrote v{} expecting v{}: the condition was not checked", "version", "base"
            ),
            related=pl.concat_list(
                hits.event("id" + OTHER, pl.format("wrote v{}", "version" + OTHER), raced=True)
            ),
        )
    )
    return hits.nearest(told).select(*hits.COLUMNS, *_FACTS)


def _stale_tag(writes: pl.LazyFrame) -> pl.LazyFrame:
    """Two conditional writes accepted on one tag: the first of them, whichever it was, had replaced it."""
    accepted = (pl.col("guard") == "conditional") & (pl.col("base_source") == "logged")
    tagged = pl.col("version").is_not_null() & pl.col("number").is_null()
    moved = pl.col("version") != pl.col("base")
    # Tags made of the content come back with it.
    recurs = pl.col("version").drop_nulls().is_duplicated().any().over(*_LIFE)
    untagged = (pl.col("version").is_null() & (pl.col("action") == "write")).any().over(*_LIFE)
    based = writes.with_columns(recurs=recurs, untagged=untagged).filter(accepted & tagged & moved)
    linked = (pl.col(c) == pl.col(c + OTHER) for c in ("trace", "job", "key"))
    one_write = pl.any_horizontal(linked).fill_null(False)
    nameless = pl.any_horizontal(pl.col(c).is_null() for c in ("actor", "actor" + OTHER))
    met = neighbours(based, (*_LIFE, "base"), ("id",), [*_KEPT, "trace", "job", "key"], _REACH)
    told = rivals(met.filter(by_another())).with_columns(
        **hits.unless(
            [
                (~pl.col("sure_life"), timeline.LIVES),
                (pl.col("recurs"), "a tag was made more than once here: tags come back"),
                (pl.col("untagged"), "a write that logs no tag may have brought the old one back"),
                (one_write | nameless, "both records may tell of one write"),
            ],
            pl.format("two writes were accepted on the one condition {}; no clock is used", "base"),
        ),
        what=pl.format(
            "{} wrote {} on the condition {}, on which {} had written, too",
            *(pl.col("actor").fill_null("a record"), "resource", "base"),
            pl.col("actor" + OTHER).fill_null("another"),
        ),
        harm=pl.format(
            "{} written by {}", "version" + OTHER, pl.col("actor" + OTHER).fill_null("another")
        ),
        mend=pl.lit(
            "compare the tag and write in one step, where the row is stored; a check before the write is no condition"
        ),
        at="id",
        note=pl.format("wrote {} on the condition {}, too: it was not checked", "version", "base"),
        related=pl.concat_list(
            hits.event(
                "id" + OTHER,
                pl.format("wrote {} on the condition {}", "version" + OTHER, "base"),
                raced=True,
            )
        ),
    )
    return hits.nearest(told).select(*hits.COLUMNS, *_FACTS)


def _fencing(writes: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """Writes under a token lower than that of the write accepted before."""
    tokened = writes.filter(
        pl.col("token").is_not_null() & pl.col("guard").str.starts_with("token ")
    )
    told = (
        neighbours(tokened, ("resource",), ("id",), _KEPT, 1)
        .filter(pl.col("before") & by_another() & (pl.col("token" + OTHER) > pl.col("token")))
        .filter((pl.col("number") > pl.col("number" + OTHER)).fill_null(True))
        .pipe(with_slack, knowledge)
        .with_columns(
            confidence=pl.when(same_clock())
            .then(pl.lit("confirmed"))
            .otherwise(pl.lit("possible")),
            reason=pl.when(same_clock())
            .then(pl.lit("one clock orders both writes, and the fencing token fell"))
            .otherwise(timeline.doubt()),
            what=pl.format(
                "{} wrote {} under an expired lock",
                pl.col("actor").fill_null("a record"),
                "resource",
            ),
            harm=pl.format("what {} wrote meanwhile", pl.col("actor" + OTHER).fill_null("another")),
            mend=pl.lit(
                "let the resource remember the highest fencing token and refuse a lower one"
            ),
            at="id",
            note=pl.format("then wrote under token {}: that lock had passed on", "token"),
            related=pl.concat_list(
                hits.event(
                    "id" + OTHER, pl.format("wrote under token {}", "token" + OTHER), raced=True
                )
            ),
        )
    )
    return hits.nearest(told).select(*hits.COLUMNS, *_FACTS)


def _outlived(writes: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """Writes under a lease that had run out, after another took the same lock and wrote, too."""
    expired = (pl.col("lease_left") < 0) & (pl.col("cover") == pl.col("cover" + OTHER))
    late = (-pl.col("lease_left") // 1_000_000).cast(pl.String)
    told = (
        neighbours(writes, ("resource",), ("id",), _KEPT, 1)
        .filter(pl.col("before") & by_another() & expired)
        .filter(pl.col("held" + OTHER) > pl.col("held"))
        .pipe(with_slack, knowledge)
        .with_columns(
            **hits.unless(
                [(~same_clock(), timeline.doubt())],
                pl.lit(
                    "one clock: the lease ended, another took the lock and wrote, then this write came"
                ),
            ),
            what=pl.format(
                "{} wrote {} after its lease on {} had run out",
                *(pl.col("actor").fill_null("a record"), "resource", "cover"),
            ),
            harm=pl.format("what {} wrote meanwhile", pl.col("actor" + OTHER).fill_null("another")),
            mend=pl.lit(
                "hand the resource a fencing token that it compares, renew the lease while the work lasts, and "
                "stop the work when it cannot be renewed"
            ),
            at="id",
            note=pl.format(
                "then wrote {} ms after its lease had run out: the lock had passed on", late
            ),
            related=pl.concat_list(
                hits.event("held", pl.format("took {}", "cover"), raced=False),
                hits.event("held" + OTHER, pl.lit("took it, too"), raced=False),
                hits.event("id" + OTHER, pl.lit("wrote under it"), raced=True),
            ).list.drop_nulls(),
        )
    )
    return hits.nearest(told).select(*hits.COLUMNS, *_FACTS)


_FACTS = ("what", "harm", "mend")
_STOP = (
    "stop the work the moment the lease cannot be renewed, log who holds it and when it is lost, and hand the "
    "resource a fencing token that it compares"
)


def _believed(events: pl.LazyFrame) -> pl.LazyFrame:
    """A process that says who holds a lock, never says that this has changed, and then sees another hold it.

    One such sight is how a change is noticed; two with no word of a new holder between them are not.
    """
    claims = pl.col("action").is_in(["acquire", "release"])
    told = (
        events.filter(pl.col("holder").is_not_null() & pl.col("resource").is_not_null())
        .sort("resource", "domain", "id")
        .with_columns(era=claims.cum_sum().over("resource", "domain", order_by="id"))
    )
    era = ("resource", "domain", "era")
    believed = told.with_columns(
        claim=pl.col("id").filter(claims).first().over(*era),
        believed=pl.col("holder").filter(claims).first().over(*era),
    )
    sights = (
        believed.filter(
            ~claims & (pl.col("believed") != "") & (pl.col("believed") != pl.col("holder"))
        )
        .group_by(*era, "claim", "believed", "holder")
        .agg(pl.col("id").min(), seen=pl.len())
        .filter(pl.col("seen") > 1)
    )
    found = sights.with_columns(
        confidence=pl.lit("possible"),
        reason=pl.format(
            "its own log says so {} times and never that {} had given it up; the other's log would settle it",
            *("seen", "believed"),
        ),
        what=pl.format(
            "{} is held by {} in the eyes of a process that takes {} for the holder",
            *("resource", "holder", "believed"),
        ),
        harm=pl.lit("what the lock was to protect: two may act as its holder"),
        mend=pl.lit(_STOP),
        at="id",
        note=pl.format("then saw {} hold it: two believed holders", "holder"),
        related=pl.concat_list(
            hits.event("claim", pl.format("took {} for the holder", "believed"), raced=True)
        ),
    )
    return found.select(*hits.COLUMNS, *_FACTS)


def _kept(events: pl.LazyFrame) -> pl.LazyFrame:
    """Locks that another took while who had taken them goes on, and never says that they were lost."""
    acquired = events.filter((pl.col("action") == "acquire") & pl.col("believes").is_not_null())
    kept = ("id", "domain", "believes")
    who, other = (pl.col(c).str.replace("@.*$", "") for c in ("domain", "domain" + OTHER))
    found = (
        neighbours(acquired, ("resource",), ("id",), kept, 1)
        .filter(pl.col("before") & (pl.col("domain") != pl.col("domain" + OTHER)))
        .filter(pl.col("believes" + OTHER) > pl.col("id"))
        .with_columns(
            confidence=pl.lit("possible"),
            reason=pl.format(
                "{} writes on after that, and never that it had lost the lock; whether it still acted as its holder is "
                "not logged",
                other,
            ),
            what=pl.format("{} was taken by {} while {} may hold it still", "resource", who, other),
            harm=pl.lit("what the lock was to protect: two may act as its holder"),
            mend=pl.lit(_STOP),
            at="id",
            note=pl.lit("took it, too: two believed holders"),
            related=pl.concat_list(hits.event("id" + OTHER, pl.lit("took the lock"), raced=True)),
        )
    )
    return found.select(*hits.COLUMNS, *_FACTS)


def _holds(events: pl.LazyFrame) -> pl.LazyFrame:
    """Certain holds: from the answer to an acquire (`took`) to the call of its holder's release (`gave`).

    The holder is the attempt; where attempts take and give back each other's locks, it is their worker.
    """
    acts = events.filter(
        pl.col("action").is_in(["acquire", "release"])
        & pl.col("resource").is_not_null()
        & ~pl.col("mention")
        & ~_is_for_several()
    )
    both = ((pl.col("action") == "acquire").any() & (pl.col("action") == "release").any()).over(
        "attempt", "resource"
    )
    worker = pl.concat_str("process", "worker", separator="/", ignore_nulls=True)
    named = acts.with_columns(
        holder=pl.when(both | pl.col("worker").is_null()).then("attempt").otherwise(worker)
    )
    took = (
        (pl.col("action") == "acquire") & (pl.col("outcome") == "ok") & (pl.col("phase") != "start")
    )
    opens_release = (pl.col("action") == "release") & (
        (pl.col("phase") != "finish") | (pl.col("begin") == pl.col("time"))
    )
    steps = named.filter(took | opens_release).sort("resource", "holder", "id")
    following = pl.all_horizontal(
        pl.col(c) == pl.col(c).shift(-1) for c in ("resource", "holder")
    ) & (pl.col("action").shift(-1) == "release")
    return steps.with_columns(
        took="id",
        taken="time",
        gave=pl.when(following).then(pl.col("id").shift(-1)),
        given=pl.when(following).then(pl.col("time").shift(-1)),
        gave_domain=pl.when(following).then(pl.col("domain").shift(-1)),
    ).filter(took & (pl.col("gave_domain") == pl.col("domain")).fill_null(True))


def _is_for_several() -> pl.Expr:
    """True for what more than one may hold at a time: read locks, semaphores, pools."""
    name = pl.concat_str("resource", "stem", separator=" ", ignore_nulls=True)
    said = (pl.col("guard") == "shared").fill_null(False)
    return (said | name.str.contains(vocabulary.SHARED)).any().over("resource")


def _held_twice(holds: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """Holds of two holders that overlap: on one clock the second begins inside the first; which of them
    began first two clocks need not tell."""
    still = pl.col("took" + OTHER) < pl.coalesce("gave", "took")
    inside = (pl.col("took") < pl.col("gave" + OTHER)) & still
    span = pl.col("given" + OTHER) - pl.col("taken")
    back = pl.col("taken") - pl.col("taken" + OTHER)
    # Of a hold without an end no more is certain than its begin.
    reach = pl.coalesce("given", "taken") - pl.col("taken" + OTHER)
    # A hold is certain only until its lease ends; what is written after that is for `_outlived`.
    lapsed = (back.dt.total_nanoseconds() > pl.col("lease" + OTHER)).fill_null(False)
    may = (span + pl.col("ahead_most") > pl.duration()) & (reach > pl.col("ahead_least"))
    may &= pl.col("since") > pl.col("since" + OTHER)
    meet = (span + pl.col("ahead_least") > pl.duration()) & (reach > pl.col("ahead_most"))
    must = meet & pl.col("measured")
    alike = (pl.col(c) == pl.col(c + OTHER) for c in ("process", "worker"))
    one_worker = pl.all_horizontal(*alike).fill_null(False)
    kept = [
        "took",
        "gave",
        "taken",
        "given",
        "holder",
        "actor",
        "attempt",
        "domain",
        "lease",
        "since",
        "process",
        "worker",
    ]
    ordered = holds.with_columns(since=timeline.aligned("taken", "domain", knowledge))
    told = (
        neighbours(ordered, ("resource",), ("since", "took"), kept, _REACH)
        .filter(pl.col("before") & (pl.col("holder") != pl.col("holder" + OTHER)))
        .filter(~lapsed)
        .pipe(with_slack, knowledge)
        .filter(pl.when(same_clock()).then(inside).otherwise(may).fill_null(False))
        .with_columns(
            id_other="took" + OTHER,
            confidence=pl.when((same_clock() | must) & ~one_worker)
            .then(pl.lit("confirmed"))
            .otherwise(pl.lit("possible")),
            reason=pl.when(one_worker)
            .then(pl.lit("one worker took it twice, which a re-entrant lock allows"))
            .when(same_clock())
            .then(pl.lit("one clock puts the second acquire inside the first hold"))
            .when(must)
            .then(pl.lit("messages bound the two clocks: the two holds overlap"))
            .otherwise(timeline.doubt()),
            what=pl.format(
                "{} was held twice at once, by {} and {}",
                *(
                    "resource",
                    pl.col("actor" + OTHER).fill_null("one"),
                    pl.col("actor").fill_null("another"),
                ),
            ),
            harm=pl.lit("what the lock was to protect"),
            mend=pl.lit(
                "let the lease outlive the work, or stop the work when it expires; and hand the resource a "
                "fencing token that it compares"
            ),
            at="took",
            note=pl.lit("took it before that: both held it"),
            related=pl.concat_list(
                hits.event("took" + OTHER, pl.lit("took the lock"), raced=True),
                hits.event("gave" + OTHER, pl.lit("gave it back"), raced=True),
            ).list.drop_nulls(),
        )
    )
    last = hits.strongest(told).sort("id", "since" + OTHER, "took" + OTHER)
    return last.unique("id", keep="last", maintain_order=True).select(*hits.COLUMNS, *_FACTS)
