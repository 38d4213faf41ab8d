"""Text from logs made harmless, and numbers made readable. Shared by all renderers."""

from __future__ import annotations

import re
import unicodedata

_LONG = 300  # characters of one value that a screen shows
# Control characters, and the marks that turn the writing direction round.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff\ud800-\udfff]"
)
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def clean(text: str, limit: int = _LONG) -> str:
    """The text without anything a terminal would obey; a long value is cut at its tail."""
    safe = _UNSAFE.sub(lambda m: m[0].encode("unicode_escape", "surrogatepass").decode(), text)
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def width(text: str) -> int:
    """Columns the text takes on a terminal."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def duration(nanoseconds: int) -> str:
    """Two units at most: `2 m 38 s`, `1 d 4 h`, `27 ms`, `1 µs`."""
    for size, name in ((1_000, "ns"), (1_000_000, "µs"), (1_000_000_000, "ms")):
        if nanoseconds < size:
            return f"{nanoseconds / (size // 1_000):.3g} {name}"
    seconds = nanoseconds // 1_000_000_000
    parts: list[str] = []
    for size, name in _UNITS:
        value, seconds = divmod(seconds, size)
        if value or parts:
            parts.append(f"{value} {name}")
    return " ".join(part for part in parts[:2] if not part.startswith("0 "))


def offset(nanoseconds: int) -> str:
    """A distance from the first event: `+27.0 ms`."""
    if abs(nanoseconds) < 10_000_000_000:
        return f"{nanoseconds / 1e6:+.1f} ms"
    return f"+{duration(nanoseconds)}"
