"""A drawing as lines of text, one event each: a column for each attempt, exact distances, lines. For proof."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from rich.text import Text

from racelens.render.layout import Drawing, Mark, Track, lettered
from racelens.render.plain import clean, offset, width

_OFFSET = 12
_COLUMN = 34  # columns of a lane, at most
_RAIL = 3
_NARROW = 12  # and at least; narrower lanes become single rails
_ENDS = {"ok": "ok", "conflict": "refused", "fail": "failed", "unknown": "end unknown"}


def stems(drawing: Drawing) -> dict[str, str]:
    """Source → the short name it goes by in the drawing; empty where there is one source only."""
    sources = sorted({m.place.source for track in drawing.tracks for m in track.marks})
    if len(sources) < 2:
        return dict.fromkeys(sources, "")
    names = [PurePath(source).stem for source in sources]
    unique = len(set(names)) == len(names)
    return {s: clean(n if unique else s, 40) for s, n in zip(sources, names, strict=True)}


def lines(drawing: Drawing, columns: int) -> Iterator[Text]:
    """The drawing; beside an event that did harm, what it did."""
    short = stems(drawing)
    rows = sorted(
        ((mark.at, index, mark) for index, track in enumerate(drawing.tracks) for mark in track.marks),
        key=lambda row: (row[0], row[2].place.source, row[2].place.line),
    )  # fmt: skip
    places = [_place(mark, short) for _, _, mark in rows]
    where = max((width(place) for place in places), default=0)
    room = (columns - _OFFSET - where - 4) // max(len(drawing.tracks), 1)
    harm = max((width(_harm(mark, drawing)) for _, _, mark in rows), default=0)
    beside = room - -(-harm // max(len(drawing.tracks), 1))
    words = [_act(mark) for _, _, mark in rows] + [f"{t.letter} {t.name}" for t in drawing.tracks]
    room = beside if beside > max(map(width, words), default=0) else room
    rails = room < _NARROW
    lane = _RAIL if rails else min(room, _COLUMN)
    if rails:
        yield from _names(drawing, columns)
    yield _header(drawing, lane, rails)
    for (at, index, mark), place in zip(rows, places, strict=True):
        row = _row(drawing, at, index, mark, place, lane, rails)
        harm_of = Text(_harm(mark, drawing), style="red")
        if width(row.plain) + width(harm_of.plain) <= columns:
            yield row.append_text(harm_of)
        else:
            yield row
            yield Text(" " * max(columns - width(harm_of.plain), 0)).append_text(harm_of)


def _names(drawing: Drawing, columns: int) -> Iterator[Text]:
    """Who is behind the letters, where the lanes are too narrow to say."""
    names = [f"{track.letter} {track.name}" for track in drawing.tracks]
    for line in textwrap.wrap(", ".join(n.replace(" ", "\0") for n in names), columns - 4):
        yield Text(f"    {line.replace(chr(0), ' ')}")


def _header(drawing: Drawing, lane: int, rails: bool) -> Text:
    row = Text(" " * _OFFSET)
    for track in drawing.tracks:
        name = track.letter if rails else f"{track.letter} {track.name}"
        row.append(_fit(name, lane), style="bold")
    row.rstrip()
    return row


def _row(
    drawing: Drawing,
    at: int,
    index: int,
    mark: Mark,
    place: str,
    lane: int,
    rails: bool,
) -> Text:
    since = offset(at) if drawing.dated else ""
    row = Text(f"{since:>{_OFFSET - 2}}  ", style="dim")
    act = _act(mark)
    for number, track in enumerate(drawing.tracks):
        if number == index:
            row.append(_fit((mark.sign or act)[:2] if rails else act, lane), style=_style(mark))
        else:
            row.append(_fit(_rail(track, at), lane), style="dim")
    if rails:
        row.append(f" {_fit(f'{drawing.tracks[index].letter} {act}', _COLUMN)}", style=_style(mark))
    row.append(f"  {place}", style="dim")
    row.rstrip()
    return row


def _harm(mark: Mark, drawing: Drawing) -> str:
    """What it did, beside its place."""
    harm = mark.note.partition(": ")[2] if mark.role == "primary" else ""
    return f"  ✗ {lettered(harm, drawing.tracks)}" if harm else ""


def _act(mark: Mark) -> str:
    if mark.label:
        return " ".join(filter(None, (mark.label, mark.value and f" {mark.value}")))
    if mark.phase == "start":
        return f"┬ {mark.name}"
    if mark.phase == "finish":
        return f"┴ {_ENDS[mark.outcome]}"
    return f"· {mark.name}"


def _style(mark: Mark) -> str:
    return "bold red" if mark.role == "primary" else "bold" if mark.role else ""


def _rail(track: Track, at: int) -> str:
    if not track.begin <= at <= track.end:
        return ""
    return "║" if any(first < at < last for first, last in track.exposed) else "│"


def _fit(text: str, columns: int) -> str:
    """Cut and padded; one column stays free."""
    cut = text if width(text) < columns else clean(text, max(columns - 1, 1))
    return cut + " " * max(columns - width(cut), 0)


def _place(mark: Mark, short: Mapping[str, str]) -> str:
    stem = short[mark.place.source]
    return f"{stem}:{mark.place.line}" if stem else f"line {mark.place.line}"
