"""What each case shows, one row for each thing that may differ: the columns of `COLUMNS`.

Families: `order` of two events of two attempts, `window` of the attempts themselves, `within` one attempt,
`event` in an attempt, `operation` in a flow, and `repeat` of what is meant to happen once.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from racelens import timeline
from racelens.compare import encounters, identity, marks
from racelens.compare.relations import AFTER, BEFORE, Related

HYPOTHESIS = ("family", "kind", "only", "left", "right", "a", "b")
COLUMNS: Mapping[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(HYPOTHESIS, pl.String),
    "on": pl.String,  # the resource as the log spells it
    "conflict": pl.Boolean,  # the two touch one resource and one changes it; or something is done twice
    "side": pl.String,
    "ran": pl.UInt32,
    "key": pl.String,  # the resource, flow or attempt of the case
    "category": pl.String,  # what is so in this case
    "stamped": pl.String,  # what the stamps say where the evidence does not tell
    "assumed": pl.Boolean,  # the order rests on clocks of which nothing was measured
    "one": pl.String,  # the attempt, or the left one
    "other": pl.String,
    "x": pl.UInt32,  # events to show
    "y": pl.UInt32,
}
PRESENT, ABSENT, ONCE, TWICE = "present", "absent", "once", "twice"

_NEARLY = 0.8  # of the runs that name a resource which then is looked at by itself
_LABELS = 12  # events of one attempt whose order among themselves is looked at


def orders(related: Related) -> pl.DataFrame:
    return _shaped(
        related.pairs.lazy(),
        family=pl.lit("order"),
        **_roles(),
        a="x_item",
        b="y_item",
        conflict="conflict",
        x="x",
        y="y",
    )


def windows(related: Related) -> pl.DataFrame:
    return _shaped(
        related.windows.lazy(),
        family=pl.lit("window"),
        **_roles(),
        a="left_does",
        b="right_does",
        conflict=pl.col("left_acts") & pl.col("right_acts"),
        x="left_last",
        y="right_first",
    )


def _roles() -> dict[str, str | pl.Expr]:
    """What both of these say alike: who does what, where, and how the two stand."""
    first = pl.when("alike").then(pl.lit(f"{encounters.FIRST} ")).otherwise(pl.lit(""))
    second = pl.when("alike").then(pl.lit(f"{encounters.SECOND} ")).otherwise(pl.lit(""))
    return {
        "kind": "kind",
        "on": marks.bare_column(pl.col("key")),
        "left": first + pl.col("left_does"),
        "right": second + pl.col("right_does"),
        "key": "key",
        "category": "relation",
        "stamped": "logged",
        "assumed": "assumed",
        "one": "left_attempt",
        "other": "right_attempt",
    }


def within(events: pl.DataFrame) -> pl.DataFrame:
    """The order of different events of one attempt, by one clock."""
    firsts = (
        encounters.fine(_of_attempts(events))
        .group_by("attempt", "domain", "label")
        .agg(pl.col("id").min(), pl.col("plain", "kind", "on", "key", "side", "ran").first())
        .filter(pl.col("id").rank("ordinal").over("attempt", "domain") <= _LABELS)
    )
    pairs = firsts.join(firsts.select("attempt", "domain", "label", "id"), on=["attempt", "domain"])
    first = pl.col("id") < pl.col("id_right")
    return _shaped(
        pairs.filter(pl.col("label") < pl.col("label_right")),
        family=pl.lit("within"),
        kind="kind",
        on="on",
        left="plain",
        right="plain",
        a="label",
        b="label_right",
        key="key",
        category=pl.when(first).then(pl.lit(BEFORE)).otherwise(pl.lit(AFTER)),
        one="attempt",
        x="id",
        y="id_right",
    )


def presence(events: pl.DataFrame) -> pl.DataFrame:
    """Whether an attempt of an operation, on a type of resource, has an event."""
    known = _of_attempts(events)
    paired_start = (pl.col("phase") == "start") & (pl.col("op") != pl.col("id"))
    shown = known.filter(~paired_start).with_columns(
        harm=identity.changed().fill_null(False) | timeline.found_nothing().fill_null(False)
    )
    attempts = known.group_by("attempt").agg(
        pl.col("plain", "kind", "on", "key", "side", "ran").first(), first=pl.col("id").min()
    )
    labels = shown.group_by("plain", "kind", "label").agg(harm=pl.col("harm").any())
    seen = shown.group_by("attempt", "label").agg(seen=pl.col("id").min())
    cases = attempts.join(labels, on=["plain", "kind"], nulls_equal=True).join(
        seen, on=["attempt", "label"], how="left"
    )
    return _shaped(
        cases,
        family=pl.lit("event"),
        kind="kind",
        on="on",
        left="plain",
        a="label",
        conflict="harm",
        key="key",
        category=_there(pl.col("seen")),
        one="attempt",
        x=pl.coalesce("seen", "first"),
    )


def _of_attempts(events: pl.DataFrame) -> pl.LazyFrame:
    """The events of attempts, with what the attempt is about: its first resource, `kind` and `on`.

    `key`: whose cases depend on each other: those on one resource, else of one flow.
    """
    about = pl.col("resource").drop_nulls().first().over("attempt", order_by="id")
    return (
        events.lazy()
        .filter(pl.col("actor").is_not_null() & ~pl.col("mention"))
        .with_columns(about=about)
        .with_columns(
            kind=marks.bare_column(pl.col("about").str.extract(r"^([^:]*)")),
            on=marks.bare_column(pl.col("about")),
            key=pl.coalesce("about", "flow", "attempt"),
        )
    )


def operations(events: pl.DataFrame) -> pl.DataFrame:
    """Whether a flow that begins with one operation has another."""
    known = events.lazy().filter(
        pl.col("actor").is_not_null() & pl.col("flow").is_not_null() & ~pl.col("mention")
    )
    flows = known.group_by("flow").agg(
        pl.col("side", "ran").first(),
        first=pl.col("id").min(),
        root=pl.col("plain").sort_by("id").first(),
    )
    seen = known.group_by("flow", "plain").agg(seen=pl.col("id").min())
    kinds = seen.join(flows, on="flow").select("root", "plain").unique()
    cases = flows.join(kinds, on="root").join(seen, on=["flow", "plain"], how="left")
    return _shaped(
        cases.filter(pl.col("root") != pl.col("plain")),
        family=pl.lit("operation"),
        left="root",
        a="plain",
        key="flow",
        category=_there(pl.col("seen")),
        x=pl.coalesce("seen", "first"),
    )


def repeats(events: pl.DataFrame) -> pl.DataFrame:
    """Whether what took effect did so more than once: for one piece of work, in one flow, on one resource."""
    done = encounters.fine(events.lazy().filter(~pl.col("mention"))).filter(
        identity.changed() & ~pl.col("action").is_in(identity.HOLDS)
    )
    outside = (pl.col("role") == "effect") | (pl.col("action") == "create")
    units = {
        "work": pl.coalesce("lineage", "intent"),
        "flow": pl.when(outside).then("flow"),
        "resource": pl.when(outside).then("resource"),
    }
    found = []
    for unit, key in units.items():
        groups = (
            done.with_columns(unit=key)
            .filter(pl.col("unit").is_not_null())
            .sort("id")
            .group_by("unit", "label", "side", "ran")
            .agg(
                pl.len(),
                kind=identity.kind("resource").min(),
                one=pl.col("attempt").first(),
                other=pl.col("attempt").last(),
                x=pl.col("id").first(),
                y=pl.col("id").last(),
                on=marks.bare_column(pl.col("resource").min()),
                effect=(pl.col("role") == "effect").any() | (pl.col("action") == "create").any(),
            )
        )
        found.append(
            _shaped(
                groups,
                family=pl.lit("repeat"),
                kind="kind",
                on="on",
                left=pl.lit(unit),
                a="label",
                conflict="effect",
                key="unit",
                category=pl.when(pl.col("len") > 1).then(pl.lit(TWICE)).otherwise(pl.lit(ONCE)),
                one="one",
                other="other",
                x="x",
                y="y",
            )
        )
    return pl.concat(found)


def strata(observations: pl.DataFrame) -> pl.DataFrame:
    """The observations of resources that nearly all runs name, once more by themselves: `only`.

    A scenario's own resource stands so apart from what others did to such resources meanwhile.
    """
    runs = observations.group_by("side").agg(all=pl.col("ran").n_unique())
    shares = (
        observations.filter(pl.col("on").is_not_null())
        .group_by("kind", "on", "side")
        .agg(pl.col("ran").n_unique())
        .join(runs, on="side")
        .group_by("kind", "on")
        .agg(share=(pl.col("ran") / pl.col("all")).min(), sides=pl.col("side").n_unique())
    )
    several = pl.col("on").n_unique().over("kind") > 1
    chosen = shares.filter(several).filter(
        (pl.col("share") >= _NEARLY) & (pl.col("sides") == runs.height)
    )
    return observations.join(chosen.select("kind", "on"), on=["kind", "on"]).with_columns(only="on")


def _there(seen: pl.Expr) -> pl.Expr:
    return pl.when(seen.is_not_null()).then(pl.lit(PRESENT)).otherwise(pl.lit(ABSENT))


def _shaped(rows: pl.LazyFrame, **told: str | pl.Expr) -> pl.DataFrame:
    """The columns that are `told`, with side and run; the others are empty."""
    given: dict[str, str | pl.Expr] = {"side": "side", "ran": "ran", "conflict": pl.lit(False)}
    given |= told
    nothing = {name: pl.lit(None) for name in COLUMNS if name not in given}
    shaped = rows.select(**given, **nothing).select(list(COLUMNS))
    return shaped.cast(pl.Schema(COLUMNS)).collect()
