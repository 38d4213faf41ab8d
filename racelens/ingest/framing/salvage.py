"""A line of text that is no JSON object → the objects in it, if there are any. One line at a time: the rare case."""

from __future__ import annotations

import re

import orjson

from racelens.ingest.framing import prefixes
from racelens.ingest.objects import decode, enclosed, encode, several

# Lambda's own account of a request, between the lines of the application.
_LAMBDA = re.compile(
    rb"(START|END|REPORT) RequestId: ([0-9a-zA-Z-]+)\b(?:.*?\bDuration: ([\d.]+) ms)?"
)
_LOGFMT = re.compile(rb'(?:[A-Za-z_][\w.-]*=(?:"(?:[^"\\]|\\.)*"|[^\s"{]*)(?:\s+|$)){3,}')
_PAIR = re.compile(r'([A-Za-z_][\w.-]*)=(?:([^\s"]*)(?:\s|$)|"((?:[^"\\]|\\.)*)")')
_PHASES = {b"START": "start", b"END": "point", b"REPORT": "finish"}


def objects_in(line: bytes) -> list[bytes]:
    """The text of each object; none when it is only text."""
    text = prefixes.uncoloured(line).strip()
    if text.startswith(b'"'):
        text = _unquoted(text)
    try:
        if text.startswith(b"["):
            return list(several(text))
    except ValueError:
        pass  # kubectl's prefix begins with a bracket, too
    told = prefixes.split(text)
    payload, outer = told or (text, {})
    if found := _LAMBDA.match(payload):
        return [enclosed(_of_lambda(*found.groups()), outer)]
    if pairs := _pairs(payload):
        return [enclosed(encode(pairs), outer)]
    if not payload.startswith(b"{"):
        return []
    return [enclosed(record, outer) for record in _objects(payload)]


def _unquoted(text: bytes) -> bytes:
    """The text in a JSON string, where the whole line is one."""
    try:
        inside = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return inside.strip().encode() if isinstance(inside, str) else text


def _pairs(payload: bytes) -> dict[str, object]:
    """A line of nothing but `key=value`, three at least."""
    if not _LOGFMT.fullmatch(payload):
        return {}
    text = payload.decode("utf-8", "replace")
    return {key: quoted or bare for key, bare, quoted in _PAIR.findall(text)}


def _objects(payload: bytes) -> list[bytes]:
    """What stands between the first brace and the last."""
    end = payload.rfind(b"}") + 1
    try:
        return [record for record in several(payload[:end]) if decode(record)]
    except ValueError:
        return []


def _of_lambda(word: bytes, request: bytes, milliseconds: bytes | None) -> bytes:
    record: dict[str, object] = {
        "message": f"lambda {word.decode().lower()}",
        "phase": _PHASES[word],
        "request_id": request.decode(),
    }
    if milliseconds:
        record["duration_ms"] = float(milliseconds)
    return encode(record)
