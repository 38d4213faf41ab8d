"""The vocabulary of logs: which words name which action, phase and outcome, as plain sets.

`words` reads records with it; adding a word is adding it here.
"""

from __future__ import annotations

Words = frozenset[str]


def _set(text: str) -> Words:
    return frozenset(text.split())


READ = _set(
    "read reading get gets fetch fetched fetching load loaded loading find found lookup select "
    "selected view viewed looked lookup show list listed peek head options query queried hget mget scan search"
)
WRITE = _set(
    "write wrote written writing save saved saving update updated updating set put "
    "upsert upserted modify modified replace replaced store stored overwrite overwritten edit "
    "edited persist persisted"
)
CREATE = _set(
    "create created creating insert inserted inserting new post posted added adding issued"
)
# What changes the state of a thing, where no plainer verb says what was done: `seat held`, `order.confirmed`, `ticket assigned`.
MOVE = _set(
    "held hold reserve reserved reserving claimed confirm confirmed confirming approve approved cancel "
    "cancelled canceled expire expired assign assigned reassigned closed reopened archived settled "
    "activated deactivated enabled disabled renamed moved changed adjusted extended suspended resumed "
    "renewed shipped fulfilled"
)
DELETE = _set("delete deleted deleting remove removed removing destroy destroyed del purge purged")
DELTA = _set(
    "increment incremented incr inc decrement decremented decr dec append appended hincrby incrby "
    "decrby lpush rpush sadd zadd zincrby"
)
PARTIAL = _set("patch patched merge merged")
CONDITIONAL = _set("cas compareandset compareandswap")
EFFECT = _set(
    "charge charged charging send sent sending notify notified email emailed mail mailed publish "
    "published pay paid refund refunded capture captured transfer transferred payout credit credited "
    "debit debited deposit deposited withdraw withdrawn"
)
# What an outcome says that a look-up did not find.
NOTHING = r"(?i)(not.?found|no.?such|does.?not.?exist)"
PUBLISH = _set("publish published publishing produced relayed")
BROKERS = _set(
    "outbox queue topic exchange broker bus stream kafka rabbitmq amqp sqs sns nats pubsub message messages event events"
)
ENQUEUE = _set("enqueue enqueued queue queued schedule scheduled dispatch dispatched")
DELIVER = _set("deliver delivered receive received consume consumed")
ACQUIRE = _set("acquire acquired lock locked")
RELEASE = _set("release released unlock unlocked")

ACTIONS: tuple[tuple[Words, str], ...] = (
    (READ, "read"),
    (WRITE | DELTA | PARTIAL | CONDITIONAL, "write"),
    (CREATE, "create"),
    (DELETE, "delete"),
    (EFFECT, "effect"),
    (ENQUEUE, "enqueue"),
    (DELIVER, "deliver"),
    (ACQUIRE, "acquire"),
    (RELEASE, "release"),
    (MOVE, "write"),
)
METHODS = {
    "GET": "read",
    "HEAD": "read",
    "PUT": "write",
    "PATCH": "write",
    "POST": "create",
    "DELETE": "delete",
}

# Who carries a message to its addressee, and how they say that they have it.
CARRIERS = _set("smtp mail email sms push mailgun sendgrid twilio ses")
TAKEN = _set("accepted delivered")

START = _set("start started starting begin began begun invoke invoked")
FINISH = _set("finish finished done end ended complete completed succeeded success")
# Said before it happens: `sending invite` is no proof that it was sent.
CANNOT = _set("cannot unable couldn")
# Beside a verb of a message these say that it did not happen, or to something else.
NOT_DONE = _set(
    "not no skip skipping skipped will would requested requesting validate validating validated schedule scheduled scheduling "
    "audit cache index planned plan dry starting about header headers trying tried attempting attempt"
)
ANNOUNCED = _set(
    "sending charging publishing paying notifying emailing mailing refunding capturing transferring"
)
FAILED = _set("fail failed errored raised rejected aborted")
PHASES = {
    **dict.fromkeys(START | {"b", "s"}, "start"),
    **dict.fromkeys(FINISH | {"e", "f"}, "finish"),
}
PHASES |= dict.fromkeys(FAILED | {"error"}, "finish")
# ECS categorises every record; only start and end speak of a phase.
PHASES |= dict.fromkeys(
    _set("point event info access change creation deletion user group allowed denied"), "point"
)

OK = _set("ok success successful succeeded completed complete sent true accepted 0 done passed")
FAIL = _set(
    "error failed fail failure refused rejected unavailable false exception aborted denied rolledback aborted"
)
CONFLICT = _set(
    "conflict locked stale 409 412 replayed noop skipped ignored duplicate suppressed notmodified "
    "superseded obsolete outdated unchanged dropped discarded"
)
UNKNOWN = _set("timeout timedout cancelled canceled unknown lost pending deadline")
# Words that together, in whatever spelling, say more than each: `already_exists`, `compare failed`.
PHRASES: tuple[tuple[Words, str], ...] = (
    (_set("timed out"), "unknown"),
    (_set("connection lost"), "unknown"),
    (_set("compare failed"), "conflict"),
    (_set("already"), "conflict"),
    (_set("duplicate"), "conflict"),
    (_set("not found"), "fail"),
)
OUTCOMES: dict[str, str] = {
    **dict.fromkeys(OK, "ok"),
    **dict.fromkeys(FAIL, "fail"),
    **dict.fromkeys(CONFLICT, "conflict"),
    **dict.fromkeys(UNKNOWN, "unknown"),
}
STARTED = _set("started running processing active in_progress inprogress")
LEVELS = _set("trace debug info notice warn warning error critical fatal panic verbose information")

# What a name says of the outcome when no field does.
NAME_OUTCOMES = (
    (
        _set("conflict conflicted already ignored skipped noop replay replayed suppressed"),
        "conflict",
    ),
    (_set("timeout timedout"), "unknown"),
    (FAILED | {"error"}, "fail"),
)
# Parts of an error's letters: `ConnectionResetError`, `could not serialize access`, `ETIMEDOUT`.
ERROR_OUTCOMES = (
    (
        "timeout timedout deadline cancel econnreset connectionreset connectionlost brokenpipe "
        "epipe sockethangup",
        "unknown",
    ),
    (
        "conflict serializ deadlock stale optimistic duplicatekey duplicateentry alreadyexists "
        "uniqueviolation uniqueconstraint locked mismatch precondition concurren conditionalcheck "
        "comparefailed hasbeenmodified alreadyheld notheld notowner",
        "conflict",
    ),
)
# Sentences of a guard that refused.
REFUSED = (
    r"(?i)\b(?:not executing|it'?s locked|(?:is|are) (?:already )?locked by|could not (?:obtain|acquire) (?:the |a )?lock"
    r"|lock (?:is )?(?:already )?(?:held|taken|busy) by|lock not acquired|could not serialize access|deadlock (?:found|detected)"
    r"|(?:updated or deleted|has been modified) by another|stale ?object|optimistic ?lock\w*"
    r"|duplicate (?:key|entry)|unique constraint (?:failed|violat\w+)|record ?not ?unique"
    r"|another (?:instance|process|worker|run) is (?:already |still )?running)"
)
BEGIN = _set("begin began begun start started")
COMMIT = _set("commit committed")
ROLLBACK = _set("rollback rolledback")
TRANSACTION = _set("txn tx transaction trx")
