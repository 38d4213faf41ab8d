"""A saved report is read back as it was, and what is none is told why."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

import racelens
from racelens import saved as reader
from racelens.errors import RacelensError
from racelens.findings import Report
from racelens.render import FORMATS
from tests.cli.conftest import Cli
from tests.cli.test_hostile import HOSTILE, a_report

from .conftest import Rendered, render


def test_json_comes_back(saved: Path, shop: Report) -> None:
    assert racelens.load(saved) == shop


def test_a_page_comes_back(tmp_path: Path, rendered: Rendered, shop: Report) -> None:
    page = tmp_path / "review.html"
    page.write_text(rendered("html"), encoding="utf-8")
    assert racelens.load(page) == shop


@pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("format_", ["json", "html"])
def test_hostile_values_come_back(format_: str, word: str, tmp_path: Path) -> None:
    path = tmp_path / "r"
    path.write_text(render(a_report(word), format_), encoding="utf-8")
    again = reader.read(path)
    assert again.findings[0].story == word
    assert render(again, "json") == render(a_report(word), "json")


def test_a_report_of_an_older_version(saved: Path, tmp_path: Path) -> None:
    """Keys that came later may be missing."""
    report = json.loads(saved.read_text(encoding="utf-8"))
    for key in ("quotes", "arguments", "interrupted", "suppressed_groups"):
        del report[key]
    for finding in report["findings"]:
        del finding["lanes"], finding["suppressed"]
    old = tmp_path / "old.json"
    old.write_text(json.dumps(report), encoding="utf-8")
    again = reader.read(old)
    assert again.summary.findings == len(again.findings) > 0
    for format_ in FORMATS.values():
        format_(again, io.StringIO())


WRONG: dict[str, tuple[Any, str]] = {
    "no JSON": ("{", "no JSON"),
    "a list": ([], "schema_version"),
    "another version": ({"schema_version": 2}, "schema_version is 2"),
    "another command": ({"schema_version": 1, "command": "diff"}, "racelens diff"),
    "nothing in it": ({"schema_version": 1, "command": "scan", "tool": {"version": "1"}}, "$.inputs"),
    "no tool": ({"schema_version": 1, "command": "scan"}, "tool"),
}  # fmt: skip


@pytest.mark.parametrize(("value", "told"), WRONG.values(), ids=WRONG)
def test_no_report(value: Any, told: str, tmp_path: Path, cli: Cli) -> None:
    path = tmp_path / "r.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    ended = cli("report", path)
    assert ended.code == 2
    assert told in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("line", "x", "$.findings[0].evidence[0].line"),
        ("time", "yesterday", "$.findings[0].evidence[0].time"),
        ("role", "third", "$.findings[0].evidence[0].role"),
        ("note", None, "$.findings[0].evidence[0].note"),
    ],
)
def test_a_wrong_value_is_named(
    key: str, value: object, told: str, saved: Path, tmp_path: Path
) -> None:
    report = json.loads(saved.read_text(encoding="utf-8"))
    report["findings"][0]["evidence"][0][key] = value
    path = tmp_path / "r.json"
    path.write_text(json.dumps(report), encoding="utf-8")
    with pytest.raises(RacelensError) as error:
        reader.read(path)
    assert told in error.value.details[0][1]


def test_no_file(tmp_path: Path, cli: Cli) -> None:
    ended = cli("report", tmp_path / "none.json")
    assert (ended.code, "cannot read" in ended.err) == (2, True)


# ── racelens report ───────────────────────────────────────────────────────────────────────────


def test_report_renders_what_scan_did(saved: Path, cli: Cli, rendered: Rendered) -> None:
    ended = cli("report", saved, "-f", "sarif")
    assert (ended.code, ended.out) == (0, rendered("sarif"))


def test_filters(saved: Path, cli: Cli, shop: Report) -> None:
    def listed(*flags: str) -> list[dict[str, Any]]:
        found = json.loads(cli("report", saved, "-f", "json", *flags).out)["findings"]
        assert isinstance(found, list)
        return found

    assert {f["rule"] for f in listed("--select", "RL1")} == {"RL101"}
    assert {f["resource"] for f in listed("-r", "cart:*")} == {"cart:1"}
    assert {f["confidence"] for f in listed("--min-confidence", "confirmed")} == {"confirmed"}
    assert {f["severity"] for f in listed("--severity", "error")} == {"error"}
    wanted = shop.findings[0].id
    assert [f["id"] for f in listed("--only", wanted[:5])] == [wanted]
    assert [f["id"] for f in listed("--only", f"RL101-{wanted}")] == [wanted]


def test_one_finding_in_full(saved: Path, cli: Cli, shop: Report) -> None:
    finding = shop.findings[0]
    said = cli("report", saved, "--only", finding.id).out
    first, second, *_ = said.splitlines()
    assert re.fullmatch(r"● RL101 lost-update  document:4 +confirmed · error", first)
    assert second.startswith(f"  {finding.id} · 2026-05-04 12:00:00.")
    assert second.endswith("· 1 of 3 in its group")
    assert "v6 by A is gone" in said
    assert "┬" in said
    for label in ("sure", "lost", "guard", "else", "lines", "next"):
        assert re.search(rf"^  {label} +\S", said, re.MULTILINE), label
    assert f"racelens repro {finding.id} report.json" in said
    drawn = [line for line in said.splitlines() if re.search("[├┤│║┬✗●]", line)]
    assert max(map(len, drawn)) <= 80
    short = cli("report", saved, "--only", finding.id, "--context", "0").out
    assert len(short.splitlines()) < len(said.splitlines())


def test_a_suppressed_finding_says_who_suppressed_it(
    saved: Path, cli: Cli, shop: Report, tmp_path: Path
) -> None:
    ignore = tmp_path / "ignore"
    ignore.write_text('RL101 reason="accepted until May"\n', encoding="utf-8")
    wanted = shop.findings[0].id
    said = cli("report", saved, "--only", wanted, "--ignore-file", ignore).out
    assert re.search(r"ignore:1 +accepted until May", said)


def test_no_such_finding(saved: Path, cli: Cli) -> None:
    ended = cli("report", saved, "--only", "ffffff")
    assert ended.code == 2
    assert "no finding “ffffff”" in ended.err


def test_a_gate_on_a_saved_report(saved: Path, cli: Cli) -> None:
    assert cli("report", saved, "--fail-on", "confirmed").code == 1
    assert cli("report", saved, "--fail-on", "confirmed", "--select", "RL306").code == 0


def test_the_report_is_not_overwritten(saved: Path, cli: Cli) -> None:
    before = saved.read_bytes()
    assert cli("report", saved, "-o", saved, "--force").code == 2
    assert saved.read_bytes() == before


def test_schema(cli: Cli) -> None:
    ended = cli("report", "--schema")
    assert json.loads(ended.out)["title"] == "racelens report"
