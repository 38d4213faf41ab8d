"""Points in time as people write them."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

from racelens.errors import RacelensError
from racelens.scope import Moment, TimeOfDay

_SECOND = 1_000_000_000
_DAY = 86_400 * _SECOND

_AGO = re.compile(r"-?(\d+)\s*(s|m|h|d|w)(?: ago)?$")
_CLOCK = re.compile(r"\d{1,2}:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def read(flag: str, text: str | None, now_ns: int | None = None) -> Moment | None:
    """RFC 3339, a day, how long ago (`2h`) or a time of day (`14:05`); without a zone it is UTC.

    Raises RacelensError for anything else.
    """
    if text is None:
        return None
    if ago := _AGO.fullmatch(text.strip()):
        return (now_ns or time.time_ns()) - int(ago[1]) * _SECONDS[ago[2]] * _SECOND
    try:
        if _CLOCK.fullmatch(text.strip()):
            return TimeOfDay(
                _nanoseconds(f"1970-01-01T{_padded(text.strip())}") % _DAY, text.strip()
            )
        return _nanoseconds(text.strip())
    except ValueError as error:
        hint = f"{flag} 2026-05-04T14:05:00Z, {flag} 14:05 or {flag} 2h"
        raise RacelensError(f"{flag} {text}: no time that is understood", hint=hint) from error


def _nanoseconds(text: str) -> int:
    whole, dot, digits = text.partition(".")
    zone = re.search(r"(Z|[+-]\d\d:?\d\d)$", digits)
    fraction = digits.removesuffix(zone[0]) if zone else digits
    moment = datetime.fromisoformat(whole + (zone[0] if zone else ""))
    nanoseconds = int(fraction.ljust(9, "0")[:9]) if dot else 0
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(aware.timestamp()) * _SECOND + nanoseconds


def _padded(clock: str) -> str:
    return clock if clock[1:2].isdigit() else f"0{clock}"
