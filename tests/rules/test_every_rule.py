"""What holds for every rule there is: its page, its examples, its behaviour on nothing."""

from __future__ import annotations

import re
import string
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from racelens import catalogue, events, hits, settings
from racelens.detect import detect
from racelens.findings import Report
from racelens.history import History
from racelens.history.build import Totals
from racelens.knowledge import Knowledge
from racelens.rule import SECTIONS, Rule
from racelens.rules import RULES
from racelens.vocabulary import SEVERITIES

from ..histories import judge

each = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
each_way = pytest.mark.parametrize(
    "rule",
    [*RULES.values(), *(rule.could for rule in RULES.values() if rule.latent)],
    ids=lambda rule: f"{rule.code} {rule.query.__name__}",
)


def _no_events() -> pl.LazyFrame:
    return pl.LazyFrame(schema=events.EVENT_SCHEMA)


@each
def test_has_a_code_a_name_and_a_page(rule: Rule) -> None:
    assert re.fullmatch(r"RL\d{3}", rule.code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert rule.severity in SEVERITIES
    assert list(rule.page.sections) == list(SECTIONS)
    assert rule.page.summary.endswith(".")


@each
def test_is_read_from_source_as_it_runs(rule: Rule) -> None:
    assert catalogue.pages()[rule.code] == rule.page


def test_every_rule_is_in_the_catalogue_and_back() -> None:
    assert list(catalogue.pages()) == list(RULES)


def test_the_readme_lists_every_rule_in_its_own_words() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (RL\d+) \| (\S+) \| (.*) \|$", readme, re.MULTILINE)
    assert listed == [(p.code, p.name, p.summary) for p in catalogue.pages().values()]


def _judged(rule: Rule, section: str, folder: Path) -> Report:
    declared = folder / "racelens.toml"
    declared.write_text(rule.page.settings(section), encoding="utf-8")
    history = rule.page.history(section)
    asked = replace(settings.load(declared), latent=rule.opt_in)
    return judge(folder, history, codes=[rule.code], settings=asked)


@each
def test_finds_what_its_page_flags(rule: Rule, tmp_path: Path) -> None:
    report = _judged(rule, "Flagged", tmp_path)
    tier = "latent" if rule.opt_in else "confirmed"
    assert [(f.rule, f.confidence) for f in report.findings] == [(rule.code, tier)]


@each
def test_leaves_alone_what_its_page_calls_silent(rule: Rule, tmp_path: Path) -> None:
    report = _judged(rule, "Silent", tmp_path)
    assert report.findings == ()
    assert report.looked


@each_way
def test_columns_of_its_hits_fill_its_templates(rule: Rule) -> None:
    given = set(rule.query(_no_events(), Knowledge()).collect_schema().names())
    assert set(hits.COLUMNS) <= given
    for template in (rule.message, rule.lost, rule.fix):
        wanted = {field for _, field, *_ in string.Formatter().parse(template) if field}
        assert wanted <= given | {"type", "key"}


@each_way
def test_finds_nothing_in_nothing(rule: Rule) -> None:
    assert rule.query(_no_events(), Knowledge()).collect().is_empty()


@each
def test_is_skipped_when_what_it_needs_is_never_logged(rule: Rule) -> None:
    blank = pl.DataFrame({"id": [0]}, schema={"id": pl.UInt32})
    missing = [pl.lit(None, t).alias(n) for n, t in events.EVENT_SCHEMA.items() if n != "id"]
    history = History(
        blank.with_columns(missing), Totals(0, 0, 1, 0, None, None), ("x",), Knowledge()
    )
    verdicts = detect(history, [rule])
    assert verdicts.findings == ()
    assert [entry.rule for entry in verdicts.skipped] == [rule.code]
    assert verdicts.coverage == ()
