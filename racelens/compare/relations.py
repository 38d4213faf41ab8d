"""What came before what, in each case, on the strongest evidence there is (design, section 4).

Values first: who saw the version that another wrote came after it, who saw an older one before. Then
messages. Both reach further: whatever an attempt did before a write that another has seen came before
all that the other did since. Then one clock; then two, as far as their distance is known. Otherwise the
two are unclear: inside ε nothing is a flip. `logged` keeps what the stamps say there, as a weaker word.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from racelens import timeline
from racelens.knowledge import Knowledge

BEFORE, AFTER, OVERLAP, UNCLEAR = "before", "after", "overlap", "unclear"

_SAME_CASE = (
    "case", "key", "kind", "side", "ran", "left_does", "right_does", "alike",
    "left_attempt", "right_attempt",
)  # fmt: skip


class Related(NamedTuple):
    """`pairs`: of events, `x` of the left attempt and `y` of the right; `windows`: of whole attempts.

    Both have `relation`, `logged` and `assumed` (see `_known`); pairs also `conflict`.
    """

    pairs: pl.DataFrame
    windows: pl.DataFrame


def relate(
    cases: pl.DataFrame, items: pl.LazyFrame, events: pl.DataFrame, knowledge: Knowledge
) -> Related:
    """`cases`: see `encounters.meet`; `items`: `encounters.items` of the same rows."""
    told = _tokens(_sealed(items, events), events).collect()
    pairs = _pairs(cases, told)
    anchors = pl.concat(
        [_by_value(pairs), _by_later_reads(pairs, told, knowledge), _by_message(cases, events)]
    )
    edges = _window_edges(cases)
    asked = pl.concat([pairs.select("case", "x", "y"), edges.select("case", "x", "y")]).unique()
    known = _known(asked, anchors, events, knowledge)
    both = pairs.select(*_SAME_CASE, "x", "y", "x_item", "y_item", conflict=_conflict())
    return Related(
        both.join(known, on=["case", "x", "y"], how="left", maintain_order="left"),
        _windows(cases, known),
    )


# ── events that may be put in order ───────────────────────────────────────────────────────────


def _sealed(items: pl.LazyFrame, events: pl.DataFrame) -> pl.LazyFrame:
    """`seal`: from which event on others can see a change: the commit where one is logged, else itself."""
    commits = events.lazy().filter(pl.col("mark") == "commit").select(visible="id", commits=True)
    return items.join(commits, on="visible", how="left", maintain_order="left").with_columns(
        seal=pl.when(pl.col("commits")).then("visible").otherwise("id")
    )


def _tokens(items: pl.LazyFrame, events: pl.DataFrame) -> pl.LazyFrame:
    """`token`, `basis`: the version, or where none is logged the value, that a record saw or made, and
    was based on; `number`: the version where it is the store's own.

    A version that came with a message is the sender's: it says nothing of when it was stored.
    """
    carried = timeline.with_carried(
        items.filter(pl.col("changed")), events.lazy().filter(~pl.col("mention"))
    ).select("id", "carried")
    versioned = pl.col("version").is_not_null().any().over("key")
    made = pl.col("value").filter("changed")
    unique = (made.n_unique() == made.len()).over("key")
    by_value = ~versioned & unique
    return items.join(carried, on="id", how="left", maintain_order="left").with_columns(
        token=pl.when(by_value).then("value").otherwise("version"),
        basis=pl.when(by_value).then("base_value").otherwise("base"),
        number=pl.when(~pl.col("carried").fill_null(False)).then(timeline.number("version")),
        nothing=timeline.found_nothing().fill_null(False),
        mortal=(pl.col("action") == "delete").any().over("key"),
    )


_TOLD = (
    "id", "item", "domain", "time", "action", "changed", "looked", "shows", "nothing", "mortal", "carried", "seal",
    "token", "basis", "number",
)  # fmt: skip


def _pairs(cases: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    def side(which: str, prefix: str) -> pl.DataFrame:
        return items.select(
            "key",
            pl.col("attempt").alias(f"{which}_attempt"),
            *(pl.col(c).alias(f"{prefix}_{c}") for c in _TOLD),
        )

    return (
        cases.join(side("left", "x"), on=["key", "left_attempt"])
        .join(side("right", "y"), on=["key", "right_attempt"])
        .with_columns(x="x_id", y="y_id")
        .sort("case", "x", "y")
    )


def _conflict() -> pl.Expr:
    """True where swapping the two changes what either sees or leaves behind."""
    x, y = (pl.col(f"{side}_changed") | pl.col(f"{side}_shows") for side in ("x", "y"))
    return (x | pl.col("x_looked")) & (y | pl.col("y_looked")) & (x | y)


# ── evidence that no clock can change ─────────────────────────────────────────────────────────


def _by_value(pairs: pl.DataFrame) -> pl.DataFrame:
    """`case`, `forward`, `p`, `p_domain`, `q`, `q_domain`: p, of one attempt, came before q of the other."""
    found = []
    for w, r in (("x", "y"), ("y", "x")):
        wrote, saw = pl.col(f"{w}_changed"), pl.col(f"{r}_looked")
        number, seen = pl.col(f"{w}_number"), pl.col(f"{r}_number")
        token, basis = pl.col(f"{w}_token"), pl.col(f"{w}_basis")
        own = ~pl.col(f"{w}_carried").fill_null(False)
        created = (pl.col(f"{w}_action") == "create") & ~pl.col(f"{w}_mortal")
        nothing = pl.col(f"{r}_nothing")
        made_it = (
            (number <= seen)
            | (own & (token == pl.col(f"{r}_token")))
            | (created & ~nothing & pl.col(f"{r}_token").is_not_null())
        )
        too_early = (number > seen) | (own & (basis == pl.col(f"{r}_token"))) | (created & nothing)
        older = (number < pl.col(f"{r}_number")) | (token == pl.col(f"{r}_basis"))
        reads = wrote & saw
        writes = wrote & pl.col(f"{r}_changed") & own & ~pl.col(f"{r}_carried").fill_null(False)
        found += [
            _anchor(pairs.filter(reads & made_it), w, r, "seal", "id"),
            _anchor(pairs.filter(reads & too_early), r, w, "id", "seal"),
            _anchor(pairs.filter(writes & older), w, r, "id", "id"),
        ]
    return pl.concat(found)


def _by_later_reads(pairs: pl.DataFrame, items: pl.DataFrame, knowledge: Knowledge) -> pl.DataFrame:
    """Of two writes whose versions came with messages, the one that a read after both shows was the last."""
    writers = (
        items.filter(pl.col("changed") & pl.col("token").is_not_null())
        .group_by("key", "token")
        .agg(writers=pl.col("id").n_unique())
    )
    shown = (
        items.filter(pl.col("looked") & ~pl.col("changed") & pl.col("token").is_not_null())
        .sort("id")
        .group_by("key", "token", maintain_order=True)
        .agg(pl.col("id", "time", "domain").last())
        .join(writers.filter(pl.col("writers") == 1), on=["key", "token"])
    )
    epsilon = pl.duration(nanoseconds=knowledge.skew)
    found = []
    for last, other in (("x", "y"), ("y", "x")):
        read = shown.select("key", "id", "time", "domain", pl.col("token").alias(f"{last}_token"))
        both = pairs.join(read, on=["key", f"{last}_token"])
        one_clock = pl.col("domain") == pl.col(f"{other}_domain")
        after = (
            pl.when(one_clock)
            .then(pl.col("id") > pl.col(f"{other}_id"))
            .otherwise(pl.col("time") - pl.col(f"{other}_time") > epsilon)
        )
        sent = pl.col("x_carried").fill_null(False) & pl.col("y_carried").fill_null(False)
        changes = pl.col("x_changed") & pl.col("y_changed") & sent
        differ = pl.col("x_token") != pl.col("y_token")
        found.append(_anchor(both.filter(changes & differ & after), other, last, "id", "id"))
    return pl.concat(found)


def _anchor(pairs: pl.DataFrame, early: str, late: str, p: str, q: str) -> pl.DataFrame:
    return pairs.select(
        "case",
        pl.lit(early == "x").alias("forward"),
        pl.col(f"{early}_{p}").alias("p"),
        pl.col(f"{early}_domain").alias("p_domain"),
        pl.col(f"{late}_{q}").alias("q"),
        pl.col(f"{late}_domain").alias("q_domain"),
    )


def _by_message(cases: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Who was started by a message came after its sending."""
    told = events.lazy().filter(~pl.col("mention"))
    begun = (
        told.sort("id")
        .group_by("attempt", "domain")
        .agg(
            q=pl.col("id").min(),
            **{c: pl.col(c).drop_nulls().first() for c in ("job", "delivery", "parent")},
        )
    )
    sent = []
    for by, action in (("job", "enqueue"), ("delivery", "enqueue"), ("parent", "call")):
        of_sender = pl.col("span" if action == "call" else by)
        sends = pl.col("action") == "enqueue" if action == "enqueue" else pl.col("phase") == "start"
        senders = told.filter(sends & of_sender.is_not_null()).select(
            of_sender.alias(by), sender="attempt", p="id", p_domain="domain"
        )
        sent.append(
            senders.join(
                begun.select(by, receiver="attempt", q="q", q_domain="domain").drop_nulls(by), on=by
            ).select("sender", "receiver", "p", "p_domain", "q", "q_domain")
        )
    messages = pl.concat(sent).filter(pl.col("sender") != pl.col("receiver"))
    ways = []
    for sender, receiver, forward in (("left", "right", True), ("right", "left", False)):
        ways.append(
            cases.lazy()
            .select("case", sender=f"{sender}_attempt", receiver=f"{receiver}_attempt")
            .join(messages, on=["sender", "receiver"])
            .select("case", pl.lit(forward).alias("forward"), "p", "p_domain", "q", "q_domain")
        )
    return pl.concat(ways).collect()


# ── the order of two events ───────────────────────────────────────────────────────────────────


def _known(
    asked: pl.DataFrame, anchors: pl.DataFrame, events: pl.DataFrame, knowledge: Knowledge
) -> pl.DataFrame:
    """`asked` (`case`, `x`, `y`) with `relation`, `logged`, and `assumed`: by clocks of which nothing was measured."""
    place = events.select("id", "domain", "time", "source", "precision")
    other = place.rename({c: c + timeline.OTHER for c in place.columns if c != "id"})
    placed = (
        asked.join(place, left_on="x", right_on="id", how="left")
        .join(other, left_on="y", right_on="id", how="left")
        .sort("case", "x", "y")
    )
    proved = _proved(placed, anchors)
    clocked = timeline.with_slack(placed.lazy(), knowledge)
    gap = pl.col("time" + timeline.OTHER) - pl.col("time")  # from x to y, as the clocks have it
    slack = pl.duration(nanoseconds=pl.max_horizontal("precision", "precision" + timeline.OTHER))
    one_source = pl.col("source") == pl.col("source" + timeline.OTHER)
    surely_before = (
        pl.when(timeline.same_clock())
        .then(pl.when(one_source).then(pl.col("x") < pl.col("y")).otherwise(gap > slack))
        .otherwise(gap + pl.col("ahead_least") > slack)
    )
    surely_after = (
        pl.when(timeline.same_clock())
        .then(pl.when(one_source).then(pl.col("x") > pl.col("y")).otherwise(-gap > slack))
        .otherwise(-gap - pl.col("ahead_most") > slack)
    )
    open_ = ~pl.col("measured")
    return (
        clocked.join(proved.lazy(), on=["case", "x", "y"], how="left", maintain_order="left")
        .with_columns(
            relation=pl.coalesce(
                "told",
                pl.when(surely_before).then(pl.lit(BEFORE)).when(surely_after).then(pl.lit(AFTER)),
                pl.lit(UNCLEAR),
            ),
            stamped=pl.when(open_ & (gap > slack))
            .then(pl.lit(BEFORE))
            .when(open_ & (-gap > slack))
            .then(pl.lit(AFTER)),
        )
        .select(
            "case",
            "x",
            "y",
            "relation",
            logged=pl.when(pl.col("relation") == UNCLEAR)
            .then(pl.coalesce("stamped", "relation"))
            .otherwise("relation"),
            assumed=pl.col("told").is_null() & open_ & (pl.col("relation") != UNCLEAR),
        )
        .collect()
    )


def _proved(placed: pl.DataFrame, anchors: pl.DataFrame) -> pl.DataFrame:
    """`told`: before, after, or unclear where the evidence contradicts itself."""
    x, y, p, q = (pl.col(c) for c in ("x", "y", "p", "q"))
    x_clock, y_clock = pl.col("domain"), pl.col("domain" + timeline.OTHER)
    joined = placed.lazy().join(anchors.lazy().unique(), on="case")
    forward = (
        pl.col("forward")
        & (x <= p) & (q <= y)
        & (x_clock == pl.col("p_domain")) & (y_clock == pl.col("q_domain"))
    )  # fmt: skip
    backward = (
        ~pl.col("forward")
        & (y <= p) & (q <= x)
        & (y_clock == pl.col("p_domain")) & (x_clock == pl.col("q_domain"))
    )  # fmt: skip
    reached = joined.group_by("case", "x", "y").agg(before=forward.any(), after=backward.any())
    return (
        reached.filter(pl.col("before") | pl.col("after"))
        .select(
            "case",
            "x",
            "y",
            told=pl.when(pl.col("before") & pl.col("after"))
            .then(pl.lit(UNCLEAR))
            .when("before")
            .then(pl.lit(BEFORE))
            .otherwise(pl.lit(AFTER)),
        )
        .collect()
    )


# ── windows ───────────────────────────────────────────────────────────────────────────────────


def _window_edges(cases: pl.DataFrame) -> pl.DataFrame:
    """The two questions that place two windows: does one end before the other begins, and vice versa."""
    return pl.concat(
        [
            cases.select("case", x="left_last", y="right_first"),
            cases.select("case", x="left_first", y="right_last"),
        ]
    )


def _windows(cases: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Each case with the `relation` of its two windows: before, after, overlap or unclear."""
    end = known.rename({"x": "left_last", "y": "right_first"})
    begin = known.rename({"x": "left_first", "y": "right_last"})
    both = cases.join(
        end, on=["case", "left_last", "right_first"], how="left", maintain_order="left"
    ).join(
        begin,
        on=["case", "left_first", "right_last"],
        how="left",
        suffix="_begin",
        maintain_order="left",
    )
    return both.with_columns(
        relation=_placed("relation", "relation_begin"),
        logged=_placed("logged", "logged_begin"),
        assumed=pl.col("assumed") | pl.col("assumed_begin"),
    ).drop("relation_begin", "logged_begin", "assumed_begin")


def _placed(end: str, begin: str) -> pl.Expr:
    left_ends_first, left_begins_last = pl.col(end) == BEFORE, pl.col(begin) == AFTER
    meets = (pl.col(end) == AFTER) & (pl.col(begin) == BEFORE)
    return (
        pl.when(left_ends_first)
        .then(pl.lit(BEFORE))
        .when(left_begins_last)
        .then(pl.lit(AFTER))
        .when(meets)
        .then(pl.lit(OVERLAP))
        .otherwise(pl.lit(UNCLEAR))
    )
