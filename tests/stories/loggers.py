"""A moment of the story → the record a logger writes of it."""

from __future__ import annotations

from collections.abc import Callable

from . import MS, Moment, Record, texts

Logger = Callable[[Moment], Record]


def _go(m: Moment, **more: object) -> Record:
    return {"level": "info", **more, **m.snake()}


def _loguru(m: Moment) -> Record:
    stamp = {"repr": m.stamp(6, "+00:00", " "), "timestamp": m.ns / 1e9}
    return {
        "text": f"{m.stamp(3, '', ' ')} | INFO | shop.tickets:save:42 - {m.name}\n",
        "record": {
            "elapsed": {"repr": "0:00:01", "seconds": 1.1},
            "exception": None,
            "extra": m.snake(),
            "level": {"icon": "i", "name": "INFO", "no": 20},
            "message": m.name,
            "name": "shop.tickets",
            "process": {"id": 10, "name": "MainProcess"},
            "time": stamp,
        },
    }


def _pino(m: Moment, **more: object) -> Record:
    return {"level": 30, "time": m.ns // MS, "pid": 100, "hostname": m.host, **m.camel(), **more}


def _semantic(m: Moment) -> Record:
    tags = {"request_id": m.request, "user_id": "u-1", "trace_id": m.trace}
    lasted = {"duration_ms": m.took, "duration": f"{m.took}ms"} if m.took else {}
    return {
        "host": m.host,
        "application": "tickets",
        "timestamp": m.stamp(6),
        "level": "info",
        "level_index": 2,
        "pid": 100,
        "name": "Tickets",
        "message": m.name,
        **lasted,
        "named_tags": tags,
        "payload": m.snake(*tags, "span_id"),
    }


def _rust(m: Moment, where: str) -> Record:
    """The ids are those of an outer scope; only some writers repeat it in `span`."""
    ids = {"request_id": m.request, "user_id": "u-1", "name": "handle"}
    inner = {"name": "save"}
    return {
        "timestamp": m.stamp(6),
        "level": "INFO",
        "fields": {"message": m.name, **m.snake("request_id", "user_id", "trace_id", "span_id")},
        "target": "shop::tickets",
        "span": ids if where == "span" else inner,
        "spans": [ids, inner],
    }


def _powertools(m: Moment, message: object) -> Record:
    return {
        "level": "INFO",
        "location": "save:42",
        "message": message,
        "timestamp": m.stamp(3, "+0000", " ", ","),
        "service": "tickets",
        "function_name": "tickets-fn",
        "function_request_id": m.request,
        "xray_trace_id": f"1-{m.trace[:8]}-{m.trace[8:]}",
    }


def _ecs(m: Moment) -> Record:
    return {
        "@timestamp": m.stamp(3),
        "log.level": "info",
        "message": m.name,
        "ecs": {"version": "1.6.0"},
        "service": {"name": "tickets"},
        "host": {"name": m.host},
        "trace": {"id": m.trace},
        "http": {"request": {"id": m.request}},
        "event": {"action": m.name, "outcome": "unknown" if m.took is None else "success"},
        "labels": m.snake("request_id", "trace_id", "span_id", "status"),
    }


def _canonical(m: Moment) -> Record:
    return {
        "ts_ns": m.ns,
        "ts_prec_ns": 1,
        "seq": None,
        "service": "tickets",
        "host": m.host,
        "event": m.name,
        "phase": "start" if m.took is None else "finish",
        **m.snake("resource"),
        "resource_type": "ticket",
        "resource_id": "7",
        "extra": {},
    }


LOGGERS: dict[str, Logger] = {
    "structlog": lambda m: {"event": m.name, "timestamp": m.stamp(6), **m.snake()},
    "structlog, epoch": lambda m: {"event": m.name, "timestamp": m.ns / 1e9, **m.snake()},
    "structlog, naive": lambda m: {"event": m.name, "timestamp": m.stamp(6, ""), **m.snake()},
    "structlog, undated": lambda m: {"event": m.name, "level": "info", **m.snake()},
    "python-json-logger": lambda m: {
        "asctime": m.stamp(3, "", " ", ","),
        "levelname": "INFO",
        "name": "shop.tickets",
        "message": m.name,
        **m.snake(),
        "taskName": None,
    },
    "loguru": _loguru,
    "pino": lambda m: _pino(m, msg=m.name),
    "pino, unixTime": lambda m: _pino(m, msg=m.name, time=round(m.ns / 1e9, 3)),
    "pino, isoTime": lambda m: _pino(m, message=m.name, time=m.stamp(3), level="info"),
    "bunyan": lambda m: {
        "name": "tickets",
        "hostname": m.host,
        "pid": 100,
        "level": 30,
        "req_id": m.request,
        **m.snake("request_id"),
        "msg": m.name,
        "time": m.stamp(3),
        "v": 0,
    },
    "winston": lambda m: {**m.camel(), "message": m.name, "timestamp": m.stamp(3)},
    "winston, bare": lambda m: {**m.camel(), "level": "info", "message": m.name},
    "winston, logstash": lambda m: {
        "@fields": {**m.camel(), "level": "info"},
        "@message": m.name,
        "@timestamp": m.stamp(3),
    },
    "zap": lambda m: _go(m, ts=m.ns / 1e9, caller="t.go:4", msg=m.name),
    "zap, development": lambda m: {"T": m.stamp(3, "+0000"), "L": "INFO", "M": m.name, **m.snake()},
    "zap, milliseconds": lambda m: _go(m, ts=m.ns / MS, caller="t.go:4", msg=m.name),
    "zap, nanoseconds": lambda m: _go(m, ts=m.ns, caller="t.go:4", msg=m.name),
    "zap, namespace": lambda m: {
        "level": "info",
        "ts": m.ns / 1e9,
        "msg": m.name,
        "ticket": m.snake(),
    },
    "zerolog": lambda m: _go(m, time=m.stamp(0), message=m.name),
    "zerolog, microseconds": lambda m: _go(m, time=m.ns // 1_000, message=m.name),
    "zerolog, seconds": lambda m: _go(m, time=m.ns // 10**9, message=m.name),
    "slog": lambda m: {
        "time": m.stamp(),
        "level": "INFO",
        "msg": m.name,
        "req": {"id": m.request},
        **m.snake("request_id"),
    },
    "slog, group": lambda m: {
        "time": m.stamp(),
        "level": "INFO+2",
        "source": {"function": "main.f", "line": 3},
        "msg": m.name,
        "attrs": m.snake(),
    },
    "logrus": lambda m: _go(m, time=m.stamp(0), msg=m.name),
    "logrus, DataKey": lambda m: {"data": m.snake(), "msg": m.name, "time": m.stamp(0)},
    "Serilog CLEF": lambda m: {
        "@t": m.stamp(7),
        "@m": m.name,
        "@tr": m.trace,
        "@sp": m.span,
        **m.pascal(),
        "SourceContext": "Shop.Tickets",
    },
    "Serilog": lambda m: {
        "Timestamp": m.stamp(7, "+00:00"),
        "Level": "Information",
        "MessageTemplate": "{Action} of {Resource}",
        "TraceId": m.trace,
        "Properties": {**m.pascal(), "EventName": m.name, "Elapsed": m.took},
    },
    "NLog": lambda m: {
        "time": m.stamp(4, "", " "),
        "level": "Info",
        "logger": "Shop",
        "message": m.name,
        **m.pascal(),
    },
    "NLog, nested": lambda m: {
        "time": m.stamp(4, "", " "),
        "level": "INFO",
        "message": m.name,
        "eventProperties": texts(m.pascal()),
    },
    "log4j2 ECS": lambda m: {
        "@timestamp": m.stamp(3),
        "ecs.version": "1.2.0",
        "log.level": "INFO",
        "message": m.name,
        "process.thread.name": "http-1",
        "labels": texts(m.camel()),
    },
    "log4j2 GELF": lambda m: {
        "version": "1.1",
        "host": m.host,
        "short_message": m.name,
        "timestamp": round(m.ns / 1e9, 3),
        "level": 6,
        "_logger": "shop.T",
        **{f"_{key}": value for key, value in texts(m.snake()).items()},
    },
    "log4j2 JsonLayout": lambda m: {
        "instant": {"epochSecond": m.ns // 10**9, "nanoOfSecond": m.ns % 10**9},
        "level": "INFO",
        "loggerName": "shop.T",
        "message": m.name,
        "contextMap": texts(m.camel()),
        "threadId": 3,
    },
    "logstash-logback-encoder": lambda m: {
        "@timestamp": m.stamp(9, "+00:00"),
        "@version": "1",
        "message": m.name,
        "logger_name": "shop.T",
        "thread_name": "http-1",
        "level_value": 20000,
        **texts(m.camel("requestId")),
        "X-Request-Id": m.request,
    },
    "semantic_logger": _semantic,
    "Rust tracing, span": lambda m: _rust(m, "span"),
    "Rust tracing, spans": lambda m: _rust(m, "spans"),
    "Powertools": lambda m: {**_powertools(m, m.name), **m.snake("request_id", "trace_id")},
    "Powertools, object": lambda m: _powertools(
        m, {"event": m.name, **m.snake("request_id", "trace_id", "span_id")}
    ),
    "ecs-logging": _ecs,
    "racelens": _canonical,
}
