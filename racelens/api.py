"""racelens for notebooks and scripts: two functions that give a Report.

>>> import racelens
>>> report = racelens.scan("fixtures/shop")
>>> report.summary.confirmed
10
>>> report.findings[0].rule
'RL101'
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from racelens import catalogue, saved, settings
from racelens.findings import Finding, Report

__all__ = ["Finding", "Report", "load", "scan"]

PathLike = str | os.PathLike[str]


def scan(
    paths: PathLike | Iterable[PathLike],
    *,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    maps: Mapping[str, Sequence[str]] | None = None,
    good: Iterable[PathLike] = (),
    config: PathLike | None = None,
) -> Report:
    """Find races in logs: files, folders or globs.

    select, ignore: rules by code, name or family (`RL1`); none selected means all.
    maps: canonical field → keys to read it from first, e.g. `{"time": ["when"]}`; before those of `config`.
    good: logs of a run known to be right; config: a settings file, none is looked for.

    `report.findings` come gravest group first; `report.looked` is false when nothing could be checked, so
    that no findings do not mean clean. With pandas or polars: `DataFrame(map(vars, report.findings))`.

    Raises RacelensError for input, rules or settings that cannot be understood.
    """
    from racelens.scanning import scan as run  # noqa: PLC0415
    from racelens.scanning import with_quotes  # noqa: PLC0415

    codes = catalogue.select(select, ignore)
    declared = settings.load(Path(config) if config else None)
    both = {
        field: [*(maps or {}).get(field, ()), *declared.maps.get(field, ())]
        for field in {**(maps or {}), **declared.maps}
    }
    given = replace(declared, maps=both, good=tuple(os.fspath(path) for path in good))
    several = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    return with_quotes(run([os.fspath(path) for path in several], codes, given))


def load(path: PathLike) -> Report:
    """The report that `-o report.json` or `-o page.html` wrote.

    Raises RacelensError, naming the key, for a file that is none.
    """
    return saved.read(Path(path))
