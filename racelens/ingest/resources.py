"""What a record is about: `type:id`, from an explicit field, type and id, `<noun>_id` keys or the route."""

from __future__ import annotations

import polars as pl

from racelens import events
from racelens.ingest import ids
from racelens.ingest.mapping import Mapping

_NOUN = "noun "  # prefix of the columns that hold one candidate each
_ROUTE = r"^.*/([A-Za-z][\w-]*)/([^/?#]*\d[^/?#]*)"


def columns(mapping: Mapping) -> list[pl.Expr]:
    """One column for the explicit resource and one for each candidate the record may name."""
    out = [_explicit(mapping).alias("explicit")]
    for path, noun in mapping.nouns:
        value = ids.identity(mapping.column(path))
        out.append((pl.lit(f"{noun}:") + value).alias(_column(path)))
    if urls := mapping.fields.get("url"):
        out.append(_from_route(pl.coalesce(*(mapping.column(p) for p in urls))).alias(_NOUN))
    return out


def _column(path: tuple[str, ...]) -> str:
    return _NOUN + ".".join(path)


def _explicit(mapping: Mapping) -> pl.Expr:
    """The resource as the log spells it, or its type and id."""
    spelled = [ids.identity(mapping.column(path)) for path in mapping.fields.get("resource", ())]
    kinds, keys = (mapping.fields.get(field, ()) for field in ("resource_type", "resource_id"))
    if kinds and keys:
        kind = ids.identity(pl.coalesce(*(mapping.column(path) for path in kinds)))
        key = ids.identity(pl.coalesce(*(mapping.column(path) for path in keys)))
        spelled.append(kind.str.to_lowercase() + ":" + key)
    return pl.coalesce(*spelled) if spelled else pl.lit(None, pl.String)


def _from_route(url: pl.Expr) -> pl.Expr:
    """`/api/documents/17/share?x=1` → `document:17`; a route without an id is itself."""
    path = url.str.replace(r"^https?://[^/]+", "").str.replace(r"[?#].*$", "")
    pair = path.str.extract_groups(_ROUTE)
    noun, key = pair.struct.field("1"), pair.struct.field("2")
    is_id = key.is_not_null() & ~key.str.contains(r"^v\d+$")
    named = _singular(noun.str.to_lowercase().str.replace_all("-", "_")) + ":" + key
    return pl.when(is_id).then(named).otherwise("route:" + path)


def _singular(noun: pl.Expr) -> pl.Expr:
    return (
        noun.str.replace(r"ies$", "y")
        .str.replace(r"(ss|x|ch|sh)es$", "$1")
        .str.replace(r"([^su])s$", "$1")
    )


def one_each(told: pl.DataFrame) -> pl.DataFrame:
    """A record for each resource.

    The first is the one the effect is on; the others are only mentioned.
    """
    candidates = [name for name in told.columns if name.startswith(_NOUN)]
    if not candidates:
        return told.with_columns(resource="explicit")
    spoken = pl.col("name").str.to_lowercase()
    nouns = [name for name in candidates if name != _NOUN]
    named = [
        pl.when(spoken.str.contains(pl.col(c).str.extract(r"^(\w+):"))).then(pl.col(c))
        for c in nouns
    ]
    told = told.with_columns(resource=pl.coalesce("explicit", *named, *nouns, *candidates))
    return pl.concat([told, *(_mentioned(told, name) for name in nouns)])


def _mentioned(told: pl.DataFrame, column: str) -> pl.DataFrame:
    also = pl.col("explicit").is_null() & (pl.col(column) != pl.col("resource"))
    nothing = pl.lit(None, pl.String)
    return told.filter(also).with_columns(
        resource=pl.col(column),
        phase=pl.lit("point", events.Phase),
        action=pl.lit("other", events.Action),
        base=nothing,
        version=nothing,
        value=nothing,
        state=nothing,
    )
