"""Points in time as people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from racelens.errors import RacelensError

_SECOND = 1_000_000_000


def read(flag: str, text: str | None) -> int | None:
    """RFC 3339, or a day, as nanoseconds since 1970; without a zone it is UTC.

    Raises RacelensError for anything else.
    """
    if text is None:
        return None
    whole, dot, digits = text.strip().partition(".")
    zone = re.search(r"(Z|[+-]\d\d:?\d\d)$", digits)
    fraction = digits.removesuffix(zone[0]) if zone else digits
    try:
        moment = datetime.fromisoformat(whole + (zone[0] if zone else ""))
        nanoseconds = int(fraction.ljust(9, "0")[:9]) if dot else 0
    except ValueError as error:
        hint = f"{flag} 2026-05-04T14:05:00Z"
        raise RacelensError(f"{flag} {text}: no time that is understood", hint=hint) from error
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(aware.timestamp()) * _SECOND + nanoseconds
