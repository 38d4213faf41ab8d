"""What users point the command at, and what they are told when it is not what they think."""

from __future__ import annotations

import gzip
import json
import os
import re
import socket
import sys
from pathlib import Path

import pytest

from tests.histories import records, write

from .conftest import LOST, Cli
from .running import FIXTURES, Ended, racelens


def refused(ended: Ended, *words: str) -> bool:
    """Trouble, told in one sentence on standard error, and no report."""
    told = ended.code == 2 and not ended.out and "Traceback" not in ended.err
    return told and ended.err.startswith("error: ") and all(word in ended.err for word in words)


# ── what is not there ─────────────────────────────────────────────────────────────────────────


def test_missing_file(cli: Cli, lost: Path) -> None:
    assert refused(cli("scan", lost.with_name("lots.jsonl")), "no such file", "lots.jsonl")


def test_missing_file_names_the_close_one(cli: Cli, lost: Path) -> None:
    assert f"close   {lost}" in cli("scan", lost.with_name("lots.jsonl")).err


def test_one_missing_among_others_stops(cli: Cli, lost: Path, tmp_path: Path) -> None:
    assert refused(cli("scan", lost, tmp_path / "none.jsonl"), "none.jsonl")


def test_glob_without_matches(cli: Cli, tmp_path: Path) -> None:
    assert refused(cli("scan", tmp_path / "*.jsonl"), "nothing matches")


def test_empty_folder(cli: Cli, tmp_path: Path) -> None:
    assert refused(cli("scan", tmp_path), "no files in")


def test_folder_of_hidden_files(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "log.jsonl").write_text("{}\n", encoding="utf-8")
    assert refused(cli("scan", tmp_path), "no files in")


def test_folder_without_logs_is_not_clean(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# read me\n", encoding="utf-8")
    ended = cli("scan", tmp_path)
    assert ended.code == 3
    assert "README.md" in ended.err


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="root reads everything")
def test_unreadable_file(cli: Cli, lost: Path) -> None:
    lost.chmod(0)
    assert refused(cli("scan", lost), "cannot read", "Permission denied")


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file that opens and does not read")
def test_file_that_fails_while_read(cli: Cli) -> None:
    assert refused(cli("scan", "/proc/self/mem"), "cannot read", "/proc/self/mem")


def test_socket(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as there:
        there.bind("s.sock")
        assert refused(cli("scan", "s.sock"), "cannot read s.sock")


def test_dangling_link(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").symlink_to(tmp_path / "gone")
    assert refused(cli("scan", tmp_path / "log.jsonl"), "log.jsonl")


def test_circle_of_links(cli: Cli, lost: Path, tmp_path: Path) -> None:
    (tmp_path / "again").symlink_to(tmp_path)
    ended = cli("scan", tmp_path, "-f", "json")
    assert [entry["path"] for entry in json.loads(ended.out)["inputs"]] == [str(lost)]


def test_a_file_named_twice_is_read_once(cli: Cli, lost: Path, tmp_path: Path) -> None:
    ended = cli("scan", lost, lost, tmp_path, f"{tmp_path}/./lost.jsonl", "-f", "json")
    assert json.loads(ended.out)["summary"]["events"] == 4


@pytest.mark.parametrize("name", ["lo[s]t.jsonl", "lost*.jsonl", "ein Protokoll.jsonl", "-.jsonl"])
def test_odd_names(name: str, cli: Cli, lost: Path) -> None:
    odd = lost.rename(lost.with_name(name))
    assert cli("scan", odd).code == 1


# ── what is no log ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("head", "kind", "tool"),
    [
        (gzip.compress(b"{}\n", mtime=0)[:9], "gzip-compressed", "ends in the middle"),
        (b"\x28\xb5\x2f\xfd123", "zstd-compressed", "cannot be read"),
        (b"BZh91AY", "bzip2-compressed", "ends in the middle"),
        (b"\xfd7zXZ\0", "xz-compressed", "ends in the middle"),
        (b"\x7fELF\x02\x01\x01\0\0", "binary", "NUL byte at offset 7"),
    ],
)
def test_what_is_not_text(head: bytes, kind: str, tool: str, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(head)
    assert refused(cli("scan", tmp_path / "log.jsonl"), "log.jsonl", kind, tool)


def test_a_tail_of_zeros_after_a_crash_is_one_reject(cli: Cli, lost: Path) -> None:
    """A file system that lost power leaves zeros where the last blocks should be."""
    lost.write_bytes(lost.read_bytes() + bytes(4096))
    ended = cli("scan", lost)
    assert ended.code == 1
    assert "1 rejected" in ended.out.splitlines()[-1]
    assert "\0" not in ended.out


def test_gzip_on_standard_input() -> None:
    ended = racelens("scan", "-", "-f", "json", stdin=gzip.compress(b'{"a":1}\n'))
    assert json.loads(ended.out)["summary"]["events"] == 1


def test_a_compressed_log_that_was_cut_is_not_taken_for_whole(
    cli: Cli, lost: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log.gz"
    log.write_bytes(gzip.compress(lost.read_bytes() * 2000)[:-20])
    ended = cli("scan", log, "-f", "json")
    assert json.loads(ended.out)["inputs"][0]["truncated"]
    assert "log.gz is not complete" in ended.err


def test_plain_text(cli: Cli, tmp_path: Path) -> None:
    text = "2026-05-04 12:00:00 INFO starting\n2026-05-04 12:00:01 INFO ready\n"
    (tmp_path / "app.log").write_text(text, encoding="utf-8")
    ended = cli("scan", tmp_path / "app.log")
    assert ended.code == 3
    assert ended.out.startswith("COULD NOT LOOK")
    assert "no line is a JSON object" in ended.out
    assert "app.log:1 (not JSON)" in ended.out
    assert "2 of 2 lines" in ended.out


@pytest.mark.parametrize("content", ["", "\n\n", "[]\n", "[{}, {}]\n", "null\n", "{}\n", '"{}"\n'])
def test_nothing_in_it(content: str, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text(content, encoding="utf-8")
    ended = cli("scan", tmp_path / "log.jsonl")
    assert ended.code == 3
    assert ended.out.startswith("COULD NOT LOOK")


def test_one_array_of_records_says_what_to_do(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "log.json").write_text(json.dumps(records(LOST)), encoding="utf-8")
    ended = cli("scan", tmp_path / "log.json")
    assert ended.code in (1, 3)
    assert "an array" in ended.out or ended.code == 1


# ── standard input ────────────────────────────────────────────────────────────────────────────


def test_standard_input() -> None:
    log = (FIXTURES / "shop" / "api-2.jsonl").read_bytes()
    piped, named = racelens("scan", "-", stdin=log), racelens("scan", "shop/api-2.jsonl")
    assert piped.code == named.code == 1
    assert "<stdin>:" in piped.out
    findings, _, _ = piped.out.replace("timeline - ", "timeline <stdin> ").partition("What this")
    assert (
        findings.replace("<stdin>", "shop/api-2.jsonl").splitlines()[2:]
        == (named.out.partition("What this")[0].splitlines()[2:])
    )


def test_empty_standard_input() -> None:
    ended = racelens("scan", "-")
    assert ended.code == 3
    assert ended.out.startswith("COULD NOT LOOK")


def test_commands_to_paste_name_no_stdin() -> None:
    """`racelens scan <stdin>` is a shell redirection from a file called stdin."""
    log = (FIXTURES / "shop" / "api-2.jsonl").read_bytes()
    ended = racelens("scan", "-", stdin=log)
    assert not [line for line in ended.out.splitlines() if re.search("racelens .*<stdin>", line)]


# ── no time ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def undated(tmp_path: Path) -> Path:
    """A lost update whose times are under a name nobody knows."""
    lines = [{"when" if key == "ts" else key: value for key, value in r.items()} for r in records(LOST)]  # fmt: skip
    write(tmp_path, {"app.jsonl": lines})
    return tmp_path / "app.jsonl"


def test_no_time_says_what_was_looked_for_and_what_is_there(cli: Cli, undated: Path) -> None:
    ended = cli("scan", undated)
    assert "no time found in" in ended.err
    assert "looked for timestamp, time, ts, @timestamp" in ended.err
    assert "present keys: when, request_id, resource, action, version" in ended.err
    assert "no times" in ended.out


def test_the_hint_for_the_time_works(cli: Cli, undated: Path) -> None:
    hint = re.search(r"--map \S+", cli("scan", undated).err)
    assert hint
    assert hint[0] == "--map time=when"
    ended = cli("scan", undated, *hint[0].split())
    assert not ended.err
    assert "2026-05-04 12:00:00" in ended.out


def test_no_time_is_no_obstacle_to_versions(cli: Cli, undated: Path) -> None:
    assert cli("scan", undated).code == 1


def test_nothing_like_a_time_makes_no_hint(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path, {"log.jsonl": [{"request_id": "a", "resource": "order:1"}]})
    ended = cli("scan", tmp_path / "log.jsonl")
    assert "no time found" in ended.err
    assert "--map" not in ended.err


def test_a_time_that_cannot_be_read_is_shown_as_it_is(cli: Cli, tmp_path: Path) -> None:
    record = {"timestamp": "31.03. 22:29:34", "request_id": "a", "resource": "order:1"}
    write(tmp_path, {"log.jsonl": [record]})
    ended = cli("scan", tmp_path / "log.jsonl")
    assert "timestamp = '31.03. 22:29:34' is not a form of time that is read" in ended.err


@pytest.mark.parametrize("command", ["scan", "inspect"])
def test_notices_are_the_same_for_all_commands(command: str, cli: Cli, undated: Path) -> None:
    assert "--map time=when" in cli(command, undated).err


# ── inspect ───────────────────────────────────────────────────────────────────────────────────


def test_inspect_ends_well_whatever_is_there(cli: Cli, lost: Path, tmp_path: Path) -> None:
    (tmp_path / "text.log").write_text("no JSON\n", encoding="utf-8")
    for path in (lost, tmp_path / "text.log", tmp_path):
        assert cli("inspect", path).code == 0


def test_inspect_names_what_feeds_a_field(cli: Cli, undated: Path) -> None:
    told = cli("inspect", undated, "--map", "time=when").out
    assert re.search(r"time +4 +100 % +when", told)
    assert re.search(r"order +.* 100 % +2 of 2", told)


def test_inspect_refuses_as_scan_does(cli: Cli, tmp_path: Path) -> None:
    assert refused(cli("inspect", tmp_path / "none"), "no such file")
    assert refused(cli("inspect", tmp_path, "--map", "when"), "--map when")
