"""Lost updates, read off the store's journal: who wrote from a base that was gone."""

from __future__ import annotations

from collections import defaultdict

from .evidence import Seen, shown
from .machines import Actor
from .store import Store, Write
from .truth import Incident


def lost_updates(store: Store, seen: Seen) -> list[Incident]:
    """One incident per committed read-modify-write over a newer state of somebody else."""
    return [_incident(write, victims, seen) for write, victims in overwrites(store)]


def overwrites(store: Store) -> list[tuple[Write, list[Write]]]:
    """(overwriting write, writes it made undone), in the order they landed."""
    landed: dict[str, list[Write]] = defaultdict(list)
    found = []
    for write in store.journal:
        if not write.committed:
            continue
        row = landed[write.resource]
        if write.kind == "rmw" and write.base and write.base.revision < write.replaced:
            # Rows begin at revision 1, so the write that made revision r is at r - 2.
            victims = [w for w in row[write.base.revision - 1 :] if w.actor is not write.actor]
            if victims:
                found.append((write, victims))
        row.append(write)
    return found


def apparent(store: Store, seen: Seen) -> list[Incident]:
    """Gray: what only lost lines make look like a lost update. A rolled back write whose failed finish
    is gone looks like one that others read too late, too."""
    guilty = {id(write) for write, _ in overwrites(store)}
    misread = [w for w in store.journal if id(w) not in guilty and _misread(w, seen)]
    never = [_gray(w, "stale_read") for w in misread if not w.committed]
    return [_gray(write, "lost_update") for write in misread] + never


def _misread(write: Write, seen: Seen) -> bool:
    if not write.committed:
        finish = seen.attempt(write.actor).finish
        return shown([write.line]) and not shown([finish])
    base = seen.base(write)
    return base is not None and write.base is not None and base != write.base.version


def _incident(write: Write, victims: list[Write], seen: Seen) -> Incident:
    assert write.base
    actors = [write.actor, *dict.fromkeys(victim.actor for victim in victims)]
    return Incident(
        kind="lost_update",
        resource=write.resource,
        **names(actors),
        detail=f"based on revision {write.base.revision}, replaced {write.replaced}",
        at_ns=write.at_ns,
        discoverable=_provable(write, victims, seen),
        suggested=any(seen.overlap(write.actor, victim.actor) for victim in victims),
    )


def _provable(write: Write, victims: list[Write], seen: Seen) -> bool:
    base = seen.base(write)
    if write.base is None or base != write.base.version:
        return False
    return any(
        shown([victim.line])
        and (base < victim.after.version <= write.after.version or seen.base(victim) == base)
        for victim in victims
    )


def _gray(write: Write, kind: str) -> Incident:
    return Incident(
        kind=kind,
        resource=write.resource,
        **names([write.actor]),
        detail="lines are missing that would show it harmless",
        at_ns=write.at_ns,
        discoverable=False,
        suggested=False,
    )


def names(actors: list[Actor]) -> dict[str, tuple[str, ...]]:
    """The identity fields of an incident."""
    pairs = dict.fromkeys((name, actor.process) for actor in actors for name in actor.ids)
    return {
        "ids": tuple(name for name, _ in pairs),
        "processes": tuple(process for _, process in pairs),
        "correlations": tuple(dict.fromkeys(actor.correlation for actor in actors)),
    }
