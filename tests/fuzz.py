"""Fuzzing guided by coverage, over framing and fields: the same promises as in `tests/ingest/test_fuzz.py`.

python -m tests.fuzz framing|fields [FLAGS OF LIBFUZZER]      or  make fuzz
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from contextlib import suppress

from racelens.errors import RacelensError
from tests.ingest.test_fuzz import counted, scanned

MISSING = (
    "fuzzing needs atheris, which is not here: .venv/bin/pip install -e '.[fuzz]' "
    "(it needs clang where there is no wheel for this Python). "
    "Without it, .venv/bin/pytest tests/ingest/test_fuzz.py checks the same by hypothesis."
)


def fields(data: bytes) -> None:
    """What the bytes spell, through mapping, history and rules."""
    with suppress(RacelensError):  # what cannot be read may be refused, in words
        scanned(data)


TARGETS: dict[str, Callable[[bytes], None]] = {"framing": counted, "fields": fields}


def main(arguments: list[str]) -> int:
    """Fuzz until stopped, or as long as the flags say. 2: no such target, or no atheris."""
    target = TARGETS.get(arguments[0]) if arguments else None
    if target is None:
        print(f"which target? {' or '.join(TARGETS)}", file=sys.stderr)
        return 2
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        print(MISSING, file=sys.stderr)
        return 2
    atheris.instrument_all()
    atheris.Setup([sys.argv[0], *arguments[1:]], target)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
