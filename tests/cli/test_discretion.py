"""Secrets are in no output; with --redact no user or id is either, and the findings are the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from racelens.render import FORMATS
from racelens.secrets import mask

from .running import FIXTURES, called

FORMS = [name for name in FORMATS if name != "chrome"] + ["chrome"]


def written(folder: Path) -> Path:
    """A lost update by two people, whose logger says too much."""
    said = [
        ("req-alice-1", "alice@example.org", "read", 7, "loading 4177 for alice@example.org"),
        ("req-bob-2", "bob", "read", 7, "loading 4177 for bob, password=hunter2"),
        ("req-alice-1", "alice@example.org", "write", 8, "saved 4177, card 4111 1111 1111 1111"),
        ("req-bob-2", "bob", "write", 9, "saved 4177 by bob in req-bob-2"),
    ]
    lines = [
        {
            "ts": f"2026-05-04T12:00:00.{place}00Z",
            "request_id": request,
            "correlation_id": "flow-77",
            "user_id": user,
            "resource": "document:4177",
            "action": action,
            "version": version,
            **({"base_version": 7} if action == "write" else {}),
            "msg": text,
            "authorization": "Bearer abcdefghijklmnopqrstuvwx",
        }
        for place, (request, user, action, version, text) in enumerate(said, 1)
    ]
    file = folder / "app.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return file


@pytest.mark.parametrize("form", FORMS)
def test_secrets_are_in_no_output(form: str, tmp_path: Path) -> None:
    ended = called("scan", written(tmp_path), "-f", form)
    assert ended.code == 1
    assert "req-bob-2" in ended.out
    for secret in ("hunter2", "4111", "abcdefghijklm"):
        assert secret not in ended.out + ended.err


@pytest.mark.parametrize("form", FORMS)
def test_redacted_no_user_and_no_id_is_in_any_output(form: str, tmp_path: Path) -> None:
    ended = called("scan", written(tmp_path), "-f", form, "--redact")
    assert ended.code == 1
    for id_ in ("alice", "bob", "flow-77", "4177", "hunter2"):
        assert id_ not in ended.out + ended.err


def test_one_id_has_one_pseudonym_in_all_formats(tmp_path: Path) -> None:
    log = written(tmp_path)
    outs = [tmp_path / name for name in ("r.json", "r.html", "r.md", "r.sarif")]
    called("scan", log, "--redact", *(word for out in outs for word in ("-o", out)))
    finding = json.loads(outs[0].read_text())["findings"][0]
    assert len(set(finding["actors"])) == 2
    for actor in finding["actors"]:
        assert all(actor in out.read_text() for out in outs)


@pytest.mark.parametrize("fixture", ["shop", "pino", "ecs", "guarded"])
def test_redaction_changes_no_verdict(fixture: str) -> None:
    plain, hidden = (
        json.loads(called("scan", FIXTURES / fixture, "-q", "-f", "json", *flags).out)
        for flags in ((), ("--redact",))
    )
    for key in ("summary", "coverage", "cleared", "undecided", "skipped"):
        assert hidden[key] == plain[key]

    def told(report: dict[str, list[dict[str, object]]]) -> list[tuple[object, ...]]:
        keys = ("rule", "confidence", "severity", "resource_type", "fingerprint")
        found = report["findings"]
        return sorted(tuple(str(f.get(key)) for key in keys) for f in found)

    assert told(hidden) == told(plain)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"password": "two words", "a": 1}', '{"password": "•••", "a": 1}'),
        ('{"m": "{\\"apiKey\\":\\"k1\\"}"}', '{"m": "{\\"apiKey\\":\\"•••\\"}"}'),
        ("login password=hunter2&x=1", "login password=•••&x=1"),
        ("Authorization: Bearer abc", "Authorization: •••"),
        ("token eyJhbGciOi.eyJzdWIi.c2ln ok", "token ••• ok"),
        ("paid with 4111-1111-1111-1111", "paid with •••1111"),
        ("paid with 378282246310005.", "paid with •••0005."),
        ("order 4111111111111112", "order 4111111111111112"),
        ("at 1777896000100000", "at 1777896000100000"),
        ("secretary of state", "secretary of state"),
        ("fencing token=33", "fencing token=33"),
    ],
)
def test_masks(text: str, shown: str) -> None:
    assert mask(text) == shown


def test_two_secrets_stay_two(tmp_path: Path) -> None:
    """A resource named by a secret is masked, and another one is another resource."""
    cards = ("4111111111111111", "5555555555554444")
    lines = [
        {"ts": f"2026-05-04T12:00:00.{n}Z", "request_id": f"r{n}", "resource": f"card:{card}"}
        | {"action": "write", "version": n, "base_version": 0}
        for n, card in enumerate((*cards, *cards), 1)
    ]
    file = tmp_path / "app.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    report = json.loads(called("scan", file, "-f", "json").out)
    assert report["summary"]["resources"] == 2
    assert len({finding["resource"] for finding in report["findings"]}) == 2
    assert not any(card in json.dumps(report) for card in cards)


_COMMANDS = [
    ("timeline", "app.jsonl", "-r", "document:4177"),
    ("timeline", "app.jsonl", "-r", "document:4177", "-f", "json"),
    ("timeline", "app.jsonl", "-r", "document:4177", "-f", "html"),
    ("trace", "req-alice-1", "app.jsonl"),
    ("trace", "req-alice-1", "app.jsonl", "-f", "json"),
    ("trace", "document:4177", "app.jsonl", "-f", "markdown"),
    ("diff", "app.jsonl", "app.jsonl"),
    ("diff", "app.jsonl", "app.jsonl", "-f", "json"),
]
_PRIVATE = ("alice", "bob", "flow-77", "4177", "hunter2")


@pytest.mark.parametrize("command", _COMMANDS)
def test_other_commands_redact_as_well(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path)
    monkeypatch.chdir(tmp_path)
    bare, hidden = called(*command), called(*command, "--redact")
    assert hidden.code == bare.code
    for secret in ("hunter2", "4111", "abcdefghijklm"):
        assert secret not in bare.out + bare.err
    for id_ in _PRIVATE:
        assert id_ not in hidden.out + hidden.err


@pytest.mark.parametrize("form", FORMS)
def test_a_saved_report_is_redacted_when_it_is_shown(form: str, tmp_path: Path) -> None:
    saved = tmp_path / "report.json"
    called("scan", written(tmp_path), "-o", saved)
    ended = called("report", saved, "-f", form, "--redact")
    assert ended.code == 0
    for id_ in _PRIVATE:
        assert id_ not in ended.out + ended.err


def test_pseudonyms_are_the_same_in_every_command(tmp_path: Path) -> None:
    scanned = called("scan", written(tmp_path), "--redact")
    lived = called("timeline", tmp_path / "app.jsonl", "-r", "document:4177", "--redact")
    resource = next(word for word in lived.out.split() if word.startswith("document:"))
    assert resource in scanned.out
