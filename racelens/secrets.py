"""Secrets in text: passwords, tokens and card numbers, masked in whatever racelens shows."""

from __future__ import annotations

import re
from functools import lru_cache

_MASK = "•••"
_KEYS = r"passw(?:or)?d|secret|api[_-]?key|authorization|access[_-]?token|private[_-]?key"
_QUOTED = r"""\\?"(?:[^"\\]|\\[^"])*\\?"|'[^']*'"""
_ASSIGNED = re.compile(
    rf"""(?i)((?:{_KEYS})["'\\]*\s*[:=]\s*)({_QUOTED}|(?:(?:bearer|basic)\s+)?[^\s"',;&}}\\]+)"""
)
_TOKEN = re.compile(
    r"""(?x) eyJ[\w-]{6,}\.[\w-]{4,}\.[\w-]*  # signed (JWT)
    | \bAKIA[0-9A-Z]{16}\b | \bgh[pousr]_\w{30,} | \bxox[abprs]-[\w-]{10,} | \b[rs]k_live_\w{16,}
    | (?<=[Bb]earer\ )[\w.~+/-]{16,}=*"""
)
_CARD = re.compile(r"(?<![\w.-])(?:[3-6]|2[2-7])\d*(?:[ -]?\d){12,15}(?![\w-])")
_ISSUED = re.compile(r"4\d{15}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|6(?:011|5\d\d)\d{12}")

# What any of these looks like, roughly, in the regular expressions of polars, too.
SUSPECT = rf"(?i){_KEYS}|eyJ|AKIA|gh[pousr]_|xox[abprs]-|[rs]k_live_|bearer |[2-6]\d{{3}}(?:[ -]?\d){{11}}"
_SUSPECT = re.compile(SUSPECT)


@lru_cache(maxsize=10_000)
def mask(text: str) -> str:
    """The text with secrets replaced; of a card number the last four digits stay."""
    if not _SUSPECT.search(text):
        return text
    told = _ASSIGNED.sub(lambda m: m[1] + _like(m[2]), text)
    return _CARD.sub(_card, _TOKEN.sub(_MASK, told))


def _like(value: str) -> str:
    """In the quotes of what it replaces, so that JSON stays JSON."""
    quote = re.match(r"""\\?["']""", value)
    return f"{quote[0]}{_MASK}{quote[0]}" if quote else _MASK


def _card(match: re.Match[str]) -> str:
    digits = match[0].replace(" ", "").replace("-", "")
    return _MASK + digits[-4:] if is_card(digits) else match[0]


def is_card(digits: str) -> bool:
    """A number as card issuers give out, with the right check digit (ISO/IEC 7812)."""
    return bool(_ISSUED.fullmatch(digits)) and has_check_digit(digits)


def has_check_digit(digits: str) -> bool:
    """Luhn's: one number in ten has it by chance."""
    doubled = [int(c) * (1 + index % 2) for index, c in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0
