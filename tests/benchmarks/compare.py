"""Time racelens against its floor and its rival: whole processes, in turn, on one large log.

    python tests/benchmarks/compare.py --lines 2000000 --repeat 3 --seed 1

And what it costs to read sentences: the same log with a message on each line, read with and without them.

Machines drift while they are measured, so the contenders take turns and are compared turn by turn.
The log is made once and kept in the temporary directory.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
CACHE = Path(tempfile.gettempdir()) / "racelens-bench"
REPORT = CACHE / "report.json"
GENERATE = HERE / "generate.py"

# ru_maxrss counts kibibytes, except on macOS, which counts bytes.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024
SHARE = 4  # of the lines: the log with sentences is so much shorter
LAYOUT = "{:<18}{:>10}{:>15}{:>10}{:>22}{:>14}"


@dataclass(frozen=True, slots=True)
class Log:
    """The log all contenders read, and how many lost updates are in it."""

    path: Path
    lines: int
    planted: int


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process: wall seconds, peak megabytes, exit code and what it printed."""

    seconds: float
    peak: float
    code: int
    stdout: str
    stderr: str


@dataclass(slots=True)
class Contender:
    """A command to time, how to read its finding count off a run, and what came of it."""

    name: str
    command: Sequence[str]
    count: Callable[[Run], int | None]
    found: int | None = None
    runs: list[Run] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether its last run went wrong."""
        return self.runs[-1].code != 0

    @property
    def seconds(self) -> list[float]:
        """Wall times without the warm-up."""
        return [run.seconds for run in self.runs[1:]]

    @property
    def peak(self) -> float:
        """The largest peak without the warm-up, in megabytes."""
        return max(run.peak for run in self.runs[1:])


def readers(log: Path) -> list[Contender]:
    """racelens with and without an eye for what messages say."""
    scan = ["scan", str(log), "-f", "json", "-o", str(REPORT), "--no-progress", "--exit-zero"]
    unread = str(HERE / "unread_sentences.py")
    return [
        Contender("sentences read", [sys.executable, "-m", "racelens", *scan], reported),
        Contender("unread", [sys.executable, unread, *scan], reported),
    ]


def contenders(log: Path) -> list[Contender]:
    """racelens first; the others are what it is compared with."""
    scan = ["-m", "racelens", "scan", str(log), "-f", "json", "-o", str(REPORT)]
    quiet = ["--no-progress", "--exit-zero"]
    polars = [str(HERE / "bare_polars.py"), str(log)]
    duckdb = [str(HERE / "duckdb_query.py"), str(log)]
    return [
        Contender("racelens scan", [sys.executable, *scan, *quiet], reported),
        Contender("bare polars read", [sys.executable, *polars], nothing),
        Contender("DuckDB query", [sys.executable, *duckdb], printed),
    ]


def reported(_run: Run) -> int:
    """Confirmed lost updates in the report racelens wrote."""
    findings = json.loads(REPORT.read_bytes())["findings"]
    return sum(f["rule"] == "RL101" and f["confidence"] == "confirmed" for f in findings)


def printed(run: Run) -> int:
    """The number the process printed."""
    return int(run.stdout)


def nothing(_run: Run) -> None:
    """A bare read looks for nothing."""


def race(entries: Sequence[Contender], repeat: int) -> None:
    """One warm-up each, then `repeat` rounds in turn; whoever fails drops out."""
    for _ in range(1 + repeat):
        for entry in entries:
            if entry.runs and entry.failed:
                continue
            REPORT.unlink(missing_ok=True)
            entry.runs.append(measured(entry.command))
            if not entry.failed:
                entry.found = entry.count(entry.runs[-1])


def measured(command: Sequence[str]) -> Run:
    """Run `command` in the cache directory, where no configuration of this repository applies."""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=err, cwd=CACHE, env=environment)
        # wait4 tells the peak of this one child, but never less than ours at the fork. So this
        # process stays small: no polars here, and the log is written by a process of its own.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        # Popen must not wait again for a child that is gone.
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        peak = usage.ru_maxrss * RSS_UNIT / 1e6
        return Run(seconds, peak, process.returncode, out.read(), err.read())


def cached_log(lines: int, seed: int, *options: str) -> Log:
    """The log for these arguments, written unless this generator has written it before."""
    CACHE.mkdir(parents=True, exist_ok=True)
    recipe = zlib.crc32(GENERATE.read_bytes())
    path = CACHE / f"{lines}-{seed}-{recipe:08x}{''.join(options)}.jsonl"
    truth = path.with_suffix(".planted")
    if not path.exists():
        print(f"writing {path} ...", file=sys.stderr)
        draft = path.with_suffix(".draft")
        asked = ["--lines", str(lines), "--seed", str(seed), *options]
        command = [sys.executable, str(GENERATE), str(draft), *asked]
        truth.write_text(
            subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        )
        draft.rename(path)
    return Log(path, lines, int(truth.read_text()))


def table(entries: Sequence[Contender], log: Log, repeat: int) -> str:
    """The result as text: what was read, then one row for each contender that finished."""
    megabytes = log.path.stat().st_size / 1e6
    subject = f"{log.lines:,} lines, {megabytes:,.0f} MB, {log.planted} lost updates planted"
    method = f"{repeat} rounds in turn after one warm-up, whole processes, {os.cpu_count()} CPUs"
    head = LAYOUT.format("", "median s", "min-max s", "peak MB", "racelens takes", "found")
    finished = [entry for entry in entries if not entry.failed]
    rows = [row(entry, entries[0], log.planted) for entry in finished]
    return "\n".join([subject, method, "", head, *rows])


def row(entry: Contender, racelens: Contender, planted: int) -> str:
    """One contender's line of the table."""
    return LAYOUT.format(
        entry.name,
        f"{median(entry.seconds):.2f}",
        f"{min(entry.seconds):.2f}-{max(entry.seconds):.2f}",
        f"{entry.peak:,.0f}",
        "-" if entry is racelens or racelens.failed else times_as_long(racelens, entry),
        "-" if entry.found is None else f"{entry.found} of {planted}",
    )


def times_as_long(racelens: Contender, other: Contender) -> str:
    """How many times as long racelens takes: median and range over the rounds, pair by pair."""
    ratios = [ours / theirs for ours, theirs in zip(racelens.seconds, other.seconds, strict=True)]
    return f"{median(ratios):.2f}x ({min(ratios):.2f}-{max(ratios):.2f})"


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description="Time racelens against bare polars and DuckDB.")
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if asked.repeat < 1:
        parser.error("--repeat must be at least 1")
    return asked


def main() -> int:
    """Measure, print the table, and return 1 when a contender failed."""
    asked = arguments()
    log = cached_log(asked.lines, asked.seed)
    entries = contenders(log.path)
    race(entries, asked.repeat)
    print(table(entries, log, asked.repeat))
    told = cached_log(asked.lines // SHARE, asked.seed, "--sentences")
    reading = readers(told.path)
    race(reading, asked.repeat)
    print(f"\nA message on each line: {table(reading, told, asked.repeat)}")
    entries += reading
    failed = [entry for entry in entries if entry.failed]
    for entry in failed:
        last = entry.runs[-1]
        print(f"\n{entry.name} failed with exit code {last.code}:\n{last.stderr}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
