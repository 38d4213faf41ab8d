"""A trail for a terminal or a pipe: one line for each line of the logs, a lane for each attempt."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TextIO

from rich.text import Text

from racelens.render import screen
from racelens.render import trace_words as words
from racelens.render.plain import clean, width
from racelens.trail import Attempt, Step, Trail

_LANES = 12  # drawn side by side; with more attempts a line names its own
_IN_ASCII = str.maketrans("┬┴├│•└", "+++|*`")
_HUE = {"failed": "yellow", "gave up": "yellow", "died": "yellow", "unknown": "yellow"}


def render(trail: Trail, out: TextIO) -> None:
    """Write the trail."""
    plain = not (getattr(out, "encoding", None) or "utf-8").lower().startswith("utf")

    def lines(page: int) -> Iterator[Text]:
        for line in _lines(trail, page):
            if plain:
                line.plain = line.plain.translate(_IN_ASCII)
            yield line

    screen.show(lines, out)


def _lines(trail: Trail, page: int) -> Iterator[Text]:
    head = Text(clean(trail.token, 200), style="bold")
    head.append(f"  {words.roles(trail)}", style="not bold")
    yield _fitted(head, page)
    yield from (Text(line) for line in textwrap.wrap(words.extent(trail), page))
    yield Text()
    yield from _steps(trail, page)
    if trail.attempts:
        yield Text()
        yield from _attempts(trail, page)
    yield Text()
    above = ""
    for label, text in words.notes(trail):
        yield from screen.row("" if label == above else label, text, page)
        above = label
    following = Text("  ")
    following.append(f"{'next':{screen.LABEL}}", style="dim")
    following.append(words.command(trail), style="cyan")
    yield following
    yield Text()
    yield Text(words.verdict(trail), style="bold")


def _fitted(line: Text, page: int) -> Text:
    """Cut at the edge of a terminal."""
    if width(line.plain) > page:
        line.truncate(page, overflow="ellipsis")
    return line


# ── lines ─────────────────────────────────────────────────────────────────────────────────────


def _steps(trail: Trail, page: int) -> Iterator[Text]:
    short = words.sources(trail)
    spans = _spans(trail.steps)
    start = min((s.time_ns for s in trail.steps if s.time_ns is not None), default=0)
    cells = [
        (
            "–" if step.time_ns is None else words.since(step.time_ns - start),
            words.gap(step),
            words.where(step.place, short),
        )
        for step in trail.steps
    ]
    when, gap, place = (max(width(row[i]) for row in cells) for i in range(3))
    lanes = _lane_count(trail)
    yield Text(
        f"  {'time':>{when}}  {'gap':>{gap}}  {_lane_heads(lanes)}{'line':{place}}  what",
        style="dim",
    )
    for at, (step, cell) in enumerate(zip(trail.steps, cells, strict=True)):
        line = Text("  ")
        line.append(f"{cell[0]:>{when}}  {cell[1]:>{gap}}  ", style="dim")
        line.append(_lanes(at, step, spans, lanes))
        line.append(f"{cell[2]:{place}}  ", style="dim")
        line.append(words.doing(step), style="dim" if step.via else "")
        yield _fitted(line, page)
    named = [f"{name} = {clean(file)}" for file, name in short.items() if file != name]
    if len(short) > 1 and named:
        yield from screen.row("files", ", ".join(named), page)


def _lane_count(trail: Trail) -> int:
    return len(trail.attempts) if len(trail.attempts) <= _LANES else -1


def _lane_heads(lanes: int) -> str:
    if lanes < 0:
        return "by    "
    return "".join(f"{words.letter(i)} " for i in range(lanes)) + " " * bool(lanes)


def _spans(steps: Sequence[Step]) -> dict[int, tuple[int, int]]:
    """Attempt → its first and last position."""
    spans: dict[int, tuple[int, int]] = {}
    for at, step in enumerate(steps):
        if step.attempt is not None:
            spans[step.attempt] = (spans.get(step.attempt, (at, at))[0], at)
    return spans


def _lanes(at: int, step: Step, spans: dict[int, tuple[int, int]], lanes: int) -> str:
    if lanes < 0:
        return f"{'' if step.attempt is None else words.letter(step.attempt):<6}"
    marks = "".join(f"{_mark(at, step, lane, spans)} " for lane in range(lanes))
    return marks + " " * bool(lanes)


def _mark(at: int, step: Step, lane: int, spans: dict[int, tuple[int, int]]) -> str:
    first, last = spans.get(lane, (at + 1, at))
    if step.attempt == lane:
        if first == last:
            return "•"
        return "┬" if at == first else "┴" if at == last and step.phase == "finish" else "├"
    return "│" if first < at < last else " "


# ── attempts ──────────────────────────────────────────────────────────────────────────────────


def _attempts(trail: Trail, page: int) -> Iterator[Text]:
    start = min((s.time_ns for s in trail.steps if s.time_ns is not None), default=0)
    rows = [_attempt(i, trail.attempts[i], start) for i in _nested(trail.attempts)]
    heads = ("", "attempt", "where", "began", "ended")
    wide = [max(width(row[i]) for row in (heads, *rows)) for i in range(5)]
    yield Text(
        f"  {'':{wide[0]}}  {'attempt':{wide[1]}}  {'where':{wide[2]}}  {'began':>{wide[3]}}  "
        f"{'ended':>{wide[4]}}  how it ended",
        style="dim",
    )
    for lane, label, place, began, ended, how, hue in rows:
        line = Text("  ")
        line.append(f"{lane:{wide[0]}}", style="bold")
        line.append(f"  {label:{wide[1]}}  {place:{wide[2]}}  {began:>{wide[3]}}  ")
        line.append(f"{ended:>{wide[4]}}  ")
        line.append(how, style=hue)
        yield _fitted(line, page)


def _attempt(index: int, attempt: Attempt, start: int) -> tuple[str, str, str, str, str, str, str]:
    inside = "└ " if attempt.parent is not None else ""
    began, ended = (
        "–" if time is None else words.since(time - start)
        for time in (attempt.began_ns, attempt.ended_ns)
    )
    return (
        words.letter(index),
        inside + clean(attempt.label, 44),
        clean(attempt.where, 28),
        began,
        "?" if attempt.end == "unknown" else ended,
        words.ended(attempt),
        _HUE.get(attempt.end, ""),
    )


def _nested(attempts: Sequence[Attempt]) -> Iterator[int]:
    """Indices in order, each attempt followed by those it caused."""
    below: dict[int | None, list[int]] = {}
    for index, attempt in enumerate(attempts):
        below.setdefault(attempt.parent, []).append(index)
    waiting = list(reversed(below.get(None, [])))
    while waiting:
        index = waiting.pop()
        yield index
        waiting.extend(reversed(below.get(index, [])))
