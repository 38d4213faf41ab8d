"""Which default the time between two tries equals: candidates only, from public defaults; silence where none fits."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

_SECOND = 1_000_000_000
QUEUE, HTTP, LEASE, SCHEDULE = "queue", "http", "lease", "schedule"
# A timer is checked from time to time, so what it starts comes a little late, and never early.
_EARLY, _LATE = 0.002, 0.012  # of the default
_LATE_AT_LEAST = 1.0  # seconds


@dataclass(frozen=True)
class Default:
    """A timeout somebody ships. `source`: where it is documented; `kind`: what it makes happen again."""

    seconds: int
    name: str
    source: str
    kind: str = QUEUE


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
    Default(1800, "invisibility timeout of Hangfire on SQL Server", "docs.hangfire.io"),
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
    Default(
        300,
        "zombie threshold of Airflow's scheduler (scheduler_zombie_task_threshold)",
        "airflow.apache.org, configuration reference",
    ),
    Default(300, "time a job of arq may run (job_timeout)", "arq-docs.helpmanual.io"),
    Default(180, "time a job of RQ may run (DEFAULT_TIMEOUT)", "python-rq.org/docs"),
    Default(90, "retry_after of Laravel's queues", "laravel.com/docs/queues"),
    Default(
        60, "heartbeat timeout of Dramatiq on Redis (heartbeat_timeout)", "dramatiq.io, reference"
    ),
    Default(
        60, "lock duration of Azure Service Bus", "learn.microsoft.com/azure/service-bus-messaging"
    ),
    Default(
        60, "read timeout of nginx (proxy_read_timeout)", "nginx.org, ngx_http_proxy_module", HTTP
    ),
    Default(
        60, "idle timeout of AWS load balancers", "docs.aws.amazon.com/elasticloadbalancing", HTTP
    ),
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
    Default(30, "acknowledgement wait of NATS JetStream (AckWait)", "docs.nats.io, consumers"),
    Default(
        30,
        "visibility timeout of SQS (VisibilityTimeout)",
        "docs.aws.amazon.com/AWSSimpleQueueService",
    ),
    Default(
        30,
        "request timeout of Heroku's router (H12)",
        "devcenter.heroku.com/articles/request-timeout",
        HTTP,
    ),
    Default(
        15,
        "lease of a Kubernetes leader (leaseDuration)",
        "kubernetes.io/docs/concepts/architecture/leases",
        LEASE,
    ),
    Default(
        10,
        "acknowledgement deadline of Pub/Sub (ackDeadlineSeconds)",
        "cloud.google.com/pubsub/docs",
    ),
)
_ANY = frozenset((QUEUE, HTTP, LEASE, SCHEDULE))
_PERIODS = (
    (86_400, "once a day"),
    (14_400, "every four hours"),
    (3600, "every hour"),
    (900, "every 15 minutes"),
)


def candidates(nanoseconds: int, kinds: Container[str] = _ANY) -> tuple[Default, ...]:
    """The defaults of these kinds that a gap equals, within what a timer's own check may add."""
    gap = nanoseconds / _SECOND
    return tuple(d for d in DEFAULTS if d.kind in kinds and _equals(gap, d.seconds))


def told(nanoseconds: int, kinds: Container[str] = _ANY) -> str:
    """`a gap of 90.6 s; candidates: retry_after of Laravel's queues (90 s)`; empty where nothing fits."""
    fitting = candidates(nanoseconds, kinds)
    periods = [name for period, name in _PERIODS if _equals(nanoseconds / _SECOND, period)]
    names = [f"{d.name}, {d.seconds} s ({d.source})" for d in fitting]
    if SCHEDULE in kinds:
        names += [f"a schedule, {name}" for name in periods]
    if not names:
        return ""
    return f"{nanoseconds / _SECOND:,.1f} s lie between the two; candidates: {'; '.join(names)}"


def _equals(gap: float, seconds: int) -> bool:
    late = max(_LATE * seconds, _LATE_AT_LEAST)
    return -_EARLY * seconds <= gap - seconds <= late
