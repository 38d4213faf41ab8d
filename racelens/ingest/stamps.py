"""Stamps in other forms than ISO 8601 → ISO 8601: what servers, databases and old libraries print.

Two forms name no year. It is the latest in which the stamp is not later than its log was last written: a log
that goes on over New Year's Eve is read right.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import polars as pl

_DAY = 86_400_000_000_000
_YEARS = 9  # back to a year with a 29th of February, also over 1900 and its like
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})"
_OF_DAY = r"(?P<of_day>[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?)"
_ZONE = r"(?P<zone>Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})"
_WEEKDAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"


@dataclass(frozen=True)
class Form:
    """`pattern`: read by Python and by polars alike; its groups are year, month, day, of_day, zone."""

    name: str
    pattern: str

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Compiled for single stamps."""
        return re.compile(self.pattern)

    @property
    def is_undated(self) -> bool:
        """Whether it names no year."""
        return "year" not in self.regex.groupindex

    @property
    def is_zoned(self) -> bool:
        """Whether it has a place for the zone."""
        return "zone" in self.regex.groupindex


FORMS = (
    Form(
        "slashes",
        rf"^(?P<year>[0-9]{{4}})/(?P<month>[0-9]{{2}})/(?P<day>[0-9]{{2}})[ T]{_OF_DAY} ?{_ZONE}?$",
    ),
    Form(
        "common-log",
        rf"^\[?(?P<day>[0-9]{{2}})/{_MONTH}/(?P<year>[0-9]{{4}}):{_OF_DAY} ?{_ZONE}?\]?$",
    ),
    Form(
        "rfc2822",
        rf"^(?:{_WEEKDAY}, )?(?P<day>[0-9]{{1,2}})[ -]{_MONTH}[ -](?P<year>[0-9]{{4}}),? {_OF_DAY} ?{_ZONE}?$",
    ),
    Form(
        "ctime",
        rf"^{_WEEKDAY} {_MONTH} +(?P<day>[0-9]{{1,2}}) {_OF_DAY} (?:{_ZONE} )?(?P<year>[0-9]{{4}})$",
    ),
    Form("kibana", rf"^{_MONTH} (?P<day>[0-9]{{1,2}}), (?P<year>[0-9]{{4}}) @ {_OF_DAY}$"),
    Form(
        "compact",
        r"^(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})T"
        rf"(?P<hour>[0-9]{{2}})(?P<minute>[0-9]{{2}})(?P<second>[0-9]{{2}}(?:\.[0-9]+)?){_ZONE}?$",
    ),
    Form("syslog", rf"^{_MONTH} +(?P<day>[0-9]{{1,2}}) {_OF_DAY}$"),
    Form("klog", rf"^[IWEF]?(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}}) {_OF_DAY}$"),
)


def recognise(values: Sequence[str]) -> tuple[Form, list[re.Match[str]]] | None:
    """The form that most of the values have, with what it matched."""
    for form in FORMS:
        found = [match for value in values if (match := form.regex.match(value.strip()))]
        if 2 * len(found) > len(values):
            return form, found
    return None


def as_iso(text: pl.Series, form: Form, until: int) -> pl.Series:
    """The stamps in ISO 8601, others as they are. `until`: nanoseconds, when the log was last written."""
    parts = text.str.strip_chars().str.extract_groups(form.pattern).struct.unnest()
    month = pl.col("month").replace({m: f"{n:02}" for n, m in enumerate(_MONTHS, 1)})
    of_day = (
        pl.col("of_day")
        if "of_day" in parts.columns
        else pl.concat_str("hour", "minute", "second", separator=":")
    )
    zone = pl.col("zone").fill_null("") if form.is_zoned else pl.lit("")
    rest = pl.concat_str(
        pl.lit("-"),
        month,
        pl.lit("-"),
        pl.col("day").str.pad_start(2, "0"),
        pl.lit("T"),
        of_day,
        zone.replace("GMT", "Z").replace("UTC", "Z"),
    )
    dated = pl.col("year") + rest if not form.is_undated else _dated(rest, until)
    told = parts.with_columns(text.alias("text")).select(pl.coalesce(dated, "text"))
    return told.to_series()


def _dated(rest: pl.Expr, until: int) -> pl.Expr:
    """With the latest year in which the stamp is, and is not later than a day after `until`."""
    last = datetime.fromtimestamp(until // 1_000_000_000, UTC).year
    candidates = (pl.lit(str(year)) + rest for year in range(last + 1, last - _YEARS, -1))
    return pl.coalesce(
        *(pl.when(_second(stamp) <= until + _DAY).then(stamp) for stamp in candidates)
    )


def _second(stamp: pl.Expr) -> pl.Expr:
    """Nanoseconds of the whole second; null for a day that the year does not have."""
    second = stamp.str.slice(0, 19).str.to_datetime(
        "%Y-%m-%dT%H:%M:%S", time_unit="ns", strict=False
    )
    return second.cast(pl.Int64)
