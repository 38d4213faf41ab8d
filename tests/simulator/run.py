"""A finished simulation: the log files, the truth, and the journal the truth was read from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .dial import Dial
from .dialects import encode
from .lifecycle import EDGES
from .machines import Record
from .store import Effect, Write
from .truth import Incident


@dataclass(frozen=True)
class Run:
    """`files`: process name → neutral records in written order (lost lines are not in it);
    `incidents`: what went wrong; `gray`: flagging it is neither right nor wrong;
    `signals`: failures that a retry hid and series of failures, in whatever flow: true, and no accusation;
    `offsets_ns`: process → clock minus true time; `journal`, `effects`: the store's tables."""

    dial: Dial
    files: dict[str, list[Record]]
    incidents: tuple[Incident, ...]
    gray: tuple[Incident, ...]
    signals: tuple[Incident, ...]
    offsets_ns: dict[str, int]
    journal: tuple[Write, ...]
    effects: tuple[Effect, ...]

    def lines(self, name: str) -> list[str]:
        """One process's log in the dial's dialect, a JSON text per line, no newlines."""
        return [encode(record, self.dial) for record in self.files[name]]

    def count(self, kind: str) -> int:
        """How many incidents of a kind."""
        return sum(incident.kind == kind for incident in self.incidents)

    def write(self, folder: Path) -> list[Path]:
        """Write `<process>.jsonl` for every process, `truth.json`, and `racelens.toml` where there
        is a lifecycle to declare; returns the logs."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / f"{name}.jsonl" for name in self.files]
        for path in paths:
            text = "".join(line + "\n" for line in self.lines(path.stem))
            path.write_text(text, encoding="utf-8")
        (folder / "truth.json").write_text(json.dumps(self.truth(), indent=1), encoding="utf-8")
        if "lifecycle" in self.dial.flows:
            (folder / "racelens.toml").write_text(_declared(), encoding="utf-8")
        return paths

    def truth(self) -> dict[str, Any]:
        """`truth.json` as a value."""
        return {
            "dial": asdict(self.dial),
            "offsets_ns": self.offsets_ns,
            "incidents": [told(incident) for incident in self.incidents],
            "gray": [told(incident) for incident in self.gray],
            "signals": [told(incident) for incident in self.signals],
        }


def _declared() -> str:
    edges = (f"{left} = {json.dumps(states)}\n" for left, states in EDGES.items())
    return "[lifecycle.order]\n" + "".join(edges)


def told(incident: Incident) -> dict[str, Any]:
    """An incident with its rule and the rules that count as found."""
    return {"rule": incident.rule, "accept": incident.accept} | asdict(incident)
