"""Which files are one run: the scenario, captured once.

Files of one run share ids at the same time, are rotations of one log, or are what other services wrote
meanwhile. Files that share nothing are runs of their own; so are folders beside each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath

import polars as pl

from racelens.ingest import Capture

_IDS = ("correlation", "trace", "request", "job", "delivery", "transaction")
_TELLING = 6  # characters: a shorter id is a counter that every run starts anew


@dataclass(frozen=True)
class Run:
    """`sources`: indices of its inputs; `name`: its file, or the folder of its files."""

    name: str
    side: str
    sources: tuple[int, ...]


@dataclass(frozen=True)
class _Span:
    """When a file's events happened, nanoseconds, and which services wrote it."""

    first: int | None
    last: int | None
    services: frozenset[str]

    def meets(self, other: _Span) -> bool:
        if self.first is None or self.last is None or other.first is None or other.last is None:
            return False
        return self.first <= other.last and other.first <= self.last


def group(capture: Capture, sides: Mapping[str, str]) -> tuple[Run, ...]:
    """The runs behind the inputs, in input order. `sides`: side of each source's name."""
    spans = _spans(capture)
    shared = _shared_ids(capture.records)
    by_side: dict[str, list[int]] = defaultdict(list)
    for index, entry in enumerate(capture.inputs):
        by_side[sides[entry.source.name]].append(index)
    runs = [
        Run(_name(capture, members), side, tuple(members))
        for side, indices in by_side.items()
        for members in _parts(indices, capture, spans, shared)
    ]
    return tuple(sorted(runs, key=lambda run: run.sources))


def _parts(
    indices: Sequence[int],
    capture: Capture,
    spans: Mapping[int, _Span],
    shared: frozenset[tuple[int, int]],
) -> list[list[int]]:
    family = {index: capture.inputs[index].source.family for index in indices}
    folder = {index: str(PurePath(capture.inputs[index].source.name).parent) for index in indices}
    links = [(a, b) for a, b in shared if a in family and b in family and spans[a].meets(spans[b])]
    links += _chained(indices, family)
    across = any(folder[a] != folder[b] for a, b in links)
    linked = {folder[a] for a, b in links if folder[a] == folder[b]}
    for place in sorted(set(folder.values())):
        inside = [index for index in indices if folder[index] == place]
        if len(set(folder.values())) > 1 and not across:
            links += pairwise(inside)
            continue
        for together in _overlapping(inside, spans):
            if place in linked or _complementary([spans[index].services for index in together]):
                links += pairwise(together)
    return _joined(indices, links)


def _chained(indices: Iterable[int], name: Mapping[int, str]) -> list[tuple[int, int]]:
    """Rotations of one log, each linked to the next."""
    by_name: dict[str, list[int]] = defaultdict(list)
    for index in indices:
        by_name[name[index]].append(index)
    return [link for members in by_name.values() for link in pairwise(members)]


def _overlapping(indices: Iterable[int], spans: Mapping[int, _Span]) -> list[list[int]]:
    """Files whose times overlap, directly or over a third one, together."""
    groups: list[list[int]] = []
    reach = 0
    for index in sorted(indices, key=lambda index: spans[index].first or 0):
        first, last = spans[index].first or 0, spans[index].last or 0
        if groups and first <= reach:
            groups[-1].append(index)
        else:
            groups.append([index])
            reach = last
        reach = max(reach, last)
    return groups


def _complementary(services: Sequence[frozenset[str]]) -> bool:
    """Each written by services of its own: parts of one capture."""
    return all(services) and len(frozenset().union(*services)) == sum(map(len, services))


def _joined(indices: Iterable[int], links: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The indices by what links them (union-find)."""
    root = {index: index for index in indices}

    def find(index: int) -> int:
        while root[index] != index:
            root[index] = root[root[index]]
            index = root[index]
        return index

    for a, b in links:
        low, high = sorted((find(a), find(b)))
        root[high] = low
    parts: dict[int, list[int]] = defaultdict(list)
    for index in root:
        parts[find(index)].append(index)
    return list(parts.values())


def _spans(capture: Capture) -> dict[int, _Span]:
    seen = capture.records.group_by("source").agg(
        first=pl.col("time").min().dt.epoch("ns"),
        last=pl.col("time").max().dt.epoch("ns"),
        services=pl.col("service").drop_nulls().unique(),
    )
    spans = {
        source: _Span(first, last, frozenset(services))
        for source, first, last, services in seen.rows()
    }
    nothing = _Span(None, None, frozenset())
    return {index: spans.get(index, nothing) for index in range(len(capture.inputs))}


def _shared_ids(records: pl.DataFrame) -> frozenset[tuple[int, int]]:
    """Pairs of sources that name one id; sources that share it are linked in a chain."""
    pairs: set[tuple[int, int]] = set()
    for column in _IDS:
        named = records.lazy().select("source", column).drop_nulls().unique()
        places = (
            named.filter(pl.col(column).str.len_chars() >= _TELLING)
            .group_by(column)
            .agg(pl.col("source").unique().sort())
            .filter(pl.col("source").list.len() > 1)
            .select("source")
            .unique()
        )
        for (sources,) in places.collect().rows():
            pairs |= set(pairwise(sources))
    return frozenset(pairs)


def _name(capture: Capture, members: Sequence[int]) -> str:
    names = [capture.inputs[index].source.name for index in members]
    if len(names) == 1:
        return names[0]
    folders = {str(PurePath(name).parent) for name in names}
    return f"{folders.pop()}/" if len(folders) == 1 else names[0]
