"""Report → text. Translation only: no analysis, no polars."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from racelens.findings import Report
from racelens.render import json, text

Renderer = Callable[[Report, TextIO], None]

FORMATS: dict[str, Renderer] = {"text": text.render, "json": json.render}
EXTENSIONS = {".json": "json", ".txt": "text"}
