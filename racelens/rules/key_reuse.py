"""RL203: one idempotency key, two payloads."""

from __future__ import annotations

import polars as pl

from racelens import hits
from racelens.knowledge import Knowledge
from racelens.rule import Line, rule
from racelens.timeline import OTHER, by_another, neighbours, rivals

_REACH = 4  # requests with one key looked at


def _is_keyed() -> pl.Expr:
    return pl.col("key").is_not_null() & (pl.col("phase") != "start") & ~pl.col("mention")


def _checked() -> pl.Expr:
    return pl.when(_is_keyed()).then(pl.col("payload").is_not_null())


def _cleared() -> pl.Expr:
    """A request with a used key that was refused or answered with the first result."""
    return pl.when(_is_keyed() & (pl.col("outcome") == "conflict")).then(
        pl.lit("guard worked: the key was known and the request had no effect")
    )


@rule(
    "RL203",
    severity="error",
    key=("key",),
    needs=("key",),
    message="{actor} used the idempotency key of {earlier} for another payload",
    lost="one key no longer stands for one intent: payloads {first} and {second}",
    fix="store the payload's hash beside the key and refuse another one with 422",
    unit="keyed request",
    wish="Log the idempotency key and the payload's hash on each request",
    line=Line(
        "{noun}.request",
        ("idempotency_key", "payload_hash", "request_id", "outcome"),
        ("payload_hash",),
        "a hash of what was asked for",
    ),
    blind_spot="log a key but no payload",
    advice="Log the payload's hash beside the key on {name}",
    settle="Log the idempotency key and a payload hash with each request and its outcome",
    checked=_checked,
    cleared=_cleared,
)
def key_reuse(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:  # noqa: ARG001
    """One idempotency key was accepted with different payloads.

    Flagged
        {"ts":"2026-05-04T12:00:00.10Z","request_id":"a","resource":"order:7","action":"charge","idempotency_key":"k1","payload_hash":"f00d"}
        {"ts":"2026-05-04T12:00:09.10Z","request_id":"b","resource":"order:8","action":"charge","idempotency_key":"k1","payload_hash":"beef"}

    Silent
        {"ts":"2026-05-04T12:00:00.10Z","request_id":"a","resource":"order:7","action":"charge","idempotency_key":"k1","payload_hash":"f00d"}
        {"ts":"2026-05-04T12:00:09.10Z","request_id":"b","resource":"order:8","action":"charge","idempotency_key":"k1","payload_hash":"beef","status":422}

    How it is found
        A key promises one intent. Requests of different attempts with one key and different payload
        hashes, both of which succeeded. A second one that was refused is a guard that worked.
        confirmed: always; keys and hashes decide.
        Cannot see: payloads that are not logged as a hash.

    Fix
        Store the payload's hash with the key; the same key with another hash is the client's mistake
        and gets 422 or 409, as payment services do.
    """
    # An attempt may log its own payload and its effect's: only the first one is the request's.
    requests = (
        events.filter(_is_keyed() & (pl.col("outcome") == "ok") & pl.col("payload").is_not_null())
        .sort("key", "id")
        .unique(["key", "attempt", "name"], keep="first", maintain_order=True)
    )
    kept = ("id", "attempt", "actor", "payload")
    met = neighbours(requests, ("key", "name"), ("id",), kept, _REACH)
    differs = by_another() & (pl.col("payload") != pl.col("payload" + OTHER))
    told = rivals(met.filter(differs)).with_columns(
        confidence=pl.lit("confirmed"),
        reason=pl.lit("one key, two payload hashes, both accepted; no clock is used"),
        related=pl.concat_list(
            hits.event(
                "id" + OTHER,
                pl.format("used key {} with payload {}", "key", "payload" + OTHER),
                raced=True,
            )
        ),
        earlier="actor" + OTHER,
        first="payload" + OTHER,
        second="payload",
    )
    return (
        hits.one_each(hits.strongest(told), ("earlier", "first"))
        .unique(["key", "attempt"], keep="first", maintain_order=True)
        .with_columns(note=pl.format("used it with payload {}: one key, two intents", "second"))
        .select(*hits.COLUMNS, "actor", "earlier", "key", "first", "second")
    )
