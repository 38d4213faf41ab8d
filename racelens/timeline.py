"""Questions about a timeline, as expressions and small queries that rules share.

A rule receives events of whole keys (all of a resource's, say) in any order. Neighbours are found by
sorting once and comparing with the rows above: `neighbours`. What an order *proves* is asked here, too:
ids number one total order, but only events of one clock domain are surely in it.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from racelens.knowledge import Knowledge

_NOTHING = (
    r"(?i)not[\s_.-]?found|no[\s_.-]?such|does[\s_.-]?n[o']?t[\s_.-]?exist|nothing[\s_.-]found"
)
LIVES = (
    "clocks of several hosts had to tell the resource's lives apart"  # where `sure_life` is false
)
OTHER = "_other"  # suffix of the columns that describe the neighbour


def acted(events: pl.LazyFrame, *actions: str) -> pl.LazyFrame:
    """The accesses of these actions that took effect or may have."""
    may_have = pl.col("outcome").is_in(["ok", "unknown"])
    return events.filter((pl.col("role") == "access") & pl.col("action").is_in(actions) & may_have)


def happened() -> pl.Expr:
    """True for an effect that surely took place: its handler, where one is logged, has ended or committed.

    A handler whose end is missing from the log may have ended with a conflict.
    """
    settled = pl.col("ending").ne_missing("unknown") | (pl.col("visible") != pl.col("id"))
    return (pl.col("outcome") == "ok") & settled


def found_nothing() -> pl.Expr:
    """True for a look-up that says that what it asked for is not there."""
    said = pl.concat_str("name", "error", separator=" ", ignore_nulls=True)
    return said.str.contains(_NOTHING) & pl.col("resource").is_not_null() & ~pl.col("mention")


def number(column: str) -> pl.Expr:
    """A version as a whole number; null when it is an opaque tag."""
    return pl.col(column).cast(pl.Int64, strict=False)


def with_incarnation(events: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `incarnation`: versions start anew when a resource is deleted or created again.

    And `sure_life`: false where clocks of several hosts had to tell the lives apart.
    """
    born = (
        (pl.col("action") == "create") & (pl.col("outcome") == "ok") & (pl.col("role") == "access")
    )
    died = (
        (pl.col("action") == "delete") & (pl.col("outcome") == "ok") & (pl.col("role") == "access")
    )
    reborn = (born.sum() > 1) | died.any()
    lives = (born | died).cast(pl.Int32).cum_sum()
    counted = pl.when(reborn.over("resource")).then(lives.over("resource", order_by="id"))
    one_clock = pl.col("domain").n_unique() == 1
    return events.with_columns(
        incarnation=counted.fill_null(0), sure_life=(~reborn | one_clock).over("resource")
    )


def with_carried(writes: pl.LazyFrame, events: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `carried`: the attempt had the version it writes before it wrote, so it came with its message."""
    told = events.filter(
        ~pl.col("role").is_in(["access", "effect"]) & pl.col("version").is_not_null()
    )
    before = told.group_by("attempt", "resource", "version").agg(told=pl.col("id").min())
    return (
        writes.join(before, on=["attempt", "resource", "version"], how="left")
        .with_columns(carried=(pl.col("told") < pl.col("id")).fill_null(False))
        .drop("told")
    )


def neighbours(
    rows: pl.LazyFrame, key: Sequence[str], order: Sequence[str], keep: Sequence[str], reach: int
) -> pl.LazyFrame:
    """Each row beside up to `reach` rows before and after it in `order` within `key`.

    The columns `keep` of the neighbour come with the suffix `_other`; `before` tells its side.
    """
    ranked = rows.sort(*key, *order)
    pairs = []
    for offset in (*range(1, reach + 1), *range(-1, -reach - 1, -1)):
        same = pl.all_horizontal(pl.col(k).eq_missing(pl.col(k).shift(offset)) for k in key)
        other = [pl.col(c).shift(offset).alias(c + OTHER) for c in keep]
        pairs.append(ranked.with_columns(*other, before=pl.lit(offset > 0)).filter(same))
    return pl.concat(pairs)


def rivals(pairs: pl.LazyFrame) -> pl.LazyFrame:
    """Pairs of equal partners, each beside all others, without those of the first one in the order.

    n equals are n - 1 too many. Which of them came first a clock may misreport; that there were n, and
    who they were, it may not.
    """
    return pairs.filter(pl.col("before").any().over("id"))


def same_clock() -> pl.Expr:
    """True where a row and its neighbour were stamped by one clock."""
    return pl.col("domain") == pl.col("domain" + OTHER)


def with_slack(pairs: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:
    """Adds the range in which a row's clock may be ahead of its neighbour's: `ahead_least`, `ahead_most`.

    Durations; zero on one clock, measured where messages went both ways (`measured`), else assumed.
    The true time from the neighbour to the row is then between `t - t_other - ahead_most` and
    `t - t_other - ahead_least`.
    """
    both = [b for b in knowledge.bounds if b.is_measured]
    rows = [(b.b, b.a, b.lower, b.upper) for b in both]
    rows += [(b.a, b.b, -(b.upper or 0), -(b.lower or 0)) for b in both]
    known = pl.LazyFrame(
        rows,
        schema={
            "domain": pl.String,
            "domain" + OTHER: pl.String,
            "least": pl.Int64,
            "most": pl.Int64,
        },
        orient="row",
    )
    assumed = pl.lit(knowledge.skew)
    joined = pairs.join(known, on=["domain", "domain" + OTHER], how="left")
    return joined.with_columns(
        measured=pl.col("least").is_not_null() | same_clock(),
        ahead_least=_within(
            pl.when(same_clock()).then(0).otherwise(pl.coalesce("least", -assumed))
        ),
        ahead_most=_within(pl.when(same_clock()).then(0).otherwise(pl.coalesce("most", assumed))),
    ).drop("least", "most")


def aligned(time: str, domain: str, knowledge: Knowledge) -> pl.Expr:
    """A time, in nanoseconds, by the one clock that those compared by messages agree on.

    It finds what is worth a look, whatever one host's clock shows; what is sure, `with_slack` tells.
    """
    return pl.col(time).dt.epoch("ns") - pl.col(domain).replace_strict(
        knowledge.ahead, default=0, return_dtype=pl.Int64
    )


def _within(nanoseconds: pl.Expr) -> pl.Expr:
    return pl.duration(nanoseconds=nanoseconds)


def doubt() -> pl.Expr:
    """Why a pair that hangs on two clocks is not sure: the reason of a possible or undecided verdict."""
    half = (pl.col("ahead_most") - pl.col("ahead_least")).dt.total_microseconds() / 2_000
    span = half.round(1).cast(pl.String).str.strip_suffix(".0")
    a = pl.min_horizontal("domain", "domain" + OTHER).str.replace("@.*$", "")
    b = pl.max_horizontal("domain", "domain" + OTHER).str.replace("@.*$", "")
    measured = pl.format("inside the measured ±{} ms between {} and {}", span, a, b)
    return (
        pl.when(pl.col("measured"))
        .then(measured)
        .otherwise(pl.format("order within the assumed {} ms between two clocks", span))
    )


def by_another() -> pl.Expr:
    """True where another attempt, of another request, made the neighbouring event."""
    return pl.col("attempt") != pl.col("attempt" + OTHER)
