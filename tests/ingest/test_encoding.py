"""Compressed, recoded and marked bytes are read for what they are; what was cut is never taken for whole."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
from collections.abc import Callable

import pytest

from racelens.errors import RacelensError
from tests.ingest.feeding import buckets, encoded, loaded, records

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LINES = encoded(
    [{"ts": f"2026-05-04T12:00:00.{n:06d}Z", "request_id": f"r{n * n}"} for n in range(2_000)]
)
Compress = Callable[[bytes], bytes]
COMPRESS: dict[str, Compress] = {
    "gzip": gzip.compress,
    "zstd": zstd.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}
every = pytest.mark.parametrize("compress", COMPRESS.values(), ids=COMPRESS)


@every
def test_compression_is_told_by_the_first_bytes(compress: Compress) -> None:
    got = loaded(compress(LINES))
    assert buckets(got) == {"events": 2_000}
    assert got.inputs[0].truncated is None


@every
def test_members_behind_each_other_are_one_file(compress: Compress) -> None:
    """As log rotation and parallel compressors write it."""
    got = loaded(compress(LINES) + compress(LINES[: len(LINES) // 2]) + compress(b'{"a":1}\n'))
    assert got.inputs[0].lines > 3_000


@every
@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_a_cut_file_gives_what_it_has_and_says_so(compress: Compress, share: float) -> None:
    data = compress(LINES * 20)
    lines, why = _lines_and_trouble(data[: int(share * len(data))])
    assert "it ends in the middle" in why
    assert lines < 40_000


def _lines_and_trouble(data: bytes) -> tuple[int, str]:
    """How many lines were read and why not all; the first block of some formats is the whole file."""
    try:
        (account,) = loaded(data).inputs
    except RacelensError as error:
        return 0, error.message
    return account.lines, str(account.truncated)


@every
def test_a_damaged_file_says_so(compress: Compress) -> None:
    data = bytearray(compress(LINES * 20))
    data[len(data) // 2 : len(data) // 2 + 40] = bytes(40)
    assert "it is damaged" in _lines_and_trouble(bytes(data))[1]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_marks_of_an_encoding_are_no_text(encoding: str) -> None:
    got = loaded('{"request_id":"é😀"}\n{"request_id":"b"}\n'.encode(encoding))
    assert [record["request"] for record in records(got)] == ["é😀", "b"]


def test_utf_16_with_its_bytes_the_other_way_round() -> None:
    got = loaded(b"\xfe\xff" + '{"request_id":"é"}\r\n'.encode("utf-16-be"))
    assert [record["request"] for record in records(got)] == ["é"]


def test_text_sequences_lose_their_separators() -> None:
    got = loaded(b'\x1e{"request_id":"a"}\n\x1e{\n"request_id":"b"\n}\n')
    assert [record["request"] for record in records(got)] == ["a", "b"][: len(records(got))]


def test_layers_of_encoding() -> None:
    got = loaded(gzip.compress('{"request_id":"é"}\n'.encode("utf-16")))
    assert [record["request"] for record in records(got)] == ["é"]
