"""A trail as JSON. Nanosecond numbers are strings, keys are only ever added."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, TextIO

from racelens.findings import Place
from racelens.render.json import SCHEMA_VERSION
from racelens.render.trace_words import letter
from racelens.trail import Alias, Attempt, Step, Trail


def render(trail: Trail, out: TextIO) -> None:
    """Deterministic, and ASCII."""
    json.dump(as_json(trail), out, indent=1)
    out.write("\n")


def as_json(trail: Trail) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "racelens", "version": trail.tool_version},
        "command": "trace",
        "token": trail.token,
        "matched": trail.matched or "whole words",
        "roles": [{"role": role, "events": number} for role, number in trail.roles],
        "context": [{"kind": k, "name": n, "events": e} for k, n, e in trail.context],
        "aliases": [_alias(alias) for alias in trail.aliases],
        "summary": {
            "lines": len(trail.steps),
            "files": trail.files,
            "unparsed": trail.unparsed,
            "left_out": trail.left_out,
            "attempts": len(trail.attempts),
        },
        "assumed_ns": str(trail.assumed_ns),
        "attempts": [_attempt(i, attempt) for i, attempt in enumerate(trail.attempts)],
        "steps": [_step(step) for step in trail.steps],
        "notices": list(trail.notices),
    }


def _alias(alias: Alias) -> dict[str, Any]:
    return {"id": alias.id, "field": alias.field, "why": alias.why, **asdict(alias.place)}


def _attempt(index: int, attempt: Attempt) -> dict[str, Any]:
    return {
        "lane": letter(index),
        "label": attempt.label,
        "actor": attempt.actor,
        "try": attempt.number,
        "where": attempt.where,
        "parent": None if attempt.parent is None else letter(attempt.parent),
        "began": _moment(attempt.began_ns, attempt.began),
        "ended": _moment(attempt.ended_ns, attempt.ended),
        "end": attempt.end,
        "how": attempt.how,
        "trigger": attempt.trigger,
        "payload": attempt.payload,
        "lines": attempt.lines,
    }


def _moment(time_ns: int | None, place: Place | None) -> dict[str, Any] | None:
    return {"time_ns": _number(time_ns), **asdict(place)} if place else None


def _step(step: Step) -> dict[str, Any]:
    return {
        **asdict(step.place),
        "time": step.time,
        "gap_ns": _number(step.gap_ns),
        "order": step.order,
        "lane": None if step.attempt is None else letter(step.attempt),
        "phase": step.phase,
        "where": step.where,
        "said": step.said,
        "did": step.did,
        "outcome": step.outcome,
        "via": step.via,
        "parsed": step.parsed,
        "raw": step.raw,
    }


def _number(nanoseconds: int | None) -> str | None:
    return None if nanoseconds is None else str(nanoseconds)
