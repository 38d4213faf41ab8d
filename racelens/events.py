"""The event table: one row for each thing a log record says happened to a resource.

Two shapes share these columns. *Records* (`RECORD_SCHEMA`) are what ingest makes of one input line:
who, what, on which resource, in the log's own words made canonical. *Events* (`EVENT_SCHEMA`) are what
`history` makes of records: it decides who acted, what took effect and what came first.

Time is nanoseconds since 1970 UTC; it may be null, the record then keeps its place in its source.
"""

from __future__ import annotations

import polars as pl

from racelens import vocabulary

Phase = pl.Enum(vocabulary.PHASES)
Action = pl.Enum(vocabulary.ACTIONS)
Outcome = pl.Enum(vocabulary.OUTCOMES)
Role = pl.Enum(vocabulary.ROLES)
BaseSource = pl.Enum(vocabulary.BASE_SOURCES)
Mark = pl.Enum(vocabulary.MARKS)
Time = pl.Datetime("ns", "UTC")

# What may cover a write, beside a lock's name.
ROW_LOCK = "row lock"  # also the guard of the read: SELECT … FOR UPDATE
ISOLATED = "serializable"

_RECORD: dict[str, pl.DataType | type[pl.DataType]] = {
    "source": pl.UInt32,  # index into the capture's sources
    "line": pl.UInt32,  # 1-based line in the source
    "part": pl.UInt32,  # ascending over records of one line; null where lines hold one each
    "time": Time,
    "seq": pl.Int64,
    "host": pl.String,
    "service": pl.String,
    "process": pl.String,  # service/pid
    "worker": pl.String,  # an actor's name, never a clock
    "correlation": pl.String,
    "trace": pl.String,
    "session": pl.String,
    "transaction": pl.String,
    "request": pl.String,
    "job": pl.String,
    "queue": pl.String,  # where the job or message waited
    "span": pl.String,
    "parent": pl.String,
    "user": pl.String,
    "try": pl.UInt32,  # 1-based
    "name": pl.String,
    "stem": pl.String,  # the name without its phase word: what start and finish share
    "phase": Phase,
    "action": Action,
    "mark": Mark,  # begin, commit, rollback of a transaction
    "resource": pl.String,
    "beside": pl.String,  # what else the record names: the document that a comment was added to
    "base": pl.String,
    "version": pl.String,
    "value": pl.String,
    "amount": pl.String,  # by how much the record says that a value was changed
    "payload": pl.String,
    "content": pl.String,  # what an effect was about, by the fields that say it: `amount=44 payee=DE18`
    "key": pl.String,  # idempotency key
    "delivery": pl.String,  # id of the message or webhook, the same when it is sent again
    "redelivered": pl.String,  # the broker's flag that it has delivered the message before, as logged
    "logged_outcome": Outcome,  # null: the record has no word for it
    "error": pl.String,
    "state": pl.String,
    "guard": pl.String,  # atomic, conditional, or the lock or isolation as logged
    "duration": pl.Int64,  # nanoseconds
    "lease": pl.Int64,  # nanoseconds: how long a lock that is taken lasts
    "holder": pl.String,  # who has the lock, as the record claims (acquire) or sees (read)
    "reached": pl.Int64,  # how far a number that only grows has come: a committed offset
    "dead": pl.String,  # the process that the record says has ended; `*` is the one that wrote it
    "inner": pl.String,  # a stamp that the text itself carries
    "doubled": pl.Boolean,  # an earlier line has the same text and the same stamp, in whole seconds
    "from_text": pl.String,  # which of these columns came out of its text
    "mention": pl.Boolean,  # the record names the resource beside the one it acts on
}

_EVENT: dict[str, pl.DataType | type[pl.DataType]] = {
    "id": pl.UInt32,  # row number in history order
    "run": pl.String,
    **_RECORD,
    "kind": pl.String,  # the resource's type
    "precision": pl.Int64,  # nanoseconds: what the source's clock could tell apart
    "attempt": pl.String,  # who acted, unique in the capture
    "actor": pl.String,  # the same, as the log spells it
    "domain": pl.String,  # the clock that stamped it
    "flow": pl.String,
    "lineage": pl.String,  # what the tries of one logical operation share
    "work": pl.String,  # what was asked for: the lineage, else one operation and payload in one flow
    "intent": pl.String,  # what must take effect once: an idempotency key, or a payload in its flow
    "undos": pl.UInt32,  # effects taken back in the flow before
    "flow_undos": pl.UInt32,  # and in all of it
    "op": pl.UInt32,  # operation: the id of the event that completes it
    "operation": pl.String,  # name of the handler the event belongs to
    "opened": pl.UInt32,  # the attempt's first event by this clock
    "begin": Time,
    "end": Time,
    "died": pl.UInt32,  # the record that says that the attempt's process ended while it was open
    "believes": pl.UInt32,  # on a lock taken: the last record of its clock, where none says that the lock was lost
    "duty": pl.String,  # on the runs of a job that is meant to run one at a time: what it does
    "within": pl.UInt32,  # on a handler's finish: that of a creation of its flow, open all the while
    "purpose": Action,  # what the attempt's handler is there for
    "ending": Outcome,  # how the attempt's handler ended; unknown while it is open, null where none is logged
    "role": Role,
    "whole": pl.Boolean,  # a handler that logs nothing finer: its effect is implied, not proved
    "outcome": Outcome,  # the effective one
    "visible": pl.UInt32,  # the event from which others can see the effect
    "visible_time": Time,
    "visible_domain": pl.String,
    "base_event": pl.UInt32,  # the access the base was taken from
    "base_value": pl.String,  # the value that access saw
    "base_time": Time,  # and when
    "base_domain": pl.String,  # by which clock
    "base_source": BaseSource,
    "cover": pl.String,  # what protected the write since its base was read: a lock's name, row lock, serializable
    "held": pl.UInt32,  # the event that took that lock
    "lease_left": pl.Int64,  # nanoseconds to the end of its lease, negative when it had run out
}

# The guard of a record that says by how much a value changed: `history` finds out who did the sum.
SUM = "sum"

RECORD_SCHEMA = pl.Schema(_RECORD)
EVENT_SCHEMA = pl.Schema(_EVENT)


def kind() -> pl.Expr:
    """The resource's type: `order` of `order:42`."""
    return pl.col("resource").str.extract(r"^([^:]*)")


def of_handler(*phases: str) -> pl.Expr:
    """True for the start or finish of the attempt's own handler: its outermost operation."""
    return pl.col("phase").is_in(phases or ("start", "finish")) & (
        pl.col("stem") == pl.col("operation")
    )


def records() -> pl.DataFrame:
    """No records, in the right shape."""
    return pl.DataFrame(schema=RECORD_SCHEMA)


def complete(told: pl.DataFrame) -> pl.DataFrame:
    """All columns of a record; what is not told is null."""
    missing = [
        pl.lit(None, dtype).alias(name)
        for name, dtype in RECORD_SCHEMA.items()
        if name not in told.columns
    ]
    return told.with_columns(missing).select(RECORD_SCHEMA.names())
