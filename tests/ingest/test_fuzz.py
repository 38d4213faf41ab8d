"""Nothing that a file may hold ends in a traceback, hangs, or is lost: each line is in exactly one bucket."""

from __future__ import annotations

import gzip
import json
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from racelens.errors import RacelensError
from racelens.ingest.aliases import ALIASES
from racelens.ingest.envelopes.table import DOCUMENTS, WRAPPERS
from racelens.scanning import scan
from tests.ingest.feeding import buckets, loaded, records, rejected
from tests.ingest.test_wrapping import story
from tests.ingest.wrapping import WRAPS

KEYS = sorted(
    {key for wrapper in WRAPPERS for path in wrapper.wanted for key in path}
    | {word for document in DOCUMENTS for word in (*document.path, *document.marks.split())}
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(
        ['{"a":1}', "[1,2]", "{}", "2026-05-04T12:00:00Z", "platform.start", "X", "\ud83d"]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1, max_size=6)
LINES = st.lists(st.lists(OBJECTS, min_size=1, max_size=2), min_size=1, max_size=8)


def counted(data: bytes) -> None:
    try:
        got = loaded(data)
    except RacelensError:
        assert b"\0" in data or data[:2] in (
            b"\x1f\x8b",
            b"BZ",
            b"\xfd7",
            b"\x28\xb5",
            b"\xff\xfe",
            b"\xfe\xff",
        )
        return
    account = got.inputs[0]
    assert all(count > 0 for count in buckets(got).values())
    assert sum(buckets(got).values()) == account.lines
    if data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        # The separators of RFC 7464 are no lines.
        text = data.replace(b"\x1e", b"") if data.startswith(b"\x1e") else data
        assert account.lines == text.count(b"\n") + bool(text and not text.endswith(b"\n"))


@settings(max_examples=150, deadline=None)
@given(LINES)
def test_objects_with_the_keys_of_envelopes_and_any_values(
    lines: list[list[dict[str, object]]],
) -> None:
    counted(b"\n".join("".join(map(json.dumps, objects)).encode() for objects in lines))


NAMES = sorted({name for names in ALIASES.values() for name in names.split()})
WORTH = SCALARS | st.sampled_from(
    ["start", "finish", "write", "409", "req-1", "order:42", "job-9", "12ms", "0x1", "-", "1e400"]
)
RECORDS = st.lists(
    st.dictionaries(st.sampled_from(NAMES), WORTH | VALUES, max_size=8), min_size=1, max_size=8
)


@settings(max_examples=25, deadline=None)
@given(RECORDS)
@example([{"@m": "1e400"}, {"ts": "1e400", "durationms": "1e400", "ttlms": "1e400", "lease": "x"}])
def test_any_values_under_the_names_of_fields(lines: list[dict[str, object]]) -> None:
    """Through all of it: mapping, history and rules."""
    assert scanned("\n".join(map(json.dumps, lines)).encode()) == len(lines)


def scanned(data: bytes) -> int:
    """How many lines a scan read; every finding stands on lines that are there."""
    with NamedTemporaryFile(suffix=".jsonl") as file:
        file.write(data)
        file.flush()
        report = scan([file.name])
    lines = report.inputs[0].lines
    cited = {e.place.line for finding in report.findings for e in finding.evidence}
    assert cited <= set(range(1, lines + 1))
    return lines


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(WRAPS)),
    st.lists(st.tuples(st.integers(0, 5_000), st.binary(max_size=4)), max_size=6),
)
def test_exports_that_were_damaged(name: str, damage: list[tuple[int, bytes]]) -> None:
    data = bytearray(WRAPS[name](story(2), "web-1"))
    for place, piece in damage:
        at = place % len(data)
        data[at : at + len(piece)] = piece
    counted(bytes(data))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(WRAPS)), st.floats(0, 1))
def test_exports_that_were_cut(name: str, share: float) -> None:
    data = WRAPS[name](story(2), "web-1")
    counted(data[: int(share * len(data))])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from([*b'{}[]",:\\\n\r\t e1-.|+', 0x1E, 0xEF, 0xFF, 0x1B]), max_size=80
    ).map(bytes)
)
def test_bytes_that_look_a_little_like_json(data: bytes) -> None:
    counted(data)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60))
def test_compressed_bytes_of_any_kind(data: bytes) -> None:
    if b"\0" not in data:
        inner = loaded(gzip.compress(data))
        assert sum(buckets(inner).values()) == inner.inputs[0].lines


TRAPS: list[tuple[str | bytes, str]] = [
    ('\x1b[36mweb-1  |\x1b[0m {"request_id":"colour"}', "events"),
    ('\x1e{"request_id":"separator"}', "events"),
    ('{"request_id":"a"}{"request_id":"b"}', "events"),
    ('[{"request_id":"array"}]', "events"),
    (b'{"request_id":"caf\xe9"}', "events"),
    ("START RequestId: 52fdfc07-2182-154f Version: $LATEST", "events"),
    ('"just a string"', "rejects"),
    ("2026-05-04T12:00:00Z INFO plain text line, no json at all", "rejects"),
    ('{"request_id":"cut', "rejects"),
    ("", "blank"),
    ("   ", "blank"),
]


@pytest.mark.parametrize(("line", "bucket"), TRAPS)
def test_one_dirty_line_among_clean_ones(line: str | bytes, bucket: str) -> None:
    raw = line if isinstance(line, bytes) else line.encode()
    clean = b'{"request_id":"x","ts":"2026-05-04T12:00:00.1Z"}'
    got = loaded(b"\n".join([clean, clean.replace(b"x", b"y"), raw, clean.replace(b"x", b"z")]))
    rest = {"events": 4} if bucket == "events" else {"events": 3, bucket: 1}
    assert buckets(got) == rest
    assert set(rejected(got)) == ({3} if bucket == "rejects" else set())
    assert records(got)[-1]["request"] == "z"
