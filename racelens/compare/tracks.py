"""Two cases side by side, event by event: where the bad one leaves the order of the good one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import polars as pl

from racelens.compare import marks, relations
from racelens.compare.gather import Gathered
from racelens.compare.rank import Lead
from racelens.comparison import Divergence, Step, Track
from racelens.findings import Evidence, Place, rfc3339

Row = Mapping[str, Any]

_STEPS = 12  # of one track
_LANES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Shown:
    """What stands beside a difference."""

    divergence: Divergence | None
    evidence: tuple[Evidence, ...]


def show(leads: Sequence[Lead], events: pl.DataFrame, gathered: Gathered) -> list[Shown]:
    """The clearest bad case of each lead beside a good one."""
    chosen = [(_first(lead.broken, None), _beside(lead)) for lead in leads]
    rows = _rows([case for pair in chosen for case in pair if case], events)
    book = _Book(rows, gathered)
    return [_shown(lead, bad, good, book) for lead, (bad, good) in zip(leads, chosen, strict=True)]


def _first(cases: pl.DataFrame, key: str | None) -> Row | None:
    if not cases.height:
        return None
    if key is not None:
        same = cases.filter(marks.bare_column(pl.col("key")) == key)
        cases = same if same.height else cases
    return cases.row(0, named=True)


def _beside(lead: Lead) -> Row | None:
    """A good case of the same resource, where there is one."""
    bad = _first(lead.broken, None)
    return _first(lead.kept, marks.bare(bad["key"]) if bad and bad["key"] else None)


def _rows(cases: Iterable[Row], events: pl.DataFrame) -> pl.DataFrame:
    """All events that a track of these cases may show."""
    attempts = {case[c] for case in cases for c in ("one", "other") if case[c]}
    cited = {case["x"] for case in cases}
    touched = events.filter(pl.col("id").is_in(sorted(cited)))["resource"].drop_nulls()
    flows = {case["key"] for case in cases if case["family"] == "operation"}
    return events.filter(
        pl.col("attempt").is_in(sorted(attempts))
        | pl.col("resource").is_in(sorted(set(touched)))
        | pl.col("flow").is_in(sorted(flows))
    ).with_columns(time_ns=pl.col("time").dt.epoch("ns"))


class _Book:
    """The rows by id, in order, with what names them."""

    def __init__(self, rows: pl.DataFrame, gathered: Gathered) -> None:
        self.rows: list[Row] = list(rows.sort("id").iter_rows(named=True))
        self.by_id = {row["id"]: row for row in self.rows}
        self.sources = gathered.history.sources
        self.runs = gathered.runs

    def of_case(self, case: Row) -> list[Row]:
        """The events of a case: of its attempts where they meet; or of the attempt; or of the flow."""
        attempts = {case["one"], case["other"]} - {None}
        if case["family"] == "operation":
            return [row for row in self.rows if row["flow"] == case["key"]]
        resource = self.by_id[case["x"]]["resource"]
        alone = case["family"] in ("within", "event")
        if alone and (case["family"] == "within" or resource is None):
            return [row for row in self.rows if row["attempt"] in attempts]
        around = [row for row in self.rows if row["resource"] == resource and not row["mention"]]
        near = around if alone else [row for row in around if row["attempt"] in attempts]
        return near or [row for row in self.rows if row["attempt"] in attempts]


def _shown(lead: Lead, bad: Row | None, good: Row | None, book: _Book) -> Shown:
    if bad is None:
        return Shown(None, ())
    flipped = _flipped(lead, bad)
    evidence = [_evidence(book, flipped, "primary", "bad: here the order breaks")]
    evidence += [
        _evidence(book, case[c], "related", side)
        for side, case in (("bad", bad), ("good", good))
        if case
        for c in ("x", "y")
        if case[c] is not None and (case is not bad or case[c] != flipped)
    ]
    if good is None:
        return Shown(None, tuple(evidence))
    lanes = _lanes(lead, good, book), _lanes(lead, bad, book)
    tracks = (
        _track(good, book, lanes[0], _missing(lead, good)),
        _track(bad, book, lanes[1], flipped if lead.candidate.kind != "missing" else None),
    )
    return Shown(Divergence(*tracks, _message(lead, bad, good, book)), tuple(evidence))


def _flipped(lead: Lead, bad: Row) -> int:
    """The bad event that is where it should not be."""
    if lead.candidate.kind == "repeated":
        return int(bad["y"])
    if bad["y"] is None:
        return int(bad["x"])
    if bad["family"] == "window":
        return int(bad["y"])
    return int(bad["y"] if lead.candidate.broken == relations.AFTER else bad["x"])


def _missing(lead: Lead, good: Row) -> int | None:
    return int(good["x"]) if lead.candidate.kind == "missing" else None


def _lanes(lead: Lead, case: Row, book: _Book) -> dict[str, str]:
    """A letter for each attempt; those of the difference have the same letters on both sides."""
    ordered = list(dict.fromkeys(row["attempt"] for row in book.of_case(case)))
    roles = [case[c] for c in ("one", "other") if case[c]]
    if lead.candidate.kept == relations.AFTER:
        roles.reverse()
    names = list(dict.fromkeys([*roles, *ordered]))
    return dict(zip(names, _LANES, strict=False))


def _track(case: Row, book: _Book, lanes: Mapping[str, str], marked: int | None) -> Track:
    rows = _in_proved_order(book.of_case(case), case)
    kept = _around(rows, {case["x"], case["y"]})
    first = min((row["time_ns"] for row in kept if row["time_ns"] is not None), default=None)
    steps = tuple(
        Step(
            lane=lanes.get(row["attempt"], "…"),
            label=row["label"],
            shows=_shows(row),
            offset_ns=None if None in (first, row["time_ns"]) else row["time_ns"] - first,
            marked=row["id"] == marked,
            place=_place(row, book),
            actor=_bare(row["actor"]),
        )
        for row in kept
    )
    run = book.runs[case["ran"]].name
    touched = _bare(book.by_id[case["x"]]["resource"])
    return Track(run, marks.bare(case["key"] or ""), steps, len(rows) - len(kept), touched)


def _in_proved_order(rows: list[Row], case: Row) -> list[Row]:
    """As numbered; but where versions prove another order than the clocks show, as proved."""
    x, y = case["x"], case["y"]
    if case["family"] != "order" or y is None:
        return rows
    early, late = (x, y) if case["category"] == relations.BEFORE else (y, x)
    if case["category"] not in (relations.BEFORE, relations.AFTER) or early < late:
        return rows
    moved = [row for row in rows if row["id"] != late]
    at = next(i for i, row in enumerate(moved) if row["id"] == early)
    return [*moved[: at + 1], next(row for row in rows if row["id"] == late), *moved[at + 1 :]]


def _around(rows: list[Row], cited: set[int | None]) -> list[Row]:
    """At most so many rows, those that are cited among them."""
    if len(rows) <= _STEPS:
        return rows
    at = [index for index, row in enumerate(rows) if row["id"] in cited]
    first = max(0, min(at, default=0) - 2)
    window = rows[first : first + _STEPS]
    rest = [rows[index] for index in at if index >= first + _STEPS]
    return [*window[: _STEPS - len(rest)], *rest]


def _shows(row: Row) -> str:
    if row["version"] is not None:
        return f"v{row['version']}" if str(row["version"]).isdigit() else str(row["version"])
    if row["state"] is not None:
        return f"→ {row['state']}"
    return f"= {row['value']}" if row["value"] is not None else ""


def _place(row: Row, book: _Book) -> Place:
    return Place(book.sources[row["source"]], row["line"])


def _message(lead: Lead, bad: Row, good: Row, book: _Book) -> str:
    """`bad_01:20 inventory.read comes first and sees v1; in good_01 it is line 20 and sees v2`."""
    flipped = book.by_id[_flipped(lead, bad)]
    where = _where(flipped, book)
    kind = lead.candidate.kind
    if kind == "missing":
        there = _where(book.by_id[good["x"]], book)
        return (
            f"good: {there} {book.by_id[good['x']]['label']}; nothing like it in {_run(bad, book)}"
        )
    if kind in ("extra", "repeated"):
        again = " again" if kind == "repeated" else ""
        return f"{where} {flipped['label']}{again}; {_run(good, book)} does not have it"
    twin = "y" if flipped["id"] == bad["y"] else "x"
    same = book.by_id[good[twin]]
    sees = f" and shows {_shows(flipped)}" if _shows(flipped) else ""
    shows = f", {_shows(same)}" if _shows(same) else ""
    return (
        f"{where} {flipped['label']} comes too early{sees}; "
        f"in the good case it comes after ({_where(same, book)}{shows})"
    )


def _run(case: Row, book: _Book) -> str:
    return PurePath(book.runs[case["ran"]].name).name


def _where(row: Row, book: _Book) -> str:
    return f"{PurePath(book.sources[row['source']]).name}:{row['line']}"


def _bare(text: str | None) -> str | None:
    return None if text is None else marks.bare(text)


def _evidence(book: _Book, event: int, role: Any, note: str) -> Evidence:
    row = book.by_id[event]
    return Evidence(
        role=role,
        place=_place(row, book),
        time=rfc3339(row["time_ns"]),
        time_ns=row["time_ns"],
        actor=_bare(row["actor"]),
        request=_bare(row["request"]),
        job=_bare(row["job"]),
        correlation=_bare(row["correlation"]),
        attempt=row["try"],
        process=_bare(row["process"]),
        name=row["name"],
        action=row["action"],
        version=row["version"],
        note=note,
    )
