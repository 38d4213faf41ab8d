"""Logs are written by strangers: nothing they hold may reach a terminal as anything but text."""

from __future__ import annotations

import io
import json
import os
import re
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TextIO

import pytest

from racelens.findings import (
    Artefact,
    Cleared,
    Clock,
    Column,
    Coverage,
    Evidence,
    Finding,
    Group,
    InputAccount,
    Lane,
    Moment,
    Place,
    RejectedLine,
    Report,
    Skipped,
    Span,
    Summary,
    Survey,
    Undecided,
)
from racelens.render import FORMATS, survey

from .conftest import Cli
from .running import racelens

HOSTILE = {
    "erase the screen": "\x1b[2J\x1b[H",
    "set the title": "\x1b]0;owned\x07",
    "link": "\x1b]8;;http://evil.example\x1b\\x\x1b]8;;\x1b\\",
    "one-byte escape": "\x9b31mred",
    "markup": "[red]no[/red] [bold] [/] [link=x]",
    "html": "<script>alert(1)</script>&amp;'\"",
    "newline": "a\nRACES FOUND  9 confirmed",
    "carriage return": "a\rNO RACES FOUND",
    "backspace": "ab\b\bcd",
    "nul": "a\0b",
    "delete": "a\x7fb",
    "next line": "a\x85b",
    "line separators": "a\u2028b\u2029c",
    "bidi": "\u202eabc\u202c \u2066x\u2069 \u200fz",
    "invisible": "a\u200bb\u2060c\ufeffd\u00ade",
    "tags": "x\U000e0041\U000e0042",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈",
    "combining": "Z̸̡̢̧̛͎̹a̷l̶g̵o̴",
    "wide": "ｗｉｄｅ漢字",
    "long": "x" * 10_000,
    "long words": "ab " * 3_400,
    "braces": "{actor} {0} {resource.__class__} %s %(x)s",
    "quotes": "\"'`$(id)\\",
    "tab": "a\tb",
    "blank": " ",
}

MARKS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def obeyed(text: str) -> set[str]:
    """What a terminal would obey: control characters other than newline, and bidi marks."""
    controls = {c for c in text if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")}
    return (controls | (MARKS & set(text))) - {"\n"}


# ── every renderer ────────────────────────────────────────────────────────────────────────────

EMPTY = Report(
    tool_version="0", command="scan", inputs=(), summary=Summary(0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    coverage=(), undecided=(), skipped=(), cleared=(), artefacts=(), rejects=(),
    clock=Clock(1, 1, 0, None, None), groups=(), findings=(),
)  # fmt: skip


def lane(word: str, role: Literal["primary", "related"]) -> Lane:
    """An attempt named `word` that read and wrote it."""
    moments = [
        Moment(
            Place(word, n),
            10**18 + n,
            sign,
            word,
            "point",
            "ok",
            word,
            word,
            word,
            role,
            f"did {word}: {word}",
        )
        for n, sign in enumerate("RW", 1)
    ]
    span = Span(10**18 + 1, 10**18 + 2)
    return Lane(word, 1, word, word, word, word, span, "ok", (span,), tuple(moments))  # fmt: skip


def a_report(word: str) -> Report:
    """One of everything, with `word` wherever a log could put it."""
    time = "2026-05-04T12:00:00.000000000Z"
    evidence = Evidence(
        role="primary", place=Place(word, 1), time=time, time_ns=10**18, actor=word, request=word,
        job=word, correlation=word, attempt=1, process=word, name=word, action="write",
        version=word, note=f"wrote {word}: {word} is gone",
    )  # fmt: skip
    finding = Finding(
        id="f1", rule="RL101", name="lost-update", severity="error", confidence="confirmed",
        reason=word, resource=f"order:{word}", resource_type=word, operations=(word, word + "2"),
        actors=(word,), title=word, story=word, lost=word, fix=word, facts={"actor": word},
        fingerprint="g1", evidence=(evidence, replace(evidence, role="related")),
        lanes=(lane(word, "primary"), lane(f"{word}2", "related")), suppressed=None,
    )  # fmt: skip
    group = Group(
        fingerprint="g1", rule="RL101", name="lost-update", severity="error",
        confidence="confirmed", resource_type=word, operations=(word,), count=1, confirmed=1, resources=1,
        example="f1",
    )  # fmt: skip
    return Report(
        tool_version="0",
        command="scan",
        inputs=(InputAccount(word, 9, 3, 2, 1, 1, 1, 1, producer=word),),
        summary=Summary(3, 1, 1, 1, 1, 1, 1, 0, 0, 2),
        coverage=(Coverage("RL101", 1, 1, word, word),),
        undecided=(Undecided("RL101", 1, word),),
        skipped=(Skipped("RL102", word),),
        cleared=(Cleared("RL101", word, 1, Place(word, 1)),),
        artefacts=(Artefact(word, 1, Place(word, 1)),),
        rejects=(RejectedLine(Place(word, 1), word),),
        clock=Clock(1, 1, 2, time, time),
        groups=(group,),
        findings=(finding,),
        notices=(word,),
    )


def without_findings(report: Report) -> Report:
    return replace(report, findings=(), groups=())


def blind(report: Report) -> Report:
    return replace(without_findings(report), coverage=(Coverage("RL101", 0, 1, "x", "x"),))


def rendered(render: Callable[[Any, TextIO], None], value: object) -> str:
    out = io.StringIO()
    render(value, out)
    return out.getvalue()


@pytest.mark.parametrize("shape", [lambda r: r, without_findings, blind])
@pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("format_", FORMATS)
def test_every_renderer(format_: str, word: str, shape: Callable[[Report], Report]) -> None:
    text = rendered(FORMATS[format_], shape(a_report(word)))
    assert obeyed(text) == set()
    text.encode()
    if format_ == "json":
        assert json.loads(text)["inputs"][0]["path"] == word


@pytest.mark.parametrize("format_", FORMATS)
def test_empty_report(format_: str) -> None:
    text = rendered(FORMATS[format_], EMPTY)
    assert text.endswith("\n")
    assert "RACES" not in text


@pytest.mark.parametrize("format_", FORMATS)
def test_lone_surrogates_can_be_written(format_: str) -> None:
    """A file name that is not UTF-8 reaches Python as one."""
    rendered(FORMATS[format_], a_report("a\udcffb")).encode()


@pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE)
def test_values_are_cut_not_spread(word: str) -> None:
    """A 10 kB value must not push the report off the screen."""
    lines = rendered(FORMATS["text"], a_report(word)).splitlines()
    assert len(lines) < 60
    assert max(map(len, lines)) < 7_000


def test_the_verdict_cannot_be_forged() -> None:
    lines = rendered(FORMATS["text"], a_report(HOSTILE["newline"])).splitlines()
    assert [line for line in lines if line.startswith("RACES FOUND")] == [
        "RACES FOUND  1 confirmed, 0 possible · 1 group on 1 resource"
    ]


def test_markup_stays_as_it_is() -> None:
    assert "[red]no[/red]" in rendered(FORMATS["text"], a_report(HOSTILE["markup"]))


@pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE)
def test_survey(word: str) -> None:
    seen = Survey(
        inputs=(InputAccount(word, 9, 3, 2, 1, 1, 1, 1),),
        clocks=(word,),
        columns=(Column("time", (word,), 3), Column("resource", (), 0)),
        events=3,
        attempts=(word,),
        versioned=((word, 1, 2),),
        notices=(word,),
    )
    text = rendered(survey.render, seen)
    assert obeyed(text) == set()
    assert len(text.splitlines()) < 20


# ── end to end ────────────────────────────────────────────────────────────────────────────────


def lines_of(word: str) -> list[str]:
    """A lost update among resources, ids, names and keys that hold `word`.

    A resource is one line of at most 500 characters; what is longer goes everywhere else.
    """
    resource = f"order:{word}" if len(word) < 400 and "\n" not in word else "order:1"
    steps = (("a", "read", 7), ("b", "read", 7), ("b", "write", 8), ("a", "write", 9))
    return [
        json.dumps(
            {
                "ts": f"2026-05-04T12:00:00.{100 + step}Z",
                "request_id": f"{who}{word}",
                "correlation_id": f"c{who}{word}",
                "service": word,
                "resource": resource,
                "event": f"order {word} {action}",
                "action": action,
                "version": version,
                f"key{word}": word,
                "error": word if step == 9 else None,
            }
        )
        for step, (who, action, version) in enumerate(steps)
    ]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of logs with every hostile value in them and in their names."""
    folder = tmp_path_factory.mktemp("hostile")
    lone = ["\\ud800", "\\udfff\\ud800x", "\\udc80"]
    for number, word in enumerate(HOSTILE.values()):
        name = f"{number} {word[:60]}.jsonl".replace("/", "_").replace("\0", "_")
        (folder / name).write_text("\n".join(lines_of(word)) + "\n")
    for number, word in enumerate(lone):
        text = "\n".join(lines_of("LONE")).replace("LONE", word)
        (folder / f"lone {number}.jsonl").write_text(f"{text}\n\x1b[31m not JSON\n{{\x07\n")
    raw = "\n".join(lines_of("RAW")).encode().replace(b"RAW", b"\xff\xfe\x80\x1b[31m")
    (folder / "raw.jsonl").write_bytes(raw + b"\n")
    return folder


@pytest.mark.parametrize(
    ("args", "colour"),
    [
        (["scan"], {}),
        (["scan"], {"FORCE_COLOR": "1"}),
        (["scan", "-f", "json"], {}),
        (["inspect"], {}),
        (["inspect"], {"FORCE_COLOR": "1"}),
    ],
)
def test_end_to_end(args: list[str], colour: dict[str, str], hostile: Path) -> None:
    ended = racelens(*args, ".", cwd=hostile, env=colour)
    assert ended.code == (0 if args == ["inspect"] else 1)
    for said in (ended.out, ended.err):
        assert obeyed(_uncoloured(said) if colour else said) == set()


OTHERS = [
    *(("timeline", ".", "-r", "order:*", "-f", f) for f in ("text", "html", "json", "chrome")),
    *(("trace", "order", ".", "-f", f) for f in ("text", "html", "json", "markdown")),
    *(("diff", "good", "bad", "-f", f) for f in ("text", "json")),
    *(("verify", "bad", "-f", f) for f in ("text", "json")),
    *(("scan", ".", "--show-suppressed", "--statistics", "--context", "3", "-f", f) for f in ("text", "html", "markdown")),
]  # fmt: skip


@pytest.fixture(scope="module")
def hostile_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each hostile value in a good run, in which one waits for the other, and in a bad one."""
    folder = tmp_path_factory.mktemp("runs")
    for side, order in (("good", (0, 3, 1, 2)), ("bad", (0, 1, 2, 3))):
        (folder / side).mkdir()
        for number, word in enumerate(HOSTILE.values()):
            lines = [json.loads(lines_of(f"{side}{number}{word}")[step]) for step in order]
            stamped = [
                line | {"ts": f"2026-05-04T12:{number:02}:00.{100 + place}Z", "resource": "order:1"}
                for place, line in enumerate(lines)
            ]
            text = "\n".join(map(json.dumps, stamped))
            name = f"{number} {word[:60]}.jsonl".replace("/", "_").replace("\0", "_")
            (folder / side / name).write_text(f"{text}\n")
    return folder


@pytest.mark.parametrize("args", OTHERS, ids=" ".join)
def test_other_commands_end_to_end(
    args: tuple[str, ...], hostile: Path, hostile_runs: Path
) -> None:
    where = hostile_runs if args[0] in ("diff", "verify") else hostile
    ended = racelens(*args, cwd=where)
    assert ended.code in (0, 1), ended.err[-500:]
    assert len(ended.out) > 500
    assert obeyed(ended.out) | obeyed(ended.err) == set()
    if args[-1] == "html":
        assert "<script>alert" not in ended.out
        assert ended.out.count("<script") == (0 if args[0] == "trace" else 3)
    elif args[-1] in ("json", "chrome"):
        json.loads(ended.out)
        assert ended.out.isascii()
    else:
        assert not re.search(r"^(RACES FOUND  9|::error|# owned)", ended.out, re.MULTILINE)


def _uncoloured(text: str) -> str:
    """Without rich's own colour changes; what a log brings along would remain."""
    out, *parts = text.split("\x1b[")
    for part in parts:
        codes, letter, rest = part.partition("m")
        own = letter and all(c.isdigit() or c == ";" for c in codes)
        out += rest if own else "\x1b[" + part
    return out


def test_json_end_to_end_holds_every_value(hostile: Path) -> None:
    found = json.loads(racelens("scan", ".", "-f", "json", cwd=hostile).out)
    resources = {finding["resource"] for finding in found["findings"]}
    for kind, word in HOSTILE.items():
        if kind not in ("newline", "long", "long words", "nul", "tags"):
            assert f"order:{word}" in resources, kind
    assert "order:1" in resources


@pytest.mark.parametrize("kind", ["nul", "newline", "long", "long words", "blank", "tags"])
def test_odd_values_still_race(kind: str, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text("\n".join(lines_of(HOSTILE[kind])) + "\n")
    ended = cli("scan", tmp_path / "log.jsonl")
    assert ended.code == 1
    assert len(ended.out) < 20_000


@pytest.mark.parametrize("kind", ["long", "long words", "newline"])
def test_resources_beyond_the_limit_are_not_clean(kind: str, cli: Cli, tmp_path: Path) -> None:
    lines = [json.loads(line) | {"resource": HOSTILE[kind]} for line in lines_of("x")]
    (tmp_path / "log.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    ended = cli("scan", tmp_path / "log.jsonl")
    assert ended.code in (1, 3)
    assert obeyed(ended.out + ended.err) == set()


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes here only")
@pytest.mark.parametrize("format_", ["text", "json"])
def test_a_file_name_that_is_not_utf8(format_: str, tmp_path: Path) -> None:
    name = os.path.join(os.fsencode(tmp_path), b"log\xff\x1b[31m.jsonl")
    with open(name, "wb") as file:
        file.write(("\n".join(lines_of("x")) + "\n").encode())
    for path in (name, tmp_path):
        ended = racelens("scan", path, "-f", format_)
        assert ended.code == 1, ended.err
        assert obeyed(ended.out) == set()


def test_errors_show_hostile_names_as_text(tmp_path: Path) -> None:
    for args in (
        ["none\x1b[31m\r.jsonl"],
        ["x", "--select", "\x1b[31m"],
        ["x", "--map", "\x1b=\r"],
    ):
        ended = racelens("scan", *args, cwd=tmp_path)
        assert ended.code == 2
        assert obeyed(ended.err) == set()


@pytest.mark.parametrize("args", [["--fail-on", "\x1b[31m"], ["--\x1b[31m"], ["-f", "\x1b[31m"]])
def test_usage_errors_show_hostile_words_as_text(args: list[str], tmp_path: Path) -> None:
    ended = racelens("scan", "x", *args, cwd=tmp_path)
    assert ended.code == 2
    assert obeyed(ended.err) == set()


@pytest.mark.parametrize("format_", ["text", "json"])
def test_terminals_that_are_not_utf8(format_: str, hostile: Path) -> None:
    env = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"}
    ended = racelens("scan", ".", "-f", format_, cwd=hostile, env=env)
    assert ended.code == 1, ended.err[-300:]
    assert "Traceback" not in ended.err
    if format_ == "json":
        assert json.loads(ended.out)["summary"]["confirmed"] > 0
