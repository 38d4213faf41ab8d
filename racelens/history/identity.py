"""Who acted, under which clock, in which flow."""

from __future__ import annotations

import polars as pl

from racelens.history import setbacks
from racelens.ingest import recipes
from racelens.knowledge import Knowledge
from racelens.tables import collect, put

_JOB_COUNTER = r"^\D{0,3}\d{1,6}$"
_LONG_COUNTER = r"^\D{0,3}\d{4,6}$"
STANDALONE = "\x00"  # prefix of the attempt of a record that belongs to no other


def identify(
    records: pl.DataFrame, knowledge: Knowledge, families: tuple[str, ...]
) -> pl.DataFrame:
    """Adds `attempt`, `actor`, `domain`, `flow`. `families`: each source's name without rotation.

    A record that no unit of work claims stands alone: its attempt is its own place in the log.
    """
    ids = {name: _varying(name, knowledge) for name in ("request", "job", "trace", "span")}
    transaction = _transaction(knowledge)
    job = queued(ids["job"]) + "#" + pl.col("try").fill_null(1).cast(pl.String)
    request = _scoped(ids["request"], knowledge)
    request_first = _service().is_in(sorted(knowledge.requests_act))
    both = ids["request"].is_not_null() & ids["job"].is_not_null()
    work = [
        transaction,
        pl.when(both & request_first).then(request),
        job,
        pl.when(_spans("request", knowledge)).then(request),
        pl.when(_spans("span", knowledge)).then(ids["trace"].fill_null("") + "/" + ids["span"]),
        pl.when(_spans("trace", knowledge)).then(ids["trace"]),
    ]
    actor = pl.coalesce(
        transaction,
        pl.when(both & request_first).then(ids["request"]),
        ids["job"],
        ids["request"],
        ids["span"],
        ids["trace"],
    )
    family = pl.col("source").replace_strict(
        dict(enumerate(families)), return_dtype=pl.String, default=None
    )
    place = pl.lit(STANDALONE) + family + ":" + pl.col("line").cast(pl.String)
    named = records.with_columns(
        attempt=pl.coalesce(work),
        actor=actor,
        domain="host",
        flow=pl.coalesce(
            _varying("correlation", knowledge), _varying("trace", knowledge), "session"
        ),
    )
    named = _filled(named, "attempt", place + pl.format(".{}", "part").fill_null(""))
    named = _filled(named, "domain", pl.coalesce(pl.col("process") + "@" + family, family))
    return _with_flows(setbacks.part(named))


def _filled(rows: pl.DataFrame, column: str, value: pl.Expr) -> pl.DataFrame:
    """The column with `value` where it is null. Only there is it worked out: spelling a text costs most."""
    missed = rows[column].is_null()
    if not missed.any():
        return rows
    values = rows.filter(missed).select(value).to_series()
    return rows.with_columns(put(rows[column], missed.arg_true(), values))


def _with_flows(rows: pl.DataFrame) -> pl.DataFrame:
    """A job belongs to the flow of the request that named it, where the worker logs none."""
    if not (rows["job"].count() and rows["flow"].has_nulls()):
        return rows
    key = queued(pl.col("job"))
    sent = (
        rows.lazy()
        .filter(
            pl.col("flow").is_not_null()
            & ~is_counter(pl.col("job"))
            & pl.col("request").is_not_null()
        )
        .group_by(key.alias("sent"))
        .agg(sent_flow=pl.col("flow").first(), one=pl.col("flow").n_unique() == 1)
        .filter(pl.col("one"))
        .drop("one")
    )
    told = (
        rows.lazy()
        .with_columns(sent=pl.when(pl.col("flow").is_null()).then(key))
        .join(sent, on="sent", how="left", maintain_order="left")
        .with_columns(flow=pl.coalesce("flow", "sent_flow"))
        .drop("sent", "sent_flow")
    )
    return collect(told)


def with_stems(records: pl.DataFrame) -> pl.DataFrame:
    """The job's own name where a sentence of its worker does not say it: `Job OK (job-9)`."""
    nameless = (records["stem"] == recipes.JOB).fill_null(False) & records["job"].is_not_null()
    if not nameless.any():
        return records
    of_worker = (pl.col("phase") != "point") | (pl.col("action") == "deliver")
    named = pl.col("from_text").str.contains(r"\btask\b")
    known = of_worker & (pl.col("stem") != recipes.JOB) & named
    own = pl.col("stem").filter(known.fill_null(False)).first().over("job")
    return records.with_columns(
        stem=pl.when(nameless).then(pl.coalesce(own, "stem")).otherwise("stem")
    )


def with_tries(records: pl.DataFrame) -> pl.DataFrame:
    """`try` on every record of a job: few but its start and finish say it, the others are in between."""
    if not records["job"].count() or not records["try"].count():
        return records
    place = ("job", "queue", pl.coalesce("process", "host", pl.col("source").cast(pl.String)))
    # A start opens its try, a finish closes it; what stands behind it belongs to the next.
    closes = (pl.col("phase") == "finish") & pl.col("try").is_not_null()
    opened = pl.when(closes).then(0).otherwise("try").forward_fill().over(*place)
    # A worker that numbers only its second try leaves the first without: what comes later says nothing of it.
    starts = pl.col("phase") == "start"
    part = (starts & (starts & pl.col("try").is_null()).any().over(*place)).cum_sum().over(*place)
    following = pl.col("try").backward_fill().over(*place, part)
    around = pl.when(opened > 0).then(opened).otherwise(pl.coalesce(following, opened))
    silent = pl.col("request").is_null() & pl.col("try").is_null()
    of_jobs = pl.col("job").is_not_null()
    told = (
        records.filter(of_jobs)
        .sort("id")
        .with_columns(pl.when(silent).then(around).otherwise("try").cast(pl.UInt32).alias("try"))
    )
    return pl.concat([records.filter(~of_jobs), told])


def queued(job: pl.Expr) -> pl.Expr:
    """Job ids such as `7` are counted in every queue anew: told apart by queue, where it is known."""
    counted = job.str.contains(_JOB_COUNTER) & pl.col("queue").is_not_null()
    return pl.when(counted).then(pl.col("queue") + "/" + job).otherwise(job)


def is_counter(job: pl.Expr) -> pl.Expr:
    """True for such an id on a record that does not say its queue."""
    return job.str.contains(_JOB_COUNTER) & pl.col("queue").is_null()


def with_queues(records: pl.DataFrame) -> pl.DataFrame:
    """`queue` on every record that a worker writes of a job: its start and finish say it, the others are in between."""
    if not records["job"].count():
        return records
    if not records["queue"].count():
        return _by_call(records)
    place = ("job", pl.coalesce("process", "host", pl.col("source").cast(pl.String)))
    around = pl.coalesce(
        pl.col("queue").forward_fill().over(*place), pl.col("queue").backward_fill().over(*place)
    )
    of_jobs = pl.col("job").is_not_null()
    silent = pl.col("request").is_null() & pl.col("queue").is_null()
    told = (
        records.filter(of_jobs)
        .sort("id")
        .with_columns(queue=pl.when(silent).then(around).otherwise("queue"))
    )
    return pl.concat([records.filter(~of_jobs), told])


def _by_call(records: pl.DataFrame) -> pl.DataFrame:
    """Where no queue is named, a long number of one task, or of one call, is one job; a short one may be counted anew."""
    named = pl.when(pl.col("stem") != recipes.JOB).then("stem")
    call = pl.coalesce(
        named.first().over("job"), pl.col("content").drop_nulls().first().over("job")
    )
    of_worker = pl.col("job").str.contains(_LONG_COUNTER) & pl.col("request").is_null()
    alike = (named.n_unique() <= 2).over("job")
    return records.with_columns(queue=pl.when(of_worker & alike).then(call))


def _service() -> pl.Expr:
    return pl.col("service").fill_null("")


def _varying(column: str, knowledge: Knowledge) -> pl.Expr:
    """The id, unless it is the one that nearly every record carries."""
    constant = knowledge.constants.get(column)
    return pl.col(column) if constant is None else pl.when(pl.col(column) != constant).then(column)


def _spans(column: str, knowledge: Knowledge) -> pl.Expr:
    """True where the id spans a unit of work; false where it names a single statement."""
    services = sorted(service for service, name in knowledge.statements if name == column)
    return ~_service().is_in(services) if services else pl.lit(True)


def _transaction(knowledge: Knowledge) -> pl.Expr:
    found = pl.lit(None, pl.String)
    for service, column in sorted(knowledge.transactions.items()):
        found = pl.when(_service() == service).then(pl.col(column)).otherwise(found)
    return found


def _scoped(request: pl.Expr, knowledge: Knowledge) -> pl.Expr:
    """Counters that restart in each process are only unique together with it."""
    if "request" not in knowledge.restarting:
        return request
    place = pl.coalesce("process", "host", pl.col("source").cast(pl.String))
    return request + "@" + place
