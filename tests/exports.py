"""Lines of a log → what container runtimes, cloud exports and command-line tools make of them.

Each takes the lines of one process, with their times, and the process's name; lines that are no JSON pass
through as they do in life.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

Stamped = Sequence[tuple[int, str]]  # nanoseconds since 1970, line
Export = Callable[[Stamped, str], str]


def stamp(time_ns: int) -> str:
    """RFC 3339 in nanoseconds, as Go prints it."""
    whole = datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{time_ns % 10**9:09d}Z"


def _lines(records: Sequence[object]) -> str:
    return "".join(f"{r if isinstance(r, str) else json.dumps(r)}\n" for r in records)


def docker(lines: Stamped, _name: str) -> str:
    """`json-file`."""
    return _lines([{"log": f"{t}\n", "stream": "stdout", "time": stamp(ns)} for ns, t in lines])


def cri(lines: Stamped, _name: str) -> str:
    """Long lines in parts of 200 bytes."""
    out = []
    for ns, text in lines:
        parts = [text[at : at + 200] for at in range(0, len(text), 200)] or [""]
        out += [f"{stamp(ns)} stdout P {part}" for part in parts[:-1]]
        out.append(f"{stamp(ns)} stdout F {parts[-1]}")
    return _lines(out)


def compose(lines: Stamped, name: str) -> str:
    """`docker compose logs`."""
    return _lines([f"{name}  | {text}" for _, text in lines])


def kubectl(lines: Stamped, name: str) -> str:
    """`kubectl logs --prefix --timestamps`."""
    return _lines([f"[pod/{name}/app] {stamp(ns)} {text}" for ns, text in lines])


def stern(lines: Stamped, name: str) -> str:
    """`stern --color never`."""
    return _lines([f"+ {name} › app", *(f"{name} app {text}" for _, text in lines)])


def stern_json(lines: Stamped, name: str) -> str:
    """`stern -o json`."""
    return _lines(
        [
            {
                "message": text,
                "nodeName": "node-1",
                "namespace": "prod",
                "podName": name,
                "containerName": "app",
                "labels": {"app": "orders"},
                "annotations": {},
            }
            for _, text in lines
        ]
    )


def cloudwatch(lines: Stamped, name: str) -> str:
    """`aws logs filter-log-events`."""
    entries = [
        {
            "logStreamName": f"ecs/{name}",
            "timestamp": ns // 10**6,
            "message": text,
            "ingestionTime": ns // 10**6 + 900,
            "eventId": f"{number:056d}",
        }
        for number, (ns, text) in enumerate(lines)
    ]
    return json.dumps({"events": entries, "searchedLogStreams": []}, indent=4) + "\n"


def cloudwatch_tail(lines: Stamped, name: str) -> str:
    """`aws logs tail`."""
    return _lines([f"{stamp(ns)[:26]}+00:00 ecs/{name} {text}" for ns, text in lines])


def google(lines: Stamped, name: str) -> str:
    """`gcloud logging read --format json`: newest first."""
    entries = []
    for number, (ns, text) in enumerate(lines):
        try:
            payload: dict[str, object] = {"jsonPayload": dict(json.loads(text))}
        except (ValueError, TypeError):
            payload = {"textPayload": text}
        entries.append(
            {
                "insertId": f"i{number:06d}",
                **payload,
                "resource": {"type": "k8s_container", "labels": {"pod_name": name}},
                "timestamp": stamp(ns),
                "receiveTimestamp": stamp(ns + 10**9),
                "severity": "INFO",
                "logName": "projects/my-shop/logs/stdout",
            }
        )
    return json.dumps(entries[::-1], indent=2) + "\n"


def loki(lines: Stamped, name: str) -> str:
    """`logcli query -o jsonl`: newest first."""
    return _lines(
        [
            {"labels": {"app": "shop", "pod": name}, "line": text, "timestamp": stamp(ns)}
            for ns, text in reversed(lines)
        ]
    )


def journald(lines: Stamped, name: str) -> str:
    """`journalctl -o json`."""
    return _lines(
        [
            {
                "__CURSOR": f"s=1;i={number:x}",
                "__REALTIME_TIMESTAMP": str(ns // 1_000),
                "_HOSTNAME": name,
                "_PID": "587",
                "SYSLOG_IDENTIFIER": "orders",
                "_SYSTEMD_UNIT": "orders.service",
                "PRIORITY": "6",
                "MESSAGE": text,
            }
            for number, (ns, text) in enumerate(lines)
        ]
    )
