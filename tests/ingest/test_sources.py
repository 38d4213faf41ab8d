"""What the user names → the files that are read."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from racelens.errors import RacelensError
from racelens.ingest import Source, find, load
from tests.ingest import feeding

RECORD = b'{"ts":"2026-05-04T12:00:00.000Z","request_id":"r1"}\n'


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(*names: str, data: bytes = RECORD) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(data)


def names(*paths: str) -> list[str]:
    return [source.name for source in find(paths)]


@pytest.mark.usefixtures("logs")
class TestFinding:
    def test_files_keep_the_order_they_were_named_in(self) -> None:
        put("b.jsonl", "a.jsonl")
        assert names("b.jsonl", "a.jsonl") == ["b.jsonl", "a.jsonl"]

    def test_a_file_is_called_what_the_user_called_it(self) -> None:
        put("logs/a.jsonl")
        assert names("./logs/a.jsonl") == ["./logs/a.jsonl"]

    def test_a_named_file_is_not_a_found_one(self) -> None:
        put("logs/a.jsonl")
        assert [source.found for source in find(["logs/a.jsonl", "logs"])] == [False]

    def test_a_folder_is_searched_in_name_order(self) -> None:
        put("logs/c.jsonl", "logs/b/2.jsonl", "logs/b/1.jsonl", "logs/a.jsonl")
        expected = ["logs/a.jsonl", "logs/b/1.jsonl", "logs/b/2.jsonl", "logs/c.jsonl"]
        assert names("logs") == expected
        assert all(source.found for source in find(["logs"]))

    def test_hidden_files_and_folders_are_skipped(self) -> None:
        put("logs/a.jsonl", "logs/.b.jsonl", "logs/.git/c.jsonl", "logs/d/.e/f.jsonl")
        assert names("logs") == ["logs/a.jsonl"]

    def test_a_hidden_folder_that_was_named_is_searched(self) -> None:
        put(".cache/a.jsonl")
        assert names(".cache") == [".cache/a.jsonl"]

    def test_the_working_directory_is_a_folder(self) -> None:
        put("a.jsonl", ".hidden")
        assert names(".") == ["a.jsonl"]

    def test_a_glob_is_expanded_in_name_order(self) -> None:
        put("b.jsonl", "a.jsonl", "c.txt")
        assert names("*.jsonl") == ["a.jsonl", "b.jsonl"]

    def test_a_glob_may_cross_folders(self) -> None:
        put("x/1.jsonl", "x/y/2.jsonl")
        assert names("**/*.jsonl") == ["x/1.jsonl", "x/y/2.jsonl"]

    def test_a_file_whose_name_looks_like_a_glob_is_a_file(self) -> None:
        put("app[1].jsonl", "app1.jsonl")
        assert names("app[1].jsonl") == ["app[1].jsonl"]

    def test_a_dash_is_standard_input(self) -> None:
        assert find(["-"]) == [Source("<stdin>", None)]

    @pytest.mark.parametrize(
        "paths",
        [
            ("a.jsonl", "a.jsonl"),
            ("a.jsonl", "*.jsonl"),
            ("-", "-"),
            ("a.jsonl", "./a.jsonl"),
            ("a.jsonl", "sub/../a.jsonl"),
        ],
    )
    def test_what_is_named_twice_is_read_once(self, paths: tuple[str, ...]) -> None:
        put("a.jsonl", "sub/b.txt")
        assert len(find(paths)) == 1

    def test_a_link_and_its_target_are_read_once(self) -> None:
        """glog and Kubernetes keep links such as `app.INFO` beside the file they name."""
        put("logs/app.20260504-120000.9799.jsonl")
        Path("logs/app.INFO").symlink_to("app.20260504-120000.9799.jsonl")
        assert len(find(["logs"])) == 1

    def test_a_link_to_nowhere_is_no_file(self) -> None:
        put("logs/a.jsonl")
        Path("logs/b.jsonl").symlink_to("gone.jsonl")
        assert names("logs") == ["logs/a.jsonl"]


@pytest.mark.usefixtures("logs")
class TestNothingToRead:
    def test_a_missing_path_names_its_close_neighbours(self) -> None:
        put("orders.jsonl", "unrelated.txt")
        with pytest.raises(RacelensError, match=r"no such file or folder: order\.jsonl") as caught:
            find(["order.jsonl"])
        assert caught.value.details == (("close", "orders.jsonl"),)

    def test_a_close_name_is_given_with_its_folder(self) -> None:
        put("logs/orders.jsonl")
        with pytest.raises(RacelensError) as caught:
            find(["logs/order.jsonl"])
        assert caught.value.details == (("close", "logs/orders.jsonl"),)

    def test_a_missing_path_without_neighbours_says_no_more(self) -> None:
        put("unrelated.txt")
        with pytest.raises(RacelensError) as caught:
            find(["orders.jsonl"])
        assert caught.value.details == ()

    def test_a_missing_folder_on_the_way_is_no_crash(self) -> None:
        with pytest.raises(RacelensError, match="no such file"):
            find(["gone/orders.jsonl"])

    def test_an_empty_folder_is_an_error(self) -> None:
        Path("logs").mkdir()
        with pytest.raises(RacelensError, match="no files in logs/"):
            find(["logs"])

    def test_a_folder_of_hidden_files_is_empty(self) -> None:
        put("logs/.a.jsonl")
        with pytest.raises(RacelensError, match="no files"):
            find(["logs"])

    def test_a_glob_without_matches_is_an_error(self) -> None:
        with pytest.raises(RacelensError, match=r"nothing matches \*\.jsonl"):
            find(["*.jsonl"])

    def test_a_glob_that_matches_only_folders_is_an_error(self) -> None:
        Path("a.d").mkdir()
        with pytest.raises(RacelensError, match=r"nothing matches|no files"):
            find(["*.d"])


@pytest.mark.usefixtures("logs")
class TestReading:
    def test_standard_input_is_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(RECORD)))
        got = load(find(["-"]))
        assert got.inputs[0].source.name == "<stdin>"
        assert feeding.records(got)[0]["request"] == "r1"

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
    def test_an_unreadable_file_is_an_error(self) -> None:
        put("a.jsonl")
        Path("a.jsonl").chmod(0)
        with pytest.raises(RacelensError, match=r"cannot read a\.jsonl: Permission denied"):
            load(find(["a.jsonl"]))

    def test_a_file_that_vanished_is_an_error(self) -> None:
        put("a.jsonl")
        sources = find(["a.jsonl"])
        Path("a.jsonl").unlink()
        with pytest.raises(RacelensError, match=r"cannot read a\.jsonl: No such file"):
            load(sources)

    def test_an_empty_file_has_no_lines(self) -> None:
        put("a.jsonl", data=b"")
        got = load(find(["a.jsonl"]))
        assert got.inputs[0].lines == 0
        assert got.records.is_empty()

    @pytest.mark.parametrize(
        ("data", "message", "hint"),
        [
            (b"\x1f\x8b\x08\0", "a.log is gzip-compressed, but cannot be read", None),
            (b"\x28\xb5\x2f\xfd1", "a.log is zstd-compressed, but cannot be read", None),
            (b"BZh91AY", "a.log is bzip2-compressed, but cannot be read", None),
            (b"\xfd7zXZ\0", "a.log is xz-compressed, but cannot be read", None),
            ('{"a":1}\n'.encode("utf-16-le"), "a.log is binary", None),
            (RECORD + b"\0\1\n", "a.log is binary", None),
        ],
    )
    def test_what_is_no_text_is_refused(self, data: bytes, message: str, hint: str | None) -> None:
        put("a.log", data=data)
        with pytest.raises(RacelensError, match=message) as caught:
            load(find(["a.log"]))
        assert caught.value.hint == hint

    def test_a_nul_byte_is_named_with_its_place(self) -> None:
        put("a.log", data=b"abc\0")
        with pytest.raises(RacelensError) as caught:
            load(find(["a.log"]))
        assert caught.value.details == (("found", "a NUL byte at offset 3"),)

    def test_what_is_no_log_in_a_folder_is_left_out(self) -> None:
        put("logs/a.jsonl")
        put("logs/b.gz", data=b"\x1f\x8b\x08\0")
        put("logs/notes.txt", data=b"buy milk\n")
        got = load(find(["logs"]))
        assert [entry.source.name for entry in got.inputs] == ["logs/a.jsonl"]
        assert got.left_out == ("logs/b.gz", "logs/notes.txt")

    def test_a_named_file_of_plain_text_is_read_and_rejected(self) -> None:
        put("notes.txt", data=b"buy milk\n")
        got = load(find(["notes.txt"]))
        assert feeding.buckets(got) == {"rejects": 1}

    def test_records_carry_the_index_of_their_source(self) -> None:
        put("logs/a.jsonl", "logs/c.jsonl")
        put("logs/b.txt", data=b"no log\n")
        got = load(find(["logs"]))
        assert got.records["source"].to_list() == [0, 1]
        assert got.inputs[1].source.name == "logs/c.jsonl"


def family(name: str) -> str:
    return Source(name, Path(name)).family


@pytest.mark.parametrize(
    "name",
    [
        "app.log.1",
        "app.log.12",
        "app.log.1.gz",
        "app.log.gz",
        "app.log.2.zst",
        "app.log-2026-05-04",
        "app.log-20260504",
        "app.log.2026-05-04",
        "app.log.2026-05-04.gz",
        "app.log-2026-05-04_12",
        "app.log.2026-05-04T1200",
        "app.log-20260504-120000",
        "app-2026-05-04.log",
        "app-20260504.log.gz",
        "app_20260504.log",
    ],
)
def test_a_rotated_file_is_of_its_writers_family(name: str) -> None:
    assert family(name) == "app.log"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("api-9799.jsonl", "api-9800.jsonl"),
        ("api.9799.jsonl", "api.9800.jsonl"),
        ("api_9799.log", "api_9800.log"),
        ("api-9799.log.1", "api-9800.log.1"),
        ("api-123456.jsonl", "api-123457.jsonl"),
        ("api-4194301.jsonl", "api-4194302.jsonl"),
        ("api-20269901.jsonl", "api-20269902.jsonl"),
        ("worker-1.log", "worker-2.log"),
        ("worker.1.log", "worker.2.log"),
        ("worker1.log", "worker2.log"),
        ("api-20260504-9799.log", "api-20260504-9800.log"),
        ("api.20260504-120000.9799.log", "api.20260504-120000.9800.log"),
        ("blue/app.log", "green/app.log"),
        ("blue.1/app.log", "blue.2/app.log"),
        ("web-7d4b9c-x2x9p.log", "web-7d4b9c-k8kqz.log"),
    ],
)
def test_names_of_two_processes_stay_apart(one: str, other: str) -> None:
    assert family(one) != family(other)


def test_rotations_of_one_log_are_read_oldest_first(tmp_path: Path) -> None:
    """What one tick stamped in two of them is ordered by that alone."""
    names = [
        "app.log",
        "app.log.1",
        "app.log.10",
        "app.log.2.gz",
        "other.log-20260504",
        "other.log",
    ]
    for name in names:
        (tmp_path / name).write_text("{}\n")
    assert [Path(source.name).name for source in find([str(tmp_path)])] == [
        *("app.log.10", "app.log.2.gz", "app.log.1", "app.log"),
        *("other.log-20260504", "other.log"),
    ]
