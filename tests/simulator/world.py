"""Everything a flow may touch: time, chance, ids, processes, the store and the log."""

from __future__ import annotations

from random import Random
from typing import Any
from zlib import crc32

from .dial import Dial
from .loop import Loop, Signal, Steps
from .machines import LAYOUT, Actor, Attempt, Line, Process, Record
from .store import Store

EPOCH_NS = 1_777_896_000 * 1_000_000_000
"""2026-05-04T12:00:00Z, true time 0."""

MS = 1_000_000

SPARSE_LOSES = ("method", "action", "payload_hash", "version", "base_version", "idempotency_key")


class World:
    """Chance has one stream for what happens and others for ids, clocks and lost lines, so
    the logging half of the dial never changes the story."""

    def __init__(self, dial: Dial) -> None:
        self.dial = dial
        self.rng = Random(dial.seed)
        self._names = Random(f"ids {dial.seed}")
        self._losses = Random(f"drop {dial.seed}")
        self.loop = Loop()
        self.store = Store(computed=dial.versions == "computed")
        self.processes = _boot(dial)
        self.apis, self.workers = self.processes[:2], self.processes[2:4]
        self.notifier, self.scheduler = self.processes[4], self.processes[5]
        self.lines: list[Line] = []
        self.attempts: dict[Actor, Attempt] = {}
        self.remaining = dial.operations
        self.busy = 0
        self._guards: dict[str, str] = {}

    def ms(self, low: float, high: float) -> int:
        """A uniform pause in ns, bounds in ms."""
        return int(self.rng.uniform(low, high) * MS)

    def think(self) -> int:
        """Time a handler computes between read and write, in ns: skewed, mean `think_ms`."""
        return int((0.2 + self.rng.expovariate(1.25)) * self.dial.think_ms * MS)

    def chance(self, probability: float) -> bool:
        """True with this probability; always costs one draw."""
        return self.rng.random() < probability

    def name(self, prefix: str, digits: int = 12) -> str:
        """A fresh id, `req-1f…`; uses its own stream of chance."""
        return f"{prefix}{self._names.getrandbits(4 * digits):0{digits}x}"

    def digest(self, content: str) -> str:
        """A payload hash that depends on the content only, so that users share it."""
        return f"{crc32(content.encode()):012x}"

    def actor(self, process: Process, correlation: str, **who: Any) -> Actor:
        """Who acts at a process without a request id: a job try, a cron tick."""
        return Actor(process.name, correlation, **who)

    def visitor(self, process: Process, correlation: str, **who: Any) -> Actor:
        """A request: `req-<hex>`, or `req-1`, `req-2` … anew in each process."""
        process.requests += 1
        fresh = self.name("req-")
        name = f"req-{process.requests}" if self.dial.restarting_ids else fresh
        return Actor(process.name, correlation, request=name, **who)

    def guard_for(self, resource: str) -> str:
        """The guard of a resource: the dial's; if mixed, a stable choice, or `paths` (each
        operation chooses its own, so guarded and unguarded code meets on one row)."""
        if self.dial.guard != "mixed":
            return self.dial.guard
        if resource not in self._guards:
            pick = Random(f"{self.dial.seed} {resource}")
            self._guards[resource] = pick.choice(("none", "none", "cas", "lock", "atomic", "paths"))
        guard = self._guards[resource]
        return self.rng.choice(("none", "cas", "lock", "atomic")) if guard == "paths" else guard

    def guarded(self, resource: str) -> bool:
        """Whether the effects on a resource are protected against repeats."""
        return self.guard_for(resource) != "none"

    def aside(self, steps: Steps[Any], delay: int = 0) -> Signal:
        """Run beside the caller; the background goes on until all of these are done."""
        self.busy += 1
        done = self.loop.spawn(steps, delay)
        done.when(lambda _: self._one_less())
        return done

    def log(self, process: Process, actor: Actor | None, inner: bool, fields: Record) -> Line:
        """Write one record at a process now. Inner points are not logged when sparse."""
        now = self.loop.now
        local = EPOCH_NS + now + process.offset_ns
        lost = self._losses.random() < self.dial.drop
        shown = not lost and not (inner and self.dial.level == "sparse")
        record = self._record(process, actor, local, fields)
        seen = local - local % self.dial.precision_ns
        line = Line(record, actor, len(self.lines), now, seen, shown)
        self.lines.append(line)
        if shown:
            process.records.append(record)
        return line

    def _record(self, process: Process, actor: Actor | None, local: int, fields: Record) -> Record:
        record: Record = {"time_ns": local, "service": process.service}
        record |= {"host": process.host, "pid": process.pid}
        if actor is not None:
            record |= {
                "correlation_id": actor.correlation,
                "request_id": actor.request,
                "job_id": actor.job,
                "user_id": actor.user,
                "span_id": actor.span,
                "parent_id": actor.parent,
            }
        record |= fields
        if self.dial.level == "sparse":
            record |= dict.fromkeys(SPARSE_LOSES) | {
                "retry_count": record.get("retry_count") or None
            }
        return {key: value for key, value in record.items() if value is not None}

    def _one_less(self) -> None:
        self.busy -= 1


def _boot(dial: Dial) -> list[Process]:
    clocks = Random(f"clocks {dial.seed}")
    return [
        Process(name, service, host, 9790 + 7 * number, _offset(clocks, dial.skew_ms))
        for number, (name, service, host) in enumerate(LAYOUT)
    ]


def _offset(clocks: Random, skew_ms: float) -> int:
    return int(clocks.uniform(-1, 1) * skew_ms * MS)
