"""Texts → what they say, template by template, beside what fields say.

A field that is there always wins. `from_text` names the columns of a record that came out of its text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import polars as pl

from racelens.ingest import ids, nouns
from racelens.ingest.messages import pairs, templates
from racelens.ingest.messages.forms import FORMS, NO_NOUN, Form
from racelens.tables import put

_OF_ERRORS = tuple(form for form in FORMS if {"noun", "id"} <= set(form.slots))
_FILLED = (
    *(
        "job",
        "task",
        "queue",
        "pid",
        "worker",
        "user",
        "request",
        "correlation",
        "session",
        "delivery",
        "key",
    ),
    *(
        "transaction",
        "payload",
        "url",
        "method",
        "status_code",
        "state",
        "try",
        "version",
        "base",
        "action",
    ),
    *("dead", "holder", "reached", "inner", "duration", "run", "content", "redelivered"),
)
_OF_THINGS = ("thing", "action", "state", "version", "base", "reached", "holder")
_SLOTS = (
    "user",
    "version",
    *dict.fromkeys(s for form in FORMS for s in (*form.slots, *dict(form.gives))),
)
_UNITS = {
    **dict.fromkeys(("us", "µs"), 1e3),
    **dict.fromkeys(("ms", "msec", "milliseconds"), 1e6),
    **dict.fromkeys(("s", "sec", "secs", "seconds"), 1e9),
    **dict.fromkeys(("min", "minutes"), 60e9),
}
_ACTOR = "user:"  # taken for a thing only where nothing else is named
_CANDIDATE = "noun "  # how `resources` calls the columns of things that fields name


def fill(said: pl.DataFrame) -> pl.DataFrame:
    """The rows with what `text`, and else `error`, adds where no field speaks."""
    for column, forms in (("text", FORMS), ("error", _OF_ERRORS)):
        if column in said.columns and said[column].count():
            told = _named(_read(said[column], forms))
            if told.width:  # a table without columns has no rows either
                said = _with_runs(
                    _beside_fields(said, _about(told, said) if forms is FORMS else told)
                )
    return said


def _about(told: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """What was told, without things, and what befell them, that the event's own name does not speak of.

    `session.loaded`, “a warm session for order 17”: nobody has read that order.
    """
    if "name" not in said.columns:
        return told
    both = told.with_columns(event=said["name"], sentence=said["text"])
    own = pl.col("event").is_null() | (pl.col("event") == pl.col("sentence"))
    if "thing" in told.columns:
        kind = pl.col("thing").str.extract(r"^(\w+):")
        spoken = pl.col("event").str.to_lowercase().str.contains(kind, literal=True)
        own |= spoken.fill_null(False)
    kept = both.with_columns(pl.when(own).then(c).alias(c) for c in _OF_THINGS if c in told.columns)
    return kept.select(told.columns)


def _with_runs(said: pl.DataFrame) -> pl.DataFrame:
    """Of a job that goes by its name each process is a run."""
    if "run" not in said.columns or "pid" not in said.columns:
        return said
    runs = pl.col("run").is_not_null() & pl.col("pid").is_not_null()
    told = {"job": "pid", "task": "run"}
    return said.with_columns(
        pl.coalesce(
            *(pl.col(c) for c in (column,) if column in said.columns), pl.when(runs).then(value)
        ).alias(column)
        for column, value in told.items()
    ).drop("run")


def _read(texts: pl.Series, forms: Sequence[Form]) -> pl.DataFrame:
    """A row for each text, a column for each slot that some form fills."""
    distinct = texts.unique().drop_nulls().alias("text")
    shapes = templates.of(distinct).alias("shape")
    table = pl.DataFrame([distinct, shapes])
    slots: dict[str, pl.Series] = {}
    for form, fitting in _plans(table, forms):
        rows = table["shape"].is_in(fitting).arg_true()
        for slot, values in _extracted(form, distinct.gather(rows)).items():
            known = slots.get(slot, pl.Series([None] * table.height, dtype=pl.String))
            new = known.gather(rows).is_null() & values.is_not_null()
            slots[slot] = put(known, rows.filter(new), values.filter(new))
    told = table.select("text").with_columns(**slots)
    asked = texts.alias("text").to_frame()
    return asked.join(told, on="text", how="left", maintain_order="left").drop("text")


def _plans(table: pl.DataFrame, forms: Sequence[Form]) -> list[tuple[Form, list[str]]]:
    """Each form that fits some template, with these; tried on one text of each. Pairs come first."""
    examples = table.unique("shape", keep="first", maintain_order=True)
    of_pairs: dict[Form, list[str]] = defaultdict(list)
    of_texts: dict[Form, list[str]] = defaultdict(list)
    for text, shape in examples.rows():
        for form in pairs.forms(text) if forms is FORMS else ():
            of_pairs[form].append(shape)
        for form in forms:
            if form.fits(text):
                of_texts[form].append(shape)
    in_order = [(form, of_texts[form]) for form in forms if form in of_texts]
    return [*of_pairs.items(), *in_order]


def _extracted(form: Form, texts: pl.Series) -> dict[str, pl.Series]:
    """What the slots of a form hold in texts that it fits."""
    frame = texts.alias("text").to_frame()
    fits = pl.col("text").str.contains(form.pattern)
    given = {slot: pl.when(fits).then(pl.lit(value)) for slot, value in form.gives}
    held = {
        slot: pl.col("text").str.extract(form.pattern, place)
        for place, slot in enumerate(form.slots, 1)
    }
    return frame.select(**held, **given).to_dict()


def _named(found: pl.DataFrame) -> pl.DataFrame:
    """Slots made columns: `thing`, the resource; numbers as such; `holder`; whom a client is."""
    missing = [pl.lit(None, pl.String).alias(c) for c in _SLOTS if c not in found.columns]
    found = found.with_columns(missing)
    try_ = pl.coalesce(
        pl.col("try").cast(pl.UInt32, strict=False),
        pl.col("try0").cast(pl.UInt32, strict=False) + 1,
    )
    # 0 is where counting starts, and who rewinds means to go back.
    counted = pl.col("reached").cast(pl.Int64, strict=False)
    reached = pl.when((counted > 0) & pl.col("rewound").is_null()).then(counted)
    made = {
        "try": try_,
        "reached": reached,
        "version": pl.coalesce("version", reached.cast(pl.String)),
        # The ids of a composite name are no jobs, and who tells of a death has not died.
        "job": pl.coalesce(
            pl.when(pl.col("outer").is_null()).then(ids.identity(pl.col("job"))), _message()
        ),
        "pid": pl.when(pl.col("dead").is_null()).then("pid"),
        "user": pl.coalesce(pl.col("user"), pl.col("client")),
        "holder": pl.coalesce(pl.col("holds"), pl.col("sees")),
        "duration": _duration(),
        "thing": _thing(),
    }
    told = found.with_columns(**made)
    kept = [c for c in (*_FILLED, "thing") if c in told.columns and told[c].count()]
    return told.select(kept)


def _duration() -> pl.Expr:
    """Nanoseconds."""
    unit = (
        pl.col("unit")
        .str.to_lowercase()
        .replace_strict(_UNITS, default=None, return_dtype=pl.Float64)
    )
    return (pl.col("lasted").cast(pl.Float64, strict=False) * unit).round().cast(pl.Int64)


def _message() -> pl.Expr:
    """`orders-3@991`: a message has no other id than its place in a log."""
    return pl.format("{}-{}@{}", "topic", "section", "place")


def _thing() -> pl.Expr:
    """`order:10085`, `partition:g/p-1`, `lock:leader`: what the sentence is about."""
    noun = pl.col("noun").str.to_lowercase().str.replace(r"(.)instance$", "$1")
    thing = pl.when(~noun.is_in(sorted(NO_NOUN))).then(
        pl.format(
            "{}:{}",
            noun.map_batches(_singular, return_dtype=pl.String),
            ids.identity(pl.col("id")),
        )
    )
    of_group = pl.concat_str(pl.col("group"), pl.col("partition"), separator="/", ignore_nulls=True)
    counted = pl.when(pl.col("reached").is_not_null() & pl.col("partition").is_not_null()).then(
        pl.lit("partition:") + of_group
    )
    run = pl.format("task:{}.{} {}", pl.col("outer"), pl.col("inner_id"), pl.col("which"))
    held = pl.coalesce(pl.col("holds"), pl.col("sees")).is_not_null()
    named = pl.coalesce(pl.col("own"), pl.col("lock"), pl.when(held).then(pl.lit("leader")))
    lock = pl.when(held | pl.col("own").is_not_null()).then(pl.lit("lock:") + named)
    series = pl.when(pl.col("reached").is_not_null()).then(
        pl.col("series").str.replace(" [\"'`]?", ":").str.to_lowercase()
    )
    return pl.coalesce(run, counted, lock, series, thing)


def _singular(words: pl.Series) -> pl.Series:
    return words.replace({word: nouns.singular(word) for word in words.unique().drop_nulls()})


def _beside_fields(said: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """The rows with what was told where no field says it; `from_text` lists what came from the text."""
    if not told.width:
        return said
    filled = [c for c in told.columns if c != "thing"]
    fields = {c: said[c] for c in filled if c in said.columns}
    new = {
        c: told[c].set(fields[c].is_not_null(), None) if c in fields else told[c] for c in filled
    }
    if "thing" in told.columns:
        silent = pl.all_horizontal(
            pl.col(c).is_null() | pl.col(c).str.starts_with(_ACTOR)
            for c in said.columns
            if c == "explicit" or c.startswith(_CANDIDATE)
        )
        unnamed = said.select(silent).to_series()
        new["explicit"] = told["thing"].set(~unnamed, None)
    listed = pl.concat_str(
        *(pl.when(pl.col(c).is_not_null()).then(pl.lit(_CALLED.get(c, c))) for c in new),
        separator=" ",
        ignore_nulls=True,
    ).replace("", None)
    lists = pl.DataFrame(new).select(from_text=listed).to_series()
    before = (
        said["from_text"]
        if "from_text" in said.columns
        else pl.Series([None] * said.height, dtype=pl.String)
    )
    joined = [
        pl.coalesce(c, pl.lit(values)).alias(c) if c in said.columns else values.alias(c)
        for c, values in new.items()
    ]
    return said.with_columns(*joined, from_text=before.zip_with(before.is_not_null(), lists))


_CALLED = {"explicit": "resource"}
