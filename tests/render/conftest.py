"""One scan, rendered in every format."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

import racelens
from racelens.findings import Report
from racelens.render import FORMATS
from tests.cli.conftest import cli
from tests.cli.running import FIXTURES

__all__ = ["cli"]

Rendered = Callable[[str], str]


@cache
def scanned(name: str) -> Report:
    """The report of a fixture, with the lines behind its findings."""
    return racelens.scan(FIXTURES / name)


def render(report: Report, format_: str) -> str:
    out = io.StringIO()
    FORMATS[format_](report, out)
    return out.getvalue()


@pytest.fixture(scope="session")
def shop() -> Report:
    return scanned("shop")


@pytest.fixture(scope="session")
def rendered() -> Rendered:
    """`rendered("sarif")`: the shop's report in a format, each made once."""
    return cache(lambda format_: render(scanned("shop"), format_))


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory, rendered: Rendered) -> Path:
    """The shop's report as `-o report.json` writes it."""
    path = tmp_path_factory.mktemp("saved") / "report.json"
    path.write_text(rendered("json"), encoding="utf-8")
    return path
