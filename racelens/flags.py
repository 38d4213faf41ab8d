"""The flags of `racelens scan` that may also stand in a settings file or in the environment.

`fail-on = "confirmed"` in the file, `RACELENS_FAIL_ON=confirmed`, `--fail-on confirmed`: the later ones win.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from racelens.errors import RacelensError

PREFIX = "RACELENS_"
_NO_FLAGS = (
    "CONFIG",
    "MAP",
    "RUNS",
)  # the file itself, its [map], and the folder that `repro` tests write to


@dataclass(frozen=True)
class Flag:
    """about: a sentence of help; example: a value as TOML; many: may be given several times."""

    about: str
    example: str
    many: bool = False
    truth: bool = False
    choices: tuple[str, ...] = ()

    @property
    def form(self) -> str:
        """What a value looks like, in words."""
        if self.truth:
            return "true or false"
        if self.choices:
            return "one of " + ", ".join(self.choices)
        return f"text, or a list of texts: {self.example}" if self.many else f"text: {self.example}"

    def read(self, value: object) -> object:
        """The value as the command line would give it.

        Raises ValueError for one of another kind.
        """
        if self.truth and isinstance(value, bool):
            return value
        if self.many and isinstance(value, list) and all(isinstance(v, str) for v in value):
            return value
        if isinstance(value, date) and not self.many:
            return value.isoformat()  # TOML has times of its own
        if not isinstance(value, str) or self.truth or (self.choices and value not in self.choices):
            raise ValueError(self.form)
        return [value] if self.many else value

    @property
    def schema(self) -> dict[str, Any]:
        """As JSON schema."""
        word: dict[str, Any] = {"type": "boolean" if self.truth else "string"}
        if self.choices:
            word["enum"] = list(self.choices)
        kind = {"anyOf": [word, {"type": "array", "items": word}]} if self.many else word
        return {"description": self.about, **kind}


FLAGS: Mapping[str, Flag] = {
    "select": Flag(
        "Only these rules: codes, names, families (RL1).", '["RL1", "RL201"]', many=True
    ),
    "ignore": Flag("Not these rules.", '["retry-storm"]', many=True),
    "severity": Flag(
        "List only findings at least this grave.",
        '"warning"',
        choices=("error", "warning", "info"),
    ),
    "min-confidence": Flag(
        "List only findings at least this sure.",
        '"possible"',
        choices=("confirmed", "possible", "latent"),
    ),
    "fail-on": Flag(
        "Exit 1 on findings at least this sure.",
        '"confirmed"',
        choices=("confirmed", "possible", "never"),
    ),
    "latent": Flag("Also unguarded paths that did not collide in this log.", "true", truth=True),
    "resource-field": Flag(
        "The key that names the resource: --map resource=KEY.", '["order_ref"]', many=True
    ),
    "assume-tz": Flag("Zone of times that name none; else UTC.", '"Europe/Berlin"'),
    "ts-unit": Flag("Unit of numeric times: s, ms, us, ns; else by size.", '"ms"'),
    "since": Flag(
        "Only records from then on: a time, a day, 14:05, or 2h ago.", '"2026-05-04T14:05Z"'
    ),
    "until": Flag("Only records up to then.", '"2026-05-04T15:00Z"'),
    "resource": Flag("Only races on such resources, e.g. order:*.", '["order:*"]', many=True),
    "correlation": Flag("Only races that this correlation or trace id took part in.", '"c-9"'),
    "service": Flag("Only races that this service took part in.", '["api"]', many=True),
    "redact": Flag(
        "Users, ids and secrets hashed in every output: for sharing.", "true", truth=True
    ),
}


def variable(name: str) -> str:
    """`fail-on` → `RACELENS_FAIL_ON`."""
    return PREFIX + name.upper().replace("-", "_")


def refuse_unknown(environment: Iterable[str]) -> None:
    """Raises RacelensError for a variable that looks like ours and is none."""
    known = [*map(variable, FLAGS), *(PREFIX + name for name in _NO_FLAGS)]
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            details = (("close", near[0]),) if near else (("known", ", ".join(known)),)
            raise RacelensError(f"{name} in the environment is no setting", details)
