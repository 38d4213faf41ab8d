"""Write a large, repeatable shop log that holds a known number of lost updates.

    python tests/benchmarks/generate.py shop.jsonl --lines 2000000 --seed 1

Every request reads one resource and writes it back. Requests overlap all the time, but never on the
same resource, except in a planted pair: both read one version, then both write. So the number of
planted pairs is the number of lost updates, and a detector that reports anything else is wrong.
"""

import argparse
import random
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

LINES = 2_000_000
BATCH = 50_000
PLANT_EVERY = 10_000
"""Log lines per planted lost update."""

OPENING = int(datetime(2026, 5, 4, 12, tzinfo=UTC).timestamp()) * 1_000_000
SETTLE = 200_000
"""Microseconds of peace between two requests on one resource: more than any clock skew assumed."""

LINES_PER_HOT = 360
HOT_SHARE = 0.165
SHORTEST = 5
"""Lines of the briefest request: start, read, one point, write, finish."""

KINDS = ("order", "order", "order", "inventory", "cart")
HOSTS = (("web-1", 4711), ("web-2", 4802), ("web-3", 4711), ("web-4", 5120))
POINTS = (
    '"event":"price.quoted","detail":"list price taken from the catalogue of this morning"',
    '"event":"rules.checked","detail":"eleven rules looked at, none of them had an objection"',
    '"event":"session.loaded","detail":"the session was warm and no other store was asked"',
    '"event":"view.rendered","detail":"summary block rendered from the compiled template"',
)
SAID = (
    "quoted the list price",
    "checked eleven rules",
    "found a warm session",
    "rendered the summary",
)
BALLAST = '"region":"eu-central-1"'

Line = tuple[int, str]
"""When, in microseconds since the epoch, and the JSON text that follows the timestamp."""


@dataclass(slots=True)
class Touch:
    """What one request does to its resource: it reads one version and writes another."""

    resource: str
    read: int
    written: int


@dataclass(slots=True)
class Hot:
    """A resource many requests want."""

    resource: str
    version: int
    free_at: int = 0


def write_log(path: Path, lines: int = LINES, seed: int = 1, sentences: bool = False) -> int:
    """Write `lines` JSON lines to `path`; return how many lost updates are planted in them.

    sentences: each line also has a message, as people write them.
    """
    if lines < SHORTEST:
        raise ValueError(f"a log needs at least {SHORTEST} lines")
    shop = Shop(random.Random(seed), lines, sentences)
    with path.open("w", encoding="ascii", newline="\n", buffering=1 << 20) as log:
        log.writelines(stamped(shop.traffic(lines)))
    return shop.planted


class Shop:
    """Plans the requests one after the other; only their lines interleave."""

    def __init__(self, rng: random.Random, lines: int, sentences: bool = False) -> None:
        self.rng = rng
        self.sentences = sentences
        self.planted = 0
        self.clock = OPENING
        self.fresh = 100_000
        pool = max(50, lines // LINES_PER_HOT)
        self.hot = [Hot(self.new_resource(), rng.randrange(1, 40)) for _ in range(pool)]

    def traffic(self, lines: int) -> Iterator[Line]:
        """All lines of all requests in order of time."""
        waiting: list[Line] = []
        planned, plant_at = 0, PLANT_EVERY // 2
        while planned < lines:
            room = lines - planned
            if planned >= plant_at and room >= 4 * SHORTEST:
                request = self.lost_update()
                plant_at += PLANT_EVERY
            else:
                request = self.request(room)
            planned += len(request)
            waiting += request
            self.clock += self.rng.randrange(1_000, 20_000)
            if len(waiting) >= BATCH:
                waiting.sort()
                due = bisect_left(waiting, (self.clock, ""))
                yield from waiting[:due]
                del waiting[:due]
        yield from sorted(waiting)

    def request(self, room: int) -> list[Line]:
        """A request that overlaps others, but has its resource to itself."""
        points = self.rng.randrange(1, 4)
        # The last request takes what is left, so that the log has exactly the lines asked for.
        if room < SHORTEST - 1 + points + SHORTEST:
            points = room - (SHORTEST - 1)
        times = self.moments(points)
        if self.rng.random() >= HOT_SHARE:
            version = self.rng.randrange(1, 9)
            return self.told(times, Touch(self.new_resource(), version, version + 1))
        hot = self.idle_hot()
        touch = Touch(hot.resource, hot.version, hot.version + 1)
        hot.version, hot.free_at = touch.written, times[-1] + SETTLE
        return self.told(times, touch)

    def lost_update(self) -> list[Line]:
        """Two requests that read one version and both write: the first write is lost.

        Half of the stores number the second write by what it had read (v+1 twice), the other half
        by what they hold (v+1, v+2), so that only the read betrays it.
        """
        hot = self.idle_hot()
        first = self.moments(self.rng.randrange(1, 3))
        # The second request is the first one, late by less than its time between read and write.
        delay = self.rng.randrange(1, first[-2] - first[1])
        second = [moment + delay for moment in first]
        winner = Touch(hot.resource, hot.version, hot.version + 1)
        loser = Touch(hot.resource, hot.version, hot.version + 1 + self.planted % 2)
        hot.version, hot.free_at = loser.written, second[-1] + SETTLE
        self.planted += 1
        return self.told(first, winner) + self.told(second, loser)

    def moments(self, points: int) -> list[int]:
        """The times of start, read, each point, write and finish."""
        times = [self.clock]
        for _ in range(points + SHORTEST - 2):
            times.append(times[-1] + self.rng.randrange(2_000, 60_000))
        return times

    def told(self, times: list[int], touch: Touch) -> list[Line]:
        """The lines a request logs at `times`."""
        rng = self.rng
        kind, _, key = touch.resource.partition(":")
        route = f'"method":"PUT","path":"/api/v2/{kind}/{key}"'
        took = (times[-1] - times[0]) / 1000
        waits = [(later - sooner) / 1000 for sooner, later in pairwise(times)]
        on = f'"resource":"{touch.resource}"'
        read = f'"event":"{kind}.read",{on},"action":"read","version":{touch.read}'
        write = f'"event":"{kind}.write",{on},"action":"write","version":{touch.written}'
        bodies = [
            f'"event":"request","step":"start",{route},"detail":"request accepted by the router"',
            f'{read},"duration_ms":{waits[0]},"detail":"row fetched"',
            *(rng.choice(POINTS) for _ in times[2:-2]),
            f'{write},"duration_ms":{waits[-2]},"detail":"row stored"',
            f'"event":"request","step":"finish",{route},"status_code":200,"duration_ms":{took}',
        ]
        who = self.actor(kind)
        if self.sentences:
            said = [
                f"accepted PUT /api/v2/{kind}/{key} from 10.0.{rng.randrange(256)}.{rng.randrange(256)}",
                f"fetched {kind} {key} at version {touch.read} in {waits[0]} ms",
                *(f"{rng.choice(SAID)} for {kind} {key}" for _ in times[2:-2]),
                f"stored {kind} {key} as version {touch.written} in {waits[-2]} ms",
                f"answered 200 for {kind} {key} in {took} ms",
            ]
            bodies = [f'{body},"message":"{text}"' for body, text in zip(bodies, said, strict=True)]
        return [(at, f"{who},{body}") for at, body in zip(times, bodies, strict=True)]

    def actor(self, kind: str) -> str:
        """The fields all lines of one request share."""
        rng = self.rng
        host, pid = rng.choice(HOSTS)
        return (
            f'"level":"info","service":"api","host":"{host}","pid":{pid},'
            f'"logger":"shop.api.{kind}",{BALLAST},"request_id":"req-{rng.getrandbits(48):012x}",'
            f'"correlation_id":"c-{rng.getrandbits(48):012x}","user_id":"u{rng.randrange(90_000)}"'
        )

    def idle_hot(self) -> Hot:
        """A hot resource nobody is working on; the square makes a few far hotter than the rest."""
        while True:
            hot = self.hot[int(len(self.hot) * self.rng.random() ** 2)]
            if hot.free_at <= self.clock:
                return hot

    def new_resource(self) -> str:
        """A resource no request has touched."""
        self.fresh += 1
        return f"{self.rng.choice(KINDS)}:{self.fresh}"


def stamped(traffic: Iterator[Line]) -> Iterator[str]:
    """The log's text: each line begins with its time, and no two lines share one."""
    now = 0
    for moment, rest in traffic:
        now = max(moment, now + 1)
        second, micros = divmod(now, 1_000_000)
        yield f'{{"timestamp":"{clock_text(second)}.{micros:06d}Z",{rest}}}\n'


@lru_cache(maxsize=4)
def clock_text(second: int) -> str:
    """A second since the epoch as ISO 8601, without fraction and zone."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def main() -> None:
    """Write the log and print the number of lost updates planted in it."""
    parser = argparse.ArgumentParser(description="Write a shop log with planted lost updates.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sentences", action="store_true", help="a message on each line, too")
    asked = parser.parse_args()
    print(write_log(asked.path, asked.lines, asked.seed, asked.sentences))


if __name__ == "__main__":
    main()
