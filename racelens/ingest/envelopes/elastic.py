"""Elasticsearch's `fields` option: each value is a list, also of one."""

from __future__ import annotations

from collections.abc import Iterator

from racelens.ingest.envelopes.kinds import Object


def fields(hit: Object) -> Iterator[Object]:
    """The hit's fields; lists of one are the one."""
    inside = hit.get("fields")
    if "_source" in hit or not isinstance(inside, dict):
        yield hit
        return
    yield {
        key: value[0] if isinstance(value, list) and len(value) == 1 else value
        for key, value in inside.items()
    }
