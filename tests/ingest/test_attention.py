"""Fields that first appear late are read, or are said not to be, wherever the log comes from."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from racelens import accounts
from racelens.ingest import Capture, find, load

COUNT, LATE = 9_000, 7_000  # more than one block of lines, or of records in a document


def lines() -> list[str]:
    """Padded records, of which only the last ones have a version."""
    records: list[dict[str, Any]] = [
        {"ts": f"2026-06-01T09:00:{n // 1_000:02}.{n % 1_000:03}Z", "order_id": n}
        for n in range(COUNT)
    ]
    for record in records[LATE:]:
        record |= {"rev": 5}
    return [json.dumps({**record, "pad": "x" * 1_500}) for record in records]


def read(folder: Path, kind: str, maps: dict[str, list[str]] | None = None) -> Capture:
    path = folder / "app.log"
    text = "\n".join(lines()) + "\n"
    if kind == "gzip":
        path.write_bytes(gzip.compress(text.encode(), 1))
    elif kind == "document":
        path.write_text(f"[{','.join(lines())}]")
    else:
        path.write_text(text)
    return load(find([str(path)]), maps)


def versions(capture: Capture) -> int:
    return int(capture.records["version"].count())


def test_a_plain_file_is_looked_at_ahead(tmp_path: Path) -> None:
    capture = read(tmp_path, "plain")
    assert versions(capture) == COUNT - LATE
    assert accounts.notices(capture) == ()


@pytest.mark.parametrize("kind", ["gzip", "document"])
def test_what_is_not_is_watched_and_what_was_missed_is_said(kind: str, tmp_path: Path) -> None:
    capture = read(tmp_path, kind)
    assert versions(capture) > 0
    (notice,) = accounts.notices(capture)
    assert notice.startswith(f"rev in {tmp_path}/app.log is read from line ")


@pytest.mark.parametrize("kind", ["gzip", "document"])
def test_a_key_that_is_named_is_read_from_the_start(kind: str, tmp_path: Path) -> None:
    capture = read(tmp_path, kind, {"version": ["rev"]})
    assert versions(capture) == COUNT - LATE
    assert accounts.notices(capture) == ()
