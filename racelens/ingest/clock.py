"""Stamps → nanoseconds since 1970 UTC, without losing a digit (formats, section 1.5).

How a field writes time is decided once per file from a sample: text or epoch, which unit, how many digits.
The fraction is read as digits, never through a float: standard parsers cut it to microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import polars as pl

from racelens import events

SECOND = 1_000_000_000
# Magnitude decides the unit: seconds below 1e11, then milli, micro, nano.
_UNITS = ((1e11, SECOND), (1e14, 1_000_000), (1e17, 1_000), (float("inf"), 1))
_FIRST_EPOCH = 1e8  # seconds, 1973: below it a number is a counter or a relative clock
_NUMBER = re.compile(r"-?\d+(?:\.(\d+))?(?:[eE]\+?\d+)?")
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,12}))?\s*(Z|UTC|[+-]\d\d:?\d\d)?"
    r"(?:\[[\w/+-]+\])?"
)


@dataclass(frozen=True)
class Clock:
    """How one field of one file writes time. `unit`: nanoseconds of one epoch tick, None for text.

    `precision`: nanoseconds; the finest difference the sample shows. `zoned`: text names its zone.
    """

    unit: int | None
    precision: int
    zoned: bool = True


def recognise(values: Sequence[str]) -> Clock | None:
    """The clock behind sampled values; None when most of them are no time."""
    numbers = [v for v in values if _NUMBER.fullmatch(v)]
    if 2 * len(numbers) > len(values):
        return _epoch(numbers)
    texts = [match for v in values if (match := _ISO.fullmatch(v.strip()))]
    if 2 * len(texts) > len(values):
        digits = max(len(match[3] or "") for match in texts)
        return Clock(None, 10 ** max(0, 9 - digits), zoned=all(match[4] for match in texts))
    return None


def _epoch(numbers: Sequence[str]) -> Clock | None:
    size = median(abs(float(number)) for number in numbers)
    if size < _FIRST_EPOCH:
        return None
    unit = next(unit for limit, unit in _UNITS if size < limit)
    digits = max(len(match[1] or "") for n in numbers if (match := _NUMBER.fullmatch(n)))
    lossy = unit == 1 and all("e" in n or n.endswith("000") for n in numbers)
    return Clock(unit, 1_000 if lossy else max(1, unit // 10**digits))


def nanoseconds(text: pl.Series, clock: Clock) -> pl.Series:
    """Time (`Datetime("ns", "UTC")`) of a String series; null where it is no time or a zero time."""
    if clock.unit:
        time = pl.select(_from_epoch(pl.lit(text), clock.unit)).to_series()
    else:
        # The library's reader keeps nine digits, but wants a `T`, a dot and a zone.
        time = text.str.to_datetime("%+", time_unit="ns", strict=False).cast(pl.Int64)
    missed = time.is_null() & text.is_not_null()
    if missed.any():
        time = time.scatter(missed.arg_true(), _otherwise(text.filter(missed)))
    # 0001-01-01, 1970-01-01 and epoch 0 are how producers write "no time".
    return time.set(time <= 86_400 * SECOND, None).cast(events.Time)


def _otherwise(text: pl.Series) -> pl.Series:
    """Stamps unlike the rest of their field: text by hand, numbers by their own magnitude."""
    number = pl.lit(text)
    size = number.cast(pl.Float64, strict=False).abs()
    by_size = pl.coalesce(
        _from_text(number),
        *(pl.when(size < limit).then(_from_epoch(number, unit)) for limit, unit in _UNITS),
    )
    return pl.select(by_size).to_series()


def _from_epoch(text: pl.Expr, unit: int) -> pl.Expr:
    digits = len(str(unit)) - 1
    whole = text.str.extract(r"^(-?\d+)", 1).cast(pl.Int64, strict=False)
    if digits == 0:
        return whole
    fraction = text.str.extract(rf"^-?\d+\.(\d{{1,{digits}}})", 1).fill_null("")
    return whole * unit + fraction.str.pad_end(digits, "0").cast(pl.Int64, strict=False)


def _from_text(text: pl.Expr) -> pl.Expr:
    """`2026-05-04T12:00:00.100123456Z` and its relatives: comma, blank, offset, no zone, leap second."""
    second = text.str.slice(0, 19).str.replace(" ", "T", literal=True)
    second = second.str.replace(":60", ":59", literal=True)
    whole = second.str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="ms", strict=False, cache=True)
    rest = text.str.slice(19)
    fraction = rest.str.extract(r"^[.,](\d{1,9})", 1).fill_null("0")
    nanos = fraction.str.pad_end(9, "0").cast(pl.Int64)
    return whole.cast(pl.Int64) * 1_000_000 + nanos - _offset(rest)


def _offset(rest: pl.Expr) -> pl.Expr:
    """Nanoseconds east of UTC named at the end of a stamp; 0 for Z, UTC or nothing."""
    parts = rest.str.extract_groups(r"([+-])(\d\d):?(\d\d)(?:\[|$)")
    minutes = parts.struct.field("2").cast(pl.Int64) * 60 + parts.struct.field("3").cast(pl.Int64)
    east = pl.when(parts.struct.field("1") == "-").then(-minutes).otherwise(minutes)
    return (east * 60 * SECOND).fill_null(0)
