"""The whole way of a trace, as a script: search, read, join aliases, read again, arrange, tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from racelens import __version__
from racelens.errors import RacelensError
from racelens.findings import Place, rfc3339
from racelens.ingest import Source, find
from racelens.ingest.capture import Progress
from racelens.secrets import mask
from racelens.trace import aliases, attempts, order
from racelens.trace.deaths import Deaths
from racelens.trace.lines import Line, rereadable
from racelens.trace.nearest import not_found
from racelens.trace.order import Row, Told
from racelens.trace.reading import Reading, read
from racelens.trace.search import Hits, Lines, lines_of, search
from racelens.trace.words import BEGINNING, WHOLE, Word
from racelens.trail import Alias, Order, Step, Trail

Overrides = Mapping[str, Sequence[str]]
Key = tuple[int, int]  # index of the source, line

_RESOURCE = re.compile(r"[A-Za-z_][\w.-]*:(.+)")
_COMPLETIONS = 5
_MOST_CANDIDATES = 200_000  # lines with the id of a resource, of which few may be about it


def trace(
    token: str,
    paths: Iterable[str],
    overrides: Overrides | None = None,
    progress: Progress | None = None,
) -> Trail:
    """Everything that touched a token: any string, over all files.

    Raises RacelensError for input that cannot be read, and for a token that is on no line.
    """
    arguments = tuple(paths)
    if not token.strip():
        raise RacelensError("TOKEN is empty", hint="racelens trace req-7cd77c1a logs/")
    with TemporaryDirectory(prefix="racelens-") as folder:
        sources = rereadable(find(arguments), Path(folder))
        hits = search(sources, Word(token), progress)
        follower = _Follower(token, sources, overrides, progress, hits)
        full = _only_completion(hits, token)
        if full:
            matched = f"“{token}” is the beginning of it alone"
            return replace(follower, token=full, matched=matched).trail(arguments)
        return follower.trail(arguments)


@dataclass(frozen=True)
class _Found:
    """Lines of the token, by place; `matched`: how, in words."""

    lines: Mapping[Key, Line]
    reading: Reading
    matched: str
    left_out: int


@dataclass(frozen=True)
class _Follower:
    token: str
    sources: Sequence[Source]
    overrides: Overrides | None
    progress: Progress | None
    hits: Hits
    matched: str = ""

    def trail(self, arguments: tuple[str, ...]) -> Trail:
        found = self._token()
        own = _at(found.reading.events, found.lines)
        joined = aliases.find(
            own, self.token, found.reading.history.knowledge, [s.name for s in self.sources]
        )
        notices = []
        complete = len(joined) <= aliases.MOST
        if not complete:
            notices.append(
                f"{self.token} names {len(joined):,} requests, jobs and messages: their other lines "
                "are left out; trace one of them"
            )
            joined = []
        lines, via, reading = self._with_aliases(found, own, joined)
        told = order.arrange(_told(lines, via, reading.events), _known(reading.events))
        names = [source.name for source in self.sources]
        described = attempts.describe(told, names, Deaths(self.sources), complete)
        steps = _steps(told, order.relations(told, reading.history.knowledge), names)
        return Trail(
            token=self.token,
            tool_version=__version__,
            arguments=arguments,
            matched=found.matched,
            roles=aliases.roles(own, self.token),
            context=aliases.context(own, self.token),
            aliases=tuple(alias for alias in joined if alias.id in set(via.values())),
            steps=steps,
            attempts=described,
            left_out=found.left_out,
            files=len({source for source, _ in lines}),
            assumed_ns=reading.history.knowledge.skew,
            notices=tuple(notices),
        )

    # ── the token's own lines ─────────────────────────────────────────────────────────────────

    def _token(self) -> _Found:
        hits = self.hits
        named = self._as_resource() if hits.best != WHOLE else None
        if named:
            return named
        if hits.best is None:
            raise not_found(self.token, self.sources, len(self.sources))
        lines = hits.lines[hits.best]
        left_out = hits.left_out(hits.best)
        matched = self.matched or _matched(hits, self.token)
        return _Found(_keyed(lines), self._read(lines), matched, left_out)

    def _as_resource(self) -> _Found | None:
        """Lines about `order:42` that say it as `order_id` 42 or `/orders/42`."""
        match = _RESOURCE.fullmatch(self.token)
        if not match:
            return None
        hits = search(self.sources, Word(match[1]), self.progress, _MOST_CANDIDATES)
        lines = hits.lines[WHOLE]
        if not lines:
            return None
        reading = self._read(lines)
        about = reading.events.filter(pl.col("resource") == self.token)
        places = set(about.select("source", "line").rows())
        chosen = {key: line for key, line in _keyed(lines).items() if key in places}
        if not chosen:
            return None
        left_out = hits.left_out(WHOLE)
        return _Found(chosen, reading, f"{self.token} as other keys name it", left_out)

    # ── the lines of its aliases ──────────────────────────────────────────────────────────────

    def _with_aliases(
        self, found: _Found, own: pl.DataFrame, joined: Sequence[Alias]
    ) -> tuple[dict[Key, Line], dict[Key, str], Reading]:
        """All lines, by which alias each was found, and their reading."""
        if not joined:
            return dict(found.lines), {}, found.reading
        also = lines_of(self.sources, [Word(alias.id) for alias in joined], self.progress)
        more = {
            (source, line.number): (line, word.text)
            for source, held in also.items()
            for line, word in held
            if (source, line.number) not in found.lines
        }
        if not more:
            return dict(found.lines), {}, found.reading
        everything = {**found.lines, **{key: line for key, (line, _) in more.items()}}
        reading = self._read(_by_source(everything))
        belonging = aliases.of_aliases(_at(reading.events, more), joined, own)
        via = {
            (source, line): id_
            for source, line, id_ in belonging.select("source", "line", "via").rows()
        }
        parsed = set(reading.events.select("source", "line").rows())
        via |= {
            key: id_
            for key, (_, id_) in more.items()
            if key not in parsed and aliases.is_telling(id_)
        }
        lines = {key: line for key, line in everything.items() if key in found.lines or key in via}
        return lines, via, reading

    def _read(self, lines: Mapping[int, Sequence[Line]]) -> Reading:
        return read(self.sources, lines, self.overrides)


def _matched(hits: Hits, token: str) -> str:
    """How the token stands in its lines; empty for a whole word."""
    if hits.best == WHOLE:
        return ""
    if hits.best != BEGINNING:
        return f"“{token}” stands only inside words"
    completions = sorted(_completions(hits, token))
    more = len(completions) - _COMPLETIONS
    shown = ", ".join(completions[:_COMPLETIONS]) + (f" and {more:,} more" if more > 0 else "")
    return f"“{token}” is the beginning of {shown}"


def _only_completion(hits: Hits, token: str) -> str | None:
    """The one word that begins with the token, where no word is the token itself."""
    if hits.best != BEGINNING:
        return None
    completions = _completions(hits, token)
    return completions.pop() if len(completions) == 1 else None


def _completions(hits: Hits, token: str) -> set[str]:
    word = Word(token)
    lines = (line for held in hits.lines[BEGINNING].values() for line in held)
    return set().union(*(word.completed(line.text) for line in lines))


def _keyed(lines: Lines) -> dict[Key, Line]:
    return {(source, line.number): line for source, held in lines.items() for line in held}


def _by_source(lines: Mapping[Key, Line]) -> dict[int, list[Line]]:
    out: dict[int, list[Line]] = {}
    for (source, _), line in sorted(lines.items(), key=lambda item: item[0]):
        out.setdefault(source, []).append(line)
    return out


def _at(events: pl.DataFrame, lines: Iterable[Key]) -> pl.DataFrame:
    """The events of some lines."""
    keys = pl.DataFrame(list(lines), schema={"source": pl.UInt32, "line": pl.UInt32}, orient="row")
    return events.join(keys, on=["source", "line"], how="semi", maintain_order="left")


def _known(events: pl.DataFrame) -> dict[int, list[tuple[int, int]]]:
    """By source: line and event id of all that was read, ascending by line."""
    known: dict[int, list[tuple[int, int]]] = {}
    for source, line, id_ in events.select("source", "line", "id").sort("source", "line").rows():
        known.setdefault(source, []).append((line, id_))
    return known


def _told(lines: Mapping[Key, Line], via: Mapping[Key, str], events: pl.DataFrame) -> list[Told]:
    """The lines, each with the event that says most about it."""
    own = _at(events, lines).with_columns(time_ns=pl.col("time").dt.epoch("ns"))
    first = own.sort("mention", "id").unique(["source", "line"], keep="first", maintain_order=True)
    rows: dict[Key, Row] = {(r["source"], r["line"]): r for r in first.iter_rows(named=True)}
    return [
        Told(source, number, rows.get((source, number)), line.text, via.get((source, number)))
        for (source, number), line in lines.items()
    ]


def _steps(told: Sequence[Told], orders: Sequence[Order], names: Sequence[str]) -> tuple[Step, ...]:
    lane = {at: i for i, own in enumerate(attempts.lanes(told).values()) for at in own}
    before: int | None = None
    out = []
    for at, (line, how) in enumerate(zip(told, orders, strict=True)):
        now = line.time_ns
        gap = now - before if now is not None and before is not None else None
        before = now if now is not None else before
        out.append(_step(line, how, gap, lane.get(at), names))
    return tuple(out)


def _step(
    line: Told, how: Order, gap: int | None, attempt: int | None, names: Sequence[str]
) -> Step:
    row: Row = line.row or {}
    raw = mask(line.raw.decode(errors="replace"))
    return Step(
        place=Place(names[line.source], line.line),
        time=rfc3339(line.time_ns),
        time_ns=line.time_ns,
        gap_ns=gap,
        order=how,
        attempt=attempt,
        phase=row.get("phase", "point"),
        where=attempts.place_of(row) if row else "",
        said=row.get("name") or raw.strip(),
        did=_did(row) if row else "",
        outcome=row.get("logged_outcome"),
        via=line.via,
        parsed=line.row is not None,
        raw=raw,
    )


def _did(row: Row) -> str:
    """What the event did, where that was understood: `wrote order:42 v8 from v7`."""
    handler = row["phase"] != "point" and row["role"] in ("envelope", "other")
    if row["action"] == "other" or handler or row["phase"] == "start":
        return ""
    version = f" v{row['version']}" if row["version"] else ""
    base = f" from v{row['base']}" if row["base"] and row["action"] != "read" else ""
    resource = f" {row['resource']}" if row["resource"] else ""
    return f"{row['action']}{resource}{version}{base}"
