"""How fast wrapped lines are read, against the same lines as they are, in one run, by the time of processors.

python -m tests.benchmarks.wrapped [LINES]
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from racelens.ingest import find, load
from tests import exports

_FIRST = 1_777_896_000_000_000_000
_ROUNDS = 5


def lines(count: int) -> list[tuple[int, str]]:
    """Lines of an application, with the times at which they were written."""
    told = []
    for n in range(count):
        time_ns = _FIRST + n * 1_000_000
        record = {
            "ts": exports.stamp(time_ns),
            "level": "info",
            "msg": "order.write" if n % 2 else "order.read",
            "request_id": f"req-{n // 2:08}",
            "resource": f"order:{n % 5_000}",
            "version": n,
            "status": "ok",
            "duration_ms": 3.5,
        }
        told.append((time_ns, json.dumps(record)))
    return told


def main(count: int) -> None:
    """Print lines in a second of one processor, the best of some rounds, and the share of the plain rate."""
    told = lines(count)
    texts = {"plain": "".join(f"{text}\n" for _, text in told)}
    texts |= {e.__name__: e(told, "web-1") for e in (exports.docker, exports.cri, exports.loki)}
    best: dict[str, float] = {}
    with TemporaryDirectory() as folder:
        for name, text in texts.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        for _ in range(_ROUNDS):
            for name in texts:
                begin = time.process_time()
                load(find([str(Path(folder, name))]))
                taken = time.process_time() - begin
                best[name] = min(best.get(name, taken), taken)
    for name, taken in best.items():
        print(f"{name:8} {count / taken:10,.0f} lines/s  {best['plain'] / taken:.2f} of plain")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 120_000)
