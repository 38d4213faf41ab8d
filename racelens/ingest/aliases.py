"""Which names in the wild mean which canonical field.

A key is normalised before it is looked up: split at `.` and `/`, each part lower-cased and stripped to
letters and digits, so `request_id`, `requestId`, `REQUEST-ID` are one name. Names of mere containers
(`ctx`, `labels`, `extra` …) may be left out. The first alias of a field that is there and holds fitting
values wins; the order below is therefore a ranking.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator

# What an envelope says of the record inside stands under this key of the record. It names nothing that the
# record says itself: it is ranked last.
ENVELOPE = "@envelope"

CONTAINERS = frozenset(
    [
        "record",
        "extra",
        "labels",
        "ctx",
        "context",
        "contextmap",
        "mdc",
        "properties",
        "payload",
        "namedtags",
        "fields",
        "attributes",
        "jsonpayload",
        "data",
        "args",
        "customdimensions",
        "tags",
        "logprocessed",
        "metadata",
        "span",
        "spans",
        "source",
        "temporalactivity",
        "temporalworkflow",
        "app",
        # `logging.googleapis.com/labels`, after its dots and slash.
        "logging",
        "googleapis",
        "com",
    ]
)
# Lists of objects whose first filled entry speaks for the record: scopes of Rust's `tracing`, chained exceptions.
LISTED = frozenset(["spans", "exception"])
EACH = "*"  # the step of a path into such a list

ALIASES: dict[str, str] = {
    "time": "@t time ts timestamp @timestamp asctime eventtime datetime date t timeunixnano "
    "instant.epochsecond timestampseconds _source_realtime_timestamp __realtime_timestamp "
    "timegenerated _time observedtimeunixnano event.created snapshot sampledat collectedat createdat insertedat",
    "nanos": "instant.nanoofsecond timestampnanos",
    "seq": "event.sequence sequence seq seqno log.offset messaging.kafka.offset __seqnum lsn committs",
    "host": "host.name host hostname _hostname k8s.pod.name kubernetes.podname podname pod dyno "
    "logstreamname approleinstance service.instance.id machinename",
    "service": "service.name service servicename application app dd.service approlename cloudrolename "
    "syslog_identifier kubernetes.labels.app containername functionname",
    "pid": "pid process.pid _pid processgroup pgid processid processname process.name process",
    "worker": "worker tid thread threadname process.thread.name thread.id",
    "correlation": "correlationid xcorrelationid conversationid messaging.message.conversationid "
    "workflowid sagaid flowid",
    "trace": "trace.id traceid @tr context.traceid dd.traceid logging.googleapis.com/trace trace "
    "operationid traceparent req.headers.traceparent http.request.header.traceparent xraytraceid "
    "xamzntraceid xb3traceid ubertraceid sentry.trace",
    "session": "session.id sessionid sid session",
    "transaction": "transactionid txnid txid xid transaction.id",
    "request": "requestid reconcileid reqid req.id http.request.id xrequestid awsrequestid functionrequestid "
    "rid request.id faas.invocationid",
    "job": "jobid job.id jid taskid celery.taskid messaging.message.id bullmq.job.id data.id "
    "activityid workflowrunid runid id cicd.pipeline.task.run.id",
    "span": "span.id spanid @sp dd.spanid logging.googleapis.com/spanid",
    "parent": "parent.id parentid parentspanid operationparentid causationid",
    "user": "user.id userid usr.id enduser.id uid sub currentuser actor user",
    "queue": "temporalactivity.workflowrunid queue queuename job.queue taskqueue temporalactivity.taskqueue messaging.destination.name",
    "task": "taskname jobname job.name ctx.class jobclass class activitytype temporalactivity.activitytype data.name "
    "celery.taskname bullmq.job.name cicd.pipeline.task.name",
    "try": "attempt attemptnumber job.attempt try attemptsstarted retrycount retries attemptsmade "
    "bullmq.job.attempts.made deliverycount messaging.servicebus.message.deliverycount "
    "messaging.gcppubsub.message.deliveryattempt http.request.resendcount attempts",
    "name": "event.name eventname event.action event msg message short_message @m @mt "
    "messagetemplate operationname log textpayload body",
    # What somebody wrote for people to read; ids and states may stand in it.
    # A row of a store with its history, and a row of a process list.
    "history": "history log statushistory statuslog transitions events changes audit auditlog",
    "program": "job command cmd comm cmdline program unit",
    "began": "start starttime startedat started lstart",
    "alive": "elapsed etime runningfor",
    "text": "message msg short_message @m log textpayload body",
    "phase": "phase step stage lifecycle event.type ph",
    "action": "action op operation verb db.operation.name db.operation messaging.operation.type "
    "faas.document.operation crud",
    "method": "http.request.method http.method method req.method",
    "url": "url.path req.url http.target path url requesteduri http.route",
    "controller": "controller",
    "resource": "resource resourcekey entity entitykey aggregate object subject",
    "resource_type": "resourcetype resource.type entitytype entity.type aggregatetype "
    "aggregate.type objecttype object.type",
    "resource_id": "resourceid resource.id entityid entity.id aggregateid aggregate.id objectid "
    "object.id",
    "base": "baseversion expectedversion prevversion previousversion oldversion ifmatch readversion "
    "fromversion clientrev basedon expected "
    "req.headers.ifmatch requestheaders.ifmatch http.request.header.ifmatch",
    "version": "version resourceversion resource.version entity.version rev revision _rev etag lockversion rowversion _seqno xmin "
    "generation newversion "
    "res.headers.etag response.headers.etag responseheaders.etag http.response.header.etag",
    "value": "value newvalue qty balance",
    "statement": "db.query.text db.statement db.sql.query querytext sqlquery sql query statement",
    "parameters": "db.query.parameters db.statement.parameters sqlparameters parameters params bindings binds",
    "amount": "amount delta change",
    "payload": "payloadhash bodyhash requesthash checksum sha256 digest event.hash fingerprint",
    # What was asked for, field by field, where no hash of all of it is logged.
    "content": "amount to recipient recipients email payee template templateid period currency price total "
    "sku memo reason subject phone channel plan title text body comment texthash contenthash "
    "sha1 md5",
    "key": "idempotencykey dedupkey deduplicationid",
    "delivery": "deliveryid eventid messageid webhookid",
    "redelivered": "redelivered redelivery isredelivered jmsredelivered deliveryinfo.redelivered "
    "properties.redelivered",
    "rows": "rowsaffected affectedrows rowcount rowsupdated updatedrows modifiedcount matchedcount updated rows",
    # A repeat that was recognised: what is told is the first one's answer.
    "replayed": "replayed isreplay isreplayed idempotentreplay idempotentreplayed idempotencyreplay deduplicated "
    "isduplicate duplicate res.headers.idempotentreplayed response.headers.idempotentreplayed",
    "outcome": "outcome event.outcome result status success ok updated resulttype",
    "status_code": "http.response.statuscode http.statuscode statuscode res.statuscode httpstatus status code",
    "error": "error.type exception.type exception.exctype exceptionname record.exception.type err.type err.name "
    "thrown.name exception.name errortype errorcode exceptionclass error.class error err exception",
    "state": "newstatus newstate tostate to state status",
    "guard": "isolation isolationlevel lock lockid lockname lockkey lease leaseid fencingtoken "
    "lockmode permits maxholders lockcapacity changedfields changedattributes dirtyfields updatedfields modifiedfields",
    "lease": "leasems leasemillis leaseseconds leasedurationms leaseduration leasetime ttl ttlms ttlseconds "
    "lockttl lockttlms expiresinms expiresin",
    "duration": "durationns durationus durationmicros durationms durationmillis durations "
    "durationseconds responsetime elapsedtime elapsedms elapsed ctx.elapsed event.duration runtime "
    "httprequest.latency latency duration",
}

CHANGED_FIELDS = frozenset(
    ["changedfields", "changedattributes", "dirtyfields", "updatedfields", "modifiedfields"]
)
HOLDERS = frozenset(["lockmode", "permits", "maxholders", "lockcapacity"])
_MANY_FIELDS = 3  # canonical fields that make an object a namespace
LOOSE = 1000  # ranks from here on: only the last part of a nested key is such a name
# The last part of a nested key alone may name these: nothing else goes by such names.
_LOOSE = frozenset(
    [
        "correlation",
        "trace",
        "session",
        "transaction",
        "request",
        "job",
        "span",
        "parent",
        "user",
        "try",
        "payload",
        "key",
        "base",
        "resource_type",
        "resource_id",
    ]
)

_OUTER = 10_000  # beyond every rank of a record's own keys
# Beside a bare `id` these say that it is a job's.
OF_JOBS = frozenset(("attempts", "maxtries", "maxattempts", "jobclass"))
ZERO_BASED_TRIES = frozenset(
    (
        *("attempts", "retrycount", "retries", "attemptsmade", "bullmq.job.attempts.made"),
        "http.request.resendcount",
    )
)
UNITLESS = frozenset(("duration", "latency"))
ENDED_TRIES = frozenset(("attemptsmade", "bullmq.job.attempts.made"))
# Seconds whose fraction stands under a key of its own.
WHOLE_SECONDS = frozenset(("epochsecond", "timestampseconds"))
# A base under these names was handed to the store as a condition, not merely recorded.
CONDITIONAL_BASES = frozenset(("expectedversion", "ifmatch", "expected"))

# `version` is many things; inside these it is not a resource's.
NOT_A_RESOURCE = frozenset(
    ["ecs", "service", "http", "agent", "host", "os", "client", "library", "sdk", "log", "runtime"]
)

# `<noun>_id` names a resource, unless the noun is an actor or a piece of plumbing.
_NOT_A_NOUN = """
request req trace span correlation user session job task parent message process thread
reconcile tenant transaction txn tx event log record host client conversation workflow activity run
operation invocation delivery worker connection actor resource entity aggregate object
execution causation x_request x_correlation aws_request function_request instance container
pod node group segment service app application device org organization agent cloud http net
server os
"""
NOT_A_NOUN = frozenset(_NOT_A_NOUN.split()) | {"uu", "gu"}  # UUID, GUID

# What a user may say of times that the log does not: the zone of stamps without one, the unit of numbers.
ZONE, UNIT = "assume-tz", "ts-unit"
UNITS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}

# Fields that callers may name otherwise (design, section 8).
MAP_SYNONYMS = {
    "ts": "time",
    "event": "name",
    "base_version": "base",
    "fingerprint": "payload",
    "attempt": "try",
    "process": "pid",
}


def segments(path: tuple[str, ...]) -> tuple[str, ...]:
    """A path of keys as normalised parts: `("ctx", "request.id")` → `ctx`, `request`, `id`."""
    parts = (part for key in path for part in re.split(r"[./]", key))
    return tuple(simple for part in parts if (simple := _simple(part)))


def _simple(part: str) -> str:
    return "".join(c for c in part.lower() if c.isalnum())


def _rank_of() -> dict[str, list[tuple[str, int]]]:
    ranks: dict[str, list[tuple[str, int]]] = {}
    for field, names in ALIASES.items():
        for rank, alias in enumerate(names.split()):
            ranks.setdefault(".".join(segments((alias,))), []).append((field, rank))
    return ranks


_RANKS = _rank_of()


# Parents that mean something themselves: `user.id` is no `id`.
_MEANT = frozenset(
    name.split(".")[0] for names in ALIASES.values() for name in names.split() if "." in name
)


def namespace(name: str, children: Iterable[str]) -> bool:
    """True for an object that an application keeps its own fields in: `orders {request_id, action, version}`."""
    if name in _MEANT:
        return False
    known = {field for child in children for field, _ in _RANKS.get(child, ())}
    return len(known) >= _MANY_FIELDS


def matches(path: tuple[str, ...], namespaces: Container[str] = ()) -> Iterator[tuple[str, int]]:
    """The canonical fields a path may mean, each with its rank (lower is better).

    What the record itself says comes before what its envelope says, and that before the next envelope.
    namespaces: first parts that are left out like containers.
    """
    if path[0] == ENVELOPE and len(path) > 1:
        yield from ((field, _OUTER + rank) for field, rank in matches(path[1:], namespaces))
        return
    full = segments(path)
    inner = full[1:] if len(full) > 1 and full[0] in namespaces else full
    bare = tuple(part for part in inner[:-1] if part not in CONTAINERS) + inner[-1:]
    seen = set()
    for name in dict.fromkeys((".".join(full), ".".join(bare))):
        for field, rank in _RANKS.get(name, ()):
            if field not in seen:
                seen.add(field)
                yield field, rank
    if len(bare) > 1:
        for field, rank in _RANKS.get(full[-1], ()):
            if field in _LOOSE and field not in seen:
                yield field, LOOSE + rank


def noun(path: tuple[str, ...]) -> str | None:
    """The noun of a `<noun>_id`, `NounId` or `noun: {id}` key in snake_case, else None."""
    key = path[-1]
    if path[0] == ENVELOPE:
        return None
    if key.lower() == "id" and len(path) > 1:
        key = f"{path[-2]}_id"
    match = re.fullmatch(r"(.+?)(?:_uuid|UUID|Uuid|_guid|GUID|Guid|_id|_ID|-id|Id|ID|\.id)", key)
    if not match:
        return None
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", match[1]).replace("-", "_").replace(".", "_")
    name = words.lower().strip("_@")
    if not name or not name[0].isalpha() or name in NOT_A_NOUN or _simple(name) in CONTAINERS:
        return None
    return name
