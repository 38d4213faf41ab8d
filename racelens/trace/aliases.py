"""Which other ids belong to a token: those of the requests, jobs and messages its lines are part of.

One step only: what these go on to name (the next job of a request, the other requests of an order) is
context, not the same thing.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from racelens.findings import Place
from racelens.knowledge import Knowledge
from racelens.trail import Alias

MOST = 300  # ids; a token that touches more is no single story
_UNITS = ("request", "job", "transaction", "delivery", "key")
_NAMES = {"delivery": "message", "key": "idempotency key"}
_CONTEXT = ("resource", "user", "correlation", "trace", "session")
_ROLES = (*_UNITS, *_CONTEXT, "span", "worker", "process", "host", "service", "payload", "name")
_SHORT = 6  # characters: a shorter id is counted anew in every process


def find(
    events: pl.DataFrame, token: str, knowledge: Knowledge, names: Sequence[str]
) -> list[Alias]:
    """The ids of units of work on the token's lines, in the order they come up."""
    found = []
    for column in _UNITS:
        for id_, source, line in _values(events, column, token, knowledge):
            where = f"{column_name(column)} of a line that names {token}"
            found.append(Alias(id_, column, where, Place(names[source], line)))
    return list({alias.id: alias for alias in reversed(found)}.values())[::-1]


def _values(
    events: pl.DataFrame, column: str, token: str, knowledge: Knowledge
) -> list[tuple[str, int, int]]:
    ids = events.filter(
        pl.col(column).is_not_null()
        & (pl.col(column) != token)
        & (pl.col(column) != knowledge.constants.get(column, ""))
    )
    first = ids.unique(column, keep="first", maintain_order=True)
    return [
        (id_, source, line) for id_, source, line in first.select(column, "source", "line").rows()
    ]


def column_name(column: str) -> str:
    return _NAMES.get(column, column)


def roles(events: pl.DataFrame, token: str) -> tuple[tuple[str, int], ...]:
    """What the token is, as far as the log says: column and events, the commonest first."""
    counts = events.select(
        *((pl.col(c) == token).sum().alias(c) for c in _ROLES if c in events.columns)
    )
    found = [(column_name(c), n) for c, n in counts.row(0, named=True).items() if n]
    return tuple(sorted(found, key=lambda item: -item[1]))


def context(events: pl.DataFrame, token: str) -> tuple[tuple[str, str, int], ...]:
    """What else the lines name: kind, name, events; the commonest of each kind first."""
    out: list[tuple[str, str, int]] = []
    for column in _CONTEXT:
        values = events.filter(pl.col(column).is_not_null() & (pl.col(column) != token))
        counted = values.group_by(column).len().sort("len", column, descending=[True, False])
        out.extend((column, value, count) for value, count in counted.rows())
    return tuple(out)


def of_aliases(
    events: pl.DataFrame, found: Sequence[Alias], token_events: pl.DataFrame
) -> pl.DataFrame:
    """The events that belong to one of the ids, with the id as `via`.

    An id as short as `req-2` is handed out by every process: it counts only where the token met it.
    """
    places = (
        token_events.select(
            pl.concat_list(pl.col(c) for c in _UNITS).list.drop_nulls().alias("via"), here=_place()
        )
        .explode("via")
        .unique()
    )
    ids = pl.DataFrame({"via": [alias.id for alias in found]}, schema={"via": pl.String})
    own = pl.coalesce(*(pl.when(pl.col(c).is_in(ids["via"].implode())).then(c) for c in _UNITS))
    belongs = events.with_columns(via=own, here=_place()).filter(pl.col("via").is_not_null())
    short = pl.col("via").str.len_chars() < _SHORT
    met = belongs.filter(short).join(places, on=["via", "here"], how="semi")
    return pl.concat([belongs.filter(~short), met]).drop("here")


def is_telling(id_: str) -> bool:
    """True for an id that can be looked for in plain text: long enough, with a digit."""
    return len(id_) > _SHORT and any(character.isdecimal() for character in id_)


def _place() -> pl.Expr:
    return pl.coalesce("process", "host", pl.col("source").cast(pl.String))
