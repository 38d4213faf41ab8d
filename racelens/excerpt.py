"""The lines that prove one finding, masked, to be shown to others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from racelens.errors import RacelensError
from racelens.findings import Finding, Place
from racelens.ingest import find, rereading
from racelens.ingest.sources import STDIN
from racelens.masking import masked

_LISTED = 5


def chosen(findings: Sequence[Finding], wanted: str) -> Finding:
    """The finding whose id begins with `wanted`; `RL101-9c41e0` and `9c41e0` mean the same.

    Raises RacelensError when none does, or several do.
    """
    code, _, rest = wanted.rpartition("-")
    found = [
        finding
        for finding in findings
        if finding.id.startswith(rest.lower()) and code.upper() in ("", finding.rule)
    ]
    if len(found) == 1 and rest:
        return found[0]
    if found:
        listed = ", ".join(f"{f.rule}-{f.id}" for f in found[:_LISTED])
        raise RacelensError(
            f"--excerpt {wanted}: {len(found)} findings begin so", (("these", listed),)
        )
    listed = ", ".join(f"{f.rule}-{f.id}" for f in findings[:_LISTED]) or "none"
    raise RacelensError(f"--excerpt {wanted}: no such finding", (("ids", listed),))


def excerpt(finding: Finding, paths: Sequence[str]) -> list[str]:
    """Its lines, file after file in the order of their lines, masked.

    Raises RacelensError when a file cannot be read again.
    """
    if STDIN in paths:
        raise RacelensError(
            "--excerpt reads the logs a second time; standard input can be read once",
            hint="save it to a file and scan that",
        )
    places = {entry.place for entry in finding.evidence}
    return masked(_raw(places, paths))


def _raw(places: set[Place], paths: Sequence[str]) -> Iterator[str]:
    for source in find(paths):
        wanted = {place.line for place in places if place.source == source.name}
        for _, line in rereading.lines(source, wanted) if wanted else ():
            yield line.decode(errors="replace")
