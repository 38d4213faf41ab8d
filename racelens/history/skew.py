"""How far the clocks of two domains differ, as far as messages between them tell.

A message sent at s by A's clock and received at r by B's says: clock B − clock A ≤ r − s, for it took no
less than no time. Messages both ways bound the difference from both sides; the bounds of a chain of
domains add up (difference constraints, closed by Floyd–Warshall). One-sided evidence stays one-sided.
Bounds that contradict each other are named and not used.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations

import polars as pl

from racelens.events import of_handler
from racelens.knowledge import Bound

_MANY_DOMAINS = 60  # the closure is cubic in them
_MESSAGE = ("sender", "sent", "receiver", "received")


def measure(events: pl.LazyFrame) -> tuple[Bound, ...]:
    """One bound for each ordered-by-name pair of domains that exchanged messages, directly or not."""
    seen = (
        pl.concat([_deliveries(events), _calls(events, "job"), _calls(events, "span")])
        .filter(pl.col("sender") != pl.col("receiver"))
        .group_by("sender", "receiver")
        .agg(
            most=(pl.col("received") - pl.col("sent")).min().dt.total_nanoseconds(),
            evidence=pl.len(),
        )
        .sort("sender", "receiver")
        .collect()
    )
    return _bounds(seen.rows())


def _deliveries(events: pl.LazyFrame) -> pl.LazyFrame:
    """Messages whose sending and receiving are both logged, by their id."""
    named = events.filter(
        pl.col("delivery").is_not_null() & pl.col("time").is_not_null() & ~pl.col("mention")
    )
    sent = named.filter(pl.col("action") == "enqueue").select(
        "delivery", sender="domain", sent="time"
    )
    received = named.filter(pl.col("action") == "deliver").select(
        "delivery", receiver="domain", received="time"
    )
    return sent.join(received, on="delivery").select(_MESSAGE)


def _calls(events: pl.LazyFrame, link: str) -> pl.LazyFrame:
    """A call is two messages: its begin, and, if the caller got an answer, its end the other way.

    Nobody waits for what a queue hands on: a job that names its cause as parent answers it nothing.
    """
    handler = of_handler()
    ends = events.filter(handler & (pl.col("phase") == "finish") & pl.col("begin").is_not_null())
    of_job = pl.col("actor") == pl.col("job")
    ends = ends.with_columns(queued=of_job.fill_null(False))
    if link == "job":
        keys = ["job", "try"]
        callers, callees = ends.filter(of_job), ends.filter(pl.col("job").is_not_null() & ~of_job)
    else:
        keys = ["link"]
        callers = ends.filter(pl.col("span").is_not_null()).with_columns(link="span")
        callees = ends.filter(pl.col("parent").is_not_null()).with_columns(link="parent")
    calls = callers.select(*keys, "domain", "begin", "end", "outcome").join(
        callees.select(*keys, "domain", "begin", "end", "queued"), on=keys, suffix="_callee"
    )
    out = calls.select(
        sender="domain", sent="begin", receiver="domain_callee", received="begin_callee"
    )
    back = calls.filter((pl.col("outcome") != "unknown") & ~pl.col("queued")).select(
        sender="domain_callee", sent="end_callee", receiver="domain", received="end"
    )
    return pl.concat([out, back])


def _bounds(seen: Iterable[tuple[str, str, int, int]]) -> tuple[Bound, ...]:
    most: dict[tuple[str, str], int] = {}
    evidence: dict[tuple[str, str], int] = {}
    for sender, receiver, least_delay, count in seen:
        most[sender, receiver] = least_delay
        pair = (min(sender, receiver), max(sender, receiver))
        evidence[pair] = evidence.get(pair, 0) + count
    for domains in _connected(most):
        if len(domains) <= _MANY_DOMAINS:
            _close(most, domains)
    pairs = sorted({(min(pair), max(pair)) for pair in most if pair[0] != pair[1]})
    return tuple(
        Bound(a, b, _negated(most.get((b, a))), most.get((a, b)), evidence.get((a, b), 0))
        for a, b in pairs
    )


def _connected(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Domains that messages link, each group in name order: nothing is known between groups."""
    groups: dict[str, set[str]] = {}
    for a, b in pairs:
        merged = groups.get(a, {a}) | groups.get(b, {b})
        groups |= dict.fromkeys(merged, merged)
    return [sorted(group) for group in {id(g): g for g in groups.values()}.values()]


def _close(most: dict[tuple[str, str], int], domains: list[str]) -> None:
    """Floyd–Warshall: a way over a third domain may bound a pair more tightly."""
    for middle in domains:
        for a, b in permutations(domains, 2):
            first, second = most.get((a, middle)), most.get((middle, b))
            if first is None or second is None:
                continue
            if (a, b) not in most or first + second < most[a, b]:
                most[a, b] = first + second


def _negated(value: int | None) -> int | None:
    return None if value is None else -value
