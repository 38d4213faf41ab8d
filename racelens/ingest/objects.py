"""JSON text ↔ objects, one at a time, for what the columnar reader cannot take; and what was wrapped around them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

import orjson

from racelens.ingest.aliases import ENVELOPE

_MARK = f',"{ENVELOPE}":'.encode()
_BETWEEN = re.compile(r"[ \t\r\n,]*")
DECODER = json.JSONDecoder(
    strict=False,
    parse_constant=lambda _: None,
    object_pairs_hook=lambda pairs: dict(reversed(pairs)),
)
"""Of a key that is there twice the first value counts, as in the columnar reader."""


def decode(text: bytes) -> dict[str, object]:
    """The object on one line, also when it holds NaN, lone surrogates or invalid UTF-8.

    Raises ValueError with the reason when there is none.
    """
    try:
        record = orjson.loads(text)
    except orjson.JSONDecodeError:
        record = _decode_leniently(text)
    if not isinstance(record, dict):
        raise ValueError("JSON, but not an object")
    return record


def _decode_leniently(line: bytes) -> object:
    text = line.decode("utf-8", errors="replace")
    try:
        return DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(reason(error, len(text))) from None


def reason(error: json.JSONDecodeError, length: int) -> str:
    """Why a text of `length` is no JSON."""
    if error.msg.startswith("Extra data"):
        return "more than one JSON value on the line"
    if error.pos >= length - 1 or error.msg.startswith("Unterminated"):
        return "cut off: the JSON object does not end"
    return f"not valid JSON: {error.msg.lower()} at character {error.pos + 1}"


def encode(record: Mapping[str, object]) -> bytes:
    """One line of JSON, whatever Python holds."""
    try:
        return orjson.dumps(record)
    except (TypeError, orjson.JSONEncodeError):  # an integer beyond 64 bits, half a surrogate pair
        return json.dumps(record, ensure_ascii=False, default=str).encode(errors="replace")


def several(text: bytes) -> Iterator[bytes]:
    """The objects that follow each other on a line, or stand in an array, each as its own text.

    Raises ValueError when anything else is there.
    """
    line = text.decode("utf-8", errors="replace").strip()
    if line.startswith("["):
        if not line.endswith("]"):
            raise ValueError("cut off: the JSON array does not end")
        line = line[1:-1]
    place = 0
    while (place := _next(line, place)) < len(line):
        record, end = _decoded(line, place)
        if not isinstance(record, dict):
            raise ValueError("JSON, but not an object")
        yield line[place:end].encode(errors="replace")
        place = end


def _next(line: str, place: int) -> int:
    """Past what may stand between two objects."""
    match = _BETWEEN.match(line, place)
    return match.end() if match else place


def _decoded(line: str, place: int) -> tuple[object, int]:
    """The value that begins at a place, and where it ends."""
    try:
        return DECODER.raw_decode(line, place)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(reason(error, len(line))) from None


def enclosed(record: bytes, outer: Mapping[str, object]) -> bytes:
    """The text of an object, with what its envelope says of it."""
    return enclosed_text(record, encode(outer)) if outer else record


def enclosed_text(record: bytes, outer: bytes) -> bytes:
    """The same, with the envelope's words as the text of an object."""
    inside = record.strip()[1:-1].strip()
    return b"".join((b"{", inside, _MARK if inside else _MARK[1:], outer, b"}"))


def bare(record: bytes) -> bytes:
    """The text of an object without what its envelope says."""
    return record.rpartition(_MARK)[0] or record
