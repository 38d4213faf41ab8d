"""Loki's query API: streams of labels, each with pairs of time and line."""

from __future__ import annotations

from collections.abc import Iterator

from racelens.ingest.envelopes.kinds import Object


def line(entry: object, *around: Object) -> Iterator[Object]:
    """The line in the shape that `logcli` prints. A third element holds labels of this line alone."""
    if not isinstance(entry, list) or len(entry) < 2:
        return
    stream = around[-1].get("stream") if around else None
    labels = dict(stream) if isinstance(stream, dict) else {}
    for more in entry[2:]:
        if isinstance(more, dict):
            inner = more.get("structuredMetadata", more)
            labels |= inner if isinstance(inner, dict) else {}
    yield {"labels": labels, "line": entry[1], "timestamp": entry[0]}
