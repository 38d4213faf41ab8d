"""A token as it stands in raw bytes: how it may be spelled there, and where a word begins and ends."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property

# An id may follow an escaped line break (`\\n`) or the end of a colour code, whose letters belong to no word.
_LEFT = rb"(?:(?<![A-Za-z0-9_\x80-\xff])|(?<=\\[nrt])|(?<=\[[0-9]m)|(?<=\[[0-9][0-9]m))"
_RIGHT = rb"(?![A-Za-z0-9_\x80-\xff])"
# `14` is no word of 12:14:00, 3.14 or 2026-05-14.
_LEFT_OF_NUMBER = rb"(?<![0-9][:.,])(?<![0-9]-[0-9][0-9]-)(?<![0-9][0-9][0-9][0-9]-)"
_RIGHT_OF_NUMBER = rb"(?![:.,][0-9])(?!-[0-9][0-9](?:-|[T ]))"
_REST = rb"[A-Za-z0-9_\x80-\xff]*(?:-[A-Za-z0-9_\x80-\xff]+)*"

_LEAST_DIGITS = 5  # a shorter number is part of anything

WHOLE, BEGINNING, INSIDE = 0, 1, 2


@dataclass(frozen=True)
class Word:
    """A string to be found in log lines."""

    text: str

    @cached_property
    def spellings(self) -> tuple[bytes, ...]:
        """The bytes it may stand as: plain, and as JSON strings write it."""
        plain = self.text.encode(errors="surrogateescape")
        plain = plain if b"\n" not in plain else b""
        quoted = [
            json.dumps(self.text, ensure_ascii=ascii_)[1:-1].encode(errors="surrogateescape")
            for ascii_ in (True, False)
        ]
        slashed = quoted[0].replace(b"/", rb"\/")
        return tuple(filter(None, dict.fromkeys((plain, *quoted, slashed))))

    def rank(self, line: bytes) -> int | None:
        """How it stands in the line at best: as a word, at the beginning of one, or inside; None: not at all."""
        if not any(spelling in line for spelling in self.spellings):
            return None
        if self._whole.search(line):
            return WHOLE
        if self.text.isdecimal() and len(self.text) < _LEAST_DIGITS:
            return None
        if self._beginning.search(line):
            return BEGINNING
        return INSIDE

    def stands_in(self, line: bytes) -> bool:
        """True when the line has it as a word."""
        return any(spelling in line for spelling in self.spellings) and bool(
            self._whole.search(line)
        )

    def completed(self, line: bytes) -> set[str]:
        """The words of the line that begin with it."""
        return {match[0].decode(errors="replace") for match in self._completed.finditer(line)}

    @cached_property
    def _either(self) -> bytes:
        return b"(?:" + b"|".join(map(re.escape, self.spellings)) + b")"

    @cached_property
    def _whole(self) -> re.Pattern[bytes]:
        left = _LEFT if _is_word(self.text[:1]) else b""
        right = _RIGHT if _is_word(self.text[-1:]) else b""
        if self.text.isdecimal():
            left, right = left + _LEFT_OF_NUMBER, right + _RIGHT_OF_NUMBER
        return re.compile(left + self._either + right)

    @cached_property
    def _beginning(self) -> re.Pattern[bytes]:
        return re.compile((_LEFT if _is_word(self.text[:1]) else b"") + self._either)

    @cached_property
    def _completed(self) -> re.Pattern[bytes]:
        return re.compile(self._beginning.pattern + _REST)


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
