"""Several sources at once: shipped twice is one event, newest first is turned round, logs meet traces."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from racelens.findings import Report
from racelens.ingest import Capture, find, load
from racelens.ingest.shipped import once
from racelens.scanning import scan

STORY = [
    {
        "time": f"2026-05-04T12:00:{second:02}.{100 + step}Z",
        "reqId": f"req-{second}{who}",
        "orderId": 40 + second % 3,
        "msg": said,
        "rev": rev,
    }
    for second in range(10)
    for step, (who, said, rev) in enumerate(
        [
            ("a", "loaded order", 7 + 2 * second),
            ("b", "loaded order", 7 + 2 * second),
            ("a", "order saved", 8 + 2 * second),
            ("b", "order saved", 9 + 2 * second),
        ]
    )
]


def write(path: Path, records: Iterable[Any]) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path


def docker(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"log": f"{json.dumps(record)}\n", "stream": "stdout", "time": record["time"]}
        for record in records
    ]


def hits(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """As Elasticsearch gives them back: parsed and written anew, in another order of keys."""
    return [
        {"_index": "logs", "_id": str(n), "_source": dict(reversed(record.items()))}
        for n, record in enumerate(records)
    ]


def read(*paths: Path) -> Capture:
    return once(load(find([str(path) for path in paths])))


def found(report: Report) -> set[tuple[str, str, str, tuple[str, ...]]]:
    return {(f.rule, f.confidence, f.resource, f.actors) for f in report.findings}


@pytest.mark.parametrize("wrap", [list, docker, hits])
def test_what_two_exports_shipped_is_one_event(wrap: Any, tmp_path: Path) -> None:
    plain = write(tmp_path / "app.jsonl", STORY)
    other = write(tmp_path / "export.jsonl", wrap(STORY))
    capture = read(plain, other)
    assert capture.records.height == len(STORY)
    assert [entry.events for entry in capture.inputs] == [len(STORY), 0]
    assert [entry.repeat for entry in capture.inputs] == [0, len(STORY)]
    report = scan([str(plain), str(other)])
    assert found(report) == found(scan([str(plain)])) != set()
    assert [artefact.count for artefact in report.artefacts] == [len(STORY)]


def test_exports_that_overlap_are_told_by_what_both_cover(tmp_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", STORY[:24])
    second = write(tmp_path / "b.jsonl", STORY[16:])
    capture = read(first, second)
    assert capture.records.height == len(STORY)
    assert [entry.repeat for entry in capture.inputs] == [0, 8]


def test_one_service_out_of_an_export_of_many(tmp_path: Path) -> None:
    whole = write(tmp_path / "all.jsonl", STORY)
    part = write(tmp_path / "part.jsonl", STORY[::4])
    assert read(whole, part).records.height == len(STORY)


def test_a_sentence_that_two_processes_say_at_once_is_said_twice(tmp_path: Path) -> None:
    mine = write(tmp_path / "api-1.jsonl", STORY[:20])
    other = [{**record, "reqId": f"{record['reqId']}-2"} for record in STORY[:20]]
    theirs = write(tmp_path / "api-2.jsonl", [*other, *STORY[:3]])
    assert read(mine, theirs).records.height == 43


def test_a_record_that_names_its_process_needs_no_company(tmp_path: Path) -> None:
    named = [{**record, "hostname": "web-1", "pid": 7, "name": "api"} for record in STORY[:20]]
    mine = write(tmp_path / "app.jsonl", named)
    errors = write(tmp_path / "error.jsonl", [named[3]])
    assert read(mine, errors).records.height == 20


def test_whole_seconds_prove_nothing(tmp_path: Path) -> None:
    coarse = [{**record, "time": record["time"][:19] + "Z"} for record in STORY]  # type: ignore[index]
    paths = [write(tmp_path / name, coarse) for name in ("a.jsonl", "b.jsonl")]
    assert read(*paths).records.height == 2 * len(STORY)


def test_the_buckets_add_up(tmp_path: Path) -> None:
    paths = [write(tmp_path / "a.jsonl", STORY), write(tmp_path / "b.jsonl", [*STORY, 3, {}])]
    for entry in read(*paths).inputs:
        buckets = entry.events + entry.rejects + entry.blank + entry.continuation
        assert buckets + entry.repeat + entry.envelope == entry.lines


def test_newest_first_is_turned_round(tmp_path: Path) -> None:
    forward = write(tmp_path / "forward.jsonl", STORY)
    backward = write(tmp_path / "backward.jsonl", reversed(STORY))
    assert found(scan([str(backward)])) == found(scan([str(forward)])) != set()


def test_newest_first_in_whole_seconds_is_turned_round(tmp_path: Path) -> None:
    """What stands in one second of such an export stands in reverse, too."""
    coarse = [{**record, "time": record["time"][:19] + "Z"} for record in STORY]  # type: ignore[index]
    forward = write(tmp_path / "forward.jsonl", coarse)
    backward = write(tmp_path / "backward.jsonl", reversed(coarse))
    assert found(scan([str(backward)])) == found(scan([str(forward)])) != set()
