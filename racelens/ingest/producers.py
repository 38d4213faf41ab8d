"""Who wrote a file, by the keys of its records. It decides how values are to be read, never which field is which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from racelens.ingest import clock
from racelens.secrets import is_card

Path = tuple[str, ...]

# Keys that give a logger away, the most telling first.
_SIGNATURES: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (name, frozenset(keys.split()))
    for name, keys in (
        ("Serilog CLEF", "@t @mt"),
        ("Serilog CLEF", "@t @m"),
        ("Serilog", "Timestamp MessageTemplate"),
        ("log4j2 JsonLayout", "instant loggerName"),
        ("GELF", "short_message version"),
        ("Monolog", "level_name channel message"),
        ("loguru", "record text"),
        ("ECS", "@timestamp ecs.version"),
        ("ECS", "@timestamp log.level"),
        ("logstash-logback", "@timestamp @version"),
        ("Powertools", "function_request_id location"),
        ("lograge", "controller action method path"),
        ("semantic_logger", "level_index message"),
        ("Sidekiq", "lvl tid msg"),
        ("bunyan", "v hostname pid level msg"),
        ("pino", "time level pid hostname"),
        ("python-json-logger", "asctime levelname"),
        ("Rust tracing", "fields target level"),
        ("structlog", "event level timestamp"),
        ("zap", "ts level caller"),
        ("zap", "ts level logger msg"),
        ("slog", "time level source msg"),
        ("racelens", "ts resource fingerprint"),
    )
)
_BESIDE = (("Celery", "celery."), ("Temporal", "temporalio."), ("Sidekiq", "sidekiq"))
# Nanoseconds of one tick of a bare `duration`.
_DURATIONS = {
    "zap": clock.SECOND,
    "slog": 1,
    "logrus": 1,
    "lograge": 1_000_000,
    "semantic_logger": 1_000_000,
    "zerolog": 1_000_000,
}


def recognise(values: Mapping[Path, list[str]]) -> str | None:
    """`pino, BullMQ`: the logger, and the framework that speaks through it; None when nothing gives them away."""
    keys = {path[0] for path in values} | {".".join(path) for path in values}
    logger = next((name for name, signs in _SIGNATURES if signs <= keys), None) or _of_go(values)
    loggers = [v for key in ("name", "logger", "logger_name") for v in values.get((key,), ())]
    frameworks = [name for name, start in _BESIDE if any(v.startswith(start) for v in loggers)]
    if {"attemptsMade", "job.attemptsMade"} & keys:
        frameworks.append("BullMQ")
    if "incoming request" in values.get(("msg",), ()):
        frameworks.append("Fastify")
    return ", ".join(dict.fromkeys(filter(None, [logger, *frameworks]))) or None


def _of_go(values: Mapping[Path, list[str]]) -> str | None:
    """zerolog, logrus and slog share their keys; levels and names of the message tell them apart."""
    levels = values.get(("level",), ())
    if ("time",) not in values or not levels:
        return None
    if ("message",) in values and all(level.islower() for level in levels):
        return "zerolog"
    if ("msg",) in values and all(level.isupper() for level in levels):
        return "slog"
    if ("msg",) in values and all(level.isalpha() and level.islower() for level in levels):
        return "logrus"
    return None


def duration_unit(producer: str | None) -> int | None:
    """Nanoseconds of one tick of a key that is only called `duration`; None when nobody can know."""
    return _DURATIONS.get((producer or "").split(",")[0])


def secrets(values: Mapping[Path, Iterable[str]]) -> tuple[tuple[str, str], ...]:
    """(key, what it seems to be) of fields that hold what no log should."""
    found = ((path, _secret(path[-1], list(seen))) for path, seen in values.items())
    return tuple((".".join(path), kind) for path, kind in found if kind)


_SECRET_KEYS = (
    "password",
    "passwd",
    "secret",
    "apikey",
    "authorization",
    "accesstoken",
    "privatekey",
)
_MASKED = frozenset("*•x[]<>")


def _secret(key: str, values: list[str]) -> str | None:
    name = "".join(c for c in key.lower() if c.isalnum())
    plain = [
        v for v in values if v and not set(v.lower()) <= _MASKED and "redacted" not in v.lower()
    ]
    if plain and any(name.endswith(secret) for secret in _SECRET_KEYS):
        return "a password or token"
    if any(v.startswith("eyJ") and v.count(".") == 2 for v in plain):
        return "a signed token"
    numbers = [v.replace(" ", "").replace("-", "") for v in plain]
    cards = [n for n in numbers if n.isascii() and n.isdigit() and is_card(n)]
    likely = cards and len(cards) > len(values) // 2
    return "a card number" if likely else None
