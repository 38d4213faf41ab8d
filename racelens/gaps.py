"""Which default the time between two tries equals: candidates only, from public defaults; silence where none fits."""

from __future__ import annotations

from dataclasses import dataclass

_SECOND = 1_000_000_000
# A timer is checked from time to time, so what it starts comes a little late, and never early.
_EARLY, _LATE = 0.002, 0.012  # of the default
_LATE_AT_LEAST = 1.0  # seconds


@dataclass(frozen=True)
class Default:
    """A timeout or period somebody ships. `source`: where it is documented."""

    seconds: int
    name: str
    source: str


DEFAULTS: tuple[Default, ...] = (
    Default(
        3600,
        "visibility timeout of Celery on Redis (visibility_timeout)",
        "docs.celeryq.dev, Using Redis",
    ),
    Default(
        1800,
        "visibility timeout of Celery on SQS (visibility_timeout)",
        "docs.celeryq.dev, Using Amazon SQS",
    ),
    Default(
        1800,
        "acknowledgement timeout of RabbitMQ (consumer_timeout)",
        "rabbitmq.com/docs/consumers",
    ),
    Default(
        600,
        "acknowledgement deadline of Pub/Sub, at most",
        "cloud.google.com/pubsub/docs/lease-management",
    ),
    Default(
        300,
        "longest time between polls of Kafka (max.poll.interval.ms)",
        "kafka.apache.org/documentation",
    ),
    Default(300, "time a job of arq may run (job_timeout)", "arq-docs.helpmanual.io"),
    Default(180, "time a job of RQ may run (DEFAULT_TIMEOUT)", "python-rq.org/docs"),
    Default(90, "retry_after of Laravel's queues", "laravel.com/docs/queues"),
    Default(60, "read timeout of nginx (proxy_read_timeout)", "nginx.org, ngx_http_proxy_module"),
    Default(60, "idle timeout of AWS load balancers", "docs.aws.amazon.com/elasticloadbalancing"),
    Default(
        45,
        "session timeout of Kafka consumers (session.timeout.ms)",
        "kafka.apache.org/documentation",
    ),
    Default(
        30,
        "stalled check of Bull and BullMQ (stalledInterval)",
        "docs.bullmq.io/guide/jobs/stalled",
    ),
    Default(
        30,
        "visibility timeout of SQS (VisibilityTimeout)",
        "docs.aws.amazon.com/AWSSimpleQueueService",
    ),
    Default(
        30,
        "request timeout of Heroku's router (H12)",
        "devcenter.heroku.com/articles/request-timeout",
    ),
    Default(
        15,
        "lease of a Kubernetes leader (leaseDuration)",
        "kubernetes.io/docs/concepts/architecture/leases",
    ),
    Default(
        10,
        "acknowledgement deadline of Pub/Sub (ackDeadlineSeconds)",
        "cloud.google.com/pubsub/docs",
    ),
)
_PERIODS = (
    (86_400, "once a day"),
    (14_400, "every four hours"),
    (3600, "every hour"),
    (900, "every 15 minutes"),
)


def candidates(nanoseconds: int) -> tuple[Default, ...]:
    """The defaults that a gap equals, within what a timer's own check may add."""
    gap = nanoseconds / _SECOND
    return tuple(d for d in DEFAULTS if _equals(gap, d.seconds))


def told(nanoseconds: int) -> str:
    """`a gap of 90.6 s; candidates: retry_after of Laravel's queues (90 s)`; empty where nothing fits."""
    fitting = candidates(nanoseconds)
    periods = [name for period, name in _PERIODS if _equals(nanoseconds / _SECOND, period)]
    names = [f"{d.name}, {d.seconds} s ({d.source})" for d in fitting]
    names += [f"a schedule, {name}" for name in periods]
    if not names:
        return ""
    return f"{nanoseconds / _SECOND:,.1f} s lie between the two; candidates: {'; '.join(names)}"


def _equals(gap: float, seconds: int) -> bool:
    late = max(_LATE * seconds, _LATE_AT_LEAST)
    return -_EARLY * seconds <= gap - seconds <= late
