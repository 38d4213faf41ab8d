"""Identifiers in one spelling before anything is joined over them (formats, section 1.6)."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from racelens.ingest import ids
from tests.ingest.feeding import one, told

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
SPELLINGS = [
    TRACE,
    TRACE.upper(),
    f"0x{TRACE}",
    f"0X{TRACE.upper()}",
    f"projects/my-shop/traces/{TRACE}",
    f"00-{TRACE}-{SPAN}-01",
    f"00-{TRACE.upper()}-{SPAN.upper()}-00",
    f"1-{TRACE[:8]}-{TRACE[8:]}",
    f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={SPAN};Sampled=1",
    f"Root=1-{TRACE[:8]}-{TRACE[8:]}",
    f"{TRACE[:8]}-{TRACE[8:12]}-{TRACE[12:16]}-{TRACE[16:20]}-{TRACE[20:]}",
    "S/kvNXezTaajzpKdDg5HNg==",
    f"{TRACE}-{SPAN}-1",
    f"{TRACE}-{SPAN}",
    f"{TRACE}:{SPAN}:0:1",
    f"|{TRACE}.{SPAN}.",
]


def normalised(expr: pl.Expr, *values: str | None) -> list[str | None]:
    frame = pl.DataFrame({"id": pl.Series(values, dtype=pl.String)})
    return frame.select(expr).to_series().to_list()


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_trace_has_one_spelling(spelling: str) -> None:
    assert normalised(ids.trace(pl.col("id")), spelling) == [TRACE]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_it_has_it_the_whole_way(spelling: str) -> None:
    assert one({"trace_id": spelling})["trace"] == TRACE


def test_sources_that_spell_it_differently_meet() -> None:
    assert {record["trace"] for record in told(*({"trace_id": s} for s in SPELLINGS))} == {TRACE}


def test_a_trace_in_one_field_and_a_traceparent_in_another_meet() -> None:
    got = told({"trace_id": TRACE}, {"traceparent": f"00-{TRACE}-{SPAN}-01"})
    assert [record["trace"] for record in got] == [TRACE] * 2


@pytest.mark.parametrize(
    "spelling", [SPAN, SPAN.upper(), f"0x{SPAN}", "APBnqgupArc=", str(int("a" + SPAN[1:], 16))]
)
def test_a_span_has_one_spelling(spelling: str) -> None:
    assert one({"span_id": spelling})["span"] in (SPAN, "a" + SPAN[1:])


def test_leading_zeros_that_were_left_out_are_put_back() -> None:
    short = {"trace_id": "f92f3577b34da6a3ce929d0e0e4736"}
    assert one(short)["trace"] == "00f92f3577b34da6a3ce929d0e0e4736"
    assert one({"trace_id": "f067aa0ba902b7"})["trace"] == "00f067aa0ba902b7"


def test_a_low_half_is_the_one_trace_it_is_half_of() -> None:
    half = str(int(TRACE[16:], 16))
    got = told({"trace_id": TRACE}, {"dd": {"trace_id": half}}, {"trace_id": TRACE[16:]})
    assert [record["trace"] for record in got] == [TRACE] * 3


def test_half_of_two_traces_is_neither() -> None:
    other = "f" * 16 + TRACE[16:]
    got = told({"trace_id": TRACE}, {"trace_id": other}, {"trace_id": TRACE[16:]})
    assert [record["trace"] for record in got] == [TRACE, other, TRACE[16:]]


@pytest.mark.parametrize(
    "other",
    ["99999999999999999999", "S/kvNXezTaajzpKdDg5HN", "order-import/2026-05-04", "Req-A", "t-1"],
)
def test_any_other_id_stays_as_logged(other: str) -> None:
    assert one({"trace_id": other})["trace"] == other


@pytest.mark.parametrize(
    "zeros", ["0" * 32, "0" * 16, "0", "00000000-0000-0000-0000-000000000000", "0x" + "0" * 32]
)
def test_zeros_are_no_trace(zeros: str) -> None:
    got = told({"trace_id": TRACE}, {"trace_id": zeros})
    assert "trace" not in got[1]


def test_a_traceparent_of_zeros_is_no_trace() -> None:
    got = told({"traceparent": f"00-{'0' * 32}-{'0' * 16}-00"})
    assert "trace" not in got[0]


@pytest.mark.parametrize("placeholder", ids.PLACEHOLDERS)
def test_a_placeholder_is_no_id(placeholder: str) -> None:
    assert normalised(ids.identity(pl.col("id")), placeholder, "r-1", None) == [None, "r-1", None]


@pytest.mark.parametrize("placeholder", ["", "-", "null", "none", "unknown", "N/A"])
def test_a_placeholder_is_no_trace(placeholder: str) -> None:
    got = told({"trace_id": TRACE.upper()}, {"trace_id": placeholder})
    assert [record.get("trace") for record in got] == [TRACE, None]


@settings(deadline=None)
@given(st.from_regex(r"[0-9a-f]{7,31}[a-f]", fullmatch=True))
def test_normalising_twice_changes_nothing(trace: str) -> None:
    once = normalised(ids.trace(pl.col("id")), trace.upper())
    assert once == [trace.rjust(32 if len(trace) > 28 else 16 if 13 <= len(trace) < 16 else 0, "0")]
    assert normalised(ids.trace(pl.col("id")), *once) == once


@pytest.mark.parametrize(
    ("tag", "version"),
    [("7", "7"), ('"7"', "7"), ('W/"7"', "7"), ('"a-b"', "a-b"), ("", "")],
)
def test_an_entity_tag_is_its_version(tag: str, version: str) -> None:
    assert normalised(ids.version(pl.col("id")), tag) == [version]
