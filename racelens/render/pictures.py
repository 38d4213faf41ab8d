"""The histories of the rules' pages, drawn: made once by the tests, since scanning them anew would load polars."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from racelens.render.layout import Drawing
from racelens.saved import value_of

FILE = Path(__file__).parent / "assets" / "pictures.json"


@dataclass(frozen=True)
class Picture:
    """flagged, silent: the two histories of a page; why: the guard that worked in the silent one, if it
    left a record."""

    flagged: Drawing
    silent: Drawing
    why: str


def of(code: str) -> Picture:
    """The picture of a rule."""
    picture: Picture = value_of(Picture, json.loads(FILE.read_text(encoding="utf-8"))[code])
    return picture
