"""Baselines and ignore files: known findings count no more, are marked, and never hide a new one."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from racelens import suppressions
from racelens.errors import RacelensError
from tests.histories import records, write
from tests.simulator import Dial, simulate

from .conftest import DOUBTFUL, LOST, Cli

TODAY = date(2026, 6, 1)
STALE = "a r1, b w2, b r2, a w3"


def scanned(cli: Cli, log: Path, *flags: object) -> tuple[int, dict[str, list[dict[str, object]]]]:
    ended = cli("scan", log, "-f", "json", *flags)
    return ended.code, json.loads(ended.out)


def baseline(cli: Cli, log: Path, folder: Path) -> Path:
    path = folder / "baseline.json"
    cli("scan", log, "-o", path, "--force")
    return path


def log(folder: Path, name: str, **histories: str) -> Path:
    """A log with a resource for each history; `order_7="…"` is order:7."""
    lines = [
        record
        for resource, history in histories.items()
        for record in records(history, resource.replace("_", ":"))
    ]
    write(folder, {name: lines})
    return folder / name


# ── baseline ──────────────────────────────────────────────────────────────────────────────────


def test_the_same_capture_is_no_news(cli: Cli, several: Path, tmp_path: Path) -> None:
    code, report = scanned(cli, several, "--baseline", baseline(cli, several, tmp_path))
    assert code == 0
    assert [f["suppressed"]["by"] for f in report["findings"]] == ["baseline"] * 3  # type: ignore[index]
    assert report["summary"]["suppressed"] == 3  # type: ignore[call-overload]
    assert report["summary"]["findings"] == 0  # type: ignore[call-overload]


def test_the_same_bugs_on_other_resources_are_no_news(cli: Cli, tmp_path: Path) -> None:
    old = log(tmp_path, "old.jsonl", order_1=LOST, order_2=LOST)
    new = log(tmp_path, "new.jsonl", order_7=LOST, order_8=LOST, order_9=LOST)
    assert scanned(cli, new, "--baseline", baseline(cli, old, tmp_path))[0] == 0


def test_a_new_bug_is_reported_alone(cli: Cli, tmp_path: Path) -> None:
    old = log(tmp_path, "old.jsonl", order_1=LOST)
    new = log(tmp_path, "new.jsonl", order_1=LOST, invoice_7=LOST)
    code, report = scanned(cli, new, "--baseline", baseline(cli, old, tmp_path))
    assert code == 1
    assert [f["resource"] for f in report["findings"] if not f["suppressed"]] == ["invoice:7"]
    assert [g["resource_type"] for g in report["groups"]] == ["invoice"]
    said = cli("scan", new, "--baseline", tmp_path / "baseline.json").out
    assert (
        "RACES FOUND  1 confirmed, 0 possible · 1 group on 1 resource · 1 in the baseline" in said
    )
    assert "order:1" not in said


def test_many_more_than_chance_is_news(cli: Cli, tmp_path: Path) -> None:
    quiet = {f"order_{n}": "a r1, a w2" for n in range(2, 30)}
    old = log(tmp_path, "old.jsonl", order_1=LOST, **quiet)
    new = log(tmp_path, "new.jsonl", **{f"order_{n}": LOST for n in range(30)})
    code, report = scanned(cli, new, "--baseline", baseline(cli, old, tmp_path))
    assert code == 1
    assert any("30 now, 1 in the baseline" in str(notice) for notice in report["notices"])


def test_what_was_only_possible_and_is_now_proved_is_news(cli: Cli, tmp_path: Path) -> None:
    old = log(tmp_path, "old.jsonl", order_1=DOUBTFUL)
    new = log(tmp_path, "new.jsonl", order_1=LOST)
    assert scanned(cli, new, "--baseline", baseline(cli, old, tmp_path))[0] == 1


def test_another_run_of_the_simulator(cli: Cli, tmp_path: Path) -> None:
    """The bugs of one system, met by other clients at other times."""
    for seed in (1, 2):
        simulate(Dial(seed=seed)).write(tmp_path / f"run{seed}")
    known = baseline(cli, tmp_path / "run1", tmp_path)
    _, report = scanned(cli, tmp_path / "run2", "--baseline", known)
    before = {g["fingerprint"] for g in json.loads(known.read_text("utf-8"))["groups"]}
    assert {g["fingerprint"] for g in report["groups"]}.isdisjoint(before)


def test_a_baseline_of_a_baseline_keeps_what_it_knew(cli: Cli, lost: Path, tmp_path: Path) -> None:
    first = baseline(cli, lost, tmp_path)
    second = tmp_path / "second.json"
    cli("scan", lost, "--baseline", first, "-o", second)
    assert scanned(cli, lost, "--baseline", second)[0] == 0


def test_a_baseline_that_is_none(cli: Cli, lost: Path) -> None:
    ended = cli("scan", lost, "--baseline", lost)
    assert ended.code == 2
    assert "no report of racelens scan" in ended.err


def test_a_baseline_written_beside_the_report(cli: Cli, several: Path, tmp_path: Path) -> None:
    kept = tmp_path / "base.json"
    listed = ("--min-confidence", "confirmed", "--max-findings", "1")
    ended = cli("scan", several, "--write-baseline", kept, *listed)
    assert ended.code == 1
    assert ended.out.startswith("RACES FOUND")
    assert f"--baseline {kept}" in ended.err
    assert scanned(cli, several, "--baseline", kept)[0] == 0


def test_a_baseline_is_not_overwritten(cli: Cli, lost: Path, tmp_path: Path) -> None:
    kept = baseline(cli, lost, tmp_path)
    before = kept.read_bytes()
    ended = cli("scan", lost, "--baseline", kept, "--write-baseline", kept)
    assert ended.code == 2
    assert "exists already" in ended.err
    assert kept.read_bytes() == before
    assert cli("scan", lost, "--baseline", kept, "--write-baseline", kept, "--force").code == 0


def test_no_baseline_goes_on_hiding_what_was_ignored_for_a_while(
    cli: Cli, lost: Path, tmp_path: Path
) -> None:
    entry = ignored(tmp_path, 'RL101 reason="until the release"')
    kept = tmp_path / "base.json"
    cli("scan", lost, "--ignore-file", entry, "--write-baseline", kept)
    ignored(tmp_path, 'RL101 expires=2020-01-31 reason="until the release"')
    assert scanned(cli, lost, "--ignore-file", entry, "--baseline", kept)[0] == 1


def test_what_is_suppressed_can_be_listed(cli: Cli, several: Path, tmp_path: Path) -> None:
    kept = baseline(cli, several, tmp_path)
    quiet = cli("scan", several, "--baseline", kept).out
    listed = cli("scan", several, "--baseline", kept, "--show-suppressed").out
    ids = [finding["id"] for finding in json.loads(kept.read_text("utf-8"))["findings"]]
    assert len(ids) == 3
    assert all(name in listed and name not in quiet for name in ids)
    assert cli("scan", several, "--baseline", kept, "-o", tmp_path / "again.json").code == 0
    assert cli("report", tmp_path / "again.json", "--show-suppressed").out.count("  baseline ") == 3


@pytest.mark.parametrize(("before", "now", "is_growth"), [(5, 5, False), (5, 9, False), (5, 25, True), (1, 2, False), (100, 160, True)])  # fmt: skip
def test_growth(before: int, now: int, is_growth: bool) -> None:
    assert suppressions._is_growth(before, now, (1_000, 1_000)) is is_growth
    assert suppressions._is_growth(before, now * 10, (1_000, 10_000)) is (is_growth)


# ── ignore file ───────────────────────────────────────────────────────────────────────────────


def ignored(folder: Path, text: str) -> Path:
    path = folder / ".racelensignore"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "entry", ["RL101", "RL101:order:*", "RL1*", "*:order:0", "RL101:order:* event=wr*"]
)
def test_entries_that_match(entry: str, cli: Cli, lost: Path, tmp_path: Path) -> None:
    path = ignored(tmp_path, f'# known\n\n{entry} reason="accepted"\n')
    code, report = scanned(cli, lost, "--ignore-file", path)
    assert code == 0
    assert report["findings"][0]["suppressed"] == {"by": ".racelensignore:3", "reason": "accepted"}


def test_fingerprints_match(cli: Cli, lost: Path, tmp_path: Path) -> None:
    _, report = scanned(cli, lost)
    finding = report["findings"][0]
    for prefix in (str(finding["fingerprint"])[:8], str(finding["id"])):
        path = ignored(tmp_path, f'fp:{prefix} reason="INC-1"')
        assert scanned(cli, lost, "--ignore-file", path)[0] == 0


@pytest.mark.parametrize("entry", ["RL102", "RL101:invoice:*", "fp:000000", "RL101 event=pay"])
def test_entries_that_match_nothing_are_told(
    entry: str, cli: Cli, lost: Path, tmp_path: Path
) -> None:
    ended = cli("scan", lost, "--ignore-file", ignored(tmp_path, f'{entry} reason="x"'))
    assert ended.code == 1
    assert "matches no finding: take it out" in ended.err


def test_expired_entries_stop_working(cli: Cli, lost: Path, tmp_path: Path) -> None:
    path = ignored(tmp_path, 'RL101 expires=2020-01-31 reason="x"')
    ended = cli("scan", lost, "--ignore-file", path)
    assert ended.code == 1
    assert "expired on 2020-01-31" in ended.err


def test_the_last_day_still_counts(tmp_path: Path) -> None:
    entry = suppressions.read(ignored(tmp_path, f'RL101 expires={TODAY} reason="x"'))[0]
    assert entry.expires == TODAY


def test_no_reason_is_told(cli: Cli, lost: Path, tmp_path: Path) -> None:
    ended = cli("scan", lost, "--ignore-file", ignored(tmp_path, "RL101"))
    assert ended.code == 0
    assert 'gives no reason="…"' in ended.err


def test_no_reason_is_an_error_where_reasons_are_required(
    cli: Cli, lost: Path, tmp_path: Path
) -> None:
    path = ignored(tmp_path, "# ours\nRL101")
    ended = cli("scan", lost, "--ignore-file", path, "--strict-ignores")
    assert ended.code == 2
    assert '.racelensignore:2: RL101 gives no reason="…"' in ended.err
    ignored(tmp_path, 'RL101 reason="INC-7"')
    assert cli("scan", lost, "--ignore-file", path, "--strict-ignores").code == 0


def test_the_nearest_file_counts(cli: Cli, lost: Path, tmp_path: Path) -> None:
    ignored(tmp_path, 'RL101 reason="x"')
    (tmp_path / "below").mkdir()
    assert cli("scan", lost, cwd=tmp_path / "below").code == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lost-update", "neither a rule nor fp:FINGERPRINT"),
        ("RL101 until=2027", "“until” is none of"),
        ("RL101 expires=soon", "no day such as"),
        ('RL101 reason="x', "a quote is not closed"),
    ],
)
def test_wrong_entries(text: str, told: str, cli: Cli, lost: Path, tmp_path: Path) -> None:
    ended = cli("scan", lost, "--ignore-file", ignored(tmp_path, text))
    assert ended.code == 2
    assert ".racelensignore:1" in ended.err
    assert told in ended.err


def test_no_such_ignore_file(cli: Cli, lost: Path, tmp_path: Path) -> None:
    with pytest.raises(RacelensError):
        suppressions.read(tmp_path / "none")
    assert cli("scan", lost, "--ignore-file", tmp_path / "none").code == 2
