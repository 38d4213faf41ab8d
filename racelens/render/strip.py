"""A drawing as lines of text, to scale: one line for each attempt, for a glance.

`├──┤` running, `══` exposed between a read and what rests on it, red where others were exposed at the same
time, `╵` an end nobody logged. A sign that would collide moves right; the order is never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from racelens.render.layout import Drawing, Mark, Track
from racelens.render.plain import clean, width
from racelens.render.scale import ticks, unit_of

_INDENT = 4
_GAP = 3
_LEAST = 24  # columns of the scale
_TICK = 11  # columns between two ticks, about
_TAIL = 6  # columns behind the last moment, at least
_CROWDED = 0.6  # of the scale may be signs
_LANES = 6
_ENDINGS = {"unknown": "end unknown", "conflict": "refused", "fail": "failed"}
_SIGNS = {
    "R": "read",
    "W": "write",
    "C": "create",
    "D": "delete",
    "E": "effect",
    "L": "lock",
    "U": "unlock",
    "Q": "enqueue",
    "M": "deliver",
}


def legend(drawings: Iterable[Drawing]) -> str:
    """What the signs mean that these drawings use."""
    shown = list(drawings)
    tracks = [track for drawing in shown for track in drawing.tracks]
    signs = {mark.sign[:1] for track in tracks for mark in track.marks}
    words = [f"{sign} {word}" for sign, word in _SIGNS.items() if sign in signs]
    words += ["═ exposed"] if any(track.exposed for track in tracks) else []
    return "  ".join([*words, *(["✗ harm"] if any(d.harm for d in shown) else [])])


def lines(drawing: Drawing, columns: int, indent: int = _INDENT) -> Iterator[Text]:
    """The drawing, no wider than `columns`."""
    shown = drawing.tracks[:_LANES]
    names = [f"{track.letter} {track.name}" for track in shown]
    wide = max(12, *(width(name) for name in names))
    room = max(_LEAST, columns - indent - wide - _GAP)
    scale = _Scale(drawing.length, room, _tail(shown))
    yield _axis(drawing, scale, indent, wide)
    for track, name in zip(shown, names, strict=True):
        row = Text(" " * indent)
        row.append(name[: len(track.letter)], style="bold")
        row.append(name[len(track.letter) :] + " " * (wide - width(name) + _GAP))
        cells, harm_at = _lane(track, drawing, scale)
        row.append_text(cells)
        row.rstrip()
        yield row
        if harm_at is not None and drawing.harm:
            words = f"✗ {clean(drawing.harm, room - 2)}"
            left = max(0, min(harm_at, room - width(words)))
            yield Text(" " * (indent + wide + _GAP + left)).append(words, style="red")
    if len(drawing.tracks) > _LANES:
        more = len(drawing.tracks) - _LANES
        yield Text(f"{' ' * indent}and {more} more lane{'s' if more > 1 else ''}", style="dim")


def _tail(tracks: Sequence[Track]) -> int:
    """Columns behind the last moment, for the signs that stand there."""
    lasts = (track.marks[-1].label for track in tracks if track.marks)
    return max(_TAIL, *(width(label) + 2 for label in lasts))


class _Scale:
    """Nanoseconds → columns; `tail` columns are left for the last sign."""

    def __init__(self, length: int, columns: int, tail: int) -> None:
        self.length = length
        self.columns = columns
        self.reach = max(columns - tail, 1)

    def column(self, at: int) -> int:
        return min(max(round(at / self.length * self.reach), 0), self.columns - 1)


def _axis(drawing: Drawing, scale: _Scale, indent: int, wide: int) -> Text:
    start = (drawing.start or "as written")[11:23] if drawing.start else "as written"
    axis = [" "] * scale.columns
    if drawing.dated:
        unit = unit_of(drawing.length)[1]
        for at, label in _fitting(
            ticks(drawing.length, max(scale.columns // _TICK, 1)), unit, scale
        ):
            column = scale.column(at)
            axis[column : column + len(label)] = label
    text = f"{' ' * indent}{start:{wide}}{' ' * _GAP}{''.join(axis)}"
    return Text(text.rstrip(), style="dim")


def _fitting(marked: list[tuple[int, str]], unit: str, scale: _Scale) -> list[tuple[int, str]]:
    """The ticks that fit; the last of them names the unit."""
    *others, (at, last) = marked
    if not others or scale.column(at) + len(last) <= scale.columns:
        return marked
    return _fitting([*others[:-1], (others[-1][0], f"{others[-1][1]} {unit}")], unit, scale)


class _Canvas:
    """A line of cells, each with a style."""

    def __init__(self, columns: int) -> None:
        self.cells = [(" ", "")] * columns

    def put(self, column: int, text: str, style: str) -> None:
        for offset, sign in enumerate(text[: max(len(self.cells) - column, 0)]):
            self.cells[column + offset] = (sign, style)

    def text(self) -> Text:
        return Text.assemble(*self.cells)


def _lane(track: Track, drawing: Drawing, scale: _Scale) -> tuple[Text, int | None]:
    """The cells, and the column of the event that was lost or that did the harm."""
    canvas = _Canvas(scale.columns)
    begin, end = scale.column(track.begin), scale.column(track.end)
    placed = _placed(_signs(track, scale.columns), track, scale)
    end = max([end, *(column + len(mark.label) for mark, column in placed)])
    end = min(end, scale.columns - 1)
    canvas.put(begin, "─" * (end - begin + 1), "dim")
    for first, last in track.exposed:
        for column in range(scale.column(first), scale.column(last) + 1):
            canvas.put(column, "═", _exposed_style(column, track, drawing, scale))
    _caps(track, begin, end, canvas)
    for mark, column in placed:
        canvas.put(column, mark.label, "bold red" if mark.role == "primary" else "bold")
    return _with_ending(track, canvas.text(), scale), _harm_at(track, drawing, placed, scale)


def _with_ending(track: Track, text: Text, scale: _Scale) -> Text:
    said = _ENDINGS.get(track.ending)
    text.rstrip()
    if said and len(text) + len(said) + 2 <= scale.columns:
        text.append(f"  {said}", style="yellow" if track.open else "dim")
    return text


def _harm_at(
    track: Track, drawing: Drawing, placed: list[tuple[Mark, int]], scale: _Scale
) -> int | None:
    """Below the write that is lost; where nothing is, below what did the harm."""
    columns = {id(mark): column for mark, column in placed}
    lost = any(mark.lost for other in drawing.tracks for mark in other.marks)
    for mark in track.marks:
        if mark.lost or (mark.role == "primary" and not lost):
            return columns.get(id(mark), scale.column(mark.at))
    return None


def _signs(track: Track, columns: int) -> list[Mark]:
    """The events to name: those of the proof, the others as far as there is room."""
    named = [mark for mark in track.marks if mark.label]
    while len(named) > 1 and sum(len(mark.label) + 1 for mark in named) > columns * _CROWDED:
        spare = [mark for mark in named if not mark.role]
        named.remove(spare[len(spare) // 2] if spare else named[len(named) // 2])
    return named


def _placed(marks: list[Mark], track: Track, scale: _Scale) -> list[tuple[Mark, int]]:
    free = scale.column(track.begin) + (1 if _starts(track) else 0)
    out = []
    for mark in marks:
        column = max(scale.column(mark.at), free)
        free = column + len(mark.label)
        out.append((mark, column))
    return out


def _starts(track: Track) -> bool:
    return bool(track.marks) and track.marks[0].phase == "start"


def _caps(track: Track, begin: int, end: int, canvas: _Canvas) -> None:
    if _starts(track):
        canvas.put(begin, "├", "dim")
    if track.open:
        canvas.put(end, "╵", "yellow")
    elif track.marks and track.marks[-1].phase == "finish" and end > begin:
        canvas.put(end, "┤", "dim")


def _exposed_style(column: int, track: Track, drawing: Drawing, scale: _Scale) -> str:
    band = drawing.band
    if band is None or drawing.tracks.index(track) not in band.tracks:
        return ""
    return "red" if scale.column(band.begin) <= column <= scale.column(band.end) else ""
