"""What a log contains is text in every format: never markup, a command, an escape or a file of its own."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from racelens.render import repro
from racelens.schedule import schedule
from tests.cli.test_hostile import HOSTILE, a_report, obeyed

from .conftest import render

WORDS = {
    **HOSTILE,
    "workflow command": "\n::error::owned%0A::set-output name=x::y",
    "end of script": "</script><script>alert(1)</script><!--",
    "end of fence": "```\n# owned\n~~~",
    "table": "a | b |\n|---|",
    "mention": "@everyone www.evil.example https://evil.example ![x](https://evil.example/i.png)",
    "xml": "]]><x/>&bad;\ufffe",
    "python": "'''\"\"\"\\\n__import__('os').abort()\n$key ${key}",
    "sql": "x'); DROP TABLE row; --",
}


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
def test_github(word: str) -> None:
    lines = render(a_report(word), "github").splitlines()
    assert len(lines) == 2
    assert all(re.match(r"::(error|warning|notice) (file|title)=[^\n]*::", line) for line in lines)
    properties = lines[0].partition(" ")[2].partition("::")[0]
    assert len(properties.split(",")) == 3


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.sources += [
            value or "" for name, value in attrs if name in ("src", "href") or name.startswith("on")
        ]


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
def test_html(word: str) -> None:
    page, plain = (_Tags(), _Tags())
    page.feed(render(a_report(word), "html"))
    plain.feed(render(a_report("x"), "html"))
    assert page.seen == plain.seen
    assert page.sources == ["#finding"]


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
def test_junit(word: str) -> None:
    root = ElementTree.fromstring(render(a_report(word), "junit").encode())
    assert len(root.findall(".//testcase")) == 2


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("format_", ["json", "jsonl", "sarif", "chrome"])
def test_json_family(format_: str, word: str) -> None:
    text = render(a_report(word), format_)
    assert text.isascii()
    for line in text.splitlines() if format_ == "jsonl" else [text]:
        json.loads(line)


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
def test_markdown(word: str) -> None:
    text = render(a_report(word), "markdown")
    assert obeyed(text) == set()
    inside, fence = False, ""
    for line in text.splitlines():
        if match := re.match(r"(`{3,})(text)?$", line):
            inside, fence = (True, match[1]) if not inside else (match[1] != fence, fence)
        elif not inside:
            prose = re.sub(r"(?<!\\)(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
            assert not re.search(r"(?<!\\)<(?!!-- -->)|@\w|://\w|(?<![\\!])\]\(", prose), line
            assert not prose.startswith("# ")
    assert not inside


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("rule", ["RL101", "RL201", "RL102", "RL401", "RL106"])
def test_repro(rule: str, word: str) -> None:
    finding = a_report(word).findings[0]
    plan = schedule(type(finding)(**{**vars(finding), "rule": rule}))
    for format_ in repro.FORMATS.values():
        out = io.StringIO()
        format_(plan, out)
        assert obeyed(out.getvalue()) == set()
    out = io.StringIO()
    repro.pytest(plan, out)
    code = compile(out.getvalue(), "test_race.py", "exec")
    assert "__import__" not in code.co_names
