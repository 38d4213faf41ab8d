"""Every format is valid by its own standard, and all say the same."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import racelens
from racelens import triage
from racelens.findings import Report, Suppression
from racelens.render import FORMATS, by_ending
from racelens.render import text as plain_text
from racelens.render.laid import laid_out
from racelens.render.words import verdict
from racelens.schema import schema
from racelens.vocabulary import SIGNALS

from .conftest import Rendered, render, scanned


def _html(text: str) -> list[str]:
    data = re.search(r'id="report">(.*?)</script>', text, re.DOTALL)
    assert data
    return [finding["id"] for finding in json.loads(data[1])["findings"]]


def _chrome(text: str) -> list[str]:
    events = json.loads(text)["traceEvents"]
    return [e["args"]["name"] for e in events if e["name"] == "process_name"]


COUNTED: dict[str, Callable[[str], list[str]]] = {
    "json": lambda text: [finding["id"] for finding in json.loads(text)["findings"]],
    "jsonl": lambda text: [
        line["id"] for line in map(json.loads, text.splitlines()) if line["type"] == "finding"
    ],
    "html": _html,
    "sarif": lambda text: [
        result["partialFingerprints"]["racelens/exact/v1"]
        for result in json.loads(text)["runs"][0]["results"]
    ],
    "junit": lambda text: re.findall(r"^ *finding: (\w+)", text, re.MULTILINE),
}


@pytest.mark.parametrize("format_", COUNTED)
def test_the_same_findings(format_: str, rendered: Rendered, shop: Report) -> None:
    ids = [finding.id for finding in shop.findings]
    assert sorted(COUNTED[format_](rendered(format_))) == sorted(ids)


def test_the_same_number_where_ids_are_not_told(rendered: Rendered, shop: Report) -> None:
    annotations = [a for a in rendered("github").splitlines() if "title=racelens" not in a]
    assert len(annotations) == len(_chrome(rendered("chrome"))) == len(shop.findings)


@pytest.mark.parametrize("format_", ["text", "markdown", "github", "html"])
def test_the_same_verdict(format_: str, rendered: Rendered, shop: Report) -> None:
    summary = shop.summary
    words = re.sub(r"<[^>]+>", "", rendered(format_)).replace("○ ", "").replace("● ", "")
    signals = summary.signals
    assert (summary.confirmed, signals.findings, signals.confirmed) == (10, 4, 3)
    assert re.search(rf"\b{summary.confirmed - 3} confirmed", words)
    assert re.search(rf"\b{summary.possible - 1} possible", words)
    assert re.search(r"\b4 signals", words)


def test_signals_come_after_the_races_under_their_own_word(shop: Report) -> None:
    told = [group.rule in SIGNALS for group in shop.groups]
    assert told == sorted(told)
    out = io.StringIO()
    plain_text.render(shop, out)
    said = out.getvalue()
    assert "\n  signals 4\n" in said
    assert said.splitlines()[-1].startswith("8 races, 7 confirmed, 1 possible · 4 signals · 379 e")


def test_a_floor_hides_races_and_does_not_deny_them(shop: Report) -> None:
    """What is not listed was found all the same."""
    signals = tuple(f for f in shop.findings if f.rule in SIGNALS)
    races = tuple(f for f in shop.findings if f.confidence == "possible" and f not in signals)
    only = triage.recounted(shop, (*signals, *races))
    assert verdict(only).headline == "POSSIBLE RACES"
    assert verdict(triage.floors(only, "info", "confirmed")).headline == "POSSIBLE RACES"
    assert verdict(triage.recounted(shop, signals)).headline == "NO RACES FOUND"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(value=_JSON, deepest=st.integers(0, 4))
def test_json_laid_out_says_the_same(value: Any, deepest: int) -> None:
    assert json.loads(laid_out(value, deepest)) == value


def test_json_laid_out_is_indented_as_far_as_asked() -> None:
    told = laid_out({"a": [{"b": [1, 2]}], "c": []}, 1)
    assert told == '{\n "a": [\n  {"b": [1, 2]}\n ],\n "c": []\n}'


def test_a_blast_radius_names_the_most_hit_others(shop: Report) -> None:
    one = shop.findings[0]
    resources = ["a:1", "a:2", "a:2", "a:3", "a:4", "a:4", "a:4", "a:5", "a:6", "a:7"]
    told = triage.arrange([replace(one, id=f"{i}", resource=r) for i, r in enumerate(resources)])
    radius = {finding.resource: finding.radius for finding in told}
    assert radius["a:2"].examples == ("a:4", "a:1", "a:3", "a:5", "a:6")
    assert radius["a:7"].examples == ("a:4", "a:2", "a:1", "a:3", "a:5")
    assert (radius["a:1"].findings, radius["a:1"].resources) == (9, 6)


def test_formats_are_found_by_ending() -> None:
    endings = [ending for each in FORMATS.values() for ending in each.endings]
    assert len(endings) == len(set(endings))
    assert by_ending("a.sarif.json") == "sarif"
    assert by_ending("A.JSON") == "json"
    assert by_ending("a.pdf") is None


# ── JSON ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["shop", "guarded", "sparse", "restarting-ids"])
def test_the_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    report = json.loads(render(scanned(name), "json"))
    assert list(jsonschema.Draft202012Validator(schema()).iter_errors(report)) == []


def test_the_schema_can_fail(rendered: Rendered) -> None:
    report = json.loads(rendered("json"))
    report["findings"][0]["evidence"][0]["line"] = "12"
    del report["groups"][0]["rule"]
    assert len(list(jsonschema.Draft202012Validator(schema()).iter_errors(report))) == 2


# ── SARIF ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def sarif() -> Any:
    """The standard as a type: pydantic-sarif is made from sarif-schema-2.1.0.json of OASIS, and refuses
    what that does not name."""
    models = pytest.importorskip("pydantic_sarif.model")
    return models.StaticAnalysisResultsFormatSarifVersion210JsonSchema


def test_sarif_holds_to_its_standard(sarif: Any, rendered: Rendered, shop: Report) -> None:
    marked = replace(shop.findings[0], suppressed=Suppression("baseline", "known"))
    known = replace(shop, findings=(marked, *shop.findings[1:]))
    for text in (rendered("sarif"), render(known, "sarif"), render(scanned("sparse"), "sarif")):
        sarif.model_validate_json(text)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda log: log["runs"][0].update(invented=1),
        lambda log: log["runs"][0]["results"][0].update(level="fatal"),
        lambda log: log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"].update(startLine=0),
        lambda log: log["runs"][0]["results"][0].pop("message"),
    ],
)  # fmt: skip
def test_the_standard_can_refuse(
    sarif: Any, spoil: Callable[[dict[str, Any]], object], rendered: Rendered
) -> None:
    log = json.loads(rendered("sarif"))
    spoil(log)
    with pytest.raises(ValueError, match="validation error"):
        sarif.model_validate(log)


def test_sarif(rendered: Rendered, shop: Report) -> None:
    log = json.loads(rendered("sarif"))
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for result, finding in zip(run["results"], shop.findings, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.rule
        flows = result["codeFlows"][0]["threadFlows"]
        assert len(flows) == len(finding.lanes)
        orders = [step["executionOrder"] for flow in flows for step in flow["locations"]]
        assert min(orders) == 1
    assert all(rule["help"]["text"] for rule in rules)


def test_sarif_says_what_could_not_be_looked_at() -> None:
    run = json.loads(render(scanned("sparse"), "sarif"))["runs"][0]
    told = [n["message"]["text"] for n in run["invocations"][0]["toolExecutionNotifications"]]
    assert any("RL203 skipped" in text for text in told)


# ── the others ────────────────────────────────────────────────────────────────────────────────


def test_junit(rendered: Rendered, shop: Report) -> None:
    root = ElementTree.fromstring(rendered("junit").encode())
    failures = root.findall(".//failure")
    graver = [finding for finding in shop.findings if finding.severity != "info"]
    assert len(failures) == int(root.attrib["failures"]) == len(graver)
    assert len(root.findall(".//testcase")) == int(root.attrib["tests"])
    skipped = root.findall(".//skipped")
    assert len(skipped) >= len(shop.skipped) > 0


def test_chrome(rendered: Rendered, shop: Report) -> None:
    events = json.loads(rendered("chrome"))["traceEvents"]
    kinds = Counter(event["ph"] for event in events)
    lanes = sum(len(finding.lanes) for finding in shop.findings)
    assert kinds["s"] == kinds["f"]
    assert sum(e["ph"] == "X" and e["cat"] == "attempt" for e in events) == lanes
    assert all(event["ts"] >= 0 for event in events if "ts" in event)


def test_markdown_is_a_document(rendered: Rendered) -> None:
    page = rendered("markdown")
    assert page.startswith("## Races found: 7 confirmed, 1 possible")
    assert "| confirmed | RL101 lost-update |" in page
    assert page.count("```") % 2 == 0
    assert "### What this rests on" in page


def test_nothing_checkable_is_never_clean(tmp_path: Path) -> None:
    log = tmp_path / "blind.jsonl"
    log.write_text('{"ts": "2026-05-04T12:00:00Z", "msg": "tick"}\n' * 3, encoding="utf-8")
    blind = racelens.scan(log)
    assert "COULD NOT LOOK" in render(blind, "github")
    assert "::notice" not in render(blind, "github")
    assert "Could not look" in render(blind, "markdown")
    assert "Could not look" in render(blind, "html")
    root = ElementTree.fromstring(render(blind, "junit").encode())
    assert root.attrib["skipped"] == root.attrib["tests"] != "0"


@pytest.mark.parametrize("format_", FORMATS)
def test_the_same_bytes_every_time(format_: str, rendered: Rendered) -> None:
    scanned.cache_clear()
    assert render(scanned("shop"), format_) == rendered(format_)


def test_mixed_a_in_all_formats(sarif: Any, shared: Path) -> None:
    report = racelens.scan(shared / "lab" / "mixed_a")
    pages = {format_: render(report, format_) for format_ in FORMATS}
    ids = sorted(finding.id for finding in report.findings)
    assert len(ids) > 50
    for format_, count in COUNTED.items():
        assert sorted(count(pages[format_])) == ids
    annotations = [a for a in pages["github"].splitlines() if "title=racelens" not in a]
    assert len(annotations) == len(_chrome(pages["chrome"])) == len(ids)
    for format_ in ("text", "markdown"):
        for group in report.groups:
            assert re.search(rf"{group.rule} {group.name}\W+{group.count}\b", pages[format_])
    assert _counts(json.loads(pages["json"])) == _counts(_line(pages["jsonl"])) != {}
    jsonschema.Draft202012Validator(schema()).validate(json.loads(pages["json"]))
    sarif.model_validate_json(pages["sarif"])
    graver = [finding for finding in report.findings if finding.severity != "info"]
    junit = ElementTree.fromstring(pages["junit"].encode())
    assert len(junit.findall(".//failure")) == int(junit.attrib["failures"]) == len(graver)
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", re.sub(r"<script type=.*?</script>", "", pages["html"], flags=re.DOTALL)) == []  # fmt: skip


def _counts(report: dict[str, Any]) -> dict[str, int]:
    summary = report["summary"]
    return {key: summary[key] for key in ("findings", "groups", "confirmed", "possible")}


def _line(text: str) -> dict[str, Any]:
    """The line of a JSON-lines report that holds the summary."""
    return next(line for line in map(json.loads, text.splitlines()) if "summary" in line)
