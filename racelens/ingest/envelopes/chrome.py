"""Chrome's trace events, as browsers, Perfetto and many profilers write them.

Their clock counts from some moment that nobody knows: it orders events of one process, and dates none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from racelens.ingest.aliases import ENVELOPE
from racelens.ingest.envelopes.kinds import Found, Object

_STARTS, _ENDS, _POINTS = frozenset("Bb"), frozenset("Ee"), frozenset("iIRnN")
_FIRST_DATE = 1e14  # microseconds, 1973


def events(found: Sequence[Found]) -> Iterator[tuple[int, Object]]:
    """Complete events as start and finish, the others as they are; flows and metadata are none."""
    names = _names(found)
    opened: dict[object, list[Object]] = defaultdict(list)
    for place, (event, _) in enumerate(found):
        if not isinstance(event, dict) or not isinstance(event.get("ts"), int | float):
            continue
        kind, lane = event.get("ph"), (event.get("pid"), event.get("tid"), event.get("id"))
        common = _common(event, names)
        if kind == "X":
            duration = event.get("dur")
            length = duration if isinstance(duration, int | float) else 0
            yield place, {**common, **_at(event, 0), "phase": "start"}
            ending = {"phase": "finish", "duration_ns": round(1000 * length)}
            yield place, {**common, **_at(event, length), **ending}
        elif kind in _STARTS:
            opened[lane].append(common)
            yield place, {**common, **_at(event, 0), "phase": "start"}
        elif kind in _ENDS:
            begun = opened[lane].pop() if opened[lane] else {}
            yield place, {**begun, **common, **_at(event, 0), "phase": "finish"}
        elif kind in _POINTS:
            yield place, {**common, **_at(event, 0)}


def _names(found: Sequence[Found]) -> dict[object, object]:
    """Names of processes, which events of their own tell."""
    told = (event for event, _ in found if isinstance(event, dict))
    return {
        event.get("pid"): event["args"].get("name")
        for event in told
        if event.get("ph") == "M"
        and event.get("name") == "process_name"
        and isinstance(event.get("args"), dict)
    }


def _common(event: Object, names: dict[object, object]) -> Object:
    args = event.get("args")
    named = {"event_name": event["name"]} if event.get("name") else {}
    pid = event.get("pid")
    outer = {"pid": pid, "tid": event.get("tid"), "host": f"pid {pid}", "service": names.get(pid)}
    return {**named, **(args if isinstance(args, dict) else {}), ENVELOPE: outer}


def _at(event: Object, later: float) -> Object:
    stamp = event["ts"]
    assert isinstance(stamp, int | float)
    nanoseconds = round((stamp + later) * 1000)
    return {"time" if stamp > _FIRST_DATE else "sequence": str(nanoseconds)}
