"""Records that differ in shape, and those whose difference says nothing of a deploy."""

from __future__ import annotations

import pytest

from racelens.shapes import Record, difference


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (
            {"id": 1, "normalized": True},
            {"id": 1, "normalized": False},
            "normalized is true, then false",
        ),
        ({"id": 1, "shard_hint": "x"}, {"id": 1}, "only the first has shard_hint"),
        ({"id": 1, "app_version": "a"}, {"id": 1, "app_version": "b"}, "app_version is a, then b"),
        ({"id": 1}, {"id": 2}, ""),
        ({"id": 1}, {"id": 1, "error": "x", "attempt": 2}, ""),
        ({"id": 1, "success": True}, {"id": 1, "success": False}, ""),
        ({}, {"id": 1, "shard_hint": "x"}, ""),
    ],
)
def test_difference(first: Record, second: Record, told: str) -> None:
    said = difference(first, second)
    assert told in said
    assert bool(said) == bool(told)
