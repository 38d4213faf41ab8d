"""Small runs written by hand: a history in the mini-language is one run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from racelens.compare.diff import Options, diff
from racelens.comparison import Comparison
from tests.histories import records, write

_NONE = Options()


def runs(folder: Path, name: str, histories: Sequence[str], **more: Any) -> str:
    """One file for each history, ids its own; the glob that finds them."""
    for index, history in enumerate(histories):
        lines = [
            record | {"request_id": f"{name}-{index}-{record['request_id']}", "event": _name(record)} | more
            for record in records(history)
        ]  # fmt: skip
        write(folder, {f"{name}_{index:02d}.jsonl": lines})
    return str(folder / f"{name}_*.jsonl")


def _name(record: dict[str, Any]) -> str:
    return f"order.{record['action']}"


def compared(
    folder: Path, good: Sequence[str], bad: Sequence[str], options: Options = _NONE, **more: Any
) -> Comparison:
    """The verdict on two populations of small histories."""
    one, other = runs(folder, "good", good, **more), runs(folder, "bad", bad, **more)
    return diff([one], [other], options)
