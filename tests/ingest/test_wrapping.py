"""Whatever is around a log, the story in it is the same: every record, with its line, and every line counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from racelens.findings import Finding, Report
from racelens.scanning import scan
from tests.ingest.feeding import buckets, loaded, records
from tests.ingest.wrapping import WRAPS, Wrap, cloudwatch, compose, cri, docker, google_cloud, loki

LAB = Path(__file__).parents[3] / "shared" / "lab" / "documents_mixed"

STORY = [
    ("00.100", "order.read", "req-a1", {"action": "read", "version": 1}),
    ("00.120", "order.read", "req-b2", {"action": "read", "version": 1}),
    ("00.180", "order.write", "req-a1", {"action": "write", "version": 2, "base_version": 1}),
    ("00.210", "order.write", "req-b2", {"action": "write", "version": 2, "base_version": 1}),
]


def story(count: int = 1) -> list[bytes]:
    """Lost updates, one for each of `count` orders."""
    return [
        json.dumps(
            {
                "ts": f"2026-05-04T12:00:{second}Z",
                "event": event,
                "request_id": f"{request}-{number}",
                "resource": f"order:{number}",
                **more,
            }
        ).encode()
        for number in range(count)
        for second, event, request, more in STORY
    ]


def told(report: Report) -> list[tuple[str, ...]]:
    """The findings without what names files and lines."""
    return sorted((f.rule, f.confidence, f.resource, *sorted(f.actors)) for f in report.findings)


@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
class TestEveryWrap:
    def test_the_lost_update_is_found(self, wrap: Wrap, tmp_path: Path) -> None:
        log = tmp_path / "export"
        log.write_bytes(wrap(story(), "web-1"))
        found = told(scan([str(log)], ["RL101"]))
        assert found == [("RL101", "confirmed", "order:0", "req-a1-0", "req-b2-0")]

    def test_every_record_comes_out_once_and_every_line_is_counted(self, wrap: Wrap) -> None:
        lines = story(40)
        got = loaded(wrap(lines, "web-1"))
        assert got.inputs[0].records == len(lines)
        assert got.rejects == ()
        assert set(buckets(got)) <= {"events", "continuation", "envelope"}
        kept = [(r["request"], r["resource"]) for r in records(got)]
        assert kept == [(json.loads(x)["request_id"], json.loads(x)["resource"]) for x in lines]

    def test_a_record_is_cited_with_a_line_it_stands_on(self, wrap: Wrap) -> None:
        data = wrap(story(5), "web-1")
        if wrap.__name__ == "utf16":
            data = data.decode("utf-16").encode()
        lines = data.split(b"\n")
        for record in records(loaded(data)):
            near = b"".join(lines[record["line"] - 1 : record["line"] + 60])
            assert (
                str(record["resource"]).encode() in near.replace(b",", b",") or b"MESSAGE" in near
            )


def as_they_are(lines: list[bytes], _: str) -> bytes:
    return b"\n".join(lines)


@pytest.fixture(scope="module")
def lab() -> list[Path]:
    """The logs of a real application."""
    if not LAB.is_dir():
        pytest.skip(f"no {LAB.parent.name}/{LAB.name} beside the repository")
    return sorted(LAB.glob("*.log"))


def _scanned(lab: list[Path], wrap: Wrap, folder: Path) -> Report:
    folder.mkdir()
    for log in lab:
        (folder / log.name).write_bytes(wrap(log.read_bytes().splitlines(), log.stem))
    report = scan([str(folder)])
    for account in report.inputs:
        shares = ("events", "rejects", "blank", "continuation", "repeat", "envelope")
        assert sum(getattr(account, name) for name in shares) == account.lines
    return report


@pytest.fixture(scope="module")
def bare(lab: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Report:
    return _scanned(lab, as_they_are, tmp_path_factory.mktemp("bare") / "logs")


@pytest.mark.parametrize("wrap", [docker, cri, compose, cloudwatch, google_cloud, loki])
def test_a_real_log_tells_the_same_however_it_is_exported(
    wrap: Wrap, lab: list[Path], bare: Report, tmp_path: Path
) -> None:
    """Neither resource nor action, banners and text among the lines: and still the incidents are found."""
    wrapped = _scanned(lab, wrap, tmp_path / "wrapped")
    assert told(wrapped) == told(bare)
    precision, recall = _figures(wrapped)
    assert precision >= 0.95
    assert recall >= 0.7


def _figures(report: Report) -> tuple[float, float]:
    """Of confirmed findings the share that is true, and of the incidents the share that any finding tells of."""
    labels = json.loads((LAB / "labels.json").read_text())
    findings = [f for f in report.findings if f.severity != "info"]
    able = [incident for incident in labels["incidents"] if incident["discoverable"]]
    known = labels["incidents"] + labels["gray"]

    def meets(finding: Finding, incident: dict[str, Any]) -> bool:
        ids = {*incident["ids"], *incident["correlation_ids"]}
        on_it = not finding.resource or finding.resource in incident["accept_resources"]
        return on_it and not ids.isdisjoint(finding.actors)

    sure = [any(meets(f, i) for i in known) for f in findings if f.confidence == "confirmed"]
    met = [any(meets(f, i) for f in findings) for i in able]
    assert sure
    return sum(sure) / len(sure), sum(met) / len(met)
