"""What needs a view of the whole capture, as one frozen value.

Every part is computed by aggregates that can be merged, before detection; rules and partitions then work
on their own rows with the same Knowledge. The law of keys holds for fixed Knowledge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from racelens import singletons, synonyms
from racelens.tables import collect

ASSUMED_SKEW = 100_000_000  # nanoseconds: how far clocks of two hosts may differ without evidence

_CONSTANT_SHARE = 0.5
_CONSTANT_EVENTS = 100  # below this a busy id is not yet a constant
_STATEMENT_SHARE = 0.95
_IDS = ("transaction", "correlation", "trace", "session", "request", "job", "span")
_UNITS_OF_WORK = ("request", "job", "span", "trace")
_TRANSACTION_IDS = ("transaction", "correlation", "trace", "session", "request")
# `req-2`, `42`, `req-1w`: short, and counted up in some base.
_COUNTER = r"^(?:[A-Za-z]{1,8}[-_.:#]?)?[0-9a-z]{1,5}$"
_COUNTER_BYTES = 14  # the longest of them
_EVERYWHERE = ""  # the service of records that name none


@dataclass(frozen=True)
class Bound:
    """Clock b minus clock a lies between `lower` and `upper` nanoseconds; None: no message that way.

    evidence: messages exchanged directly. A lower bound above the upper one is a contradiction.
    """

    a: str
    b: str
    lower: int | None
    upper: int | None
    evidence: int

    @property
    def is_contradiction(self) -> bool:
        return self.lower is not None and self.upper is not None and self.lower > self.upper

    @property
    def is_measured(self) -> bool:
        """Bounded on both sides, without contradiction."""
        return self.lower is not None and self.upper is not None and self.lower <= self.upper


@dataclass(frozen=True)
class Lifecycle:
    """State → states it may become; `source`: who says so, a clause."""

    edges: Mapping[str, frozenset[str]]
    source: str


@dataclass(frozen=True)
class Knowledge:
    """What the capture as a whole says.

    constants: id columns → the value that nearly everything carries, so it names no unit of work.
    statements: (service, id column) under which almost every event stands alone.
    transactions: service → the id column whose values run from begin to commit or rollback.
    requests_act: services where, on records with both, the request is finer than the job.
    types: resource type → the longer name of the same thing: `doc` → `document`.
    singletons: duties (operation and resource) of jobs meant to run one at a time.
    declared_singletons: operations the user says are such jobs.
    lifecycles: resource type → the moves between states that are known to be right.
    reversals: (resource type, state, state before, moves the other way, these moves) where a move is
        rare and the opposite one common.
    departures: (resource type, state, success before): moves that leave what should have been the end.
    outdated: resource types of which some read surely was: what was shown there may be older than its reader.
    restarting: id columns that are counters starting anew in each process.
    precision: nanoseconds each source's clock can tell apart, by index.
    skew: nanoseconds assumed between clocks without evidence.
    bounds: what messages between clock domains tell of their difference.
    """

    constants: Mapping[str, str] = field(default_factory=dict)
    statements: frozenset[tuple[str, str]] = frozenset()
    transactions: Mapping[str, str] = field(default_factory=dict)
    requests_act: frozenset[str] = frozenset()
    restarting: frozenset[str] = frozenset()
    types: Mapping[str, str] = field(default_factory=dict)
    singletons: frozenset[str] = frozenset()
    declared_singletons: frozenset[str] = frozenset()
    lifecycles: Mapping[str, Lifecycle] = field(default_factory=dict)
    outdated: frozenset[str] = frozenset()
    departures: tuple[tuple[str, str, str], ...] = ()
    reversals: tuple[tuple[str, str, str, int, int], ...] = ()
    precision: tuple[int, ...] = ()
    skew: int = ASSUMED_SKEW
    bounds: tuple[Bound, ...] = ()

    @property
    def ahead(self) -> dict[str, int]:
        """Clock domain → nanoseconds, best guess, that it is ahead of the first one it is compared with.

        Bounds hold for every pair that a chain of messages connects, so that this is one clock for all of them.
        """
        firsts: dict[str, tuple[str, int]] = {}
        for bound in self.bounds:
            if bound.lower is None or bound.upper is None or bound.is_contradiction:
                continue
            middle = (bound.lower + bound.upper) // 2
            firsts[bound.b] = min(firsts.get(bound.b, (bound.b, 0)), (bound.a, middle))
            firsts[bound.a] = min(firsts.get(bound.a, (bound.a, 0)), (bound.b, -middle))
        return {domain: ahead for domain, (_, ahead) in firsts.items()}


def learn(records: pl.DataFrame, precision: tuple[int, ...]) -> Knowledge:
    """The knowledge of a capture's records (`events.RECORD_SCHEMA`)."""
    known = records.lazy().with_columns(pl.col("service").fill_null(_EVERYWHERE))
    constants = _constants(records)
    used = [column for column in _IDS if not records[column].has_nulls() or records[column].count()]
    return Knowledge(
        constants=constants,
        statements=_statements(known, [c for c in _UNITS_OF_WORK if c in used]),
        transactions=_transactions(known, [c for c in _TRANSACTION_IDS if c in used]),
        requests_act=_requests_act(known) if {"request", "job"} <= set(used) else frozenset(),
        restarting=_restarting(known) if "request" in used else frozenset(),
        types=synonyms.learn(records.lazy(), [c for c in _UNITS_OF_WORK if c in used]),
        singletons=singletons.learn(records.lazy()) if "job" in used else frozenset(),
        precision=precision,
    )


def _constants(records: pl.DataFrame) -> dict[str, str]:
    """Values on more than half of all events: a process's start id, a fixed tenant, a default."""
    if records.height < _CONSTANT_EVENTS:
        return {}
    out = {}
    for column in _IDS:
        values = records[column].drop_nulls()
        if len(values) <= _CONSTANT_SHARE * records.height:
            continue
        # A value on more than half of all rows is the commonest of any even sample, too.
        candidate = values.gather_every(len(values) // _CONSTANT_EVENTS + 1).mode().sort()[0]
        if (values == candidate).sum() > _CONSTANT_SHARE * records.height:
            out[column] = candidate
    return out


def _statements(known: pl.LazyFrame, columns: list[str]) -> frozenset[tuple[str, str]]:
    found = set()
    for column in columns:
        each = (
            known.filter(pl.col(column).is_not_null())
            .group_by("service", column)
            .agg(
                alone=pl.len() == 1,
                worked=(pl.col("phase") != "point").any() | pl.col("try").is_not_null().any(),
            )
        )
        shares = each.group_by("service").agg(pl.col("alone").mean(), pl.col("worked").any())
        alone = shares.filter((pl.col("alone") >= _STATEMENT_SHARE) & ~pl.col("worked"))
        found |= {(service, column) for service in collect(alone)["service"]}
    return frozenset(found)


def _transactions(known: pl.LazyFrame, columns: list[str]) -> dict[str, str]:
    """Per service the first id column of which most values have a begin and some an end."""
    marked = known.filter(pl.col("mark").is_not_null())
    if marked.filter(pl.col("mark") == "begin").select(pl.len()).collect().item() == 0:
        return {}
    out: dict[str, str] = {}
    for column in columns:
        each = (
            known.filter(pl.col(column).is_not_null())
            .group_by("service", column)
            .agg(
                begun=(pl.col("mark") == "begin").any(),
                ended=pl.col("mark").is_in(["commit", "rollback"]).any(),
            )
        )
        shares = each.group_by("service").agg(pl.col("begun").mean(), pl.col("ended").any())
        found = shares.filter((pl.col("begun") >= 0.5) & pl.col("ended")).collect()
        inside = _is_request(known, column) if column != "request" else frozenset()
        out |= {s: column for s in found["service"] if s not in out and s not in inside}
    return out


def _is_request(known: pl.LazyFrame, column: str) -> frozenset[str]:
    """Services where each transaction belongs to one request and each request has one: the request acts."""
    both = known.filter(pl.col(column).is_not_null() & pl.col("request").is_not_null())
    pairs = both.select("service", column, "request").unique()
    sides = pairs.group_by("service").agg(
        pl.len(), ids=pl.col(column).n_unique(), requests=pl.col("request").n_unique()
    )
    same = sides.filter(
        (pl.col("ids") > 0.9 * pl.col("len")) & (pl.col("requests") > 0.9 * pl.col("len"))
    )
    return frozenset(same.collect()["service"])


def _requests_act(known: pl.LazyFrame) -> frozenset[str]:
    """Services where a record's request is part of its job, or merely mentions the job it enqueues.

    The id that never appears without the other is the finer one. Both alone elsewhere: the request
    enqueues a job that runs under its own name. Neither: the job's try acts.
    """
    has_request, has_job = pl.col("request").is_not_null(), pl.col("job").is_not_null()
    pairs = known.filter(has_request & has_job).select("service", "request", "job").unique()
    if pairs.select(pl.len()).collect().item() == 0:
        return frozenset()
    alone_requests = known.filter(has_request & ~has_job).select("request").unique()
    alone_jobs = known.filter(has_job & ~has_request).select("job").unique()
    voted = pairs.join(alone_requests.with_columns(r=True), on="request", how="left").join(
        alone_jobs.with_columns(j=True), on="job", how="left"
    )
    votes = voted.group_by("service").agg(pl.col("j").is_not_null().mean())
    return frozenset(votes.filter(pl.col("j") > 0.5).collect()["service"])


def _restarting(known: pl.LazyFrame) -> frozenset[str]:
    """Request ids such as `req-2` that several processes hand out again.

    A request that travels is seen by different services, close in time. Counters that start again show
    in several processes of one service, or at distant times.
    """
    short = known.select((pl.col("request").str.len_bytes() <= _COUNTER_BYTES).any())
    if not collect(short).item():
        return frozenset()
    place = pl.coalesce("process", "host", pl.col("source").cast(pl.String))
    each = (
        known.filter(pl.col("request").is_not_null())
        .group_by("request", place.alias("place"), "service")
        .agg(
            first=pl.col("time").min(),
            last=pl.col("time").max(),
            trace=pl.col("trace").drop_nulls().first(),
        )
        .sort("first")
        .group_by("request")
        .agg(
            counter=pl.col("request").first().str.contains(_COUNTER),
            places=pl.len(),
            # Its log and its traces are two places of one request.
            of_one=(pl.col("service") != _EVERYWHERE).all()
            & (pl.col("service").n_unique() == 1)
            & ((pl.col("trace").n_unique() > 1) | pl.col("trace").is_null().any()),
            gap=(pl.col("first") - pl.col("last").shift(1)).max(),
        )
    )
    shared = each.filter(pl.col("places") > 1).select(
        counters=pl.col("counter").mean(),
        apart=((pl.col("gap") > pl.duration(seconds=1)) | pl.col("of_one")).mean(),
    )
    counters, apart = collect(shared).row(0)
    restarts = (counters or 0) > 0.9 and (apart or 0) > 0.3
    return frozenset({"request"}) if restarts else frozenset()
