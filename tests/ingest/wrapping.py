"""Logs as other tools would hand them over: the lines of a log → the bytes of an export."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Wrap = Callable[[list[bytes], str], bytes]
"""Lines without newlines, and the name of their writer → the export's bytes."""

STAMP = "2026-05-04T12:00:00.{:09d}Z"
_FIRST = 1_777_896_000_000_000_000
_CUT = 120  # bytes, where Docker and the kubelet cut long lines


def _lines(objects: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in objects)


def _numbered(lines: list[bytes]) -> Iterator[tuple[int, str, str]]:
    """Number, time of shipping and text of each line."""
    for number, line in enumerate(lines):
        yield number, STAMP.format(number), line.decode()


def docker(lines: list[bytes], _: str) -> bytes:
    """json-file; every third line is cut in two."""
    out = []
    for number, stamp, text in _numbered(lines):
        pieces = [text[:_CUT], text[_CUT:] + "\n"] if number % 3 == 0 else [text + "\n"]
        out += [{"log": piece, "stream": "stdout", "time": stamp} for piece in pieces]
    return _lines(out)


def cri(lines: list[bytes], _: str) -> bytes:
    """The kubelet's file; every third line is cut in two."""
    out = []
    for number, stamp, text in _numbered(lines):
        if number % 3 == 0:
            out.append(f"{stamp} stdout P {text[:_CUT]}\n{stamp} stdout F {text[_CUT:]}\n")
        else:
            out.append(f"{stamp} stdout F {text}\n")
    return "".join(out).encode()


def compose(lines: list[bytes], name: str) -> bytes:
    """`docker compose logs` on a terminal, between its own notices."""
    out = [f"\x1b[36m{name}  | \x1b[0m{text}\n" for *_, text in _numbered(lines)]
    return f"Attaching to {name}\n{''.join(out)}{name} exited with code 0\n".encode()


def cloudwatch(lines: list[bytes], name: str) -> bytes:
    """`aws logs filter-log-events`."""
    events = [
        {
            "logStreamName": name,
            "timestamp": _FIRST // 10**6 + number,
            "message": text,
            "ingestionTime": _FIRST // 10**6 + number + 500,
            "eventId": str(number),
        }
        for number, _, text in _numbered(lines)
    ]
    return json.dumps({"events": events, "searchedLogStreams": []}, indent=1).encode()


def google_cloud(lines: list[bytes], name: str) -> bytes:
    """`gcloud logging read --format=json`."""
    entries = []
    for number, stamp, text in _numbered(lines):
        try:
            payload = {"jsonPayload": json.loads(text)}
        except ValueError:
            payload = {"textPayload": text}
        labels = {"pod_name": name, "container_name": name}
        entry = {"insertId": str(number), **payload, "logName": "projects/p/logs/stdout"}
        entries.append(
            entry | {"timestamp": stamp, "resource": {"type": "k8s_container", "labels": labels}}
        )
    return json.dumps(entries, indent=1).encode()


def loki(lines: list[bytes], name: str) -> bytes:
    """`logcli query -o jsonl --forward`."""
    return _lines(
        {"labels": {"pod": name}, "line": text, "timestamp": stamp}
        for _, stamp, text in _numbered(lines)
    )


def loki_query(lines: list[bytes], name: str) -> bytes:
    """Loki's API."""
    values = [[str(_FIRST + number), text] for number, _, text in _numbered(lines)]
    result = [{"stream": {"pod": name}, "values": values}]
    return json.dumps(
        {"status": "success", "data": {"resultType": "streams", "result": result}}
    ).encode()


def kubectl(lines: list[bytes], name: str) -> bytes:
    """`kubectl logs --prefix --timestamps`."""
    return "".join(
        f"[pod/{name}/app] {stamp} {text}\n" for _, stamp, text in _numbered(lines)
    ).encode()


def stern(lines: list[bytes], name: str) -> bytes:
    """Stern as it prints to a terminal."""
    out = "".join(f"{name} app {text}\n" for *_, text in _numbered(lines))
    return f"+ {name} › app\n{out}- {name} › app\n".encode()


def stern_json(lines: list[bytes], name: str) -> bytes:
    """`stern -o json`."""
    return _lines(
        {"message": text, "podName": name, "containerName": "app", "namespace": "n", "labels": {}}
        for *_, text in _numbered(lines)
    )


def heroku(lines: list[bytes], name: str) -> bytes:
    """`heroku logs`."""
    return "".join(
        f"{stamp[:-4]}+00:00 app[{name}]: {text}\n" for _, stamp, text in _numbered(lines)
    ).encode()


def aws_tail(lines: list[bytes], name: str) -> bytes:
    """`aws logs tail`."""
    return "".join(
        f"{stamp[:26]}+00:00 ecs/{name}/1 {text}\n" for _, stamp, text in _numbered(lines)
    ).encode()


def aws_tail_json(lines: list[bytes], name: str) -> bytes:
    """`aws logs tail --format json`: the time and stream, then a document of many lines."""
    return "".join(
        f"{stamp[:26]}+00:00 ecs/{name}/1 \n{json.dumps(json.loads(text), indent=4)}\n"
        for _, stamp, text in _numbered(lines)
    ).encode()


def insights(lines: list[bytes], name: str) -> bytes:
    """CloudWatch Logs Insights."""
    results = [
        [
            {"field": "@timestamp", "value": stamp[:-7].replace("T", " ")},
            {"field": "@message", "value": text},
            {"field": "@logStream", "value": name},
        ]
        for _, stamp, text in _numbered(lines)
    ]
    return json.dumps({"results": results, "status": "Complete"}).encode()


def splunk(lines: list[bytes], name: str) -> bytes:
    """`splunk search -output json`, with a preview in front."""
    rows = [
        {"preview": False, "offset": n, "result": {"_raw": text, "_time": stamp, "host": name}}
        for n, stamp, text in _numbered(lines)
    ]
    return _lines([{**rows[0], "preview": True}, *rows])


def hec(lines: list[bytes], name: str) -> bytes:
    """What is sent to Splunk's collector: objects without newlines between them."""
    return b"".join(
        json.dumps(
            {"time": 1777896000 + n, "host": name, "sourcetype": "_json", "event": json.loads(t)}
        ).encode()
        for n, _, t in _numbered(lines)
    )


def elasticsearch(lines: list[bytes], _: str) -> bytes:
    """An answer to a search."""
    hits = [
        {"_index": "logs", "_id": str(n), "_source": json.loads(text)}
        for n, _, text in _numbered(lines)
    ]
    return json.dumps({"took": 1, "hits": {"total": {"value": 1}, "hits": hits}}, indent=2).encode()


def elasticdump(lines: list[bytes], _: str) -> bytes:
    """elasticdump's lines."""
    return _lines(
        {"_index": "l", "_id": str(n), "_source": json.loads(t)} for n, _, t in _numbered(lines)
    )


def elasticsearch_fields(lines: list[bytes], _: str) -> bytes:
    """A search that asks for `fields`: each value is a list."""
    hits = [
        {"_index": "l", "_id": str(n), "fields": {k: [v] for k, v in json.loads(t).items()}}
        for n, _, t in _numbered(lines)
    ]
    return json.dumps({"hits": {"hits": hits}}).encode()


def _values(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": str(value)}


def otlp(lines: list[bytes], name: str) -> bytes:
    """The collector's document of log records."""
    records = []
    for _, _, text in _numbered(lines):
        pairs = [{"key": k, "value": _values(v)} for k, v in json.loads(text).items() if k != "ts"]
        records.append({"timeUnixNano": _nanoseconds(json.loads(text)["ts"]), "attributes": pairs})
    resource = {"attributes": [{"key": "host.name", "value": {"stringValue": name}}]}
    scopes = [{"scope": {}, "logRecords": records}]
    return json.dumps(
        {"resourceLogs": [{"resource": resource, "scopeLogs": scopes}]}, indent=1
    ).encode()


def _nanoseconds(stamp: str) -> str:
    """Of stamps inside the story's minute."""
    return str(_FIRST + round(float(stamp[17:-1]) * 1e9))


def datadog(lines: list[bytes], name: str) -> bytes:
    """Datadog's log API."""
    data = [
        {
            "id": str(n),
            "type": "log",
            "attributes": {"timestamp": stamp, "host": name, "attributes": json.loads(text)},
        }
        for n, stamp, text in _numbered(lines)
    ]
    return json.dumps({"data": data}, indent=1).encode()


def datadog_archive(lines: list[bytes], name: str) -> bytes:
    """Datadog's archive."""
    return _lines(
        {"_id": str(n), "date": stamp, "host": name, "attributes": json.loads(t)}
        for n, stamp, t in _numbered(lines)
    )


def datadog_csv(lines: list[bytes], name: str) -> bytes:
    """Datadog's download."""
    rows = [f'{s},{name},app,"{t.replace(chr(34), chr(34) * 2)}"\n' for _, s, t in _numbered(lines)]
    return ("Date,Host,Service,Message\n" + "".join(rows)).encode()


def azure(lines: list[bytes], name: str) -> bytes:
    """Azure Monitor's query API."""
    columns = [{"name": n} for n in ("timestamp", "customDimensions", "cloud_RoleInstance")]
    rows = [[stamp, text, name] for _, stamp, text in _numbered(lines)]
    return json.dumps(
        {"tables": [{"name": "t", "columns": columns, "rows": rows}]}, indent=1
    ).encode()


def azure_table(lines: list[bytes], name: str) -> bytes:
    """The `az` command's rows of a workspace."""
    return json.dumps(
        [
            {"TableName": "t", "TimeGenerated": stamp, "Properties": text, "AppRoleInstance": name}
            for _, stamp, text in _numbered(lines)
        ]
    ).encode()


def azure_resource(lines: list[bytes], _: str) -> bytes:
    """Resource logs in a storage account."""
    return _lines(
        {"time": stamp, "resourceId": "/r", "category": "c", "properties": json.loads(text)}
        for _, stamp, text in _numbered(lines)
    )


def fluent_bit(lines: list[bytes], name: str) -> bytes:
    """Fluent Bit that parses and keeps both."""
    return _lines(
        {
            "date": 1777896000.1 + n,
            "log": text,
            "log_processed": json.loads(text),
            "kubernetes": {"pod_name": name, "labels": {"app": "app"}},
        }
        for n, _, text in _numbered(lines)
    )


def vector(lines: list[bytes], name: str) -> bytes:
    """Vector's file source."""
    return _lines(
        {"host": name, "message": text, "source_type": "file", "timestamp": stamp}
        for _, stamp, text in _numbered(lines)
    )


def journald(lines: list[bytes], name: str) -> bytes:
    """`journalctl -o json`; every third message is shown as its bytes."""
    return _lines(
        {
            "__REALTIME_TIMESTAMP": str(_FIRST // 1000 + n),
            "_HOSTNAME": name,
            "MESSAGE": list(text.encode()) if n % 3 == 0 else text,
        }
        for n, _, text in _numbered(lines)
    )


def cloudevents(lines: list[bytes], name: str) -> bytes:
    """CloudEvents, in a batch."""
    return json.dumps(
        [
            {
                "specversion": "1.0",
                "id": str(n),
                "source": name,
                "type": "t",
                "data": json.loads(text),
            }
            for n, _, text in _numbered(lines)
        ]
    ).encode()


def array(lines: list[bytes], _: str) -> bytes:
    """An array, a record to a line."""
    return b"[" + b",\n".join(lines) + b"]\n"


def pretty(lines: list[bytes], _: str) -> bytes:
    """Documents of many lines after each other."""
    return b"\n".join(json.dumps(json.loads(line), indent=2).encode() for line in lines)


def sequence(lines: list[bytes], _: str) -> bytes:
    """RFC 7464."""
    return b"".join(b"\x1e" + line + b"\n" for line in lines)


def utf16(lines: list[bytes], _: str) -> bytes:
    """As a Windows shell redirects."""
    return b"\r\n".join(lines).decode().encode("utf-16")


def text(lines: list[bytes], _: str) -> bytes:
    """Behind the words of a plain logger."""
    return "".join(
        f"2026-05-04 12:00:00,100 INFO app - {t}\n" for *_, t in _numbered(lines)
    ).encode()


def docker_in_cri(lines: list[bytes], name: str) -> bytes:
    """An envelope behind a prefix."""
    return cri(docker(lines, name).splitlines(), name)


def nested_four_deep(lines: list[bytes], name: str) -> bytes:
    """As long pipelines do it."""
    return docker(
        vector(stern_json(loki(lines, name).splitlines(), name).splitlines(), name).splitlines(),
        name,
    )


WRAPS: dict[str, Wrap] = {
    wrap.__name__: wrap
    for wrap in (
        *(
            docker,
            cri,
            compose,
            cloudwatch,
            google_cloud,
            loki,
            loki_query,
            kubectl,
            stern,
            stern_json,
        ),
        *(heroku, aws_tail, aws_tail_json, insights, splunk, hec, elasticsearch, elasticdump),
        *(elasticsearch_fields, otlp, datadog, datadog_archive, datadog_csv, azure, azure_table),
        *(
            azure_resource,
            fluent_bit,
            vector,
            journald,
            cloudevents,
            array,
            pretty,
            sequence,
            utf16,
        ),
        *(text, docker_in_cri, nested_four_deep),
    )
}
