"""Records of one name that differ in shape: two versions of the code may have written them, as while a deploy goes on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from racelens.causes import OF_REPEATS
from racelens.findings import Evidence, Finding, Place, in_order
from racelens.ingest.aliases import matches
from racelens.ingest.objects import decode
from racelens.ingest.quote import quote
from racelens.ingest.sources import Source

_LOOKED_AT = 50  # findings
# Keys by which a program says which version of it is running.
_BUILD = re.compile(
    r"(?i)(?:^|[._])(?:app|service|build|release|image|git|commit|deploy)[._]?(?:version|sha|tag|id)?$"
)
_TOLD = 2  # differences named

Record = Mapping[str, object]


def compared(findings: Sequence[Finding], sources: Iterable[Source]) -> tuple[Finding, ...]:
    """The findings of work done twice, each with a word on how the shapes of its two records differ."""
    pairs = {
        finding.id: pair
        for finding in islice((f for f in findings if f.rule in OF_REPEATS), _LOOKED_AT)
        if (pair := _pair(finding))
    }
    places = {place for pair in pairs.values() for place in pair}
    texts = quote(sources, {(place.source, place.line) for place in places})
    return tuple(
        _with_difference(finding, *(texts.get((p.source, p.line), "") for p in pairs[finding.id]))
        if finding.id in pairs
        else finding
        for finding in findings
    )


def _pair(finding: Finding) -> tuple[Place, Place] | None:
    """The last two records of one name."""
    primary = finding.evidence[0]
    alike: list[Evidence] = [e for e in in_order(finding.evidence) if e.name == primary.name]
    if not primary.name or len(alike) < 2:
        return None
    first, second = alike[-2:]
    # One process runs one version.
    same = first.process is not None and first.process == second.process
    return None if same else (first.place, second.place)


def _with_difference(finding: Finding, first: str, second: str) -> Finding:
    if not (told := difference(_record(first), _record(second))):
        return finding
    return replace(finding, cause="; ".join(filter(None, (finding.cause, told))))


def _record(text: str) -> Record:
    try:
        return decode(text.encode()) if text.startswith("{") else {}
    except ValueError:
        return {}


def difference(first: Record, second: Record) -> str:
    """`the second has no trace_id, as if another version of the code …`; empty where the shapes are one."""
    if not first or not second:
        return ""
    clauses = [
        *(f"only the first has {key}" for key in _own(first, second)),
        *(f"only the second has {key}" for key in _own(second, first)),
        *(
            f"{key} is {_spelled(first[key])}, then {_spelled(second[key])}"
            for key in sorted(first.keys() & second.keys())
            if first[key] != second[key] and _tells_version(key, first[key], second[key])
        ),
    ]
    if not clauses:
        return ""
    told = " and ".join(clauses[:_TOLD])
    return (
        f"the two records differ in shape ({told}): two versions of the code, or two ways through it, may have been at "
        "work; a deploy looks like this"
    )


def _own(record: Record, other: Record) -> Iterable[str]:
    """Keys that the other record lacks and that no record of its own makes it have, as an error or a try does."""
    return (key for key in sorted(record.keys() - other.keys()) if not any(matches((key,))))


def _tells_version(key: str, *values: object) -> bool:
    flags = all(isinstance(value, bool) for value in values) and not any(matches((key,)))
    return flags or bool(_BUILD.search(key))


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
