"""What the user named → the files to read, in a fixed order.

A folder is searched, a glob is expanded, `-` is standard input. A file that was named must be readable;
a file that was only found in a folder may turn out not to be a log and is then left out with a notice.
"""

from __future__ import annotations

import difflib
import glob
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import IO

from racelens.errors import RacelensError

STDIN = "-"
HEAD_BYTES = 65_536

# `app.log.1`, `app.log-20260504`, `app-2026-05-04.log.gz`; but `worker-1.log` is a worker's number.
_DATE = (
    r"[._-](?:19|20)\d\d-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T_-]?(?:[01]\d|2[0-3])(?:[0-5]\d){0,2})?(?=$|\.)"
)
_LATEST = "~"  # sorts behind every date
_NUMBER = re.compile(r"\.(\d{1,3})(?=$|\.(?:gz|zst|bz2|xz)$)")
_ROTATION = re.compile(rf"(?:\.\d{{1,3}}(?=$|\.(?:gz|zst|bz2|xz)$)|{_DATE})|\.(?:gz|zst|bz2|xz)$")


@dataclass(frozen=True)
class Source:
    """One input as the user would name it. `found` means: discovered in a folder, not named."""

    name: str
    path: Path | None
    found: bool = False

    @classmethod
    def of(cls, path: str | Path, found: bool = False) -> Source:
        """The file, under a name that can be printed whatever bytes it is made of."""
        return cls(os.fsencode(path).decode(errors="backslashreplace"), Path(path), found)

    @property
    def family(self) -> str:
        """The name without rotation suffixes: `app.log.1` and `app.log` are one writer."""
        return _ROTATION.sub("", self.name)

    @property
    def age(self) -> tuple[int, str]:
        """Sorts rotations of one log, the oldest first: `app.log.2`, `app.log.1`, `app.log`."""
        number, date = _NUMBER.search(self.name), re.search(_DATE, self.name)
        return -int(number[1]) if number else 0, date[0] if date else _LATEST

    def open(self) -> IO[bytes]:
        """The bytes, from the start.

        Raises RacelensError when the file cannot be read.
        """
        if self.path is None:
            return sys.stdin.buffer
        try:
            return self.path.open("rb")
        except OSError as error:
            raise RacelensError(f"cannot read {self.name}: {error.strerror}") from error


def find(paths: Iterable[str]) -> list[Source]:
    """Every source behind `paths`, each once, folders in name order, rotations of one log oldest first:
    of records that one tick stamped in two of them, the older file's came first.

    Raises RacelensError for a path that does not exist, a folder or glob without files.
    """
    sources: dict[str, Source] = {}
    for path in paths:
        for source in _expand(path):
            place = str(source.path.resolve()) if source.path else source.name
            sources.setdefault(place, source)
    families: dict[str, list[Source]] = {}
    for source in sources.values():
        families.setdefault(source.family, []).append(source)
    return [
        source for of_one in families.values() for source in sorted(of_one, key=attrgetter("age"))
    ]


def _expand(path: str) -> list[Source]:
    if path == STDIN:
        return [Source("<stdin>", None)]
    target = Path(path)
    if target.is_dir():
        return _folder(target)
    if target.exists():
        return [Source.of(path)]
    if glob.has_magic(path):
        return _globbed(path)
    raise RacelensError(f"no such file or folder: {path}", _neighbours(target))


def _folder(folder: Path) -> list[Source]:
    files = sorted(
        file
        for file in folder.rglob("*")
        if file.is_file() and not any(p.startswith(".") for p in file.relative_to(folder).parts)
    )
    if not files:
        raise RacelensError(f"no files in {folder}/")
    return [Source.of(file, found=True) for file in files]


def _globbed(pattern: str) -> list[Source]:
    matches = sorted(glob.glob(pattern, recursive=True))
    if not matches:
        raise RacelensError(f"nothing matches {pattern}")
    return [source for match in matches for source in _match(Path(match))]


def _match(path: Path) -> list[Source]:
    return _folder(path) if path.is_dir() else [Source.of(path, found=True)]


def _neighbours(target: Path) -> tuple[tuple[str, str], ...]:
    try:
        names = sorted(entry.name for entry in target.parent.iterdir())
    except OSError:
        return ()
    close = difflib.get_close_matches(target.name, names, n=3)
    return (("close", ", ".join(str(target.parent / name) for name in close)),) if close else ()


def refuse_binary(source: Source, head: bytes) -> None:
    """Raises RacelensError when `head`, the first bytes of the source, is not text."""
    if b"\0" in head:
        raise RacelensError(
            f"{source.name} is binary, not a log of JSON lines",
            (("found", f"a NUL byte at offset {head.index(0)}"),),
        )
