"""Fuzzing guided by coverage, over framing and fields: the same promises as in `tests/ingest/test_fuzz.py`.

python -m tests.fuzz framing|fields [FLAGS OF LIBFUZZER]      or  make fuzz
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from contextlib import suppress

MISSING = (
    "fuzzing needs atheris, which is not here: .venv/bin/pip install -e '.[fuzz]' "
    "(it needs clang where there is no wheel for this Python). "
    "Without it, .venv/bin/pytest tests/ingest/test_fuzz.py checks the same by hypothesis."
)


TARGETS = ("framing", "fields")


def target(name: str) -> Callable[[bytes], None]:
    """What is done with the bytes. Imported here, where racelens' own branches may be watched and nothing else's."""
    from racelens.errors import RacelensError  # noqa: PLC0415
    from tests.ingest.test_fuzz import counted, scanned  # noqa: PLC0415

    def fields(data: bytes) -> None:
        """What the bytes spell, through mapping, history and rules."""
        with suppress(RacelensError):  # what cannot be read may be refused, in words
            scanned(data)

    return {"framing": counted, "fields": fields}[name]


def main(arguments: list[str]) -> int:
    """Fuzz until stopped, or as long as the flags say. 2: no such target, or no atheris."""
    if not arguments or arguments[0] not in TARGETS:
        print(f"which target? {' or '.join(TARGETS)}", file=sys.stderr)
        return 2
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        print(MISSING, file=sys.stderr)
        return 2
    with atheris.instrument_imports(include=["racelens"]):
        chosen = target(arguments[0])
        importlib.import_module("racelens.scanning")
    atheris.Setup([sys.argv[0], *arguments[1:]], chosen)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
