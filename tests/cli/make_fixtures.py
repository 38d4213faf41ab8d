"""Writes `fixtures/`: `python -m tests.cli.make_fixtures`. The same bytes every time.

A test compares what is committed with what this makes, so a fixture is changed here and nowhere else.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.simulator import Dial, Incident, Run, simulate

FIXTURES = Path(__file__).parents[2] / "fixtures"


@dataclass(frozen=True)
class Fixture:
    """`story`: what happened, for the README; `banner`: a first line of one file that is not JSON."""

    story: str
    dial: Dial
    banner: str = ""


SMALL = Dial(seed=1, operations=10, clients=4, resources=2, flows=("edits",))
"""One short story, told in three dialects."""

SHOP = Dial(
    seed=16, operations=70, resources=6, guard="mixed", flows=("edits", "clicks", "jobs")
)  # fmt: skip
GUARDED = Dial(
    seed=1, operations=35, resources=2, guard="cas", failures=0, flows=("edits", "clicks", "jobs")
)  # fmt: skip

ALL = {
    "shop": Fixture(
        "A small shop, structlog: two api processes, two workers and a notifier. Only some rows are "
        "guarded by a version check, so some racing writes are refused and some are lost. The first "
        "line of api-1.jsonl is a banner, not JSON.",
        SHOP,
        banner="[shop] api-1 listening on 0.0.0.0:8080 (pid 9790)",
    ),
    "guarded": Fixture(
        "The same shop with a version check on every write: writers collide, the losers are refused "
        "with 409 and try again. Nothing is lost.",
        GUARDED,
    ),
    "sparse": Fixture(
        "Unguarded, but the log has only the start and the finish of each request, without versions "
        "and methods: updates are lost and nobody can tell from this log.",
        Dial(seed=1, operations=35, resources=3, flows=("edits", "jobs"), level="sparse"),
    ),
    "pino": Fixture(
        "Ten unguarded edits as pino logs them: epoch milliseconds, camelCase.",
        Dial(**{**vars(SMALL), "dialect": "pino"}),
    ),
    "ecs": Fixture(
        "The same ten edits in the Elastic Common Schema: nested objects, labels as strings.",
        Dial(**{**vars(SMALL), "dialect": "ecs"}),
    ),
    "canonical": Fixture(
        "The same ten edits in racelens’ own form, which logs the base version of each write.",
        Dial(**{**vars(SMALL), "dialect": "canonical"}),
    ),
    "restarting-ids": Fixture(
        "Unguarded edits; each process numbers its requests req-1, req-2 … anew, so one id means "
        "another request in another file.",
        Dial(seed=3, operations=25, clients=4, resources=3, flows=("edits",), restarting_ids=True),
    ),
}


def files(name: str) -> dict[str, str]:
    """The files of one fixture: name → text."""
    fixture = ALL[name]
    run = simulate(fixture.dial)
    logs = {f"{process}.jsonl": run.lines(process) for process in run.files if run.files[process]}
    if fixture.banner:
        logs["api-1.jsonl"].insert(0, fixture.banner)
    texts = {file: "".join(line + "\n" for line in lines) for file, lines in logs.items()}
    return texts | {"README.md": _readme(name, fixture, run)}


def _readme(name: str, fixture: Fixture, run: Run) -> str:
    head = f"# {name}\n\n{fixture.story}\n\n"
    source = f"Made by `tests/cli/make_fixtures.py`, seed {fixture.dial.seed}; do not edit.\n\n"
    if not run.incidents:
        return f"{head}{source}The simulator’s own store saw no incident.\n"
    rows = "".join(map(_row, run.incidents))
    return (
        f"{head}{source}What went wrong, as the simulator’s own store saw it:\n\n"
        f"| rule | kind | on | who | proof in the log | detail |\n|---|---|---|---|---|---|\n{rows}"
    )


def _row(incident: Incident) -> str:
    who = ", ".join(
        f"{id_} ({process})" for id_, process in zip(incident.ids, incident.processes, strict=True)
    )
    proof = "yes" if incident.discoverable else "no"
    cells = (incident.rule, incident.kind, incident.resource, who, proof, incident.detail)
    return f"| {' | '.join(cells)} |\n"


def main() -> None:
    """Write every fixture anew."""
    for name in ALL:
        folder = FIXTURES / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for file, text in files(name).items():
            (folder / file).write_bytes(text.encode())


if __name__ == "__main__":
    main()
