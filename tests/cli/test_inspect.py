"""`racelens inspect`: what was understood, why little can be confirmed, what to log instead."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from .running import called

SCREEN = 24  # lines


def written(folder: Path, lines: Sequence[dict[str, Any]]) -> str:
    """The path of a log with these lines."""
    path = folder / "app.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return str(path)


def handlers(count: int, **more: Any) -> list[dict[str, Any]]:
    """Handlers that log only their start and finish."""
    return [
        {
            "timestamp": f"2026-05-04T12:{number:02d}:0{end}.100Z",
            "request_id": f"r-{number:08d}",
            "event": "stock.update",
            "step": ("start", "finish")[end],
            "resource": f"stock:{number % 3}",
            **more,
        }
        for number in range(count)
        for end in (0, 1)
    ]


def test_the_first_screen_says_what_is_missing_and_where(tmp_path: Path) -> None:
    ended = called("inspect", written(tmp_path, handlers(9)), "-q")
    screen = "\n".join(ended.out.splitlines()[:SCREEN])
    assert ended.code == 0
    assert "Why little can be confirmed" in screen
    assert "9 of 9 writes do not say which version" in screen
    assert "version  on stock.update" in screen


def test_the_lab_of_starts_and_finishes(shared: Path) -> None:
    ended = called("inspect", str(shared / "lab" / "mixed_sparse"), "-q")
    screen = "\n".join(ended.out.splitlines()[:SCREEN])
    assert "Two fields would change that" in screen
    assert "version" in screen
    assert "payload_hash" in screen
    assert "inventory.reserve" in screen
    assert "checkout.pay" in screen


def test_nothing_is_missing_where_versions_are_logged(tmp_path: Path) -> None:
    lines = [
        {
            "ts": f"2026-05-04T12:00:0{n}.{end}Z",
            "request_id": f"r{n}",
            "resource": "stock:1",
            "action": ("read", "write")[end],
            "version": n + end,
        }
        for n in range(4)
        for end in (0, 1)
    ]
    assert "Why little" not in called("inspect", written(tmp_path, lines), "-q").out


def remarks(folder: Path, lines: Sequence[dict[str, Any]]) -> dict[str, str]:
    """code → what is said."""
    told = json.loads(called("inspect", written(folder, lines), "-f", "json", "-q").out)
    return {remark["code"]: remark["message"] for remark in told["remarks"]}


def test_whole_seconds(tmp_path: Path) -> None:
    lines = [{"time": "2026-05-04T12:00:00Z", "msg": "x", "level": "info"}]
    assert "RL901" in remarks(tmp_path, lines)


def test_missing_finishes(tmp_path: Path) -> None:
    starts = [line for line in handlers(8) if line["step"] == "start"]
    assert remarks(tmp_path, starts)["RL902"] == "8 of 8 starts have no finish"


def test_unversioned_writes(tmp_path: Path) -> None:
    assert "RL903" in remarks(tmp_path, handlers(8))


def test_unkeyed_effects(tmp_path: Path) -> None:
    assert "RL904" in remarks(tmp_path, handlers(8, action="charge"))


def test_a_correlation_that_jobs_lose(tmp_path: Path) -> None:
    asked = {
        "request_id": "r-1",
        "correlation_id": "c-1",
        "event": "mail.queued",
        "job_id": "j-f00d",
    }
    run = {"job_id": "j-f00d", "event": "mail.sent"}
    lines = [{"ts": "2026-05-04T12:00:00.1Z"} | asked, {"ts": "2026-05-04T12:00:01.1Z"} | run]
    assert "RL905" in remarks(tmp_path, lines)


def test_ids_that_tell_nothing_apart(tmp_path: Path) -> None:
    assert "RL906" in remarks(tmp_path, handlers(60, correlation_id="boot-1"))


def test_a_secret_is_named_and_never_shown(tmp_path: Path) -> None:
    path = written(tmp_path, handlers(3, card="4111 1111 1111 1111", password="hunter2"))
    for form in ("text", "json"):
        out = called("inspect", path, "-f", form).out
        assert "RL908" in out
        assert "hunter2" not in out
        assert "4111" not in out


def test_rejects_have_reasons(tmp_path: Path) -> None:
    path = Path(written(tmp_path, handlers(3)))
    path.write_text(path.read_text() + "plain text\n")
    assert "1 rejected (" in called("inspect", str(path), "-q").out.splitlines()[0]


def test_a_key_that_looks_like_a_version_is_suggested(tmp_path: Path) -> None:
    lines = handlers(9, stockver=3)
    assert "--map version=stockver" in called("inspect", written(tmp_path, lines), "-q").out


def test_no_such_format(tmp_path: Path) -> None:
    ended = called("inspect", written(tmp_path, handlers(2)), "-f", "yaml")
    assert ended.code == 2
    assert "yaml" in ended.err


@pytest.mark.parametrize(
    ("flags", "first"),
    [
        ((), "2026-07-04T12:00:00.100000000Z"),
        (("--assume-tz", "Europe/Berlin"), "2026-07-04T10:00:00.100000000Z"),
    ],
)
def test_times_without_a_zone(flags: tuple[str, ...], first: str, tmp_path: Path) -> None:
    path = written(tmp_path, [{"asctime": "2026-07-04 12:00:00,100", "message": "x"}])
    told = json.loads(called("scan", path, "-f", "json", "-q", *flags).out)
    assert told["clock"]["first"] == first


def test_a_unit_of_times(tmp_path: Path) -> None:
    path = written(tmp_path, [{"ts": 1_777_896_000, "message": "x"}])
    told = json.loads(called("scan", path, "-f", "json", "-q", "--ts-unit", "s").out)
    assert told["clock"]["first"] == "2026-05-04T12:00:00.000000000Z"


@pytest.mark.parametrize("flags", [("--assume-tz", "Mars/Base"), ("--ts-unit", "weeks")])
def test_zones_and_units_that_do_not_exist(flags: tuple[str, str], tmp_path: Path) -> None:
    ended = called("scan", written(tmp_path, handlers(1)), *flags)
    assert ended.code == 2
    assert flags[1] in ended.err


def test_a_resource_field(tmp_path: Path) -> None:
    lines = [{"ts": "2026-05-04T12:00:00.1Z", "event": "x.read", "thing": "t:1"}]
    told = json.loads(
        called(
            "inspect", written(tmp_path, lines), "-f", "json", "-q", "--resource-field", "thing"
        ).out
    )
    assert {c["name"]: c["events"] for c in told["columns"]}["resource"] == 1


def test_keys_in_the_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "racelens.toml").write_text('[map]\nresource = ["thing"]\n')
    path = written(tmp_path, [{"ts": "2026-05-04T12:00:00.1Z", "event": "x.read", "thing": "t:1"}])
    told = json.loads(called("inspect", path, "-f", "json", "-q").out)
    assert {c["name"]: c["events"] for c in told["columns"]}["resource"] == 1


def test_files_that_differ_in_a_number_are_one_row(tmp_path: Path) -> None:
    line = json.dumps(
        {"time": 1777896000100, "level": 30, "pid": 1, "hostname": "h", "msg": "loaded"}
    )
    wrapped = json.dumps({"log": f"{line}\n", "stream": "stdout", "time": "2026-05-04T12:00:00.1Z"})
    for name, text in (
        ("api-1.jsonl", line),
        ("api-2.jsonl", line.replace("loaded", "saved")),
        ("api-3.jsonl", wrapped),
        ("worker.jsonl", line.replace("loaded", "sent")),
    ):
        (tmp_path / name).write_text(f"{text}\n")
    ended = called("inspect", tmp_path)
    rows = ended.out[ended.out.index("Files") :].split("\n\n")[0].splitlines()[1:]
    assert rows[0].split()[:2] == ["api-1,", "-2"]
    assert "lines of docker" in rows[1]
    assert len(rows) == 3
    told = json.loads(called("inspect", tmp_path, "-f", "json").out)["inputs"]
    assert [entry["unwrapped"] for entry in told] == [None, None, told[2]["unwrapped"], None]
    assert {entry["framing"] for entry in told} == {"lines"}
    assert not any(entry["truncated"] for entry in told)
