"""The one-liners of the README, fed with what the tools in front of the pipe print."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime

import pytest

from tests import exports
from tests.exports import Export

from .running import COMMAND, PATIENCE, ROOT, environment, racelens

STORY = [
    ("00.100", "req-a1", "read", {"version": 7}),
    ("00.120", "req-b2", "read", {"version": 7}),
    ("00.180", "req-a1", "write", {"version": 8, "base_version": 7}),
    ("00.240", "req-b2", "write", {"version": 9, "base_version": 7}),
]

# What stands before the pipe in the README → what it prints.
TOOLS: dict[str, Export] = {
    "kubectl logs": exports.kubectl,
    "stern": exports.stern,
    "docker compose logs": exports.compose,
    "aws logs filter-log-events": exports.cloudwatch,
    "aws logs tail": exports.cloudwatch_tail,
    "gcloud logging read": exports.google,
    "logcli query": exports.loki,
    "journalctl": exports.journald,
}


def story() -> list[tuple[int, str]]:
    lines = []
    for second, request, action, more in STORY:
        time = f"2026-05-04T12:00:{second}Z"
        ns = round(datetime.fromisoformat(time).timestamp() * 1_000) * 10**6
        record = {"ts": time, "level": "info", "msg": f"order.{action}", "request_id": request}
        lines.append((ns, json.dumps({**record, "resource": "order:42", "action": action, **more})))
    return lines


@pytest.mark.parametrize("tool", TOOLS)
def test_a_one_liner_of_the_readme(tool: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert any(line.startswith(tool) and "| racelens scan -" in line for line in readme.split("\n"))
    ended = racelens("scan", "-", "-f", "json", stdin=TOOLS[tool](story(), "web-1").encode())
    assert ended.code == 1, ended.err
    found = json.loads(ended.out)["findings"]
    assert [(f["rule"], f["confidence"], f["resource"]) for f in found] == [
        ("RL101", "confirmed", "order:42")
    ]
    assert set(found[0]["actors"]) == {"req-a1", "req-b2"}


@pytest.mark.parametrize("export", [exports.docker, exports.cri, exports.stern_json])
def test_other_ways_to_the_same_lines(export: Export) -> None:
    ended = racelens("scan", "-", "-q", stdin=export(story(), "web-1").encode())
    assert ended.code == 1
    assert "lost-update" in ended.out


def test_standard_input_is_read_while_it_is_written() -> None:
    """More than a pipe holds, by a writer that waits: nothing blocks."""
    lines = exports.kubectl(story(), "web-1").encode()
    noise = exports.kubectl(
        [(n * 10**6, json.dumps({"msg": "x" * 500})) for n in range(4_000)], "w"
    )
    with subprocess.Popen(
        [*COMMAND, "scan", "-", "-q", "--exit-zero"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
    ) as running:
        assert running.stdin is not None
        running.stdin.write(lines)
        running.stdin.flush()
        running.stdin.write(noise.encode())
        out, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0
    assert b"lost-update" in out
