"""Stamps → nanoseconds since 1970 UTC, without losing a digit (formats, section 1.5).

How a field writes time is decided once per file from a sample: text or epoch, which unit, how many digits.
The fraction is read as digits, never through a float: standard parsers cut it to microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

import polars as pl

from racelens import events
from racelens.ingest import aliases, stamps

SECOND = 1_000_000_000
# Magnitude decides the unit: seconds below 1e11, then milli, micro, nano.
_UNITS = ((1e11, SECOND), (1e14, 1_000_000), (1e17, 1_000), (float("inf"), 1))
_FIRST_EPOCH = 1e8  # seconds, 1973: below it a number is a counter or a relative clock
_LAST = 2**63 - 1  # nanoseconds, the year 2262
_NUMBER = re.compile(r"-?\d+(?:\.(\d+))?(?:[eE]\+?\d+)?")
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,12}))?\s*"
    r"(?:(Z|UTC|[+-]\d\d(?::?\d\d)?)(?: [A-Z]{1,5})?)?(?:\[[\w/+-]+\])?(?: m=[+-][\d.]+)?"
)


_ALIKE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z")
_NO_SECONDS = r"^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d)(Z|[+-]\d|$)"
# What may follow the seconds: a fraction, a zone.
_TAIL = (
    r"^(?P<whole>(?:[.,](?P<fraction>[0-9]{1,12}))?\s*"
    r"(?:Z|UTC|(?P<sign>[+-])(?P<hours>[0-9]{2}):?(?P<minutes>[0-9]{2})?(?: [A-Z]{1,5})?)?"
    r"(?:\[[A-Za-z/_+-]+\])?(?: m=[+-][0-9.]+)?\s*)$"
)


_NAIVE = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?\s*$"


@dataclass(frozen=True)
class Clock:
    """How one field of one file writes time. `unit`: nanoseconds of one epoch tick, None for text.

    `precision`: nanoseconds; the finest difference the sample shows. `zoned`: text names its zone; `zone`: where it
    does not. `form`: of text that is not ISO 8601; `until`: when the log was last written, for stamps without a year.
    """

    unit: int | None
    precision: int
    zoned: bool = True
    zone: str | None = None
    form: stamps.Form | None = None
    until: int = _LAST

    @property
    def is_undated(self) -> bool:
        """Whether stamps name no year."""
        return self.form is not None and self.form.is_undated

    def told(self, unit: str | None, zone: str | None) -> Clock:
        """The same clock as its user knows it."""
        if self.unit is None:
            return replace(self, zone=None if self.zoned else zone)
        ticks = aliases.UNITS.get(unit or "", self.unit)
        return replace(self, unit=ticks, precision=max(1, self.precision * ticks // self.unit))


def recognise(values: Sequence[str]) -> Clock | None:
    """The clock behind sampled values; None when most of them are no time."""
    numbers = [v for v in values if _NUMBER.fullmatch(v)]
    texts = [match for v in values if (match := _ISO.fullmatch(v.strip()))]
    epoch = _epoch(numbers) if numbers else None
    known = len(texts) + (len(numbers) if epoch else 0)
    if 2 * known <= len(values):
        return _of_form(values)
    if epoch and len(numbers) > len(texts):
        return epoch
    digits = max(len(match[3] or "") for match in texts)
    return Clock(None, 10 ** max(0, 9 - digits), zoned=all(match[4] for match in texts))


def _of_form(values: Sequence[str]) -> Clock | None:
    """The clock of stamps that are not ISO 8601."""
    if not (found := stamps.recognise(values)):
        return None
    form, matches = found
    fractions = (re.search(r"[.,](\d+)", match[0]) for match in matches)
    digits = max(len(fraction[1]) if fraction else 0 for fraction in fractions)
    zoned = form.is_zoned and all(match["zone"] for match in matches)
    return Clock(None, 10 ** max(0, 9 - digits), zoned, form=form)


def _epoch(numbers: Sequence[str]) -> Clock | None:
    size = median(abs(float(number)) for number in numbers)
    if size < _FIRST_EPOCH or size == float("inf"):
        return None
    unit = next(unit for limit, unit in _UNITS if size < limit)
    digits = max(len(match[1] or "") for n in numbers if (match := _NUMBER.fullmatch(n)))
    lossy = unit == 1 and all("e" in n or n.endswith("000") for n in numbers)
    return Clock(unit, 1_000 if lossy else max(1, unit // 10**digits))


def nanoseconds(text: pl.Series, clock: Clock) -> pl.Series:
    """Time (`Datetime("ns", "UTC")`) of a String series; null where it is no time or a zero time."""
    if clock.form:
        text = stamps.as_iso(text, clock.form, clock.until)
    if clock.unit:
        time = (
            pl.DataFrame({"text": text}).select(_from_epoch(pl.col("text"), clock.unit)).to_series()
        )
    else:
        time = _alike(text) if _is_alike(text) else _usual(text)
    missed = time.is_null() & text.is_not_null()
    if missed.any():
        time = time.scatter(missed.arg_true(), _otherwise(text.filter(missed)))
    if clock.zone:
        time = _in_zone(time, text, clock.zone)
    # 0001-01-01, 1970-01-01 and epoch 0 are how producers write "no time".
    none = time <= 86_400 * SECOND
    return (time.set(none, None) if none.any() else time).cast(events.Time)


def _is_alike(text: pl.Series) -> bool:
    """True where all stamps are `2026-05-04T12:00:00.000Z` with as many digits as the first, and none is a leap second."""
    if not len(text) or text.has_nulls() or not _ALIKE.fullmatch(text[0]):
        return False
    stamp = pl.col("stamp")
    alike = (
        (stamp.str.len_bytes() == len(text[0]))
        & stamp.str.ends_with("Z")
        & (stamp.str.slice(19, 1) == ".")
        & (stamp.str.slice(17, 2) != "60")
    )
    return bool(text.alias("stamp").to_frame().select(alike.all()).item())


def _alike(text: pl.Series) -> pl.Series:
    """Whole seconds, of which many stamps share one, and the digits behind the dot; null for a second that is none."""
    second = text.str.slice(0, 19).str.to_datetime(
        "%Y-%m-%dT%H:%M:%S", time_unit="ms", strict=False, cache=True
    )
    digits = len(text[0]) - 21
    fraction = text.str.slice(20, digits).cast(pl.Int64, strict=False) * 10 ** (9 - digits)
    time: pl.Series = second.cast(pl.Int64) * 1_000_000 + fraction
    return time


def _usual(text: pl.Series) -> pl.Series:
    """The library's reader keeps nine digits, but wants a `T`, a dot and a zone, and rolls :60 over."""
    leap = text.str.contains(":60", literal=True)
    usual = text.set(leap, None) if leap.any() else text
    return usual.str.to_datetime("%+", time_unit="ns", strict=False).cast(pl.Int64)


def _in_zone(time: pl.Series, text: pl.Series, zone: str) -> pl.Series:
    """Stamps that name no zone, read as that zone's; an hour that a clock showed twice is its first."""
    naive = text.str.contains(_NAIVE)
    local = time.cast(pl.Datetime("ns")).dt.replace_time_zone(
        zone, ambiguous="earliest", non_existent="null"
    )
    return time.zip_with(~naive.fill_null(False), local.dt.convert_time_zone("UTC").cast(pl.Int64))


def _otherwise(text: pl.Series) -> pl.Series:
    """Stamps unlike the rest of their field: text by hand, numbers by their own magnitude."""
    text = text.str.replace(_NO_SECONDS, "${1}:00${2}")
    number = pl.col("text")
    size = number.cast(pl.Float64, strict=False).abs()
    by_size = pl.coalesce(
        _from_text(number),
        _from_power(number),
        *(pl.when(size < limit).then(_from_epoch(number, unit)) for limit, unit in _UNITS),
    )
    return pl.DataFrame({"text": text}).select(by_size).to_series()


def _from_epoch(text: pl.Expr, unit: int) -> pl.Expr:
    """Null for text that is no number, and for numbers that this unit would put before 1973 or past 2262."""
    digits = len(str(unit)) - 1
    whole = text.str.extract(r"^(-?[0-9]+)(?:\.[0-9]*)?$", 1).cast(pl.Int64, strict=False)
    sane = whole.is_between(int(_FIRST_EPOCH) * SECOND // unit, (_LAST - SECOND) // unit)
    whole = pl.when(sane).then(whole)
    if digits == 0:
        return whole
    fraction = text.str.extract(rf"\.([0-9]{{1,{digits}}})", 1).fill_null("")
    return whole * unit + fraction.str.pad_end(digits, "0").cast(pl.Int64, strict=False)


def _from_power(text: pl.Expr) -> pl.Expr:
    """`1.780304400123E9`: as exact as such a number is."""
    is_power = text.str.contains(r"^[0-9.]+[eE]\+?[0-9]+$")
    number = pl.when(is_power).then(text).cast(pl.Float64, strict=False)
    microseconds = (
        pl.when(number < limit).then((number * (unit / 1_000)).cast(pl.Int64, strict=False))
        for limit, unit in _UNITS
    )
    return pl.coalesce(*microseconds) * 1_000


def _from_text(text: pl.Expr) -> pl.Expr:
    """`2026-05-04T12:00:00.100123456Z` and its relatives: comma, blank, offset, no zone, leap second.

    Null when anything else follows the time.
    """
    second = text.str.slice(0, 19).str.replace(" ", "T", literal=True)
    second = second.str.replace(":60", ":59", literal=True)
    whole = second.str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="ms", strict=False, cache=True)
    parts = text.str.slice(19).str.extract_groups(_TAIL)
    fraction = parts.struct.field("fraction").fill_null("0").str.slice(0, 9).str.pad_end(9, "0")
    east = parts.struct.field("hours").cast(pl.Int64) * 60 + parts.struct.field(
        "minutes"
    ).fill_null("0").cast(pl.Int64)
    minutes = pl.when(parts.struct.field("sign") == "-").then(-east).otherwise(east).fill_null(0)
    known = parts.struct.field("whole").is_not_null()
    time = whole.cast(pl.Int64) * 1_000_000 + fraction.cast(pl.Int64) - minutes * 60 * SECOND
    return pl.when(known).then(time)
