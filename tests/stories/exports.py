"""The story as exports, collectors and command-line tools hand it over; beside those of `ingest/wrapping.py`."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any

from . import MS, STORY, Moment, Record, texts

Export = Callable[[], str]
EXPORTS: dict[str, Export] = {}


def export(make: Export) -> Export:
    """Known by its name."""
    EXPORTS[make.__name__] = make
    return make


def line(m: Moment) -> Record:
    """What the application wrote."""
    return {"level": "info", "ts": m.stamp(), "msg": m.name, **m.snake()}


def text(m: Moment) -> str:
    return json.dumps(line(m))


def undated(m: Moment) -> str:
    return json.dumps({"msg": m.name, **m.snake()})


def lines(entries: Iterable[object]) -> str:
    return "".join(f"{e if isinstance(e, str) else json.dumps(e)}\n" for e in entries)


def quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


# ── Elasticsearch, ECS ────────────────────────────────────────────────────────────────────────


@export
def ecs_dotted() -> str:
    return lines(
        {
            "@timestamp": m.stamp(3),
            "ecs.version": "8.0",
            "message": m.name,
            "host.name": m.host,
            "trace.id": m.trace,
            "http.request.id": m.request,
            **{f"labels.{k}": v for k, v in m.own().items() if k != "request_id"},
        }
        for m in STORY
    )


@export
def ecs_sequence_in_whole_seconds() -> str:
    return lines(
        {
            "@timestamp": m.stamp(0),
            "ecs": {"version": "8"},
            "message": m.name,
            "http": {"request": {"id": m.request}},
            "event": {"sequence": n, "type": ["start" if m.took is None else "end"]},
            "labels": texts(m.own()),
        }
        for n, m in enumerate(STORY)
    )


def _fields(prefix: str) -> str:
    return lines(
        {
            "_index": "l",
            "_id": f"k{n}",
            "fields": {
                "@timestamp": [m.stamp(3)],
                "message": [m.name],
                "message.keyword": [m.name],
                "host.name": [m.host],
                **{prefix + k: [v] for k, v in m.snake().items()},
            },
        }
        for n, m in enumerate(STORY)
    )


@export
def elasticsearch_fields() -> str:
    return _fields("")


@export
def elasticsearch_fields_in_a_namespace() -> str:
    return _fields("tickets.")


@export
def elasticsearch_newest_first() -> str:
    hits = [
        {"_index": "l", "_id": str(n), "_source": {"@timestamp": m.stamp(3), "message": text(m)}}
        for n, m in enumerate(STORY)
    ]
    return json.dumps({"took": 3, "hits": {"total": {"value": 6}, "hits": hits[::-1]}})


@export
def kibana_csv() -> str:
    names = ["request_id", "resource", "action", "version", "base_version", "job_id", "attempt"]
    rows = (
        ",".join([f'"Jun 1, 2026 @ 09:00:00.{m.at:03}"', m.name, *cells, m.status])
        for m in STORY
        for cells in [[str(m.snake().get(name, "-")) for name in names]]
    )
    return lines([",".join(["@timestamp", "message", *names, "status"]), *rows])


# ── OpenTelemetry ─────────────────────────────────────────────────────────────────────────────


def _value(value: object) -> Record:
    kind = {int: "intValue", float: "doubleValue"}.get(type(value), "stringValue")
    return {kind: str(value) if kind == "intValue" else value}


def _pairs(record: Record) -> list[Record]:
    return [{"key": key, "value": _value(value)} for key, value in record.items()]


def in_base64(digits: str) -> str:
    """As protobuf's own printer writes ids."""
    return base64.b64encode(bytes.fromhex(digits)).decode()


def _by_host(kind: str, scopes: str, records: str, make: Callable[[int, Moment], Record]) -> Record:
    told: dict[str, list[Record]] = {}
    for n, m in enumerate(STORY):
        told.setdefault(m.host, []).append(make(n, m))
    return {
        kind: [
            {
                "resource": {"attributes": _pairs({"service.name": "t", "host.name": host})},
                scopes: [{"scope": {"name": "s"}, records: entries}],
            }
            for host, entries in told.items()
        ]
    }


def _log(m: Moment, spelled: Callable[[str], str]) -> Record:
    return {
        "timeUnixNano": str(m.ns),
        "severityText": "INFO",
        "body": {"stringValue": m.name},
        "attributes": _pairs(m.own()),
        "traceId": spelled(m.trace),
        "spanId": spelled(m.span),
    }


@export
def otlp_logs_in_capitals() -> str:
    told = _by_host("resourceLogs", "scopeLogs", "logRecords", lambda _, m: _log(m, str.upper))
    return json.dumps(told, indent=1)


@export
def otlp_logs_in_base64() -> str:
    return json.dumps(
        _by_host("resourceLogs", "scopeLogs", "logRecords", lambda _, m: _log(m, in_base64))
    )


@export
def otlp_logs_observed_only() -> str:
    def late(_: int, m: Moment) -> Record:
        return _log(m, str) | {"timeUnixNano": "0", "observedTimeUnixNano": str(m.ns)}

    return json.dumps(_by_host("resourceLogs", "scopeLogs", "logRecords", late))


@export
def otlp_logs_with_an_object_as_body() -> str:
    def told(_: int, m: Moment) -> Record:
        body = {"kvlistValue": {"values": _pairs({"event": m.name, **m.snake()})}}
        return {"timeUnixNano": m.ns, "body": body, "attributes": []}

    return json.dumps(_by_host("resourceLogs", "scopeLogs", "logRecords", told))


@export
def otlp_logs_by_the_file_exporter() -> str:
    whole = _by_host("resourceLogs", "scopeLogs", "logRecords", lambda _, m: _log(m, str))
    return lines({"resourceLogs": [each]} for each in whole["resourceLogs"])


@export
def otlp_logs_with_event_names() -> str:
    def told(_: int, m: Moment) -> Record:
        return _log(m, str) | {"eventName": m.name, "body": {"stringValue": "it happened"}}

    return json.dumps(_by_host("resourceLogs", "scopeLogs", "logRecords", told))


def _began(m: Moment) -> int:
    return m.ns - int((m.took or 0) * MS)


def _span(spelled: Callable[[str], str], kind: object, code: object) -> Callable[..., Record]:
    return lambda n, m: {
        "traceId": spelled(m.trace),
        "spanId": spelled(f"{n + 1:016x}"),
        "parentSpanId": spelled(m.span),
        "name": m.name,
        "kind": kind,
        "startTimeUnixNano": str(_began(m)),
        "endTimeUnixNano": str(m.ns),
        "attributes": _pairs(m.own()),
        "status": {"code": code},
    }


@export
def otlp_traces() -> str:
    return json.dumps(_by_host("resourceSpans", "scopeSpans", "spans", _span(str, 2, 1)), indent=1)


@export
def otlp_traces_by_protobuf() -> str:
    made = _span(in_base64, "SPAN_KIND_SERVER", "STATUS_CODE_OK")
    return json.dumps(_by_host("resourceSpans", "scopeSpans", "spans", made))


@export
def otlp_traces_of_old() -> str:
    return json.dumps(
        _by_host("resourceSpans", "instrumentationLibrarySpans", "spans", _span(str, 2, 1))
    )


@export
def otel_console_spans() -> str:
    return "\n".join(
        json.dumps(
            {
                "name": m.name,
                "context": {"trace_id": f"0x{m.trace}", "span_id": f"0x{n + 1:016x}"},
                "kind": "SpanKind.SERVER",
                "parent_id": f"0x{m.span}",
                "start_time": (m.stamp(6) if m.took is None else _stamp(_began(m))),
                "end_time": m.stamp(6),
                "status": {"status_code": "OK"},
                "attributes": m.own(),
                "events": [],
                "links": [],
                "resource": {"attributes": {"service.name": "t", "host.name": m.host}},
            },
            indent=4,
        )
        for n, m in enumerate(STORY)
    )


def _stamp(ns: int) -> str:
    return Moment((ns - STORY[0].ns) // MS + STORY[0].at, "", "r-10", "", "").stamp(6)


@export
def otel_console_logs() -> str:
    return "\n".join(
        json.dumps(
            {
                "body": m.name,
                "severity_text": "INFO",
                "attributes": m.own(),
                "timestamp": m.stamp(6),
                "observed_timestamp": m.stamp(6),
                "trace_id": f"0x{m.trace}",
                "span_id": f"0x{m.span}",
                "resource": {"attributes": {"service.name": "t", "host.name": m.host}},
            },
            indent=4,
        )
        for m in STORY
    )


# ── clouds ────────────────────────────────────────────────────────────────────────────────────


def _google(m: Moment, **payload: object) -> Record:
    return {
        "insertId": f"i{m.at}",
        **payload,
        "resource": {"type": "k8s_container", "labels": {"pod_name": m.host}},
        "timestamp": m.stamp(),
        "receiveTimestamp": m.stamp(3),
        "logName": "projects/p/logs/stdout",
        "trace": f"projects/p/traces/{m.trace}",
    }


@export
def gcloud_with_floats() -> str:
    told = ({k: float(v) if isinstance(v, int) else v for k, v in m.own().items()} for m in STORY)
    entries = [
        _google(m, jsonPayload={"message": m.name, **own})
        for m, own in zip(STORY, told, strict=True)
    ]
    return json.dumps(entries[::-1], indent=2)


@export
def gcloud_text() -> str:
    return json.dumps([_google(m, textPayload=text(m)) for m in STORY])


@export
def google_entries() -> str:
    entries = [_google(m, jsonPayload={"message": m.name, **m.own()}) for m in STORY]
    return json.dumps({"entries": entries, "nextPageToken": "x"}, indent=2)


@export
def google_agent_with_labels() -> str:
    key = "logging.googleapis.com"
    return lines(
        {
            "severity": "INFO",
            "message": m.name,
            "time": m.stamp(),
            f"{key}/trace": f"projects/p/traces/{m.trace}",
            f"{key}/spanId": m.span,
            f"{key}/labels": texts(m.own()),
        }
        for m in STORY
    )


@export
def google_layout_of_log4j() -> str:
    return lines(
        {
            "severity": "INFO",
            "message": m.name,
            "timestampSeconds": m.ns // 10**9,
            "timestampNanos": m.ns % 10**9,
            **m.own(),
        }
        for m in STORY
    )


@export
def cloudwatch_one_stream() -> str:
    events = [
        {"timestamp": m.ns // MS, "message": undated(m), "ingestionTime": m.ns // MS + 900}
        for m in STORY
    ]
    return json.dumps({"events": events, "nextForwardToken": "f/1"})


@export
def cloudwatch_insights_by_field() -> str:
    results = [
        [
            {"field": "@timestamp", "value": m.stamp(3, "", " ")},
            *({"field": k, "value": v} for k, v in texts({"msg": m.name, **m.snake()}).items()),
            {"field": "@ptr", "value": "Cm"},
        ]
        for m in STORY
    ]
    return json.dumps({"results": results, "status": "Complete"})


@export
def cloudwatch_insights_csv() -> str:
    return lines(
        ["@timestamp,@message", *(f"{m.stamp(3, '', ' ')},{quoted(text(m))}" for m in STORY)]
    )


@export
def cloudwatch_subscription() -> str:
    events = [{"id": str(m.at), "timestamp": m.ns // MS, "message": text(m)} for m in STORY]
    return json.dumps(
        {"messageType": "DATA_MESSAGE", "logGroup": "g", "logStream": "s", "logEvents": events}
    )


@export
def lambda_of_node() -> str:
    return lines(
        {
            "timestamp": m.stamp(3),
            "level": "INFO",
            "requestId": m.request,
            "message": {"event": m.name, **m.snake("request_id")},
        }
        for m in STORY
    )


@export
def datadog_with_decimal_ids() -> str:
    data = [
        {
            "id": f"A{m.at}",
            "type": "log",
            "attributes": {
                "timestamp": m.stamp(3),
                "status": "info",
                "message": m.name,
                "host": m.host,
                "attributes": {
                    **m.own(),
                    "dd": {"trace_id": str(int(m.trace[16:], 16)), "span_id": "1"},
                    "duration": int((m.took or 0) * MS),
                },
            },
        }
        for m in STORY
    ]
    return json.dumps({"data": data[::-1], "meta": {"page": {"after": "x"}}}, indent=1)


@export
def datadog_csv_of_columns() -> str:
    names = ["request_id", "resource", "action", "version", "base_version", "job_id", "attempt"]
    rows = (
        [m.stamp(3), m.host, "t", m.name, *(str(m.snake().get(n, "")) for n in names), m.status]
        for m in STORY
    )
    head = ",".join(["Date,Host,Service,Message", *(f"@{n}" for n in names), "@status"])
    return lines([head, *(",".join(map(quoted, row)) for row in rows)])


@export
def splunk_results() -> str:
    results = [{"_raw": text(m), "_time": m.stamp(3, "+00:00"), "host": m.host} for m in STORY]
    return json.dumps({"preview": False, "results": results, "messages": []})


@export
def splunk_fields_only() -> str:
    return lines(
        {
            "preview": False,
            "offset": m.at,
            "result": {"_time": m.stamp(3, "+00:00"), "msg": m.name, **texts(m.snake())},
        }
        for m in STORY
    )


@export
def splunk_csv() -> str:
    rows = (f"{quoted(m.stamp(3, '+0000'))},{m.host},{quoted(text(m))}" for m in STORY)
    return lines(["_time,host,_raw", *rows])


@export
def splunk_collector_with_text() -> str:
    return lines(
        {"time": f"{m.ns / 1e9:.3f}", "host": m.host, "sourcetype": "_json", "event": text(m)}
        for m in STORY
    )


def _azure(columns: list[str], rows: list[list[object]]) -> str:
    table = {"name": "PrimaryResult", "columns": [{"name": c} for c in columns], "rows": rows}
    return json.dumps({"tables": [table]}, indent=1)


@export
def azure_workspace() -> str:
    columns = ["TimeGenerated", "OperationId", "AppRoleInstance", "Message", "Properties"]
    rows: list[list[object]] = [
        [m.stamp(7), m.trace, m.host, m.name, json.dumps(texts(m.pascal()))] for m in STORY
    ]
    return _azure(columns, rows)


@export
def azure_application_insights() -> str:
    columns = ["timestamp", "message", "customDimensions", "operation_Id", "cloud_RoleInstance"]
    rows: list[list[object]] = [
        [m.stamp(7), m.name, json.dumps(texts(m.pascal())), m.trace, m.host] for m in STORY
    ]
    return _azure(columns, rows)


@export
def azure_containers() -> str:
    told = [
        {"TableName": "t", "TimeGenerated": m.stamp(7), "PodName": m.host, "LogMessage": text(m)}
        for m in STORY
    ]
    return json.dumps(told)


@export
def azure_resource_records() -> str:
    records = [
        {
            "time": m.stamp(7),
            "resourceId": "/S",
            "category": "c",
            "operationName": m.name,
            "correlationId": m.trace,
            "properties": m.pascal(),
        }
        for m in STORY
    ]
    return json.dumps({"records": records})


# ── what runs, collects and prints ────────────────────────────────────────────────────────────


@export
def cri_of_another_zone_with_parts_between() -> str:
    return lines(
        f"{m.stamp(9, '+00:00')} {part}"
        for m in STORY
        for part in (
            f"stdout P {undated(m)[:50]}",
            "stderr F a warning",
            f"stdout P {undated(m)[50:90]}",
            f"stdout F {undated(m)[90:]}",
        )
    )


@export
def kubectl_timestamps() -> str:
    return lines(f"{m.stamp()} {undated(m)}" for m in STORY)


@export
def stern_of_all_namespaces_in_colour() -> str:
    return lines(
        f"\x1b[92mprod\x1b[0m \x1b[92m{m.host}\x1b[0m \x1b[96mapp\x1b[0m {text(m)}" for m in STORY
    )


@export
def stern_extjson() -> str:
    return lines({"message": line(m), "podName": m.host, "containerName": "app"} for m in STORY)


@export
def logcli_as_it_prints() -> str:
    return lines(f'{m.stamp(0)} {{app="t", pod="{m.host}"}} {text(m)}' for m in STORY)


def _fluent(m: Moment, **more: object) -> Record:
    return {"date": m.ns / 1e9, **more, "kubernetes": {"pod_name": m.host, "labels": {}}}


@export
def fluent_bit_merged() -> str:
    return lines(_fluent(m, stream="stdout", log=text(m), **line(m)) for m in STORY)


@export
def fluent_bit_in_a_key_of_its_own() -> str:
    return lines(_fluent(m, log=text(m), log_parsed=line(m)) for m in STORY)


@export
def fluent_bit_raw_in_an_array() -> str:
    return json.dumps([_fluent(m, log=undated(m)) for m in STORY])


@export
def fluentd_file() -> str:
    return lines(f"{m.stamp(9, '+00:00')}\tkube.t\t{text(m)}" for m in STORY)


@export
def vector_of_kubernetes() -> str:
    return lines(
        {
            "kubernetes": {"pod_name": m.host, "pod_labels": {"app": "t"}},
            "message": text(m),
            "source_type": "kubernetes_logs",
            "timestamp": m.stamp(),
        }
        for m in STORY
    )


def _journal(m: Moment, message: object, **more: object) -> Record:
    return {
        "__REALTIME_TIMESTAMP": str(m.ns // 1_000 + 50),
        "_SOURCE_REALTIME_TIMESTAMP": str(m.ns // 1_000),
        "_HOSTNAME": m.host,
        "MESSAGE": message,
        **more,
    }


@export
def journal_with_repeated_fields() -> str:
    return lines(_journal(m, [undated(m), "another"]) for m in STORY)


@export
def journal_with_empty_messages() -> str:
    return lines(_journal(m, message) for m in STORY for message in (None, undated(m)))


@export
def journal_by_field() -> str:
    return lines(
        _journal(m, m.name, **{k.upper(): str(v) for k, v in m.snake().items()}) for m in STORY
    )


@export
def journal_pretty() -> str:
    return "\n".join(json.dumps(_journal(m, undated(m)), indent="\t") for m in STORY)


def _jaeger(n: int, m: Moment) -> Record:
    tags = [{"key": key, "value": value} for key, value in m.own().items()]
    return {
        "traceID": m.trace,
        "spans": [
            {
                "traceID": m.trace,
                "spanID": f"{n + 1:016x}",
                "operationName": m.name,
                "references": [{"refType": "CHILD_OF", "traceID": m.trace, "spanID": m.span}],
                "startTime": _began(m) // 1_000,
                "duration": int((m.took or 0) * 1_000),
                "tags": tags,
                "processID": "p1",
            }
        ],
        "processes": {"p1": {"serviceName": "t", "tags": [{"key": "hostname", "value": m.host}]}},
    }


@export
def jaeger() -> str:
    return json.dumps({"data": [_jaeger(n, m) for n, m in enumerate(STORY)], "errors": None})


def _zipkin(n: int, m: Moment) -> Record:
    return {
        "traceId": m.trace[16:],
        "id": f"{n + 1:016x}",
        "kind": "SERVER",
        "name": m.name,
        "timestamp": _began(m) // 1_000,
        "duration": int((m.took or 0) * 1_000),
        "localEndpoint": {"serviceName": "t"},
        "tags": texts(m.own()),
    }


@export
def zipkin_traces() -> str:
    return json.dumps([[_zipkin(n, m)] for n, m in enumerate(STORY)], indent=1)


def _chrome(m: Moment) -> Record:
    pid = {"web-1": 1, "web-2": 2}.get(m.host, 3)
    took = (m.took or 0) * 1_000
    begin = m.at * 1_000 - took
    return {
        "name": m.name,
        "ph": "X",
        "ts": begin,
        "dur": took,
        "pid": pid,
        "tid": 1,
        "args": m.own(),
    }


@export
def chrome_trace() -> str:
    name = {"name": "process_name", "ph": "M", "pid": 1, "args": {"name": "tickets"}}
    return json.dumps({"traceEvents": [name, *map(_chrome, STORY)], "displayTimeUnit": "ms"})


@export
def chrome_trace_that_is_not_closed() -> str:
    return "[\n" + ",\n".join(json.dumps(_chrome(m)) for m in STORY) + ",\n"


@export
def chrome_trace_of_begins_and_ends() -> str:
    told: list[Record] = []
    for m in STORY:
        whole = _chrome(m)
        took = whole.pop("dur")
        end = {"ph": "E", "ts": whole["ts"] + took, "pid": whole["pid"], "tid": 1}
        told += [whole | {"ph": "B"}, end]
    return json.dumps(sorted(told, key=lambda event: event["ts"]))


@export
def compose_with_timestamps() -> str:
    return lines(f"tickets-{m.host}   | {m.stamp()} {undated(m)}" for m in STORY)


@export
def heroku_with_its_router() -> str:
    router = 'at=info method=PUT path="/" host=x request_id={} dyno=web.1 service=12ms status=200'
    return lines(
        f"{m.stamp(6, '+00:00')} {part}"
        for m in STORY
        for part in (
            f"heroku[router]: {router.format(m.request)}",
            f"app[{m.host.replace('-', '.')}]: {undated(m)}",
        )
    )


def _event(m: Moment, **more: object) -> Record:
    return {
        "specversion": "1.0",
        "id": f"e{m.at}",
        "source": f"/tickets/{m.host}",
        "type": m.name,
        "time": m.stamp(),
        **more,
    }


@export
def cloudevents_by_their_attributes() -> str:
    return lines(
        _event(
            m,
            subject="ticket:7",
            traceparent=f"00-{m.trace}-{m.span}-01",
            correlationid="c-1",
            data=m.snake("trace_id", "span_id", "resource"),
        )
        for m in STORY
    )


@export
def cloudevents_in_base64() -> str:
    return json.dumps(
        [_event(m, data_base64=base64.b64encode(undated(m).encode()).decode()) for m in STORY]
    )


@export
def syslog() -> str:
    return lines(f"<134>1 {m.stamp(6)} {m.host} tickets 100 - - {text(m)}" for m in STORY)


@export
def syslog_of_old() -> str:
    return lines(f"<134>Jun  1 09:00:00 {m.host} tickets[100]: {text(m)}" for m in STORY)


@export
def klog() -> str:
    return lines(
        f"I0601 09:00:00.{m.ns % 10**9 // 1_000:06}       1 t.go:42] {undated(m)}" for m in STORY
    )


@export
def logfmt() -> str:
    return lines(
        f'time={m.stamp(3)} msg="{m.name}" ' + " ".join(f"{k}={v}" for k, v in m.snake().items())
        for m in STORY
    )


@export
def strings_of_json() -> str:
    return lines(json.dumps(text(m)) for m in STORY)


@export
def a_record_as_text_beside_other_fields() -> str:
    own: list[dict[str, Any]] = [
        {
            "level": "INFO",
            "time": m.stamp(6),
            "requestId": m.request,
            "msg": json.dumps({"event": m.name, **m.snake("request_id")}),
        }
        for m in STORY
    ]
    return lines(own)


@export
def a_container_of_records() -> str:
    return json.dumps({"count": len(STORY), "logs": [line(m) for m in STORY]}, indent=2)
