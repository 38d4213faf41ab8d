"""The JSON schema of a report, made from the values a report is made of: it cannot drift from them."""

from __future__ import annotations

import types
from dataclasses import is_dataclass
from typing import Any, Literal, Union, get_args, get_origin

from racelens import saved
from racelens.findings import Finding, Place, Report

Json = dict[str, Any]

_NANOSECONDS: Json = {"type": "string", "pattern": r"^-?\d+$"}
_FACT: Json = {
    "anyOf": [
        {"type": ["string", "integer", "null"]},
        {"type": "array", "items": {"type": "string"}},
    ]
}
_TEXT: Json = {"type": "string"}
_SCALARS: dict[Any, Json] = {
    types.NoneType: {"type": "null"},
    str: _TEXT,
    int: {"type": "integer"},
    bool: {"type": "boolean"},
}
# What the JSON says beside a value's fields.
_MORE: dict[type, dict[str, Json]] = {
    Finding: {"message": _TEXT, "group": _TEXT},
    Report: {
        "schema_version": {"const": saved.SCHEMA_VERSION},
        "command": {"const": "scan"},
        "tool": {
            "type": "object",
            "properties": {"name": {"const": "racelens"}, "version": _TEXT},
            "required": ["name", "version"],
        },
    },
}
_LEFT_OUT = {("Report", "tool_version"), ("Evidence", "time_ns")}


def schema() -> Json:
    """JSON schema, draft 2020-12. Keys beyond it are allowed: the contract is only ever added to."""
    definitions: dict[str, Json] = {}
    root = _object(Report, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "racelens report",
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _object(kind: Any, definitions: dict[str, Json]) -> Json:
    properties: dict[str, Json] = {}
    for key, hint in saved.keys_of(kind):
        if (kind.__name__, key) in _LEFT_OUT:
            continue
        if hint is Place and key == "place":
            properties |= _object(Place, definitions)["properties"]
        else:
            properties[key] = _of(hint, key, definitions)
    properties |= _MORE.get(kind, {})
    return {"type": "object", "properties": properties, "required": sorted(properties)}


def _of(hint: Any, key: str, definitions: dict[str, Json]) -> Json:
    origin, inside = get_origin(hint), get_args(hint)
    if is_dataclass(hint):
        return _reference(hint, definitions)
    if origin is tuple:
        return {"type": "array", "items": _of(inside[0], key, definitions)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_of(each, key, definitions) for each in inside]}
    if origin is not None:
        facts = {"type": "object", "additionalProperties": _FACT}
        return {"enum": list(inside)} if origin is Literal else facts
    return _NANOSECONDS if hint is int and key.endswith("_ns") else _SCALARS[hint]


def _reference(kind: Any, definitions: dict[str, Json]) -> Json:
    name = kind.__name__
    if name not in definitions:
        definitions[name] = {}  # a value that holds its own kind refers to it
        definitions[name] = _object(kind, definitions)
    return {"$ref": f"#/$defs/{name}"}
