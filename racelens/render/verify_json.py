"""`racelens verify` as JSON: a contract. Keys are only ever added."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, TextIO

from racelens.comparison import Verification
from racelens.render.json import SCHEMA_VERSION


def render(verification: Verification, out: TextIO) -> None:
    json.dump(as_json(verification), out, indent=1)
    out.write("\n")


def as_json(seen: Verification) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "racelens", "version": seen.tool_version},
        "command": "verify",
        "verdict": seen.verdict,
        "reason": seen.reason,
        "runs": list(seen.runs),
        "agree": seen.agree,
        "clean": seen.clean,
        "excluded_one_in": round(seen.excluded, 2),
        "inputs": [asdict(entry) for entry in seen.inputs],
        "subjects": list(seen.subjects),
        "varying": [asdict(aspect) for aspect in seen.varying],
        "constant": seen.constant,
        "outliers": [asdict(outlier) for outlier in seen.outliers],
        "findings": [asdict(fired) for fired in seen.fired],
        "left_out": seen.left_out,
        "rejects": seen.rejects,
        "notices": list(seen.notices),
    }
