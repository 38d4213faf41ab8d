"""Identifiers in one spelling before anything is joined over them (formats, section 1.6)."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
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


@pytest.mark.parametrize("spelling", [SPAN, SPAN.upper(), f"0x{SPAN}"])
def test_a_span_has_one_spelling(spelling: str) -> None:
    assert one({"span_id": spelling})["span"] == SPAN


@pytest.mark.parametrize(
    "other",
    ["11803532876627986230", "S/kvNXezTaajzpKdDg5HNg==", "order-import/2026-05-04", "Req-A", "t-1"],
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


@given(st.text("0123456789abcdef", min_size=8, max_size=32).filter(lambda text: text.strip("0")))
def test_normalising_twice_changes_nothing(trace: str) -> None:
    once = normalised(ids.trace(pl.col("id")), trace.upper())
    assert once == [trace]
    assert normalised(ids.trace(pl.col("id")), *once) == once


@pytest.mark.parametrize(
    ("tag", "version"),
    [("7", "7"), ('"7"', "7"), ('W/"7"', "7"), ('"a-b"', "a-b"), ("", "")],
)
def test_an_entity_tag_is_its_version(tag: str, version: str) -> None:
    assert normalised(ids.version(pl.col("id")), tag) == [version]
