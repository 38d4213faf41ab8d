"""Lines of the inputs as they stand there but for secrets, for those who want to read them beside a finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress

import polars as pl

from racelens.errors import RacelensError
from racelens.ingest import rereading
from racelens.ingest.sources import Source
from racelens.secrets import SUSPECT, mask

_LONG = 2_000  # characters of a line
Address = tuple[str, int]  # source name and line


def quote(sources: Iterable[Source], wanted: Iterable[Address]) -> dict[Address, str]:
    """The text of each wanted line that can still be read; a pipe cannot be read twice."""
    by_name: dict[str, set[int]] = defaultdict(set)
    for name, line in wanted:
        by_name[name].add(line)
    out: dict[Address, str] = {}
    for source in sources:
        if source.path is not None and by_name[source.name]:
            with suppress(OSError, RacelensError):
                read = dict(rereading.lines(source, by_name[source.name]))
                texts = _masked([_text(line) for line in read.values()])
                out |= {(source.name, n): _cut(t) for n, t in zip(read, texts, strict=True)}
    return out


def _text(line: bytes) -> str:
    return line[: 4 * _LONG].decode(errors="replace").strip("\ufeff")


def _masked(texts: list[str]) -> list[str]:
    """Few lines hold a secret: which ones may, the columnar engine tells in one go."""
    suspect = pl.Series(texts, dtype=pl.String).str.contains(SUSPECT)
    return [mask(text) if held else text for text, held in zip(texts, suspect, strict=True)]


def _cut(text: str) -> str:
    return text if len(text) <= _LONG else text[: _LONG - 1] + "…"
