"""Which framing a source has, told from its beginning; and its blocks, whichever that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Literal

from racelens.ingest.blocks import MAX_LINE_BYTES, Block, read_blocks
from racelens.ingest.framing import prefixes, tables
from racelens.ingest.framing.documents import Documents
from racelens.ingest.objects import decode

Kind = Literal["lines", "documents", "csv"]
_LOOKED_AT = 100  # lines


@dataclass(frozen=True)
class Framing:
    """How the records of a source are laid out. `names` and `truncated`: what was met while reading."""

    kind: Kind
    blocks: Iterator[Block]
    names: Callable[[], list[str]] = list
    truncated: Callable[[], str | None] = field(default=lambda: None)


def framing(stream: IO[bytes], head: bytes) -> Framing:
    """The framing of a stream that begins with `head`."""
    kind = choose(head)
    if kind == "documents":
        documents = Documents(stream)
        return Framing(
            kind, documents.blocks(), lambda: documents.names, lambda: documents.truncated
        )
    if kind == "csv":
        return Framing(kind, tables.read(stream))
    return Framing(kind, read_blocks(stream))


def choose(head: bytes) -> Kind:
    """`lines` unless most of the beginning is no line with a record, but part of something longer."""
    lines = head.split(b"\n")
    if len(lines) > 1 and len(head) > MAX_LINE_BYTES // 256:
        lines.pop()  # it may be cut
    texts = [text for line in lines[:_LOOKED_AT] if (text := line.strip())]
    if not texts:
        return "lines"
    if texts[0] == b"[":
        return "documents"
    objects = sum(map(_is_object, texts))
    if _is_object(texts[0]) or 2 * objects >= len(texts):
        return "lines"
    if tables.header(texts[0]):
        return "csv"
    if prefixes.recognise(texts):
        return "lines"
    return "documents" if _opens_a_document(texts) else "lines"


def _is_object(text: bytes) -> bool:
    try:
        return text.startswith(b"{") and bool(decode(text))
    except ValueError:
        return False


def _opens_a_document(texts: list[bytes]) -> bool:
    """A bracket at the very beginning, or alone on the second line behind what `aws logs tail` prints."""
    opened = next((t for t in texts[:2] if t.startswith((b"{", b"["))), b"")
    if opened is texts[0]:
        return True
    return opened == b"{" and prefixes.split(texts[0] + b" {") is not None
