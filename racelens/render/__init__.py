"""Report → text. Translation only: no analysis, no polars. One file for each format, and one table of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TextIO

from racelens.findings import Report

Renderer = Callable[[Report, TextIO], None]


@dataclass(frozen=True)
class Format:
    """module: in this package, loaded when it is used; quotes: it shows the lines of the log."""

    module: str
    endings: tuple[str, ...]
    about: str
    quotes: bool = False

    def __call__(self, report: Report, out: TextIO) -> None:
        renderer: Renderer = import_module(f"racelens.render.{self.module}").render
        renderer(report, out)


FORMATS: dict[str, Format] = {
    "text": Format("text", (".txt",), "for people"),
    "html": Format("html", (".html", ".htm"), "a page to share: lanes, filters, raw lines", True),
    "markdown": Format("markdown", (".md", ".markdown"), "to paste into an incident document"),
    "json": Format("json", (".json",), "everything, to render again or to compare with", True),
    "jsonl": Format("jsonl", (".jsonl", ".ndjson"), "one finding a line"),
    "sarif": Format("sarif", (".sarif", ".sarif.json"), "for code scanning"),
    "junit": Format("junit", (".xml",), "for test reports in CI"),
    "github": Format("github", (), "annotations in a GitHub workflow"),
    "chrome": Format("chrome", (".trace", ".trace.json"), "a trace, opens in Perfetto"),
}


def by_ending(name: str) -> str | None:
    """The format that a file's name asks for, by its longest known ending."""
    endings = [(e, format_) for format_, f in FORMATS.items() for e in f.endings]
    fitting = [(len(e), format_) for e, format_ in endings if name.lower().endswith(e)]
    return max(fitting)[1] if fitting else None
