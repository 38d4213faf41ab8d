"""The whole text of a trace, piped and on terminals of 80 and 120 columns. `make golden` style: GOLDEN=write."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from unittest.mock import patch

import pytest

from racelens.render import trace as text
from racelens.trace import trace
from tests.test_golden import GOLDEN, compare

FIXTURE = Path("fixtures/shop")


class _Terminal(StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [80, 120])
def test_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    out = _Terminal()
    with patch.dict("os.environ", {"COLUMNS": str(columns), "NO_COLOR": "1", "TERM": "dumb"}):
        text.render(trace("job-abf7d4b77d33", [str(FIXTURE)]), out)
    assert all(len(line) <= columns for line in out.getvalue().splitlines())
    compare(GOLDEN / f"trace-{columns}.txt", out.getvalue())
