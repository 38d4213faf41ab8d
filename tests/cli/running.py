"""The command as a user has it: a process of its own, with a clean environment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

COMMAND = (sys.executable, "-m", "racelens")
ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
PATIENCE = 60  # seconds

_TELLING = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE")


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code, and all it said."""

    code: int
    out: str
    err: str


def environment(**more: str) -> dict[str, str]:
    """This one, without what would change the output."""
    kept = {key: value for key, value in os.environ.items() if key not in _TELLING}
    return kept | {"PYTHONUTF8": "1", "PYTHONSAFEPATH": "1", "PYTHONPATH": str(ROOT)} | more


def racelens(
    *args: str | bytes | Path,
    cwd: Path = FIXTURES,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
) -> Ended:
    """Run to the end; output that is not valid UTF-8 fails here."""
    done = subprocess.run(
        [*COMMAND, *args],
        cwd=cwd,
        input=stdin,
        env=environment() | dict(env or {}),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
