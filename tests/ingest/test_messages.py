"""What people wrote: slots out of sentences, in words that no product wrote."""

from __future__ import annotations

import pytest

from .feeding import told

_UUID = "5b1d2c3e-0f4a-4c6b-9d8e-7f6a5b4c3d2e"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            f"Received task: billing.close[{_UUID}]",
            {"job": _UUID, "stem": "billing.close", "action": "deliver", "phase": "point"},
            id="name[uuid]",
        ),
        pytest.param(
            "4711 TID-x1 NightlyJob JID-00aa11bb22cc INFO: start",
            {"job": "00aa11bb22cc", "stem": "NightlyJob", "process": "4711", "phase": "start"},
            id="JID",
        ),
        pytest.param(
            "processing job #8812204 attempt 3 of 5",
            {"job": "8812204", "try": 3, "phase": "start"},
            id="attempt n of m",
        ),
        pytest.param("picked up work, jid=aa77 retries=2", {"job": "aa77", "try": 3}, id="pairs"),
        pytest.param(
            "Job ship-17 failed: carrier is down",
            {"job": "ship-17", "phase": "finish", "logged_outcome": "fail"},
            id="failed",
        ),
        pytest.param(
            "printing label for parcel 9931 now", {"resource": "parcel:9931"}, id="for noun number"
        ),
        pytest.param("closing Ticket #5521", {"resource": "ticket:5521"}, id="noun #number"),
        pytest.param(
            "state of the claim changed from open to settled",
            {"state": "settled", "action": "write"},
            id="from state to state",
        ),
        pytest.param("saved, invoice_id=77 rev=4", {"resource": "invoice:77"}, id="noun_id pair"),
        pytest.param(
            "lease is currently held by node-b",
            {"holder": "node-b", "action": "read"},
            id="held by",
        ),
        pytest.param(
            "node-a became the leader", {"holder": "node-a", "action": "acquire"}, id="leader"
        ),
        pytest.param(
            "consumer group billing stored offset 5120 for partition inv-3",
            {"resource": "partition:billing/inv-3", "reached": 5120, "version": "5120"},
            id="counter",
        ),
        pytest.param("worker with pid 512 died: signal 9", {"dead": "512"}, id="death by pid"),
        pytest.param("Killed process 77 (python) total-vm:8kB", {"dead": "77"}, id="oom killer"),
        pytest.param("warm shutdown (MainProcess)", {"dead": "*"}, id="own death"),
        pytest.param(
            "2026-05-04 12:00:00,123 something happened",
            {"inner": "2026-05-04 12:00:00,123"},
            id="stamp inside",
        ),
    ],
)
def test_a_sentence_tells(text: str, said: dict[str, object]) -> None:
    (record,) = told({"ts": "2026-05-04T12:00:00.123Z", "message": text})
    assert {field: record.get(field) for field in said} == said
    assert record.get("from_text") or not set(said) - {"phase", "logged_outcome"}


@pytest.mark.parametrize(
    ("text", "silent"),
    [
        pytest.param("retried on port 8080", "resource", id="a port is no thing"),
        pytest.param("waiting for about 30 seconds", "resource", id="nor is a span"),
        pytest.param("reset: stored offset 100 for partition p-1", "reached", id="rewound"),
        pytest.param("stored offset 0 for partition p-1", "reached", id="the beginning"),
        pytest.param("a worker was born with pid 9", "dead", id="born"),
        pytest.param("the job market is fine", "job", id="a job market"),
        pytest.param("tried hard 3 times", "try", id="no try number"),
    ],
)
def test_a_sentence_does_not_tell(text: str, silent: str) -> None:
    (record,) = told({"ts": "2026-05-04T12:00:00.123Z", "message": text})
    assert record.get(silent) is None


def test_a_field_wins_over_the_text() -> None:
    (record,) = told(
        {
            "ts": "2026-05-04T12:00:00.123Z",
            "job_id": "field-1",
            "order_id": "5",
            "message": "processing job #8812204 for parcel 9931 attempt 3",
        }
    )
    assert (record["job"], record["resource"], record["try"]) == ("field-1", "order:5", 3)
    assert record["from_text"] == "try"


def test_many_texts_share_their_templates() -> None:
    lines = [
        {"ts": f"2026-05-04T12:00:00.{n % 1000:03d}Z", "message": f"processing job #{n} attempt 2"}
        for n in range(1000, 1700)
    ]
    found = told(*lines)
    assert [r["job"] for r in found] == [str(n) for n in range(1000, 1700)]
    assert {r["try"] for r in found} == {2}
