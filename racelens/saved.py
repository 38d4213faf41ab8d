"""A saved report → Report: the JSON that `-f json` writes, alone or inside a page."""

from __future__ import annotations

import json
import re
import types
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from racelens.errors import RacelensError
from racelens.findings import Clock, Evidence, Fact, Finding, Lane, Place, Report, nanoseconds

SCHEMA_VERSION = 1
_DATA = re.compile(r'<script type="application/json" id="report">(.*?)</script>', re.DOTALL)
# Where the JSON has another word than the value it is read into.
_NAMES: dict[type, dict[str, str]] = {
    Clock: {"pairs": "hosts"},
    Evidence: {"attempt": "try"},
    Finding: {"radius": "blast_radius"},
    Lane: {"attempt": "try"},
}


def keys_of(kind: Any) -> list[tuple[str, Any]]:
    """The keys that the JSON of a value has, with their types."""
    names = _NAMES.get(kind, {})
    return [(names.get(name, name), hint) for name, (hint, _) in _shape(kind).items()]


class _MisfitError(Exception):
    """A value that is not what its place asks for; the message says where."""


def read(path: Path) -> Report:
    """The report in a JSON file or a page.

    Raises RacelensError, naming the file and the key, for anything that is not one.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise RacelensError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _no_report(path, "it is not UTF-8 text") from error
    page = _DATA.search(text)
    try:
        value = json.loads(page[1] if page else text)
    except ValueError as error:
        raise _no_report(path, f"no JSON: {error}") from error
    return _report(path, value)


def _report(path: Path, value: Any) -> Report:
    if not isinstance(value, dict) or "schema_version" not in value:
        raise _no_report(path, "it has no schema_version")
    if value["schema_version"] != SCHEMA_VERSION:
        wrong = f"its schema_version is {value['schema_version']!r}, read is {SCHEMA_VERSION}"
        raise _no_report(path, wrong)
    if value.get("command") != "scan":
        raise _no_report(path, f"it is what racelens {value.get('command')} wrote")
    try:
        tool = value["tool"]["version"]
        report: Report = value_of(Report, {**value, "tool_version": tool}, "$")
    except (_MisfitError, KeyError, TypeError) as error:
        raise _no_report(path, str(error)) from error
    return report


def _no_report(path: Path, reason: str) -> RacelensError:
    return RacelensError(
        f"{path} is no report of racelens scan",
        (("reason", reason),),
        "racelens scan LOGS -o report.json",
    )


def value_of(kind: Any, value: Any, where: str = "$") -> Any:
    """`value` as `kind`: a dataclass, a tuple of one, a mapping, a scalar, or one of several."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _one_of(get_args(kind), value, where)
    if origin is tuple:
        return _several(get_args(kind)[0], value, where)
    if origin is Literal:
        return _expect(value in get_args(kind), value, kind, where)
    if origin is not None:
        return _facts(value, where)
    return _record(kind, value, where) if is_dataclass(kind) else _scalar(kind, value, where)


def _facts(value: Any, where: str) -> dict[str, Any]:
    _expect(isinstance(value, dict), value, "an object", where)
    return {key: value_of(Fact, each, f"{where}.{key}") for key, each in value.items()}


def _scalar(kind: type, value: Any, where: str) -> Any:
    if kind is int and isinstance(value, str) and re.fullmatch(r"-?\d{1,20}", value):
        return int(value)  # nanoseconds do not fit a double, so they are text
    fits = type(value) is kind
    return _expect(fits, value, kind.__name__, where)


def _one_of(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and types.NoneType in kinds:
        return None
    kinds = tuple(kind for kind in kinds if kind is not types.NoneType)
    if len(kinds) == 1:
        return value_of(kinds[0], value, where)
    if isinstance(value, list):
        return [_expect(isinstance(each, str), each, "text", where) for each in value]
    return _expect(type(value) in (str, int), value, "text or a number", where)


def _several(kind: Any, value: Any, where: str) -> tuple[Any, ...]:
    _expect(isinstance(value, list), value, "a list", where)
    return tuple(value_of(kind, each, f"{where}[{index}]") for index, each in enumerate(value))


def _record(kind: Any, value: Any, where: str) -> Any:
    _expect(isinstance(value, dict), value, "an object", where)
    if kind is Evidence:
        value = {**value, "time_ns": _stamp(value.get("time"), where)}
    names = _NAMES.get(kind, {})
    made = {}
    for name, (hint, optional) in _shape(kind).items():
        key = names.get(name, name)
        if hint is Place and key not in value:
            made[name] = value_of(Place, value, where)
        elif key in value:
            made[name] = value_of(hint, value[key], f"{where}.{key}")
        elif not optional:
            raise _MisfitError(f"{where}.{key} is missing")
    return kind(**made)


def _stamp(time: Any, where: str) -> int | None:
    try:
        return None if time is None else nanoseconds(time)
    except (TypeError, ValueError) as error:
        raise _MisfitError(f"{where}.time: RFC 3339 expected, not {str(time)[:40]!r}") from error


@cache
def _shape(kind: Any) -> dict[str, tuple[Any, bool]]:
    """Field → its type, and whether it may be left out."""
    hints = get_type_hints(kind)
    return {field.name: (hints[field.name], field.default is not MISSING) for field in fields(kind)}


def _expect(fits: bool, value: Any, what: object, where: str) -> Any:
    if not fits:
        raise _MisfitError(f"{where}: {what} expected, not {str(value)[:40]!r}")
    return value
