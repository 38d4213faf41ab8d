"""Lines that tell of a process's death without naming what it was at work on."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from itertools import islice

from racelens.findings import Place
from racelens.ingest import Source
from racelens.trace.lines import Line, blocks, holding
from racelens.trace.order import Told
from racelens.trace.words import Word

_WORDS = (
    *("exited", "Exited", "SIGKILL", "SIGTERM", "SIGSEGV", "killed", "Killed", "OOM", "oom-kill"),
    *("out of memory", "Out of memory", "terminated", "Terminated", "hutting down", "crashed"),
    *("estarting", "WorkerLost", "Evicted", "panic:"),
)
_NEEDLES = [word.encode() for word in _WORDS]
_IN_ORDER = re.compile(rb"(?i)(?:code|status)[ :=\"]*0\b")
# Whose death it is: `PID 81`, `worker-3`, `pod api-7f`, `"pid": 81`.
_WHO = re.compile(
    rb"(?i)\b(?:pid|process|worker|child|container|pod|dyno)\b[\"' :=#(\[]*([\w.-]*[0-9][\w.-]*)"
)
_MOST = 50_000  # lines of one file that tell of a death


class Deaths:
    """Looks behind an attempt without an end for the death of its worker."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = sources
        self.known: dict[int, list[Line]] = {}

    def __call__(self, last: Told, following: Told | None) -> tuple[Place, str] | None:
        """The line that tells of it, and what it says; it stands before the next try's first line."""
        source = self.sources[last.source]
        until = sys.maxsize
        if following and following.source == last.source:
            until = following.line
        for line in self._told(last.source):
            if last.line < line.number < until and _is_of(line.text, last):
                text = line.text.decode(errors="replace")
                return Place(source.name, line.number), _message(text)
        return None

    def _told(self, source: int) -> list[Line]:
        """All lines of a source that tell of some death; they are looked up once."""
        if source not in self.known:
            found = (
                line
                for block in blocks(self.sources[source])
                for line in holding(block, _NEEDLES)
                if not _IN_ORDER.search(line.text)
            )
            self.known[source] = list(islice(found, _MOST))
        return self.known[source]


def _is_of(line: bytes, last: Told) -> bool:
    """True when the line names the worker that the attempt's own line names."""
    named = [match.decode(errors="replace") for match in _WHO.findall(line)]
    return any(Word(name).stands_in(last.raw) for name in named)


def _message(text: str) -> str:
    """What a JSON line says, else the line."""
    match = re.search(r'"(?:message|msg|event|log|text)"\s*:\s*"((?:[^"\\]|\\.)*)"', text)
    return match[1] if match else text
