"""One finding a line, the summary last: for `jq`, DuckDB and whatever reads lines."""

from __future__ import annotations

import json
from typing import TextIO

from racelens.findings import Report
from racelens.render.json import as_finding, as_json

_LISTS = ("findings", "groups", "quotes")


def render(report: Report, out: TextIO) -> None:
    """Each line is an object with a `type`; ASCII, like the JSON report."""
    for finding in report.findings:
        out.write(json.dumps({"type": "finding", **as_finding(finding)}) + "\n")
    for group in as_json(report)["groups"]:
        out.write(json.dumps({"type": "group", **group}) + "\n")
    rest = {key: value for key, value in as_json(report).items() if key not in _LISTS}
    out.write(json.dumps({"type": "summary", **rest}) + "\n")
