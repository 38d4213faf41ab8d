"""Many runs, one history: loaded, learned and built together, their ids kept apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from racelens import accounts
from racelens.compare import marks, runs
from racelens.compare.runs import Run
from racelens.errors import RacelensError
from racelens.history import History, build
from racelens.ingest import Capture, find, load
from racelens.ingest.capture import Progress
from racelens.ingest.sources import Source
from racelens.knowledge import learn

GOOD, BAD = "good", "bad"
_ALL = 100_000  # records up to which attempts that share nothing with another are compared, too


@dataclass(frozen=True)
class Gathered:
    """`events`: the history's (`events.EVENT_SCHEMA`) with `side` and `ran`, the index of the run.

    `left_out`: records of attempts that share nothing with another, where there are too many to compare all.
    """

    capture: Capture
    history: History
    runs: tuple[Run, ...]
    events: pl.DataFrame
    left_out: int

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know of the input and of what was not compared."""
        told = accounts.notices(self.capture)
        if not self.left_out:
            return told
        records = f"{self.left_out:,} of {self.capture.records.height:,} records"
        why = f"more than {_ALL:,} records: attempts that share nothing with another are left out"
        return (*told, f"{why}, {records}")

    def of_side(self, side: str) -> list[Run]:
        return [run for run in self.runs if run.side == side]


def gather(
    sides: Mapping[str, Sequence[str]],
    maps: Mapping[str, Sequence[str]],
    progress: Progress | None = None,
) -> Gathered:
    """Read the paths of each side.

    Raises RacelensError for input that cannot be read, that is on two sides, or holds no event.
    """
    found = {side: find(paths) for side, paths in sides.items()}
    _refuse_shared(found, sides)
    of_name = {source.name: side for side, sources in found.items() for source in sources}
    capture = load([source for sources in found.values() for source in sources], maps, progress)
    _refuse_empty(capture, sides, of_name)
    grouped = runs.group(capture, of_name)
    if len(grouped) > marks.MOST_RUNS:
        raise RacelensError(f"{len(grouped):,} runs; at most {marks.MOST_RUNS:,} can be compared")
    small = capture.records.height <= _ALL
    history = _history(capture, grouped, small)
    events = _with_runs(history.events, grouped)
    kept = events.select(pl.struct("source", "line").n_unique()).item()
    left_out = 0 if small else capture.records.height - kept
    return Gathered(capture, history, grouped, events, left_out)


def _refuse_shared(
    found: Mapping[str, Sequence[Source]], sides: Mapping[str, Sequence[str]]
) -> None:
    """A file on two sides says nothing about either."""
    counts = Counter(source.name for sources in found.values() for source in sources)
    shared = [name for name, times in counts.items() if times > 1]
    if not shared:
        return
    if len(shared) == len(counts):
        what = f"{' '.join(next(iter(sides.values())))} is on both sides"
    elif len(shared) == 1:
        what = f"{shared[0]} is on both sides"
    else:
        what = f"{shared[0]} and {len(shared) - 1:,} more are on both sides"
    raise RacelensError(
        f"{what}: nothing to compare",
        hint="racelens diff 'runs/good_*.jsonl' 'runs/bad_*.jsonl'",
    )


def _refuse_empty(
    capture: Capture, sides: Mapping[str, Sequence[str]], of_name: Mapping[str, str]
) -> None:
    if capture.interrupted:
        return  # what was read so far is all there is
    for side, paths in sides.items():
        entries = [entry for entry in capture.inputs if of_name[entry.source.name] == side]
        if not any(entry.events for entry in entries):
            raise RacelensError(
                f"no events in {', '.join(paths)}: no line is a JSON object",
                hint=f"racelens inspect {' '.join(paths)}",
            )


def _history(capture: Capture, grouped: Sequence[Run], everything: bool) -> History:
    run_of = _run_of(grouped)
    learned = learn(capture.records, capture.precisions)
    records = marks.scope(
        capture.records, [run_of.get(i, 0) for i in range(len(capture.inputs))], learned.constants
    )
    knowledge = marks.scoped(learned, len(grouped))
    return build(replace(capture, records=records), knowledge, everything=everything)


def _run_of(grouped: Iterable[Run]) -> dict[int, int]:
    return {source: index for index, run in enumerate(grouped) for source in run.sources}


def _with_runs(events: pl.DataFrame, grouped: Sequence[Run]) -> pl.DataFrame:
    run_of = _run_of(grouped)
    sides = [run.side for run in grouped]
    ran = pl.col("source").replace_strict(run_of, return_dtype=pl.UInt32)
    return events.with_columns(ran=ran).with_columns(
        side=pl.col("ran").replace_strict(dict(enumerate(sides)), return_dtype=pl.String)
    )
