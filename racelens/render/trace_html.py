"""A trail as one page: no script, nothing loaded from anywhere, readable in print and in the dark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import TextIO

from racelens.render import trace_words as words
from racelens.render.plain import clean
from racelens.trail import Attempt, Step, Trail

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
:root { color-scheme: light dark }
body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem }
h1 { font-size: 1.3rem; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 }
th { text-align: left; font-weight: 600; opacity: .7 }
td, th { padding: .15rem .6rem .15rem 0; vertical-align: top; border-bottom: 1px solid #8883 }
td { overflow-wrap: anywhere }
.n { font-variant-numeric: tabular-nums; white-space: nowrap; text-align: right }
.joined { opacity: .65 }
.bad { font-weight: 600 }
details pre { white-space: pre-wrap; margin: .2rem 0 }
summary { cursor: pointer }
@media print { body { max-width: none; margin: 0 } details > pre { display: block } }
"""


def render(trail: Trail, out: TextIO) -> None:
    """Write the page."""
    for piece in _page(trail):
        out.write(piece + "\n")


def _page(trail: Trail) -> Iterator[str]:
    short = words.sources(trail)
    token = text(trail.token)
    yield "<!doctype html>"
    yield f'<html lang="en"><head><meta charset="utf-8"><title>{token} · racelens trace</title>'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width">'
    yield f"<style>{_STYLE}</style></head><body>"
    yield f"<h1>{token}</h1><p>{text(words.roles(trail))}<br>{text(words.extent(trail))}</p>"
    yield from _table(
        ("time (UTC)", "gap", "", "line", "what"), (_step(step, short) for step in trail.steps)
    )
    if trail.attempts:
        yield from _table(
            ("", "attempt", "where", "began", "ended", "how it ended"),
            (_attempt(i, attempt, short) for i, attempt in enumerate(trail.attempts)),
        )
    yield "<dl>"
    for label, said in words.notes(trail):
        yield f"<dt>{text(label)}</dt><dd>{text(said)}</dd>"
    yield "</dl></body></html>"


def _table(heads: Iterable[str], rows: Iterable[str]) -> Iterator[str]:
    yield "<table><thead><tr>" + "".join(f"<th>{head}</th>" for head in heads) + "</tr></thead>"
    yield "<tbody>"
    yield from rows
    yield "</tbody></table>"


def _step(step: Step, short: dict[str, str]) -> str:
    lane = "" if step.attempt is None else words.letter(step.attempt)
    raw = f"<details><summary>{text(words.doing(step))}</summary><pre>{text(step.raw, 20_000)}</pre></details>"
    cells = [
        f'<td class="n">{text((step.time or "–")[11:26] or "–")}</td>',
        f'<td class="n">{text(words.gap(step))}</td>',
        f"<td>{lane}</td>",
        f'<td class="n">{text(words.where(step.place, short))}</td>',
        f"<td>{raw}</td>",
    ]
    return f"<tr{' class=joined' if step.via else ''}>{''.join(cells)}</tr>"


def _attempt(index: int, attempt: Attempt, short: dict[str, str]) -> str:
    bad = "" if attempt.end == "finished" else " class=bad"
    ended = words.where(attempt.ended, short) if attempt.ended else "?"
    inside = "└ " if attempt.parent is not None else ""
    cells = [
        f"<td>{words.letter(index)}</td>",
        f"<td>{inside}{text(attempt.label)}</td>",
        f"<td>{text(attempt.where)}</td>",
        f"<td>{text(words.where(attempt.began, short))}</td>",
        f"<td>{text(ended)}</td>",
        f"<td{bad}>{text(words.ended(attempt))}</td>",
    ]
    return f"<tr>{''.join(cells)}</tr>"


def text(value: str, limit: int = 300) -> str:
    return escape(clean(value, limit))
