"""Logs and traces of the same requests in one scan, whatever each calls a trace: one attempt for each request."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from racelens.findings import Report
from racelens.scanning import scan

from . import MS, STORY, Moment, Record, texts

Spell = Callable[[str], str]
READS, WRITES = STORY[:2], STORY[2:4]

SPELLINGS: dict[str, Spell] = {
    "hex": str,
    "upper case": str.upper,
    "0x": lambda h: f"0x{h}",
    "dashes": lambda h: f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}",
    "base64": lambda h: base64.b64encode(bytes.fromhex(h)).decode(),
    "decimal, Datadog": lambda h: str(int(h[16:], 16)),
    "64 bits": lambda h: h[16:],
    "X-Ray": lambda h: f"1-{h[:8]}-{h[8:]}",
    "X-Amzn-Trace-Id": lambda h: f"Root=1-{h[:8]}-{h[8:]};Parent=53995c3f42cd8ad8;Sampled=1",
    "Google": lambda h: f"projects/p/traces/{h}",
    "traceparent": lambda h: f"00-{h}-00f067aa0ba902b7-01",
    "B3": lambda h: f"{h}-00f067aa0ba902b7-1",
    "uber-trace-id": lambda h: f"{h.lstrip('0')}:f067aa0ba902b7:0:1",
    "Application Insights": lambda h: f"|{h}.00f067aa0ba902b7.",
}


def log(spell: Spell) -> str:
    """What the application logs: its reads, under request ids."""
    told = ({"ts": m.stamp(), "msg": m.name, **m.snake("span_id")} for m in READS)
    return "".join(json.dumps({**r, "trace_id": spell(r["trace_id"])}) + "\n" for r in told)


def _spans(m: Moment) -> list[tuple[str, str | None, str, str, int, int, Record]]:
    """Id, parent, name, kind, begin, end and tags: the request, and the write in it. Neither says its id."""
    write = m.snake("request_id", "user_id", "trace_id", "span_id")
    request = {"http.request.method": "PUT", "url.path": "/tickets/7"}
    inner = f"{m.at:016x}"
    return [
        (m.span, None, "PUT /tickets/{id}", "server", m.ns - 150 * MS, m.ns + MS, request),
        (inner, m.span, m.name, "client", m.ns - MS, m.ns, write),
    ]


def otlp(spell: Spell) -> str:
    def span(m: Moment, told: tuple[Any, ...]) -> Record:
        own, parent, name, kind, begin, end, tags = told
        pairs = [{"key": k, "value": {"stringValue": str(v)}} for k, v in tags.items()]
        return {
            "traceId": spell(m.trace),
            "spanId": spell(own),
            "parentSpanId": spell(parent) if parent else "",
            "name": name,
            "kind": {"server": 2, "client": 3}[kind],
            "startTimeUnixNano": str(begin),
            "endTimeUnixNano": str(end),
            "attributes": pairs,
        }

    scopes = [{"spans": [span(m, told) for told in _spans(m)]} for m in WRITES]
    service = {"key": "service.name", "value": {"stringValue": "tickets"}}
    return json.dumps(
        {"resourceSpans": [{"resource": {"attributes": [service]}, "scopeSpans": scopes}]}
    )


def jaeger(_: Spell) -> str:
    def span(m: Moment, told: tuple[Any, ...]) -> Record:
        own, parent, name, kind, begin, end, tags = told
        reference = {"refType": "CHILD_OF", "traceID": m.trace, "spanID": parent}
        return {
            "traceID": m.trace,
            "spanID": own,
            "operationName": name,
            "references": [reference] if parent else [],
            "startTime": begin // 1_000,
            "duration": (end - begin) // 1_000,
            "tags": [{"key": k, "value": v} for k, v in {"span.kind": kind, **tags}.items()],
            "processID": "p1",
        }

    data = [
        {
            "traceID": m.trace,
            "spans": [span(m, told) for told in _spans(m)],
            "processes": {"p1": {"serviceName": "tickets"}},
        }
        for m in WRITES
    ]
    return json.dumps({"data": data})


def zipkin(spell: Spell) -> str:
    def span(m: Moment, told: tuple[Any, ...]) -> Record:
        own, parent, name, kind, begin, end, tags = told
        return {
            "traceId": spell(m.trace),
            "id": own,
            **({"parentId": parent} if parent else {}),
            "kind": kind.upper(),
            "name": name,
            "timestamp": begin // 1_000,
            "duration": (end - begin) // 1_000,
            "localEndpoint": {"serviceName": "tickets"},
            "tags": texts(tags),
        }

    return json.dumps([span(m, told) for m in WRITES for told in _spans(m)])


def scanned(folder: Path, of_log: str, of_traces: str) -> Report:
    (folder / "app.log").write_text(of_log)
    (folder / "traces.json").write_text(of_traces)
    return scan([str(folder / "app.log"), str(folder / "traces.json")], ["RL101"])


def assert_the_story(report: Report) -> None:
    told = [(f.confidence, f.resource, sorted(f.actors)) for f in report.findings]
    assert told == [("confirmed", "ticket:7", ["r-10", "r-11"])]
    assert report.summary.attempts == 2


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_a_log_joins_the_collector_s_traces(spell: Spell, tmp_path: Path) -> None:
    assert_the_story(scanned(tmp_path, log(spell), otlp(str)))


@pytest.mark.parametrize("spell", ["base64", "upper case"])
def test_traces_of_other_printers_join_a_log(spell: str, tmp_path: Path) -> None:
    assert_the_story(scanned(tmp_path, log(str), otlp(SPELLINGS[spell])))


@pytest.mark.parametrize("spell", ["hex", "decimal, Datadog", "base64"])
@pytest.mark.parametrize("traces", [jaeger, zipkin])
def test_a_log_joins_jaeger_and_zipkin(
    traces: Callable[[Spell], str], spell: str, tmp_path: Path
) -> None:
    assert_the_story(scanned(tmp_path, log(SPELLINGS[spell]), traces(str)))


def test_halves_of_old_zipkin(tmp_path: Path) -> None:
    assert_the_story(scanned(tmp_path, log(str), zipkin(lambda h: h[16:])))


def test_a_log_without_request_ids_is_of_the_span_that_entered(tmp_path: Path) -> None:
    own = [{"ts": m.stamp(), "msg": m.name, **m.snake("request_id")} for m in READS]
    report = scanned(tmp_path, "".join(json.dumps(r) + "\n" for r in own), otlp(str))
    (finding,) = report.findings
    assert sorted(finding.actors) == sorted(m.span for m in WRITES)
    assert report.summary.attempts == 2


def test_two_requests_in_one_trace_are_not_one(tmp_path: Path) -> None:
    """A gateway that fans out: the trace alone does not tell whose span it is."""
    own = [
        {"ts": m.stamp(), "msg": m.name, **m.snake("span_id"), "trace_id": STORY[0].trace}
        for m in READS
    ]
    report = scanned(tmp_path, "".join(json.dumps(r) + "\n" for r in own), otlp(str))
    actors = {actor for f in report.findings for actor in f.actors}
    assert not {"r-10", "r-11"} & actors


def test_a_write_that_both_tell_of_is_no_race_with_itself(tmp_path: Path) -> None:
    own = [{"ts": m.stamp(), "msg": m.name, **m.snake()} for m in (*READS, *WRITES)]
    assert_the_story(scanned(tmp_path, "".join(json.dumps(r) + "\n" for r in own), otlp(str)))


def test_a_consumer_that_names_its_job_is_a_try_of_it(tmp_path: Path) -> None:
    """Not a request, and not the request of its trace: the queue stands between them."""

    def span(id_: str, kind: int, ms: int, event: str, parent: str = "", **tags: object) -> Record:
        times = {
            "startTimeUnixNano": f"{_NOW + ms * MS}",
            "endTimeUnixNano": f"{_NOW + (ms + 40) * MS}",
        }
        inner = {"name": event, "timeUnixNano": f"{_NOW + (ms + 20) * MS}", "attributes": [_EFFECT]}
        told = [{"key": k, "value": {"stringValue": str(v)}} for k, v in tags.items()]
        ids = {"traceId": "ab" * 16, "spanId": id_, "parentSpanId": parent}
        name = {"name": event.split(".", maxsplit=1)[0], "kind": kind}
        return {**ids, **name, **times, "attributes": told, "events": [inner]}

    request = span(
        "a" * 16, 2, 0, "mail.queued", request_id="req-1", **{"http.request.method": "POST"}
    )
    tries = [
        span(f"{n}" * 16, 5, 100 * n, "mail.render", job_id="job-7", retry_count=n) for n in (1, 2)
    ]
    inner = [span(f"c{n}" * 8, 3, 100 * n + 1, "smtp.sent", f"{n}" * 16) for n in (1, 2)]
    text = ""
    for service, spans in (("api", [request]), ("worker", [*tries, *inner])):
        about = [{"key": "service.name", "value": {"stringValue": service}}]
        scope = {"resource": {"attributes": about}, "scopeSpans": [{"spans": spans}]}
        text += json.dumps({"resourceSpans": [scope]}) + "\n"
    (tmp_path / "spans.jsonl").write_text(text)
    found = [f for f in scan([str(tmp_path)]).findings if f.confidence == "confirmed"]
    assert [(f.rule, f.actors) for f in found] == [("RL301", ("job-7",))]


_NOW = 1_777_896_000 * 10**9
_EFFECT: Record = {"key": "resource", "value": {"stringValue": "order:42"}}
