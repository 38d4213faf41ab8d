"""`diff` and `verify` as JSON: a contract (design, section 9). Keys are only ever added."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, TextIO

from racelens.comparison import Comparison, Difference, Divergence, Track
from racelens.findings import Evidence
from racelens.render.json import SCHEMA_VERSION


def render(comparison: Comparison, out: TextIO) -> None:
    json.dump(as_json(comparison), out, indent=1)
    out.write("\n")


def as_json(comparison: Comparison) -> dict[str, Any]:
    good, bad = comparison.good, comparison.bad
    first = comparison.first_divergence
    many = min(len(good.runs), len(bad.runs)) > 1
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "racelens", "version": comparison.tool_version},
        "command": "diff",
        "verdict": comparison.verdict,
        "reason": comparison.reason,
        "unit": comparison.unit,
        "cases": {
            "good": len(good.runs) if many else good.cases,
            "bad": len(bad.runs) if many else bad.cases,
        },
        "runs": {"good": list(good.runs), "bad": list(bad.runs)},
        "inputs": [asdict(entry) for entry in comparison.inputs],
        "differences": [_difference(entry) for entry in comparison.differences],
        "unlisted": comparison.unlisted,
        "first_divergence": {} if first is None else _divergence(first),
        "hidden": asdict(comparison.hidden),
        "compared": comparison.compared,
        "tested": comparison.tested,
        "needed": comparison.needed,
        "suspects": list(comparison.suspects),
        "confounders": list(comparison.confounders),
        "rejects": comparison.rejects,
        "notices": list(comparison.notices),
    }


def _difference(entry: Difference) -> dict[str, Any]:
    return {
        "rank": entry.rank,
        "kind": entry.kind,
        "a": entry.a,
        "b": entry.b,
        "resource_type": entry.resource_type,
        "resource": entry.resource,
        "good": asdict(entry.good),
        "bad": asdict(entry.bad),
        "p": entry.p,
        "q": entry.q,
        "least": entry.least,
        "confidence": entry.confidence,
        "reason": entry.reason,
        "title": entry.title,
        "who": entry.who,
        "message": entry.message,
        "support": entry.support,
        "links": [asdict(link) for link in entry.links],
        "also": list(entry.also),
        "evidence": [_evidence(item) for item in entry.evidence],
    }


def _divergence(entry: Divergence) -> dict[str, Any]:
    return {"message": entry.message, "good": _track(entry.good), "bad": _track(entry.bad)}


def _track(track: Track) -> dict[str, Any]:
    steps = [
        {
            "lane": step.lane,
            "event": step.label,
            "shows": step.shows,
            "offset_ns": None if step.offset_ns is None else str(step.offset_ns),
            "marked": step.marked,
            "actor": step.actor,
            **asdict(step.place),
        }
        for step in track.steps
    ]
    return {
        "run": track.run,
        "key": track.key,
        "resource": track.resource,
        "events": steps,
        "left_out": track.more,
    }


def _evidence(entry: Evidence) -> dict[str, Any]:
    told = {**asdict(entry.place), **asdict(entry), "try": entry.attempt}
    for dropped in ("place", "attempt", "time_ns"):
        del told[dropped]
    return told
