"""A time axis: round steps, one unit for a whole drawing."""

from __future__ import annotations

_UNITS = ((1_000, "µs"), (1_000_000, "ms"), (1_000_000_000, "s"), (60_000_000_000, "min"))
_ROUND = (1, 2, 5, 10)


def unit_of(length: int) -> tuple[int, str]:
    """The unit for a drawing of `length` nanoseconds: its size in nanoseconds, and its name."""
    if length < 1_000_000:
        return _UNITS[0]
    if length < 10_000_000_000:
        return _UNITS[1]
    return _UNITS[2] if length < 600_000_000_000 else _UNITS[3]


def ticks(length: int, at_most: int) -> list[tuple[int, str]]:
    """Round distances from the start, with labels; the last one names the unit."""
    size, name = unit_of(length)
    least = length / max(at_most, 1)
    # Minutes are no power of ten: their steps are counted in minutes.
    step = _step(least / size) * size if size > 1_000_000_000 else _step(least)
    at = list(range(0, length + 1, step))
    labels = ["0" if t == 0 else f"+{t / size:,.10g}" for t in at]
    if len(labels) > 1:
        labels[-1] += f" {name}"
    return list(zip(at, labels, strict=True))


def _step(least: float) -> int:
    power = 1
    while power * 10 < least:
        power *= 10
    return next(power * factor for factor in _ROUND if power * factor >= least)
