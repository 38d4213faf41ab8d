"""What a record is about: `type:id`, from an explicit field, type and id, `<noun>_id` keys or the route."""

from __future__ import annotations

import polars as pl

from racelens import events
from racelens.ingest import aliases, ids
from racelens.ingest.mapping import Mapping, Path
from racelens.ingest.nouns import singular
from racelens.tables import put

_NOUN = "noun "  # prefix of the columns that hold one candidate each
_NOT_PATH = r"^https?://[^/]+|[?#].*$"
_DEPTH = 3  # places from the end of a route where an id may stand


def columns(mapping: Mapping) -> list[pl.Expr]:
    """One column for the explicit resource, one for each candidate the record may name, and the url."""
    out = [_explicit(mapping).alias("explicit")]
    for path, noun in mapping.nouns:
        value = ids.identity(mapping.column(path))
        out.append((pl.lit(f"{noun}:") + value).alias(_column(path)))
    if urls := [mapping.column(path) for path in mapping.fields.get("url", ())]:
        out.append(pl.coalesce(*urls).alias("url"))
    return out


def _column(path: tuple[str, ...]) -> str:
    return _NOUN + ".".join(path)


def _explicit(mapping: Mapping) -> pl.Expr:
    """The resource as the log spells it, or its type and id."""
    texts = [_named(mapping, path) for path in mapping.fields.get("resource", ())]
    spelled = [ids.identity(pl.when(~text.str.starts_with("{")).then(text)) for text in texts]
    kinds, keys = (mapping.fields.get(field, ()) for field in ("resource_type", "resource_id"))
    if kinds and keys:
        kind = ids.identity(pl.coalesce(*(mapping.column(path) for path in kinds)))
        key = ids.identity(pl.coalesce(*(mapping.column(path) for path in keys)))
        spelled.append(kind.str.to_lowercase() + ":" + key)
    return pl.coalesce(*spelled) if spelled else pl.lit(None, pl.String)


def _named(mapping: Mapping, path: Path) -> pl.Expr:
    """`entity: ticket`, `entity_id: 7` → `ticket:7`; a name that is more than a type as it is."""
    text = mapping.column(path)
    *outer, name = aliases.segments(path)
    own = (*outer, f"{name}id")
    keys = [p for p in mapping.fields.get("resource_id", ()) if aliases.segments(p) == own]
    if not keys:
        return text
    joined = text.str.to_lowercase() + ":" + ids.identity(mapping.column(keys[0]))
    is_type = text.str.contains(r"^[A-Za-z][A-Za-z_.-]*$")
    return pl.when(is_type & joined.is_not_null()).then(joined).otherwise(text)


def _from_routes(urls: pl.Series) -> pl.Series:
    """`/api/documents/17/share?x=1` → `document:17`; a route without an id is itself."""
    path = urls.str.replace_all(_NOT_PATH, "") if urls.str.contains(r"[?#]|^http").any() else urls
    parts = path.str.strip_chars("/").str.split("/")
    named = pl.Series([None] * len(urls), dtype=pl.String)
    for place in range(1, _DEPTH + 1):
        key = parts.list.get(-place, null_on_oob=True)
        noun = parts.list.get(-place - 1, null_on_oob=True)
        is_id = key.str.contains("[0-9]") & ~key.str.contains("^v[0-9]+$")
        fits = (is_id & noun.str.contains("^[A-Za-z][0-9A-Za-z_-]*$")).fill_null(False)
        types = noun.replace_strict({word: singular(word) for word in noun.unique() if word})
        named = named.zip_with(named.is_not_null() | ~fits, types + ":" + key)
        if not named.has_nulls():
            break
    return named.zip_with(named.is_not_null(), "route:" + path)


def _with_routes(told: pl.DataFrame) -> pl.DataFrame:
    """Adds the candidate of the route, for records that name nothing better."""
    if "url" not in told.columns:
        return told
    wanted = told["explicit"].is_null() & told["url"].is_not_null()
    if not wanted.any():
        return told
    routes = pl.Series(_NOUN, [None] * told.height, dtype=pl.String)
    return told.with_columns(
        put(routes, wanted.arg_true(), _from_routes(told["url"].filter(wanted)))
    )


def one_each(told: pl.DataFrame) -> pl.DataFrame:
    """A record for each resource.

    The first is the one the effect is on; the others are only mentioned.
    """
    told = _with_routes(told)
    candidates = [name for name in told.columns if name.startswith(_NOUN)]
    if not candidates:
        return told.with_columns(resource="explicit", mention=pl.lit(False))
    spoken = pl.col("name").str.to_lowercase() if "name" in told.columns else pl.lit("")
    nouns = [name for name in candidates if name != _NOUN]
    named = [
        pl.when(spoken.str.contains(pl.col(c).str.extract(r"^(\w+):"))).then(pl.col(c))
        for c in nouns
    ]
    told = told.with_columns(
        resource=pl.coalesce("explicit", *named, *nouns, *candidates), mention=pl.lit(False)
    )
    if len(nouns) > 1:
        others = (pl.when(pl.col(c) != pl.col("resource")).then(pl.col(c)) for c in nouns)
        told = told.with_columns(beside=pl.coalesce(*others))
    return pl.concat([told, *(_mentioned(told, name) for name in nouns)])


def _mentioned(told: pl.DataFrame, column: str) -> pl.DataFrame:
    also = pl.col("explicit").is_null() & (pl.col(column) != pl.col("resource"))
    silent = [c for c in ("base", "version", "value", "state") if c in told.columns]
    return (
        told.filter(also)
        .with_columns(pl.lit(None, pl.String).alias(c) for c in silent)
        .with_columns(
            resource=pl.col(column),
            phase=pl.lit("point", events.Phase),
            action=pl.lit("other", events.Action),
        )
    )
