"""Writes `fixtures/runs/`: `python -m tests.cli.make_runs`. One scenario, many times; the same bytes every time.

Eight runs went well and eight badly; nothing in a log says which. Others use the shop meanwhile, guarded.
"""

from __future__ import annotations

import shutil
from dataclasses import replace

from tests.simulator.dial import Dial
from tests.simulator.scenarios import BACKGROUND, SCENARIOS, play

from .make_fixtures import FIXTURES

NAME = "runs"
RUNS = 8

_DIAL = Dial(
    clients=2, operations=3, guard="cas", failures=0, redelivery=0, double_click=0, slow=0
)  # fmt: skip
_README = """# runs

One scenario, sixteen times: two users reserve `inventory:777`. Each request reads the stock, thinks, and writes
it back. In `good_*.jsonl` one comes after the other; in `bad_*.jsonl` both read before either writes.

Made by `tests/cli/make_runs.py`; do not edit.
"""


def files() -> dict[str, str]:
    """name → text."""
    scenario, _ = SCENARIOS["lost update"]
    texts = {"README.md": _README}
    for side, good in (("good", True), ("bad", False)):
        for number in range(RUNS):
            dial = replace(_DIAL, seed=number + 100 * good, flows=BACKGROUND)
            lines = play(dial, scenario, good)
            texts[f"{side}_{number + 1}.jsonl"] = "".join(line + "\n" for line in lines)
    return texts


def main() -> None:
    folder = FIXTURES / NAME
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, text in files().items():
        (folder / name).write_bytes(text.encode())


if __name__ == "__main__":
    main()
