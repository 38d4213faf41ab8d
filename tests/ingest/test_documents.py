"""Documents of many lines: each record once, with its line; what cannot be read costs only itself."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from racelens.ingest.framing.documents import Documents
from tests.ingest.feeding import buckets, loaded, records, rejected

A, B = '{"request_id":"a","order_id":1}', '{"request_id":"b","order_id":2}'


def requests(data: str) -> list[tuple[int, object]]:
    return [(record["line"], record.get("request")) for record in records(loaded(data.encode()))]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (f"[{A},{B}]", [(1, "a"), (1, "b")]),
        (f"[\n{A},\n{B}\n]\n", [(2, "a"), (3, "b")]),
        (f"\n\n[\n\n{A}\n,\n{B}]", [(5, "a"), (7, "b")]),
        (f'{{\n"logs": [\n{A},\n{B}]}}', [(3, "a"), (4, "b")]),
        (f'{{"next":null,\n"items":[{A},\n{B}]}}', [(2, "a"), (3, "b")]),
        ('{\n"request_id":\n"a"}{\n"request_id":"b"\n}', [(1, "a"), (3, "b")]),
        (f"[[{A}],\n[{B}]]", [(1, "a"), (2, "b")]),
    ],
)
def test_records_are_found_with_their_lines(data: str, found: list[tuple[int, object]]) -> None:
    assert requests(data) == found


def test_an_object_that_has_a_list_is_still_a_record() -> None:
    data = json.dumps(
        {"request_id": "a", "events": [{"x": 1}], "ts": 1, **dict.fromkeys("abcdefgh")}, indent=1
    )
    assert [request for _, request in requests(data)] == ["a"]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("5", "JSON, but not an object"),
        ('"text"', "JSON, but not an object"),
        ('{"a":}', "not valid JSON"),
        ("{'a':{'b':[1,2]}}", "not valid JSON"),
        ('{"a":1,}', "not valid JSON"),
        ("oops", "not valid JSON"),
    ],
)
def test_what_is_bad_costs_only_itself(bad: str, why: str) -> None:
    got = loaded(f"[\n{A},\n{bad},\n{B}\n]".encode())
    assert [record["line"] for record in records(got)] == [2, 4]
    assert rejected(got)[3].startswith(why)
    assert buckets(got) == {"events": 2, "rejects": 1, "envelope": 2}


@pytest.mark.parametrize("end", ["", ",", ',\n{"request_id":"b', ',\n{"a":[1,', "\n"])
def test_a_document_that_does_not_end_is_not_taken_for_whole(end: str) -> None:
    got = loaded(f"[\n{A}{end}".encode())
    assert records(got)[0]["request"] == "a"
    assert got.inputs[0].truncated == "it ends inside of a JSON document"
    assert sum(buckets(got).values()) == got.inputs[0].lines


class Endless(io.RawIOBase):
    """A document of many megabytes that is never in memory at once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read1(self, _: int) -> bytes:
        return next(self._pieces, b"")


def _pieces(count: int) -> Iterator[bytes]:
    yield b'{"took":1,"hits":{"total":{"value":1},"hits":['
    hit = b'{"_index":"l","_id":"1","_source":{"request_id":"r","text":"' + b"x" * 400 + b'"}}'
    for number in range(count):
        yield (b"," if number else b"") + b",".join([hit] * 100)
    yield b"]}}"


def test_a_huge_document_on_one_line_streams_in_bounded_memory() -> None:
    count = 2_500  # hundreds, 120 MB
    tracemalloc.start()
    try:
        documents = Documents(Endless(_pieces(count)))  # type: ignore[arg-type]
        rows = sum(block.row_count for block in documents.blocks())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert rows == 100 * count
    assert peak < 60_000_000
    assert documents.truncated is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
CUTS = st.integers(0, 400)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(VALUES, min_size=1, max_size=6),
    st.sampled_from([None, 1]),
    CUTS,
    st.binary(max_size=3),
)
def test_whatever_a_document_holds_every_line_is_counted_once(
    values: list[object], indent: int | None, cut: int, noise: bytes
) -> None:
    data = json.dumps(values, indent=indent).encode()
    broken = data[:cut] + noise + data[cut:]
    compressed = (b"\x1f\x8b", b"BZh", b"\x1e", b"\xff\xfe", b"\xfe\xff")
    if b"\0" in broken or broken.startswith(compressed):
        return
    got = loaded(broken)
    assert sum(buckets(got).values()) == got.inputs[0].lines
    assert got.inputs[0].lines == broken.count(b"\n") + (not broken.endswith(b"\n"))
