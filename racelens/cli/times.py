"""Points in time as people write them."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

from racelens.errors import RacelensError

_SECOND = 1_000_000_000


_AGO = re.compile(r"-?(\d+)\s*(s|m|h|d|w)(?: ago)?$")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def read(flag: str, text: str | None, now_ns: int | None = None) -> int | None:
    """RFC 3339, a day, or how long ago (`2h`), as nanoseconds since 1970; without a zone it is UTC.

    Raises RacelensError for anything else.
    """
    if text is None:
        return None
    if ago := _AGO.fullmatch(text.strip()):
        return (now_ns or time.time_ns()) - int(ago[1]) * _SECONDS[ago[2]] * _SECOND
    whole, dot, digits = text.strip().partition(".")
    zone = re.search(r"(Z|[+-]\d\d:?\d\d)$", digits)
    fraction = digits.removesuffix(zone[0]) if zone else digits
    try:
        moment = datetime.fromisoformat(whole + (zone[0] if zone else ""))
        nanoseconds = int(fraction.ljust(9, "0")[:9]) if dot else 0
    except ValueError as error:
        hint = f"{flag} 2026-05-04T14:05:00Z, or {flag} 2h"
        raise RacelensError(f"{flag} {text}: no time that is understood", hint=hint) from error
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(aware.timestamp()) * _SECOND + nanoseconds
