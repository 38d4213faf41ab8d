"""A place in a long JSON text, of which only what is being looked at is in memory."""

from __future__ import annotations

import codecs
import json
import re
from typing import IO, NamedTuple

from racelens.ingest.blocks import MAX_LINE_BYTES, fill
from racelens.ingest.objects import DECODER, reason

_STEP = 1024 * 1024
_BLANKS = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_DEPTH = {"{": 1, "[": 1, "}": -1, "]": -1}
_NEAR = 12  # an error so close to the end of the window may only mean that the rest is missing


class UnreadableError(ValueError):
    """What stands here is no JSON value; the message says why. `at_end`: because the text ends."""

    def __init__(self, why: str, at_end: bool = False) -> None:
        super().__init__(why)
        self.at_end = at_end


class Value(NamedTuple):
    """A JSON value and its text, with the lines where that begins and ends."""

    inside: object
    text: str
    first: int
    last: int


class Window:
    """`line`: where it stands, from 1. `blank`: lines of nothing that it passed between values."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._at = 0
        self._ended = False
        self._interrupted = False
        self._begun = False  # some value was met
        self.line = 1
        self.blank = 0

    def peek(self) -> str | None:
        """The next character that is no blank; None at the end."""
        while True:
            match = _BLANKS.match(self._text, self._at)
            assert match is not None  # it matches nothing, too
            if match.end() < len(self._text) or not self._more():
                break
        run = self._text[self._at : match.end()]
        breaks = run.count("\n")
        fresh = not self._begun
        at_end = match.end() == len(self._text)
        self.blank += max(0, breaks - 1) + (fresh and breaks > 0)
        self.blank += at_end and bool(run.rpartition("\n")[2]) and (breaks > 0 or fresh)
        self._begun = self._begun or not at_end
        self._go(match.end())
        return None if at_end else self._text[self._at]

    def value(self) -> Value:
        """The value that begins here, and past it.

        Raises UnreadableError, and stays, when there is none or it is longer than the longest line.
        """
        self.peek()
        while True:
            try:
                inside, end = DECODER.raw_decode(self._text, self._at)
            except RecursionError:
                raise UnreadableError("nested too deeply") from None
            except json.JSONDecodeError as error:
                self._complete_or_raise(error)
                continue
            if end < len(self._text) or not self._more():
                break
        text, first = self._text[self._at : end], self.line
        self._go(end)
        return Value(inside, text, first, self.line)

    def _complete_or_raise(self, error: json.JSONDecodeError) -> None:
        """Read on when the value may only be cut off by the window."""
        cut = error.msg.startswith("Unterminated") or error.pos >= len(self._text) - _NEAR
        size = len(self._text) - self._at
        if cut and size > MAX_LINE_BYTES:
            raise UnreadableError(f"a JSON value longer than {MAX_LINE_BYTES // 2**20} MiB")
        if not cut or not self._more():
            away = json.JSONDecodeError(error.msg, self._text[self._at :], error.pos - self._at)
            raise UnreadableError(reason(away, size), at_end=cut)

    def expect(self, character: str) -> None:
        """Past a character.

        Raises UnreadableError when another one stands there.
        """
        found = self.peek()
        if found is None:
            raise UnreadableError("cut off: the JSON document does not end", at_end=True)
        if found != character:
            raise UnreadableError(f"not valid JSON: {found!r} where {character!r} should stand")
        self._at += 1

    def put_back(self, value: Value) -> None:
        """Stand before a value again that was just read."""
        self._text, self._at, self.line = value.text + self._text[self._at :], 0, value.first

    def beginning(self, size: int) -> str:
        """Up to `size` characters from here."""
        while len(self._text) - self._at < size and self._more():
            pass
        return self._text[self._at : self._at + size]

    def rest_of_line(self) -> str:
        """What is left of the line, and past it."""
        while (end := self._text.find("\n", self._at)) < 0 and self._more():
            if len(self._text) - self._at > MAX_LINE_BYTES:
                break
        end = len(self._text) if end < 0 else end
        text = self._text[self._at : end]
        self._at = end
        return text

    def skip_value(self) -> bool:
        """Past what begins here, by its brackets alone; False when they are never closed."""
        if self._text[self._at : self._at + 1] not in ("{", "["):
            self._go(max(self._at + 1, self._scalar_end()))
            return True
        depth = 0
        while True:
            place = self._at
            for token in _TOKEN.finditer(self._text, self._at):
                place = token.end()
                depth += _DEPTH.get(token[0], 0)
                if depth == 0 and token[0] in "}]":
                    self._go(place)
                    return True
            self._go(place)  # an open string is looked at again with what follows
            if not self._more():
                return False

    def _scalar_end(self) -> int:
        match = re.compile(r"[^,\]}\n]*").match(self._text, self._at)
        return match.end() if match else self._at

    def finish(self) -> None:
        """Past all that is left."""
        while True:
            self._go(len(self._text))
            if not self._more():
                return

    @property
    def reached(self) -> int:
        """Lines that were begun so far."""
        return self.line - (self._ended and self._at == len(self._text) and self._text[-1:] == "\n")

    def _go(self, end: int) -> None:
        self.line += self._text.count("\n", self._at, end)
        self._at = end

    def _more(self) -> bool:
        """Reads on, at least doubling what is in the window; False at the end."""
        if self._interrupted:
            raise KeyboardInterrupt
        if self._ended:
            return False
        size = max(_STEP, len(self._text) - self._at)
        raw, self._interrupted = fill(self._stream, size)
        self._ended = not raw and not self._interrupted
        kept = max(0, self._at - 1)  # the last character tells whether a line was begun
        self._text = self._text[kept:] + self._decoder.decode(raw, final=self._ended)
        self._at -= kept
        return True
