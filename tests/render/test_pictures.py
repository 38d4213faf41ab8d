"""The drawings of the rules' pages are what the tool itself draws of their histories: `make golden` makes them."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from racelens import lanes, settings
from racelens.findings import Clock, Report
from racelens.history import build
from racelens.ingest import find, load
from racelens.knowledge import learn
from racelens.render import pictures
from racelens.render.conflict import draw
from racelens.render.layout import Drawing, of_lanes
from racelens.render.pictures import Picture
from racelens.rule import Rule
from racelens.rules import RULES
from tests.histories import judge
from tests.test_golden import WRITE

LOG = "log.jsonl"


@pytest.fixture(scope="module", autouse=True)
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Picture]:
    with pytest.MonkeyPatch.context() as here:
        here.chdir(tmp_path_factory.mktemp("pages"))
        made = {code: _picture(rule) for code, rule in RULES.items()}
    if WRITE:
        lines = [f"{json.dumps(code)}: {json.dumps(asdict(made[code]))}" for code in made]
        pictures.FILE.write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")
    return made


def _picture(rule: Rule) -> Picture:
    flagged, silent = (_judged(rule, section) for section in ("Flagged", "Silent"))
    one = draw(flagged.findings[0], flagged.clock)
    other = _whole(silent.clock)
    assert one
    assert other
    return Picture(one, other, "; ".join(dict.fromkeys(c.reason for c in silent.cleared)))


def _judged(rule: Rule, section: str) -> Report:
    declared = Path("racelens.toml")
    declared.write_text(rule.page.settings(section), encoding="utf-8")
    asked = replace(settings.load(declared), latent=rule.opt_in)
    return judge(Path(), rule.page.history(section), codes=[rule.code], settings=asked)


def _whole(clock: Clock) -> Drawing | None:
    """All that the log holds, where nothing was found that says what to show of it."""
    capture = load(find([LOG]), {})
    history = build(capture, learn(capture.records, capture.precisions), everything=True)
    found = lanes.of_events(history.events.lazy(), history.sources, ())
    return of_lanes(found, clock)


@pytest.mark.parametrize("code", RULES)
def test_they_are_what_the_tool_draws(code: str, drawn: dict[str, Picture]) -> None:
    assert pictures.of(code) == drawn[code]
