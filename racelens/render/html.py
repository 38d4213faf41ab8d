"""One self-contained page: it loads nothing, sends nothing, and can be read back.

The report is in it as JSON, and beside it what Python laid out (`view`); the script only draws. A content
security policy allows exactly this script and this style, by their hashes, and no network at all.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib.resources import files
from typing import Any, TextIO

from racelens.findings import Report
from racelens.render.json import as_json
from racelens.render.plain import clean
from racelens.render.view import view
from racelens.render.words import capture, possible_races, sure_races, verdict
from racelens.vocabulary import count

Json = dict[str, Any]


def render(report: Report, out: TextIO) -> None:
    """The page for a report of `scan`."""
    page(_head(report), as_json(report), view(report), out)


def page(head: str, report: Json, drawn: Json, out: TextIO) -> None:
    """Write a page. head: markup; report: what is read back; drawn: what the script draws."""
    script, style = _asset("page.js"), _asset("page.css")
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    out.write(
        f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{_title(report)}</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#finding">to the finding</a>
{head}
<noscript><p>The list and the drawings need JavaScript. Everything else about this report:
<code>racelens report THIS-FILE</code></p></noscript>
<main>
<nav aria-label="Findings">
<div class="filter"><label class="visually-hidden" for="filter">filter findings</label>
<input id="filter" type="search" placeholder="filter: resource, id, rule, line" autocomplete="off" spellcheck="false"><kbd>/</kbd></div>
<p id="status" class="status" role="status"></p>
<div id="list"></div>
</nav>
<article id="finding" aria-label="The chosen finding"></article>
</main>
<footer><h2>What this rests on</h2><div id="basis"></div></footer>
<section id="print" class="print" aria-hidden="true"></section>
<script type="application/json" id="report">{_data(report)}</script>
<script type="application/json" id="view">{_data(drawn)}</script>
<script>{script}</script>
</body>
</html>
"""
    )


def _asset(name: str) -> str:
    return files("racelens.render").joinpath("assets", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _data(value: Json) -> str:
    """JSON that ends no element and opens none."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _title(report: Json) -> str:
    return f"racelens: {escape(clean(' '.join(report['arguments']), 80) or 'report')}"


def _head(report: Report) -> str:
    said = verdict(report)
    inputs = clean(" ".join(report.arguments), 120) or count(len(report.inputs), "file")
    return f"""<header>
<h1><span class="{said.hue}">{escape(said.headline.capitalize())}</span> in {escape(inputs)}</h1>
<p class="read">{escape(capture(report))}</p>
<div class="counts">{" ".join(_counts(report))}</div>
</header>"""


def _counts(report: Report) -> list[str]:
    summary = report.summary
    numbers = [(sure_races(summary), "confirmed"), (possible_races(summary), "possible")]
    if summary.signals.findings:
        word = "signal" if summary.signals.findings == 1 else "signals"
        numbers.append((summary.signals.findings, word))
    if summary.undecided:
        numbers.append((summary.undecided, "undecided"))
    if summary.suppressed:
        numbers.append((summary.suppressed, "suppressed"))
    sign = {"confirmed": "● ", "possible": "○ "}
    out = [
        f'<span><b>{number:,}</b> <span class="error" aria-hidden="true">{sign.get(word, "")}</span>{word}</span>'
        for number, word in numbers
    ]
    checked = sum(entry.checked for entry in report.coverage)
    total = checked + sum(entry.unchecked for entry in report.coverage)
    if total > checked:
        share = max(1, round(100 * (total - checked) / total))
        out.append(f'<span><b>{share} %</b> <span class="assumed">not checked</span></span>')
    if not report.looked:
        out.append(f'<span class="assumed">{escape(verdict(report).rest)}</span>')
    elif report.groups:
        first = report.groups[0]
        what = escape(clean(first.operations[0] if first.operations else first.resource_type, 60))
        told = f"{count(first.count, first.name)} on {count(first.resources, 'resource')}"
        out.append(f'<span class="start">Start with <b>{what}</b>: {escape(told)}</span>')
    else:
        out.append(f"<span>{escape(verdict(report).rest)}</span>")
    return out
