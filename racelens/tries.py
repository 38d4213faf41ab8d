"""Questions about effects, and about the tries of one operation, as small queries that rules share."""

from __future__ import annotations

import polars as pl

from racelens import hits
from racelens.events import of_handler
from racelens.timeline import OTHER, neighbours

_SUCCESS = r"(?i)complet|succe|\b(?:done|ok|processed)\b"
_REACH = 3  # tries looked at on either side


def effects(events: pl.LazyFrame) -> pl.LazyFrame:
    """What took effect and must not do so twice: charges, mails, and creations with a payload.

    `target`: the resource, or for a creation its type, since each creation has an id of its own; its `resource` is
    then what it was made for, where that is named.
    """
    by_fields = pl.col("intent").str.starts_with("fields ") & pl.col("beside").is_not_null()
    new = ((pl.col("action") == "create") | by_fields).fill_null(False)
    return events.filter(is_effect()).with_columns(
        target=pl.when(new).then("kind").otherwise("resource").fill_null(""),
        resource=pl.when(new).then(pl.coalesce("beside", "resource")).otherwise("resource"),
    )


def is_effect() -> pl.Expr:
    """True for an effect that happened, told by a record of its own or implied by a whole handler."""
    acts = (pl.col("role") == "effect") & (pl.col("action") == "effect")
    known = pl.col("payload").is_not_null() | pl.col("content").is_not_null()
    made = pl.col("role").is_in(["access", "effect"]) & known
    creates = (pl.col("action") == "create") & made
    return (acts | creates) & (pl.col("outcome") == "ok") & ~pl.col("mention")


def is_later() -> pl.Expr:
    """True where the try number says that a try came after the other one."""
    return pl.col("try") > pl.col("try" + OTHER)


def ended_elsewhere() -> pl.Expr:
    """True where the end of the try beside it was stamped by another clock than its begin."""
    return (pl.col("ended_domain" + OTHER) != pl.col("domain" + OTHER)).fill_null(False)


def both_took_effect() -> pl.Expr:
    """True where a try and the one beside it each had a proven effect."""
    return (pl.col("effects") > 0) & (pl.col("effects" + OTHER) > 0)


def earlier_effect() -> pl.Expr:
    """The effect of the try beside it as a related event, null where none is proven."""
    note = pl.format("had its effect in try {}", "try" + OTHER)
    return hits.event("effect" + OTHER, note, raced=False)


def is_failure() -> pl.Expr:
    """True for the end of a try that did not succeed."""
    bad = pl.col("outcome").is_in(["fail", "unknown"])
    return (pl.col("phase") == "finish") & bad & ~pl.col("mention")


def _is_worded() -> pl.Expr:
    """True for an end that says how: in a field, or as `completed` does in its name."""
    named = pl.col("name").str.contains(_SUCCESS).fill_null(False)
    return pl.col("logged_outcome").is_not_null() | named


def is_alike() -> pl.Expr:
    """True for work known only by its action and resource: what was asked may have differed."""
    return pl.col("work").str.starts_with("like ")


def each_beside_the_next(events: pl.LazyFrame) -> pl.LazyFrame:
    """Each try at a piece of work, in order, with the one before it (`…_other`, null for the first).

    one_clock: nothing of the work was stamped by another one, so no shifted clock puts a try in between.
    """
    each = each_try(events, "work").sort("work", "try", "began")
    kept = [name for name in each.collect_schema().names() if name != "work"]
    before = [pl.col(c).shift(1).over("work").name.suffix(OTHER) for c in kept]
    one_clock = (pl.col("domain").n_unique() == 1).over("work")
    return each.with_columns(*before, one_clock=one_clock)


def name() -> pl.Expr:
    """The job's, message's or key's own id."""
    return pl.col("lineage").str.replace("^(job|delivery|key) ", "")


def tries(events: pl.LazyFrame) -> pl.LazyFrame:
    """Each try of a lineage beside each other one near it (`…_other`), as `each_try` tells of them.

    logs_ends: some try of the lineage has an end in the log; refused: some found the work done.
    """
    ends = pl.col("ended").is_not_null().any().over("lineage")
    refused = pl.col("noop").any().over("lineage")
    each = each_try(events, "lineage").with_columns(logs_ends=ends, refused=refused)
    return _beside_each_other(each)


def each_try(events: pl.LazyFrame, key: str) -> pl.LazyFrame:
    """One row for each try of what the column `key` names, as its runner saw it.

    The runner is whoever logs the try's own handler: for a job its worker, not the service that the
    worker calls. An effect of that service counts for the try all the same.

    began, ended: ids of the runner's first and last event, `ended` null while the try is open; begin,
    end: their times. last, last_time: where it was seen last, ended or not. worded: its end says how.
    effects: how many proven ones; effect: the first one's id. noop: it found the work done. error: what it
    failed with, in the log's words. handled: the log has its handler. served: whom it called logs a
    success, and nothing finer. taken: where a worker took the job; only_taken: its begin is not known otherwise. died: where its process is said to have
    ended. makes: it made something, proven or not. of_job: the runner's own view, not only the server's
    side of a client's retry.
    """
    each = _attempts(events.filter(pl.col(key).is_not_null() & ~pl.col("mention")), key)
    runs = pl.col("of_job").any().over(key)
    of_runner = pl.col("of_job") | ~runs
    called = (
        each.filter(~of_runner)
        .group_by(key, "try")
        .agg(
            called_effects=pl.col("effects").sum(),
            called_effect=pl.col("effect").min(),
            called_noop=pl.col("noop").any(),
        )
    )
    return (
        each.filter(of_runner)
        .join(called, on=[key, "try"], how="left")
        .join(_served(each, of_runner, key), on="attempt", how="left")
        .with_columns(
            effects=pl.col("effects") + pl.col("called_effects").fill_null(0),
            effect=pl.coalesce("effect", "called_effect"),
            noop=(pl.col("noop") | pl.col("called_noop").fill_null(False)),
            served=pl.col("served").fill_null(False),
        )
        .with_columns(noop=pl.col("noop") & (pl.col("effects") == 0))
        .drop("called_effects", "called_effect", "called_noop", "done")
    )


def _served(each: pl.LazyFrame, of_runner: pl.Expr, key: str) -> pl.LazyFrame:
    """`served`: attempts during which, as the clocks have it, one they called began and succeeded."""
    runs = each.filter(of_runner).sort("began").select(key, "began", runner="attempt")
    done = each.filter(~of_runner & pl.col("done")).sort("began").select(key, "began")
    met = done.join_asof(runs, on="began", by=key, strategy="backward", check_sortedness=False)
    return met.select(attempt="runner", served=pl.lit(True)).drop_nulls().unique()


def _attempts(related: pl.LazyFrame, key: str) -> pl.LazyFrame:
    """One row for each attempt at what `key` names."""
    handler = of_handler()
    start, finish = handler & (pl.col("phase") == "start"), handler & (pl.col("phase") == "finish")
    proved = is_effect() & ~pl.col("whole")
    failed = pl.col("outcome") == "fail"
    takes = (pl.col("action") == "deliver") & (pl.col("phase") == "point")
    began = pl.coalesce(
        pl.col("id").filter(start).first(), pl.col("id").filter(takes).first(), pl.col("id").first()
    )
    # An end that says neither when it began nor how long it took tells no begin.
    only_taken = (
        ~pl.col("starts") & (pl.col("begin") == pl.col("end")) & pl.col("took").is_not_null()
    )
    return (
        related.sort("id")
        .group_by(key, "attempt")
        .agg(
            pl.col("actor", "domain", "operation", "precision").first(),
            pl.coalesce(
                _first_named(handler),
                _first_named(pl.lit(True)),
            ),
            pl.col("try").drop_nulls().first().fill_null(1),
            of_job=(pl.col("actor") == pl.col("job")).fill_null(False).first(),
            began=began,
            begin=pl.coalesce(pl.col("begin").filter(handler).min(), pl.col("begin").min()),
            took=pl.col("time").filter(takes).first(),
            starts=start.any(),
            ended=pl.col("id").filter(finish).last(),
            ended_domain=pl.col("domain").filter(finish).last(),
            worded=_is_worded().filter(finish).last(),
            end=pl.col("end").filter(finish).last(),
            taken=pl.col("id").filter(takes).first(),
            died=pl.col("died").first(),
            makes=(
                pl.col("action").is_in(["create", "effect"]) & (pl.col("outcome") == "ok")
            ).any(),
            last=pl.col("id").last(),
            last_time=pl.col("time").last(),
            outcome=pl.col("outcome").filter(finish).last(),
            effects=proved.sum(),
            effect=pl.col("id").filter(proved).first(),
            noop=(pl.col("outcome") == "conflict").any(),
            error=pl.coalesce(
                _error().filter(failed & finish).last(), _error().filter(failed).last()
            ),
            handled=handler.any(),
            done=(pl.col("whole") & (pl.col("outcome") == "ok")).any(),
        )
        .with_columns(only_taken=only_taken.fill_null(False))
        .with_columns(begin=pl.when("only_taken").then("took").otherwise("begin"))
        .drop("took", "starts")
    )


def _first_named(among: pl.Expr) -> pl.Expr:
    """The resource of the first such record; of several in one tick that whose name comes first, wherever they
    are written."""
    named = among & pl.col("resource").is_not_null()
    return (
        pl.col("resource")
        .filter(named)
        .sort_by(pl.struct("time", "resource").filter(named))
        .first()
    )


def _error() -> pl.Expr:
    """The error a record logs, or that its name says it found nothing."""
    nothing = pl.col("name").str.contains(r"(?i)not.?found")
    return pl.coalesce("error", pl.when(nothing).then(pl.lit("not found")))


def _beside_each_other(each: pl.LazyFrame) -> pl.LazyFrame:
    kept = [name for name in each.collect_schema().names() if name != "lineage"]
    pairs = neighbours(each, ("lineage",), ("try", "began"), kept, _REACH)
    return pairs.with_columns(id="began", id_other="began" + OTHER)
