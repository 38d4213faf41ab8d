"""The command as a user has it, in a process of its own; or called in this one, which is quicker."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from unittest.mock import patch

from racelens.cli import main

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


def called(*args: object, cwd: Path | None = None) -> Ended:
    """The same inside this process: for what needs no process of its own."""
    out, err = (TextIOWrapper(BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    cleared = {key: value for key, value in os.environ.items() if key not in _TELLING[:2]}
    with (
        chdir(cwd or Path.cwd()),
        patch.dict(os.environ, cleared, clear=True),
        patch.object(sys, "argv", ["racelens", *map(str, args)]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
    assert isinstance(code, int)
    for stream in (out, err):
        stream.flush()
    said = [stream.buffer.getvalue().decode() for stream in (out, err)]
    return Ended(code, *said)
