"""Neutral records → what job runners log of their jobs, beside the application's own logger in the same language.

A runner frames a try with records of its own shape; what the application logs inside carries the ids that
the runner's context gives. Requests and everything else are the application's.
"""

from __future__ import annotations

from typing import Any

from .dial import Dial
from .dialects import Encode, clock, pino, structlog
from .machines import Record


def bullmq(record: Record, dial: Dial) -> dict[str, Any]:
    """Queue events with the job as an object, by pino; the application's child logger binds `jobId`."""
    if not _frames_a_job(record):
        return pino(record, dial)
    made = record.get("retry_count", 0)
    head = {key: pino(record, dial)[key] for key in ("level", "time", "pid", "name")}
    job: dict[str, Any] = {
        "id": record["job_id"],
        "name": record["event"],
        "data": {key: record[key] for key in ("resource", "payload_hash") if key in record},
        "attemptsStarted": made + 1,
    }
    told = {"correlationId": record["correlation_id"], "action": record.get("action")}
    if record["step"] == "start":
        job |= {"attemptsMade": made}
        return head | told | {"event": "active", "queue": "jobs", "job": job, "msg": "job active"}
    failed = record.get("error_type")
    job |= {"attemptsMade": made + 1} | ({"failedReason": failed} if failed else {})
    event = "failed" if failed else "completed"
    return head | told | {"event": event, "queue": "jobs", "job": job, "msg": f"job {event}"}


def sidekiq(record: Record, dial: Dial) -> dict[str, Any]:
    """`start`, `done` or `fail` with `ctx`, which stands on every line that a job logs. It tells no try."""
    if "job_id" not in record or "request_id" in record:
        return structlog(record, dial)
    head = {
        "ts": clock(record["time_ns"], dial),
        "pid": record["pid"],
        "lvl": record["level"].upper(),
    }
    frames = _frames_a_job(record)
    task = {"class": record["event"].title().replace(".", "")} if frames else {}
    context: dict[str, Any] = {"jid": record["job_id"], **task}
    own = ("resource", "action", "version", "payload_hash", "correlation_id", "outcome", "qty")
    told = {key: record[key] for key in own if key in record}
    if not frames:
        return head | told | {"msg": record["event"], "ctx": context}
    if record["step"] == "start":
        return head | told | {"msg": "start", "ctx": context}
    context["elapsed"] = round(record.get("duration_ms", 0) / 1000, 3)
    error = {"error": {"type": record["error_type"]}} if "error_type" in record else {}
    return head | told | error | {"msg": "fail" if error else "done", "ctx": context}


def celery(record: Record, dial: Dial) -> dict[str, Any]:
    """The worker's sentences with `data`; the application binds `task_id`."""
    if not _frames_a_job(record):
        told = structlog(record, dial)
        own = "request_id" not in record and told.pop("job_id", None)
        return told | ({"task_id": own} if own else {})
    job, name = record["job_id"], f"jobs.{record['event'].rpartition('.')[2]}"
    data: dict[str, Any] = {"id": job, "name": name, "kwargs": "{}"}
    seconds = record.get("duration_ms", 0) / 1000
    if record["step"] == "start":
        said = f"Task {name}[{job}] received"
    elif "error_type" in record:
        said = f"Task {name}[{job}] raised unexpected: {record['error_type']}('gone')"
    else:
        said, data = (
            f"Task {name}[{job}] succeeded in {seconds}s: None",
            data | {"runtime": seconds},
        )
    own = ("resource", "payload_hash", "correlation_id", "pid", "service")
    told = {key: record[key] for key in own if key in record}
    stamp = clock(record["time_ns"], dial)
    tried = {"retries": record.get("retry_count", 0)}
    return {"timestamp": stamp, "levelname": "INFO", "message": said, "data": data, **tried, **told}


def temporal() -> Encode:
    """`temporal_activity` on every line of a try, by the worker's SDK, which knows the try that runs."""
    running: dict[object, int] = {}

    def encode(record: Record, dial: Dial) -> dict[str, Any]:
        told = structlog(record, dial)
        if "job_id" not in record or "request_id" in record:
            return told
        job, retry = told.pop("job_id"), told.pop("retry_count", None)
        place = (record["pid"], job)
        running[place] = running.get(place, 0) if retry is None else retry
        activity = {
            "activity_id": job,
            "activity_type": record["event"] if _frames_a_job(record) else "job",
            "attempt": running[place] + 1,
            "namespace": "default",
            "task_queue": "jobs",
            "workflow_id": record["correlation_id"],
            "workflow_run_id": f"run-{record['correlation_id']}",
        }
        return told | {"temporal_activity": activity}

    return encode


def _frames_a_job(record: Record) -> bool:
    return "step" in record and "job_id" in record and "request_id" not in record
