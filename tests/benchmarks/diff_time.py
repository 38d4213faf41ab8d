"""How long `racelens diff` takes on two large captures, and whether that grows with their length only.

python -m tests.benchmarks.diff_time [--lines 50000 100000 200000]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from racelens.compare.diff import diff
from tests.benchmarks.generate import write_log


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, nargs="+", default=[50_000, 100_000, 200_000])
    for lines in parser.parse_args().lines:
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / f"{side}.jsonl" for side in ("good", "bad")]
            for seed, path in enumerate(paths):
                write_log(path, lines, seed)
            wall, cpu = time.perf_counter(), time.process_time()
            seen = diff([str(paths[0])], [str(paths[1])])
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        cases = seen.good.cases + seen.bad.cases
        print(
            f"2 × {lines:,} events: {wall:.1f} s ({cpu:.1f} s of processor), "
            f"{cases:,} cases, {seen.verdict}"
        )


if __name__ == "__main__":
    main()
