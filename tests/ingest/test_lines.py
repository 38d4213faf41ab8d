"""Dirty lines: each becomes an event or is counted for what it is, and its neighbours are unharmed."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from racelens.ingest.blocks import Block, read_blocks
from racelens.ingest.lines import LINE, PART, Parsed, linked, parse
from tests.ingest import feeding
from tests.ingest.feeding import Line, buckets, capture, loaded, records, rejected, told

BEFORE = '{"ts":"2026-05-04T12:00:00.001Z","request_id":"before","order_id":1}'
AFTER = '{"ts":"2026-05-04T12:00:00.002Z","request_id":"after","order_id":2}'
PLAIN = '{"ts":"2026-05-04T12:00:00.009Z","request_id":"plain"}'
TIME = '"ts":"2026-05-04T12:00:00.005Z"'


def between(line: Line) -> dict[str, object]:
    """The line's own record when it is read between two good ones, which must come out whole."""
    got = capture(BEFORE, line, AFTER)
    told = {record["line"]: record for record in records(got)}
    assert buckets(got)["events"] == len(told)
    assert (told[1]["request"], told[1]["resource"]) == ("before", "order:1")
    assert (told[3]["request"], told[3]["resource"]) == ("after", "order:2")
    return told.get(2, {})


def reason(line: Line) -> str:
    """Why the line was rejected between two good ones."""
    assert between(line) == {}
    return rejected(capture(BEFORE, line, AFTER))[2]


class TestSaved:
    """Lines that are not quite JSON, or JSON with something about it, and become events."""

    @pytest.mark.parametrize(
        ("line", "request_id"),
        [
            pytest.param(b"\xef\xbb\xbf{%b,'request_id':'r'}", "r", id="BOM"),
            pytest.param(b"\x1e{%b,'request_id':'r'}", "r", id="record separator"),
            pytest.param(b"{%b,'request_id':'r'}\r", "r", id="CRLF"),
            pytest.param(b" \t{%b,'request_id':'r'} ", "r", id="blanks around"),
            pytest.param(b"{%b,'request_id':'r','x':NaN}", "r", id="NaN"),
            pytest.param(b"{%b,'request_id':'r','x':[Infinity,-Infinity]}", "r", id="Infinity"),
            pytest.param(b"{%b,'request_id':'r\xe9'}", "r\ufffd", id="invalid UTF-8"),
            pytest.param(b"{%b,'request_id':'\xc3\xa9\xf0\x9f\x98\x80'}", "é😀", id="UTF-8"),
            pytest.param(b"{%b,'request_id':'\\u00e9\\ud83d\\ude00'}", "é😀", id="escapes"),
            pytest.param(b"{%b,'request_id':'a\\nb\\u0001'}", "a\nb\x01", id="escaped controls"),
            pytest.param(b"{%b,'request_id':'a\tb\x01\x1b'}", "a\tb\x01\x1b", id="raw controls"),
            pytest.param(b"{%b,'request_id':42}", "42", id="a number for a string"),
            pytest.param(b"{%b,'request_id':'r','x':[1,{'y':[]}]}", "r", id="lists"),
            pytest.param(b"{%b,'request_id':'r','':1,'  ':2}", "r", id="odd keys"),
            pytest.param(b"{%b,'request_id':'r','line':7,'source':8}", "r", id="our own names"),
        ],
    )
    def test_it_becomes_an_event(self, line: bytes, request_id: str) -> None:
        text = line.replace(b"'", b'"').replace(b"%b", TIME.encode())
        record = between(text)
        assert record["request"] == request_id
        assert record["time"] == 1_777_896_000_005_000_000

    @pytest.mark.parametrize("surrogate", ["\\ud83d", "\\ude00", "\\ud83d\\ud83d", "\\ud83dx"])
    def test_a_lone_surrogate_becomes_a_character_that_can_be_shown(self, surrogate: str) -> None:
        request_id = between(f'{{{TIME},"request_id":"r-{surrogate}"}}')["request"]
        assert isinstance(request_id, str)
        assert request_id.startswith("r-")
        assert "\0" not in request_id

    @pytest.mark.parametrize(
        "number", [2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**29 + 7, -(2**63)]
    )
    @pytest.mark.parametrize("more", ["", ',"x":NaN'])
    def test_a_huge_integer_keeps_its_digits(self, number: int, more: str) -> None:
        record = between(f'{{{TIME},"order_id":{number}{more}}}')
        assert record["resource"] == f"order:{number}"

    @pytest.mark.parametrize("more", ["", ',"x":NaN'])
    def test_of_duplicate_keys_the_same_one_counts_everywhere(self, more: str) -> None:
        record = between(f'{{{TIME},"request_id":"first","request_id":"last"{more}}}')
        plain = between(f'{{{TIME},"request_id":"first","request_id":"last"}}')
        assert record["request"] == plain["request"]

    @pytest.mark.parametrize("depth", [60, 200])
    @pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}")])
    def test_nesting_that_can_be_read_does_no_harm(
        self, depth: int, opened: str, closed: str
    ) -> None:
        nested = opened * depth + "1" + closed * depth
        assert between(f'{{{TIME},"request_id":"r","x":{nested}}}')["request"] == "r"

    def test_an_object_without_any_known_key_is_an_event(self) -> None:
        assert buckets(capture('{"foo":1}', "{}", '{"bar":[]}')) == {"events": 3}

    @pytest.mark.parametrize(
        "line",
        [
            '{"ctx":"text"}',
            '{"ctx":5}',
            '{"ctx":null}',
            '{"ctx":[1,2]}',
            '{"ctx":{"request_id":null}}',
            '{"ctx":{"other":1}}',
        ],
    )
    def test_an_object_of_another_shape_is_an_event(self, line: str) -> None:
        nested = '{"ctx":{"request_id":"r1"}}'
        got = capture(nested, line, nested)
        assert [record.get("request") for record in records(got)] == ["r1", None, "r1"]

    @pytest.mark.parametrize(
        "line",
        ['{"a":"text"}', '{"a":5}', '{"a":null}', '{"a":[1]}', '{"a":{"b":{"c":1}}}', "{}"],
    )
    def test_an_object_unlike_the_sample_is_an_event(self, line: str) -> None:
        schema = pl.Schema([("a", pl.Struct({"b": pl.String})), ("ts", pl.String())])
        good = b'{"a":{"b":"x"},"ts":"1"}\n'
        for data in (good + line.encode() + b"\n", good + line.encode() + b"\nno JSON\n"):
            assert parse(Block(1, data), schema).rows[LINE].to_list() == [1, 2]


class TestRejected:
    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ("[1]", "JSON, but an array, not an object"),
            ('"text"', "JSON, but a string, not an object"),
            ("5", "JSON, but a number, not an object"),
            ("-1.5e3", "JSON, but a number, not an object"),
            ("null", "JSON, but null, not an object"),
            ("true", "JSON, but true or false, not an object"),
            ("false", "JSON, but true or false, not an object"),
            ("2026-05-04T12:00:00Z INFO plain text", "not JSON"),
            ("\x1b[36mweb-1  |\x1b[0m plain", "not JSON"),
            ("NaN", "not JSON"),
            ("]", "not JSON"),
            ("}", "not JSON"),
            (",", "not JSON"),
            (f"{{{TIME}}}5", "JSON, but not an object"),
            (f"{{{TIME}}}{{", "cut off: the JSON object does not end"),
            (f'{{{TIME},"msg":"the file ends he', "cut off: the JSON object does not end"),
            (f'{{{TIME},"a":{{"b":1}}', "cut off: the JSON object does not end"),
            (f'{{{TIME},"a"', "cut off: the JSON object does not end"),
            ("{", "cut off: the JSON object does not end"),
            ("{],1}", "not valid JSON"),
            (f"{{{TIME},,}}", "not valid JSON"),
            ("{'ts':1}", "not valid JSON"),
            ("{ts:1}", "not valid JSON"),
            (b"\xff\xfe\xfd", "not JSON"),
        ],
    )
    def test_it_is_rejected_with_its_reason(self, line: Line, why: str) -> None:
        assert reason(line).startswith(why)

    def test_a_trailing_comma_is_saved_or_rejected_but_counted_once(self) -> None:
        got = capture(BEFORE + ",", AFTER)
        assert set(buckets(got)) <= {"events", "rejects"}
        assert records(got)[-1]["request"] == "after"

    @pytest.mark.parametrize("depth", [2_000, 200_000])
    @pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}")])
    def test_nesting_without_end_is_rejected(self, depth: int, opened: str, closed: str) -> None:
        nested = opened * depth + "1" + closed * depth
        assert reason(f'{{{TIME},"x":{nested}}}') == "nested too deeply"

    @pytest.mark.parametrize("opened", ["[", '{"a":'])
    def test_nesting_that_is_never_closed_is_rejected(self, opened: str) -> None:
        assert reason(f'{{{TIME},"x":{opened * 200_000}')

    @pytest.mark.parametrize("neighbour", [AFTER, "no JSON"])
    def test_many_keys_are_read_whatever_stands_beside_them(self, neighbour: str) -> None:
        many = {"request_id": "r", **{f"k{index}": index for index in range(5_000)}}
        got = capture(BEFORE, many, AFTER, neighbour)
        assert 2 not in rejected(got)

    def test_an_integer_too_long_to_read_is_no_crash(self) -> None:
        got = capture(
            BEFORE, f'{{{TIME},"x":{"9" * 5_000}}}', f'{{{TIME},"x":{"9" * 5_000},"y":NaN}}'
        )
        assert sum(buckets(got).values()) == 3

    @pytest.mark.parametrize("between", ["", " ", ",", ", "])
    def test_two_objects_on_a_line_are_two_events(self, between: str) -> None:
        got = capture(PLAIN, BEFORE + between + AFTER, "")
        assert [record["request"] for record in records(got)] == ["plain", "before", "after"]
        assert [record["line"] for record in records(got)] == [1, 2, 2]
        assert [record.get("part") for record in records(got)] == [0, 1, 2]
        assert buckets(got) == {"events": 2, "blank": 1}
        assert got.inputs[0].records == 3

    def test_an_array_on_a_line_is_its_objects(self) -> None:
        got = capture(PLAIN, f"[{BEFORE}, {AFTER}]")
        assert [record["request"] for record in records(got)] == ["plain", "before", "after"]

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            (f"2026-05-04 12:00:00,100 INFO shop - {BEFORE}", "before"),
            (f"\x1b[36mweb-1  |\x1b[0m {BEFORE}", "before"),
            (f"[pod/web-1/orders] {BEFORE}", "before"),
            ("START RequestId: 52fdfc07-2182 Version: $LATEST", "52fdfc07-2182"),
            ('at=info method=PUT path="/orders/42" request_id=r7 status=200', "r7"),
        ],
    )
    def test_an_object_behind_text_is_an_event(self, line: str, message: str) -> None:
        assert told(PLAIN, line)[1]["request"] == message

    @pytest.mark.parametrize("place", [0, 1, 2])
    def test_fifty_megabytes_on_one_line_are_one_reject(self, place: int) -> None:
        lines: list[Line] = [BEFORE, AFTER]
        lines.insert(place, b'{"blob":"' + b"x" * 50_000_000 + b'"}')
        got = capture(*lines)
        assert list(rejected(got)) == [place + 1]
        assert rejected(got)[place + 1].endswith("longer than 16 MiB")
        assert [record.get("request") for record in records(got)] == ["before", "after"]
        assert [record["line"] for record in records(got)] == sorted({1, 2, 3} - {place + 1})

    @pytest.mark.parametrize("magic", [b"\x1f\x8b", b"\x28\xb5\x2f\xfd"])
    def test_bytes_that_begin_like_a_compressed_file_are_one_reject(self, magic: bytes) -> None:
        """The last line, cut off, is a block of its own; polars would unpack what it holds."""
        got = loaded(BEFORE.encode() + b"\n" + magic + b"cut")
        assert rejected(got) == {2: "not JSON"}
        assert buckets(got) == {"events": 1, "rejects": 1}


class TestBlank:
    @pytest.mark.parametrize("blank", ["", " ", "\t", "\r", "  \r", "\x1e", "\ufeff"])
    def test_blank_lines_are_counted_apart(self, blank: str) -> None:
        got = capture(BEFORE, blank, AFTER, blank)
        assert buckets(got) == {"events": 2, "blank": 2}
        assert [record["line"] for record in records(got)] == [1, 3]

    def test_a_file_of_blank_lines_is_all_blank(self) -> None:
        assert buckets(capture("", "", "  ")) == {"blank": 3}

    def test_the_last_line_needs_no_newline(self) -> None:
        got = loaded(f"{BEFORE}\n{AFTER}".encode())
        assert buckets(got) == {"events": 2}

    def test_windows_line_ends_change_nothing(self) -> None:
        got = loaded(f"{BEFORE}\r\n\r\n{AFTER}\r\n".encode())
        assert buckets(got) == {"events": 2, "blank": 1}
        assert [record["line"] for record in records(got)] == [1, 3]


PYTHON = """\
Traceback (most recent call last):
  File "api.py", line 3, in <module>
    save(order)
ValueError: no such order"""
CHAINED = f"""\
{PYTHON}

During handling of the above exception, another exception occurred:

{PYTHON}"""
CAUSED = f"""\
{PYTHON}

The above exception was the direct cause of the following exception:

{PYTHON}"""
JAVA = """\
java.lang.IllegalStateException: stale order
	at shop.Orders.save(Orders.java:17)
	... 12 more
Caused by: java.sql.SQLException: locked
	at db.Driver.run(Driver.java:3)"""
NODE = """\
Error: stale order
    at save (/app/orders.js:17:3)
    at async handle (/app/api.js:3:1)"""


class TestContinuation:
    @pytest.mark.parametrize("trace", [PYTHON, CHAINED, CAUSED, JAVA, NODE, "  indented text"])
    def test_a_stack_trace_after_a_record_is_no_damage(self, trace: str) -> None:
        got = capture(BEFORE, *trace.split("\n"), AFTER)
        assert rejected(got) == {}
        assert buckets(got)["events"] == 2
        assert buckets(got)["continuation"] == sum(map(bool, trace.split("\n")))

    def test_a_banner_before_the_first_record_is_rejected(self) -> None:
        got = capture("  ____ shop ____", "listening on :8080", BEFORE)
        assert sorted(rejected(got)) == [1, 2]
        assert buckets(got) == {"rejects": 2, "events": 1}

    def test_a_stack_trace_before_the_first_record_is_rejected(self) -> None:
        got = capture(*PYTHON.split("\n"), BEFORE)
        assert buckets(got) == {"rejects": 4, "events": 1}

    def test_plain_text_after_a_record_is_rejected(self) -> None:
        assert reason("worker started") == "not JSON"

    def test_what_follows_plain_text_is_not_the_records_trace(self) -> None:
        got = capture(BEFORE, "worker started", "  with 3 threads", AFTER)
        assert buckets(got) == {"events": 2, "rejects": 2}


# ── laws ──────────────────────────────────────────────────────────────────────────────────────

SCHEMA = pl.Schema(
    [
        ("ts", pl.String()),
        ("id", pl.String()),
        ("ctx", pl.Struct({"user": pl.String, "n": pl.String})),
    ]
)


@dataclass(frozen=True)
class Given:
    """A line and what must become of it: the values it holds, or the bucket it belongs to."""

    data: bytes
    event: tuple[object, ...] | None = None
    bucket: str = "rejects"


def _good(number: int, user: str | None, form: int) -> Given:
    record = {"ts": f"t{number}", "id": number, "ctx": {"user": user, "n": number}, "more": [user]}
    # NaN is what Python's own writer puts down for it.
    data = json.dumps(record | ({"x": float("nan")} if form == 1 else {}), ensure_ascii=form != 2)
    around = {3: "\ufeff%s", 4: "\x1e%s", 5: "  %s\r", 6: "%s\r"}.get(form, "%s")
    event = (f"t{number}", str(number), user, str(number))
    return Given((around % data).encode(), event, "events")


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
GOOD = st.builds(_good, st.integers(0, 2**63), st.none() | TEXT, st.integers(0, 6))
BAD = st.sampled_from(
    [
        Given(b"[]"),
        Given(b"null"),
        Given(b"5"),
        Given(b'"id"'),
        Given(b'[{"ts":"t","id":1}]', ("t", "1", None, None), "events"),
        Given(b'{"ts":"t","id":1},', ("t", "1", None, None), "events"),
        Given(b'{"ts":"t","id":1}5'),
        Given(b'{"ts":"t","id":'),
        Given(b'{"ts":"t"'),
        Given(b"{"),
        Given(b"}"),
        Given(b"plain text"),
        Given(b"\xff\xfe"),
        Given(b'{"a":' * 2_000 + b"}" * 2_000),
        Given(b"", bucket="blank"),
        Given(b" \t\r", bucket="blank"),
    ]
)
TRACES = st.sampled_from(
    [
        Given(b"Traceback (most recent call last):", bucket="continuation"),
        Given(b'  File "a.py", line 1', bucket="continuation"),
        Given(b"\tat shop.Orders.save(Orders.java:17)", bucket="continuation"),
        Given(b"java.io.IOException: gone", bucket="continuation"),
    ]
)


def parsed(data: bytes, size: int) -> tuple[list[Parsed], int]:
    """What became of each block, and how many lines there were."""
    blocks = list(linked(read_blocks(io.BytesIO(data), size)))
    return [parse(block, SCHEMA) for block in blocks], sum(block.line_count for block in blocks)


def events(parts: Sequence[Parsed]) -> dict[int, tuple[object, ...]]:
    """The values of every event by its line; of several on one line, the last one's."""
    values = ("ts", "id", pl.col("ctx").struct.field("user"), pl.col("ctx").struct.field("n"))
    places = [place for part in parts for place in part.rows.select(LINE, PART).rows()]
    assert len(set(places)) == len(places)
    rows = [row for part in parts for row in part.rows.select(LINE, *values).rows()]
    return {row[0]: row[1:] for row in rows}


def counted(parts: Sequence[Parsed]) -> dict[str, int]:
    counts = {
        "events": sum(part.rows[LINE].n_unique() for part in parts),
        "rejects": sum(len(part.aside.rejects) for part in parts),
        "blank": sum(part.aside.blank for part in parts),
        "continuation": sum(part.aside.continuation for part in parts),
    }
    return {bucket: count for bucket, count in counts.items() if count}


@settings(max_examples=300, deadline=None)
@given(st.lists(GOOD | BAD, max_size=60), st.integers(1, 4_000), st.booleans())
def test_good_lines_among_bad_ones_keep_their_numbers_and_values(
    lines: list[Given], size: int, ended: bool
) -> None:
    data = b"\n".join(line.data for line in lines) + (b"\n" if lines and ended else b"")
    parts, count = parsed(data, size)
    wanted = {n: line.event for n, line in enumerate(lines, 1) if line.event}
    assert events(parts) == wanted
    assert sum(counted(parts).values()) == count
    assert {r.line for part in parts for r in part.aside.rejects} == {
        n for n, line in enumerate(lines, 1) if line.bucket == "rejects"
    }


@settings(max_examples=150, deadline=None)
@given(st.lists(GOOD | BAD | TRACES, max_size=30), st.integers(1, 400))
def test_what_a_line_counts_as_does_not_hang_on_the_block_size(
    lines: list[Given], size: int
) -> None:
    data = b"".join(line.data + b"\n" for line in lines)
    (small, _), (whole, _) = parsed(data, size), parsed(data, len(data) + 1)
    assert counted(small) == counted(whole)


@settings(max_examples=20, deadline=None)
@given(st.lists(GOOD, min_size=70, max_size=120), st.lists(BAD, max_size=3), st.randoms())
def test_a_few_bad_lines_in_a_long_block_cost_only_themselves(
    good: list[Given], bad: list[Given], chance: random.Random
) -> None:
    lines = good + bad
    chance.shuffle(lines)
    parts, _ = parsed(feeding.encoded([line.data for line in lines]), 1_000_000)
    assert events(parts) == {n: line.event for n, line in enumerate(lines, 1) if line.event}


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300).map(lambda data: data.replace(b"\0", b"")), st.integers(1, 100))
@example(b"\x28\xb5\x2f\xfd", 1)
def test_random_bytes_are_all_accounted_for(data: bytes, size: int) -> None:
    parts, count = parsed(data, size)
    assert sum(counted(parts).values()) == count
    events(parts)


CLUTTER = st.lists(
    st.sampled_from(
        [
            b"{",
            b"}",
            b"[",
            b"]",
            b'"',
            b":",
            b",",
            b"\\",
            b"\n",
            b"1",
            b"ts",
            b"null",
            b" ",
            b"\xff",
        ]
    ),
    max_size=40,
).map(b"".join)


@settings(max_examples=300, deadline=None)
@example(b"{}{}", 1)
@given(CLUTTER, st.integers(1, 100))
def test_clutter_that_looks_like_json_is_all_accounted_for(data: bytes, size: int) -> None:
    parts, count = parsed(data, size)
    assert sum(counted(parts).values()) == count
    events(parts)


@settings(max_examples=60, deadline=None)
@given(st.lists(GOOD | BAD | TRACES, max_size=20) | st.just([]), st.binary(max_size=40))
@example([_good(0, None, 0)], b"\x28\xb5\x2f\xfd")
def test_the_whole_way_accounts_for_every_line(lines: list[Given], noise: bytes) -> None:
    data = feeding.encoded([line.data for line in lines]) + noise.replace(b"\0", b"")
    if data.startswith(
        (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ", b"\xff\xfe", b"\xfe\xff")
    ):
        return
    got = loaded(data)
    data = data.replace(b"\x1e", b"") if data.startswith(b"\x1e") else data  # RFC 7464
    assert sum(buckets(got).values()) == data.count(b"\n") + (
        not data.endswith(b"\n") and bool(data)
    )
