"""Stamps that are not ISO 8601, and stamps that name no year."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from racelens import accounts
from racelens.ingest import Capture, find, load
from racelens.ingest.clock import nanoseconds, recognise
from tests.ingest.feeding import one, records

SECOND = 1_000_000_000
MORNING = 1_780_304_400  # 2026-06-01T09:00:00Z


@pytest.mark.parametrize(
    ("stamp", "fraction"),
    [
        ("2026/06/01 09:00:00", 0),
        ("2026/06/01 09:00:00.000123456", 123_456),
        ("2026/06/01 11:00:00,5 +0200", 500_000_000),
        ("01/Jun/2026:09:00:00 +0000", 0),
        ("[01/Jun/2026:05:00:00.250 -0400]", 250_000_000),
        ("Mon, 01 Jun 2026 09:00:00 GMT", 0),
        ("01-Jun-2026 09:00:00.007", 7_000_000),
        ("Mon Jun  1 09:00:00 2026", 0),
        ("Mon Jun  1 09:00:00 UTC 2026", 0),
        ("Jun 1, 2026 @ 09:00:00.123", 123_000_000),
        ("20260601T090000Z", 0),
        ("20260601T090000.4Z", 400_000_000),
        ("2026-06-01 09:00:00.123456789 +0000 UTC m=+0.51", 123_456_789),
        ("2026-06-01 11:00:00.5 +0200 CEST", 500_000_000),
        ("2026-06-01 11:00:00.5+02", 500_000_000),
        ("1.7803044E9", 0),
        ("1.7803044005E+12", 500_000_000),
    ],
)
def test_a_stamp_of_any_form_is_a_time(stamp: str, fraction: int) -> None:
    assert one({"time": stamp, "msg": "x"})["time"] == MORNING * SECOND + fraction


@pytest.mark.parametrize("stamp", ["06/01/2026 09:00:00", "33/Jun/2026:09:00:00 +0000", "Juni 1"])
def test_what_could_be_two_days_or_none_is_no_time(stamp: str) -> None:
    assert "time" not in one({"time": stamp, "msg": "x"})


def written(folder: Path, when: datetime, *lines: str) -> Capture:
    """The capture of a file that was last written then."""
    path = folder / "app.log"
    path.write_text("".join(f"{line}\n" for line in lines))
    os.utime(path, (when.timestamp(), when.timestamp()))
    return load(find([str(path)]))


def moments(capture: Capture) -> list[str]:
    return [
        datetime.fromtimestamp(r["time"] / SECOND, UTC).isoformat(timespec="milliseconds")[:23]
        for r in records(capture)
    ]


class TestWithoutAYear:
    def test_klog(self, tmp_path: Path) -> None:
        line = 'I0704 14:05:06.123000       7 controller.go:42] {"msg": "saved", "order_id": 7}'
        capture = written(tmp_path, datetime(2025, 7, 5, tzinfo=UTC), line)
        assert moments(capture) == ["2025-07-04T14:05:06.123"]
        assert records(capture)[0]["worker"] == "7"

    def test_syslog_in_front_of_a_record(self, tmp_path: Path) -> None:
        line = '<134>Jul  4 14:05:06 web-1 orders[7]: {"msg": "saved", "order_id": 7}'
        capture = written(tmp_path, datetime(2025, 7, 5, tzinfo=UTC), line)
        (record,) = records(capture)
        assert moments(capture) == ["2025-07-04T14:05:06.000"]
        assert (record["host"], record["process"]) == ("web-1", "orders/7")

    def test_syslog_in_a_field(self, tmp_path: Path) -> None:
        capture = written(
            tmp_path, datetime(2025, 7, 5, tzinfo=UTC), '{"time": "Jul  4 14:05:06", "msg": "x"}'
        )
        assert moments(capture) == ["2025-07-04T14:05:06.000"]

    def test_a_log_over_new_year(self, tmp_path: Path) -> None:
        lines = [f'{{"time": "{t}", "msg": "x"}}' for t in ("Dec 31 23:59:59", "Jan  1 00:00:01")]
        capture = written(tmp_path, datetime(2026, 1, 3, tzinfo=UTC), *lines)
        assert moments(capture) == ["2025-12-31T23:59:59.000", "2026-01-01T00:00:01.000"]

    def test_a_leap_day_is_of_the_last_leap_year(self, tmp_path: Path) -> None:
        capture = written(
            tmp_path, datetime(2026, 5, 1, tzinfo=UTC), '{"time": "Feb 29 10:00:00", "msg": "x"}'
        )
        assert moments(capture) == ["2024-02-29T10:00:00.000"]

    def test_dated_stamps_beside_them_say_more_than_the_file(self, tmp_path: Path) -> None:
        lines = [
            'Jul  4 14:05:06 web-1 orders[7]: {"ts": "2021-07-04T14:05:06Z", "msg": "x"}',
            'Jul  4 14:05:07 web-1 orders[7]: {"msg": "y"}',
        ]
        capture = written(tmp_path, datetime(2026, 5, 1, tzinfo=UTC), *lines)
        assert [moment[:4] for moment in moments(capture)] == ["2021", "2021"]
        (notice,) = (n for n in accounts.notices(capture) if "no year" in n)
        assert "dated stamps beside them go to 2021-07-04" in notice

    def test_it_is_said(self, tmp_path: Path) -> None:
        capture = written(
            tmp_path, datetime(2025, 7, 5, tzinfo=UTC), '{"time": "Jul  4 14:05:06", "msg": "x"}'
        )
        (notice,) = (n for n in accounts.notices(capture) if "no year" in n)
        assert "the file was last written on 2025-07-05" in notice

    def test_nothing_is_said_where_no_record_needs_it(self, tmp_path: Path) -> None:
        line = 'Jul  4 14:05:06 web-1 orders[7]: {"ts": "2026-07-04T14:05:06Z", "msg": "x"}'
        capture = written(tmp_path, datetime(2026, 7, 5, tzinfo=UTC), line)
        assert not any("no year" in n for n in accounts.notices(capture))

    @given(
        st.datetimes(datetime(1995, 1, 1), datetime(2120, 1, 1)),
        st.integers(0, 362),
    )
    def test_any_moment_of_the_year_before_the_end_comes_back(
        self, last: datetime, days: int
    ) -> None:
        moment = (last - timedelta(days=days)).replace(microsecond=0, tzinfo=UTC)
        stamp = moment.strftime("%b %e %H:%M:%S")
        found = recognise([stamp])
        assert found is not None
        until = int(last.replace(tzinfo=UTC).timestamp()) * SECOND
        clock = type(found)(None, found.precision, found.zoned, form=found.form, until=until)
        (read,) = nanoseconds(pl.Series([stamp]), clock).cast(pl.Int64)
        assert read == int(moment.timestamp()) * SECOND
