"""Stamps → nanoseconds since 1970 UTC, digit for digit (formats, section 1.5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from racelens.ingest.clock import Clock, nanoseconds, recognise
from tests.ingest.feeding import told

NOON = 1_777_896_000  # 2026-05-04T12:00:00Z
SECOND = 1_000_000_000


def ns(*stamps: str) -> list[int | None]:
    """What a field with these stamps says, in nanoseconds."""
    clock = recognise(stamps)
    assert clock is not None
    return nanoseconds(pl.Series(stamps, dtype=pl.String), clock).cast(pl.Int64).to_list()


def noon(fraction: int = 0) -> int:
    return NOON * SECOND + fraction


class TestText:
    @pytest.mark.parametrize(
        ("stamp", "expected"),
        [
            ("2026-05-04T12:00:00Z", noon()),
            ("2026-05-04T12:00:00", noon()),
            ("2026-05-04 12:00:00", noon()),
            ("2026-05-04T12:00:00.1Z", noon(100_000_000)),
            ("2026-05-04T12:00:00.004", noon(4_000_000)),
            ("2026-05-04T12:00:00.100123Z", noon(100_123_000)),
            ("2026-05-04T12:00:00.0080001Z", noon(8_000_100)),
            ("2026-05-04T14:00:00.0080001+02:00", noon(8_000_100)),
            ("2026-05-04T12:00:00.007000001Z", noon(7_000_001)),
            ("2026-05-04T12:00:00.123456789Z", noon(123_456_789)),
            ("2026-05-04T12:00:00.123456789999Z", noon(123_456_789)),
            ("2026-05-04 12:00:00.100123+00:00", noon(100_123_000)),
            ("2026-05-04 12:00:00,005", noon(5_000_000)),
            ("2026-05-04 12:00:00,006+0000", noon(6_000_000)),
            ("2026-05-04 12:00:00.1001", noon(100_100_000)),
            ("2026-05-04 12:00:00.009 UTC", noon(9_000_000)),
            ("2026-05-04 12:00:00 UTC", noon()),
            ("2026-05-04T12:00:00.009Z[Etc/UTC]", noon(9_000_000)),
            ("2026-05-04T14:00:00.009+02:00[Europe/Berlin]", noon(9_000_000)),
            ("2026-05-04T05:00:00.5-0700", noon(500_000_000)),
            ("2026-05-04T17:45:00+05:45", noon()),
            ("2026-05-04T08:30:00-03:30", noon()),
            ("2026-05-05T01:30:00+13:30", noon()),
            ("2024-02-29T00:00:00Z", 1_709_164_800 * SECOND),
        ],
    )
    def test_every_digit_counts(self, stamp: str, expected: int) -> None:
        assert ns(stamp) == [expected]

    @pytest.mark.parametrize(
        "stamp",
        [
            "2016-12-31T23:59:60Z",
            "2016-12-31 23:59:60 UTC",
            "2017-01-01T00:59:60+01:00",
            "2016-12-31T23:59:60",
            "2017-01-01 00:59:60 +0100",
        ],
    )
    def test_a_leap_second_is_clamped_in_every_spelling(self, stamp: str) -> None:
        assert ns(stamp) == [1_483_228_799 * SECOND]

    @pytest.mark.parametrize(
        "stamp",
        [
            "12:00:00",
            "12:00:00.5",
            "noon",
            "",
            "May 4 12:00",
            "2026-05-04",
            "2026-13-99T99:99:99Z x",
        ],
    )
    def test_what_is_no_stamp_is_no_clock(self, stamp: str) -> None:
        assert recognise([stamp] * 5) is None

    @pytest.mark.parametrize(
        "junk",
        [
            "",
            "-",
            "soon",
            "2026-05-04",
            "2026-02-30T12:00:00Z",
            "2026-05-04T25:00:00Z",
            "2026-05-04T12:00:00 or so",
            "2026-05-04 12:00:00 PST",
        ],
    )
    def test_junk_in_a_field_of_stamps_is_no_time(self, junk: str) -> None:
        good = "2026-05-04T12:00:00.5Z"
        assert ns(good, good, junk, good) == [noon(SECOND // 2)] * 2 + [None, noon(SECOND // 2)]

    def test_a_null_stays_null(self) -> None:
        read = nanoseconds(pl.Series([None, "2026-05-04T12:00:00Z"]), Clock(None, 1))
        assert read.cast(pl.Int64).to_list() == [None, noon()]


DATES = st.datetimes(datetime(1971, 1, 1), datetime(2261, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)
DIGITS = st.text("0123456789", max_size=9)
ZONES = st.sampled_from(["", "Z", " UTC", "Z[Etc/UTC]"]) | st.builds(
    lambda sign, hours, minutes, colon, region: f"{sign}{hours:02d}{colon}{minutes:02d}{region}",
    st.sampled_from("+-"),
    st.integers(0, 14),
    st.sampled_from([0, 15, 30, 45]),
    st.sampled_from(["", ":"]),
    st.sampled_from(["", "[Europe/Berlin]"]),
)


def _offset(zone: str) -> timezone:
    if zone[:1] not in ("+", "-"):
        return UTC
    digits = zone.replace(":", "")
    east = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5]))
    return timezone(east if zone[0] == "+" else -east)


def _by_the_book(moment: datetime, digits: str, zone: str) -> int:
    """The oracle: whole seconds by the standard library, the fraction as an integer."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    seconds = (moment.replace(tzinfo=_offset(zone)) - epoch) // timedelta(seconds=1)
    return seconds * SECOND + int(digits.ljust(9, "0"))


@st.composite
def stamps(draw: st.DrawFn) -> tuple[str, int]:
    """A stamp and the nanoseconds it stands for."""
    moment, digits, zone = draw(DATES), draw(DIGITS), draw(ZONES)
    text = moment.strftime(f"%Y-%m-%d{draw(st.sampled_from('T '))}%H:%M:%S")
    fraction = draw(st.sampled_from(".,")) + digits if digits else ""
    return text + fraction + zone, _by_the_book(moment, digits, zone)


@settings(deadline=None)
@given(stamps())
def test_a_stamp_means_what_the_standard_library_says(stamp: tuple[str, int]) -> None:
    assert ns(stamp[0]) == [stamp[1]]


@settings(deadline=None)
@given(st.lists(stamps(), min_size=1, max_size=20))
def test_stamps_of_every_spelling_may_share_a_field(mixed: list[tuple[str, int]]) -> None:
    assert ns(*(text for text, _ in mixed)) == [expected for _, expected in mixed]


class TestEpoch:
    @pytest.mark.parametrize(
        ("stamp", "expected"),
        [
            ("1777896000", noon()),
            ("1777896000.010", noon(10_000_000)),
            ("1777896000.5", noon(500_000_000)),
            ("1777896000.000000001", noon(1)),
            ("1777896000.1234567891", noon(123_456_789)),
            ("1777896000011", noon(11_000_000)),
            ("1777896000017.123", noon(17_123_000)),
            ("1777896000012000", noon(12_000_000)),
            ("1777896000012000.5", noon(12_000_500)),
            ("1777896000013000001", noon(13_000_001)),
            ("9000000000", 9_000_000_000 * SECOND),
            ("9300000000", None),  # in 2264, beyond 63 bits of nanoseconds
            ("99999999999", None),
            ("100000000000", 100_000_000 * SECOND),
        ],
    )
    def test_the_magnitude_tells_the_unit(self, stamp: str, expected: int | None) -> None:
        assert ns(stamp) == [expected]

    @pytest.mark.parametrize(
        ("number", "expected"),
        [
            ("1777896000", noon()),
            ("1777896000.010", noon(10_000_000)),
            ("1777896000.016123", noon(16_123_000)),
            ("1777896000011", noon(11_000_000)),
            ("1777896000017.123", noon(17_123_000)),
            ("1777896000012001", noon(12_001_000)),
            ("1777896000013000001", noon(13_000_001)),
        ],
    )
    @pytest.mark.parametrize("quote", ["", '"'])
    def test_a_number_and_its_text_are_one_time(
        self, number: str, expected: int, quote: str
    ) -> None:
        (record,) = told(f'{{"ts":{quote}{number}{quote}}}')
        assert record["time"] == expected

    @pytest.mark.parametrize(
        ("number", "expected"),
        [("1.777896000015e+18", noon(15_000_000)), ("1.777896e9", noon())],
    )
    def test_a_number_may_be_written_with_an_exponent(self, number: str, expected: int) -> None:
        (record,) = told(f'{{"ts":{number}}}')
        assert record["time"] == expected

    def test_a_number_with_more_digits_than_a_float_is_off_by_less_than_a_step(self) -> None:
        (record,) = told('{"ts":1777896000.123456789}')
        assert abs(record["time"] - noon(123_456_789)) < 240

    def test_such_a_number_in_quotes_keeps_its_digits(self) -> None:
        (record,) = told('{"ts":"1777896000.123456789"}')
        assert record["time"] == noon(123_456_789)

    @pytest.mark.parametrize("small", ["12", "0.5", "86400", "69.019988"])
    def test_counters_and_relative_clocks_are_no_epoch(self, small: str) -> None:
        assert recognise([small] * 5) is None

    @settings(deadline=None)
    @given(
        st.lists(
            st.integers(100_000_000 * SECOND, 9_000_000_000 * SECOND), min_size=1, max_size=10
        ),
        st.sampled_from([1, 1_000, 1_000_000, SECOND]),
        st.integers(0, 3),
    )
    def test_every_unit_is_read_exactly(self, times: list[int], unit: int, digits: int) -> None:
        """Whole ticks and up to three digits more, as integer arithmetic writes them."""
        tick = max(1, unit // 10**digits)
        times = [time // tick * tick for time in times]
        texts = [_in_ticks(time, unit, digits) for time in times]
        if _unit_by_size(texts) == unit:
            assert ns(*texts) == times

    @pytest.mark.parametrize("usual", ["1777896000", "1777896000011", "1777896000011000"])
    @pytest.mark.parametrize(
        "odd", ["1777896000", "1777896000000", "1777896000000000", "1777896000000000000"]
    )
    def test_a_stamp_in_another_unit_is_read_right_or_not_at_all(
        self, usual: str, odd: str
    ) -> None:
        assert ns(*[usual] * 9, odd)[-1] in (noon(), None)


def _in_ticks(time: int, unit: int, digits: int) -> str:
    whole, rest = divmod(time, unit)
    if unit == 1 or not digits:
        return str(whole)
    places = len(str(unit)) - 1
    return f"{whole}.{str(rest).zfill(places)[:digits]}"


def _unit_by_size(texts: list[str]) -> int | None:
    """The unit, when all sizes agree on it (formats, section 1.5)."""
    limits = ((10**11, SECOND), (10**14, 1_000_000), (10**17, 1_000), (10**30, 1))
    units = {next(unit for limit, unit in limits if float(text) < limit) for text in texts}
    return units.pop() if len(units) == 1 else None


ISO = "2026-05-04T12:00:00.019Z"
EPOCH = "1777896000.019"
EPOCH_MS = "1777896000019"
THEN = noon(19_000_000)


class TestMixedKinds:
    @pytest.mark.parametrize("number", [EPOCH, EPOCH_MS, "1777896000019000", "1777896000019000000"])
    def test_a_number_among_texts_is_read_by_its_size(self, number: str) -> None:
        assert ns(ISO, ISO, number) == [THEN] * 3

    @pytest.mark.parametrize(
        "text", [ISO, "2026-05-04 12:00:00,019", "2026-05-04T14:00:00.019+0200"]
    )
    @pytest.mark.parametrize("number", [EPOCH, EPOCH_MS, "1777896000019000", "1777896000019000000"])
    def test_a_text_among_numbers_is_read(self, number: str, text: str) -> None:
        assert ns(number, number, text) == [THEN] * 3

    def test_as_many_texts_as_numbers_are_a_clock(self) -> None:
        assert ns(ISO, EPOCH) == [THEN] * 2

    def test_two_producers_in_one_file_are_both_dated(self) -> None:
        lines = [f'{{"time":"{ISO}"}}', f'{{"time":{EPOCH_MS}}}'] * 5
        assert {record.get("time") for record in told(*lines)} == {THEN}


class TestNoTime:
    @pytest.mark.parametrize(
        "zero",
        [
            "0001-01-01T00:00:00Z",
            "0001-01-01 00:00:00",
            "1970-01-01T00:00:00Z",
            "1970-01-01T00:00:00.000+00:00",
            "1969-12-31T23:59:59Z",
            "9999-12-31T23:59:59Z",
        ],
    )
    def test_a_zero_time_among_texts_is_null(self, zero: str) -> None:
        assert ns(ISO, zero, ISO) == [THEN, None, THEN]

    @pytest.mark.parametrize("zero", ["0", "0.0", "-1", "-62135596800", "1"])
    @pytest.mark.parametrize("usual", [EPOCH, EPOCH_MS, "1777896000019000", "1777896000019000000"])
    def test_a_zero_time_among_numbers_is_null(self, zero: str, usual: str) -> None:
        assert ns(usual, zero, usual) == [THEN, None, THEN]

    def test_a_zero_time_gives_way_to_the_next_key(self) -> None:
        good = f'{{"timeUnixNano":"1777896000019000000","observedTimeUnixNano":"{noon()}"}}'
        zero = f'{{"timeUnixNano":"0","observedTimeUnixNano":"{noon()}"}}'
        assert [record["time"] for record in told(good, zero)] == [THEN, noon()]

    def test_a_null_time_gives_way_to_the_next_key(self) -> None:
        got = told(f'{{"ts":null,"time":"{ISO}"}}', '{"ts":"2026-05-04T12:00:00Z"}')
        assert [record["time"] for record in got] == [THEN, noon()]

    def test_the_applications_own_clock_is_preferred(self) -> None:
        (record,) = told(f'{{"received_at":"2026-05-04T12:00:09Z","ts":"{ISO}"}}')
        assert record["time"] == THEN

    @pytest.mark.parametrize("key", ["received_at", "ingestionTime", "receiveTimestamp", "msg"])
    def test_arrival_times_and_free_text_date_nothing(self, key: str) -> None:
        (record,) = told(f'{{"{key}":"{ISO}"}}')
        assert "time" not in record


class TestPrecision:
    @pytest.mark.parametrize(
        ("stamps", "precision"),
        [
            (["2026-05-04T12:00:00Z"], SECOND),
            (["2026-05-04T12:00:00.1Z"], 100_000_000),
            (["2026-05-04 12:00:00,100"], 1_000_000),
            (["2026-05-04T12:00:00.100123Z"], 1_000),
            (["2026-05-04T12:00:00.1001234Z"], 100),
            (["2026-05-04T12:00:00.100123456Z"], 1),
            (["2026-05-04T12:00:00.100123456789Z"], 1),
            (["2026-05-04T12:00:00Z", "2026-05-04T12:00:00.1Z"], 100_000_000),
            (["1777896000"], SECOND),
            (["1777896000.010"], 1_000_000),
            (["1777896000.010123"], 1_000),
            (["1777896000011"], 1_000_000),
            (["1777896000011.5"], 100_000),
            (["1777896000012000"], 1_000),
            (["1777896000013000001"], 1),
            (["1.777896000015e+18"], 1_000),
        ],
    )
    def test_it_is_the_finest_difference_that_shows(
        self, stamps: list[str], precision: int
    ) -> None:
        clock = recognise(stamps)
        assert clock is not None
        assert clock.precision == precision

    @pytest.mark.parametrize(
        ("stamp", "zoned"),
        [
            ("2026-05-04T12:00:00Z", True),
            ("2026-05-04T12:00:00 UTC", True),
            ("2026-05-04T12:00:00+0200", True),
            ("2026-05-04T12:00:00", False),
            ("2026-05-04 12:00:00,100", False),
            ("1777896000", True),
        ],
    )
    def test_a_clock_without_a_zone_says_so(self, stamp: str, zoned: bool) -> None:
        clock = recognise([stamp])
        assert clock is not None
        assert clock.zoned is zoned


@pytest.mark.parametrize("endless", ["1e400", "9" * 400])
def test_a_number_beyond_all_numbers_is_no_time(endless: str) -> None:
    assert recognise([endless]) is None
