"""What the user declares of their system: nearest `racelens.toml`, or `[tool.racelens]` in `pyproject.toml`.

[lifecycle.order]                  # states an order may move on to, by state
created = ["paid", "cancelled"]
paid = ["shipped"]

[jobs]
singletons = ["job.rollup"]        # operations of which one run at a time is meant

[map]                              # canonical field = keys to read it from first
version = ["row.rev"]

Flags of `scan` may stand before the first table: see `racelens.flags`.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from racelens.errors import RacelensError
from racelens.flags import FLAGS
from racelens.scope import EVERYTHING, Scope

Edges = Mapping[str, frozenset[str]]

_SECTIONS = ("lifecycle", "jobs", "map")
_HINT = "racelens config schema"


@dataclass(frozen=True)
class Settings:
    """origin: the file, None where there is none. lifecycles: resource type → state → states it may become.

    maps: canonical field → keys to read it from first; good: inputs of a run known to be right; latent: tell
    of paths that could race and did not, too; flags: what the file says in place of flags; scope: the part
    of the log that counts; redact: hash users and ids.
    """

    origin: str | None = None
    maps: Mapping[str, Sequence[str]] = field(default_factory=dict)
    good: tuple[str, ...] = ()
    latent: bool = False
    redact: bool = False
    scope: Scope = EVERYTHING
    flags: Mapping[str, object] = field(default_factory=dict)
    lifecycles: Mapping[str, Edges] = field(default_factory=dict)
    singletons: frozenset[str] = frozenset()


def find(start: Path) -> Path | None:
    """The nearest settings file in `start` or a folder above it."""
    for folder in (start, *start.parents):
        own, project = folder / "racelens.toml", folder / "pyproject.toml"
        if own.is_file():
            return own
        if project.is_file() and "racelens" in _parse(project).get("tool", {}):
            return project
    return None


def load(path: Path | None) -> Settings:
    """The settings in a file. Raises RacelensError naming the file and the key that cannot be understood."""
    if path is None:
        return Settings()
    table = _parse(path)
    if path.name == "pyproject.toml":
        table = table.get("tool", {}).get("racelens", {})
    for key in table:
        if key not in (*_SECTIONS, *FLAGS):
            shown = f"[{key}]" if isinstance(table[key], dict) else key
            raise _wrong(path, f"{shown} is no setting", _close(key))
    return Settings(
        origin=str(path),
        flags=_flags(path, table),
        lifecycles=_lifecycles(path, table),
        singletons=_singletons(path, table),
        maps=_maps(path, table),
    )


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RacelensError(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(path, str(error)) from error


def _flags(path: Path, table: Mapping[str, Any]) -> dict[str, object]:
    out = {}
    for name, flag in FLAGS.items():
        if name in table:
            try:
                out[name] = flag.read(table[name])
            except ValueError as error:
                raise _wrong(path, f"{name} is {error}") from error
    return out


def _lifecycles(path: Path, table: Mapping[str, Any]) -> dict[str, Edges]:
    given = table.get("lifecycle", {})
    if not isinstance(given, dict):
        raise _wrong(path, "lifecycle is a table of resource types: [lifecycle.order]")
    return {kind: _edges(path, kind, states) for kind, states in given.items()}


def _edges(path: Path, kind: str, states: object) -> Edges:
    form = f'[lifecycle.{kind}] lists, for each state, those it may become: created = ["paid"]'
    if not isinstance(states, dict):
        raise _wrong(path, form)
    edges = {}
    for state, following in states.items():
        if not isinstance(following, list) or not all(isinstance(s, str) for s in following):
            raise _wrong(path, f"lifecycle.{kind}.{state}: {form}")
        edges[state.lower()] = frozenset(s.lower() for s in following)
    final = {s for following in edges.values() for s in following} - set(edges)
    return {**edges, **dict.fromkeys(final, frozenset[str]())}


def _singletons(path: Path, table: Mapping[str, Any]) -> frozenset[str]:
    jobs = table.get("jobs", {})
    unknown = [key for key in jobs if key != "singletons"] if isinstance(jobs, dict) else ["?"]
    names = jobs.get("singletons", []) if isinstance(jobs, dict) else None
    if unknown or not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        raise _wrong(path, '[jobs] has one key: singletons = ["job.rollup"]')
    return frozenset(names)


def _maps(path: Path, table: Mapping[str, Any]) -> dict[str, list[str]]:
    given = table.get("map", {})
    form = '[map] lists, for each field, its keys: version = ["row.rev"]'
    if not isinstance(given, dict):
        raise _wrong(path, form)
    maps = {name: [keys] if isinstance(keys, str) else keys for name, keys in given.items()}
    for name, keys in maps.items():
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise _wrong(path, f"map.{name}: {form}")
    return maps


def _close(key: str) -> tuple[tuple[str, str], ...]:
    known = {**dict.fromkeys(FLAGS), **{section: f"[{section}]" for section in _SECTIONS}}
    near = difflib.get_close_matches(key.replace("_", "-"), known, n=1)
    shown = [known[name] or name for name in near or known]
    return (("close" if near else "settings", ", ".join(shown)),)


def _wrong(path: Path, reason: str, details: tuple[tuple[str, str], ...] = ()) -> RacelensError:
    return RacelensError(f"{path}: {reason}", details, _HINT)
