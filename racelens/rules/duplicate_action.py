"""RL201: the same action took effect twice."""

from __future__ import annotations

import polars as pl

from racelens import hits, tries
from racelens.history import submissions
from racelens.knowledge import Knowledge
from racelens.rule import Line, rule
from racelens.timeline import OTHER, by_another, neighbours, rivals, same_clock

_SETTLED = 60  # seconds: a provider tells of a payment while its payer is on the way back
_CLOSE = 5  # seconds: a double click, a retry of a client that waited in vain
_REACH = 4  # repeats told with one
_ROUTINE = 4  # jobs that ask for the same
_SAME = ("intent", "action", "stem", "target")


def _checked() -> pl.Expr:
    """Effects that carry what makes them comparable: a payload in a flow, or an idempotency key."""
    return pl.when(tries.is_effect()).then(pl.col("intent").is_not_null())


def _cleared() -> pl.Expr:
    """A repeat that was recognised and had no effect."""
    repeat = (pl.col("outcome") == "conflict") & pl.col("intent").is_not_null()
    says = pl.col("name").str.contains("(?i)replay|already|duplicate|suppress|skip")
    return pl.when(repeat & says & (pl.col("role") != "envelope")).then(
        pl.lit("guard worked: the repeat was recognised, no effect")
    )


@rule(
    "RL201",
    severity="error",
    key=("intent",),
    needs=("action",),
    message="{actor} did again what {earlier} had done{where}",
    lost="{done} {twice}{where}",
    fix="give the action an idempotency key and let the store refuse the second: CREATE UNIQUE INDEX "
    "ON {table} (idempotency_key); on conflict return the first result",
    unit="effect",
    wish="Log each effect (charge, mail, creation) with its payload's hash and a correlation id",
    line=Line(
        "{noun}.effect",
        ("{noun}_id", "idempotency_key", "payload_hash", "correlation_id"),
        ("payload_hash",),
        "a hash of what was asked for, or its idempotency key",
    ),
    blind_spot="carry neither a payload in a flow nor an idempotency key",
    advice="Log a payload hash or the idempotency key, and the correlation id, on {name}",
    settle="Log a payload hash, and the id of what each effect made",
    checked=_checked,
    cleared=_cleared,
)
def duplicate_action(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:  # noqa: ARG001
    """The same action with an identical payload took effect more than once.

    Flagged
        {"ts":"2026-05-04T12:00:00.10Z","correlation_id":"c1","request_id":"a","resource":"order:7","action":"charge","payload_hash":"f00d"}
        {"ts":"2026-05-04T12:00:00.15Z","correlation_id":"c1","request_id":"b","resource":"order:7","action":"charge","payload_hash":"f00d"}

    Silent
        {"ts":"2026-05-04T12:00:00.10Z","correlation_id":"c1","request_id":"a","resource":"order:7","action":"charge","payload_hash":"f00d"}
        {"ts":"2026-05-04T12:00:00.15Z","correlation_id":"c1","request_id":"b","resource":"order:7","action":"charge","payload_hash":"f00d","outcome":"replayed"}

    How it is found
        A double click, two tabs, a request and its job: one intent, two effects. Effects with one
        idempotency key, or with the same action, target and payload inside one flow (correlation,
        else trace, else session), by different attempts. Each creation has an id of its own, so
        creations are compared by type.
        confirmed: both effects have a record of their own.
        possible: one clock puts requests without a key more than five seconds apart, so that somebody may
        have wanted it again; the log has only the handlers' start and finish, which imply the effects; or lines
        without a request id show one client's request again before any answer, or one payment settled
        both by a webhook and by who came back from the provider; or two jobs call one task with the same
        arguments within seconds; or a store has two rows of one source.
        Wanted repeats are left alone: another idempotency key, another flow, an undo in between
        (cancel, refund …), a replay or no-op.
        Cannot see: effects without a payload or key; the same payload of different users is never
        compared.

    Fix
        Make the action idempotent: one key for one intent, made where the intent is made (the form,
        the message), and refused the second time by a unique index:
            CREATE UNIQUE INDEX charges_intent ON charges (idempotency_key);
            INSERT INTO charges … ON CONFLICT (idempotency_key) DO NOTHING
        A disabled button helps people, not retries.
    """
    effects = tries.effects(events.filter(pl.col("intent").is_not_null()))
    kept = (
        "id",
        "attempt",
        "actor",
        "key",
        "payload",
        "undos",
        "whole",
        "flow",
        "time",
        "beside",
        "job",
        "domain",
    )
    alike = pl.all_horizontal(
        (pl.col(c) == pl.col(c + OTHER)).fill_null(True) for c in ("key", "payload", "undos")
    )
    by_fields = pl.col("intent").str.starts_with("fields ")
    # Fields may miss what makes two acts different; only an act right behind the other is worth a look.
    one_flow = (pl.col("flow") == pl.col("flow" + OTHER)).fill_null(True)
    close = (pl.col("time") - pl.col("time" + OTHER)).abs() < pl.duration(seconds=_CLOSE)
    worth = ~by_fields | (one_flow & close).fill_null(False)
    met = neighbours(effects, _SAME, ("id",), kept, _REACH)
    pairs = rivals(met.filter(by_another() & alike & worth))
    implied = pl.col("whole") | pl.col("whole" + OTHER)
    by_key = pl.col("intent").str.starts_with("key ")
    # Which of the flow's effects were taken back before the repeat, clocks of several hosts may misreport.
    undone = (pl.col("flow_undos") > 0).fill_null(False)
    # A form in the same session again: seconds later, and not by the client's own count of its tries.
    alone = pl.all_horizontal(pl.col(c).is_null() for c in ("job", "job" + OTHER))
    later = ~by_key & same_clock() & ~close.fill_null(True) & alone
    later &= ~(pl.col("try") > 1).fill_null(False)
    proof = (
        pl.when(by_key)
        .then(pl.lit("two effects with one idempotency key; no clock is used"))
        .otherwise(pl.lit("two effects with one payload in one flow; no clock is used"))
    )
    did = pl.coalesce("name", pl.col("action").cast(pl.String))
    told = pairs.with_columns(
        confidence=pl.when(implied | undone | by_fields | later)
        .then(pl.lit("possible"))
        .otherwise(pl.lit("confirmed")),
        reason=pl.when(implied)
        .then(pl.lit("only the handlers are logged: their effects are implied, not proved"))
        .when(by_fields)
        .then(
            pl.lit(
                "the same fields, one right behind the other; no hash says that all was the same"
            )
        )
        .when(later)
        .then(
            pl.lit(
                "more than 5 s apart in one flow: somebody may have wanted it again; no key says so"
            )
        )
        .when(undone)
        .then(pl.lit("something in the flow was taken back, and the repeat may follow it"))
        .otherwise(proof),
        related=pl.concat_list(hits.event("id" + OTHER, pl.format("did {}", did), raced=True)),
        earlier=pl.col("actor" + OTHER).fill_null("another record"),
        done=did,
        where=hits.where(),
        table=pl.col("kind").fill_null("effects"),
        twice=pl.when(implied | by_fields)
        .then(pl.lit(_MAY))
        .otherwise(pl.lit("took effect twice")),
    )
    times = pl.when(pl.col("others") > 1).then(pl.lit("more than once")).otherwise(pl.lit("twice"))
    told_twice = (
        hits.one_each(hits.strongest(told), ("earlier",))
        .with_columns(note=pl.format("did {} again: it took effect {}", "done", times))
        .select(
            *hits.COLUMNS, "actor", "earlier", "done", "where", "table", "payload", "key", "twice"
        )
    )
    return pl.concat([told_twice, _by_text(events)], how="diagonal")


def _by_text(events: pl.LazyFrame) -> pl.LazyFrame:
    """What sentences and rows of a store show: one request or call twice, one thing settled in two ways."""
    by = pl.col("intent").str.extract(r"^(sent|settled|asked|row) ")
    first = (by != "asked") | (pl.col("id") == pl.col("id").min().over("attempt", "intent"))
    rows = events.filter(by.is_not_null()).with_columns(by=by).filter(first)
    # What is called with the same arguments again and again is called so on purpose.
    routine = (pl.col("by") == "asked") & (pl.len().over("intent") > _ROUTINE)
    rows = rows.filter(~routine).with_columns(
        way=pl.when(pl.col("by") == "settled").then(submissions.way()).otherwise(pl.lit(""))
    )
    kept = ("id", "attempt", "actor", "time", "way", "name", "outcome")
    apart = (pl.col("time") - pl.col("time" + OTHER)).abs()
    within = pl.col("by").replace_strict(_WITHIN, default=_CLOSE, return_dtype=pl.Int64)
    takes = pl.col("outcome") != "conflict"
    pairs = neighbours(rows, ("intent",), ("id",), kept, 1).filter(
        pl.col("before")
        & (apart <= pl.duration(seconds=within)).fill_null(False)
        & ((pl.col("by") != "settled") | (pl.col("way") != pl.col("way" + OTHER)))
        & takes
        & by_another()
    )
    told = (
        pl.col("by").replace_strict(
            {kind: texts[part] for kind, texts in _BY_TEXT.items()}, default=""
        )
        for part in range(3)
    )
    reason, note, done = told
    return (
        pairs.with_columns(
            confidence=pl.lit("possible"),
            reason=reason,
            at="id",
            note=note,
            related=pl.concat_list(hits.event("id" + OTHER, pl.lit("came first"), raced=True)),
            earlier=pl.col("actor" + OTHER).fill_null("another record"),
            done=done,
            where=hits.where(),
            table=pl.col("kind").fill_null("effects"),
            twice=pl.lit(_MAY),
        )
        .unique("id", keep="first", maintain_order=True)
        .select(
            *hits.COLUMNS, "actor", "earlier", "done", "where", "table", "payload", "key", "twice"
        )
    )


_MAY = "may have taken effect twice"
_WITHIN = {"settled": _SETTLED, "row": _SETTLED}
# Why it is possible; what the second did; what may have been done twice.
_BY_TEXT = {
    "sent": (
        "the second was sent before any answer; no request id says what became of each, and the order is that of the "
        "file",
        "came again before an answer: both were let in",
        "the request",
    ),
    "settled": (
        "two code paths settle one thing, by webhook and by who came back; what each did is not logged",
        "came again before an answer: both were let in",
        "settling it",
    ),
    "asked": (
        "two ids, one task, the same arguments, one right behind the other; it may have been asked for twice on purpose",
        "asked for the same under another id: the work may be done twice",
        "the task",
    ),
    "row": (
        "two rows of one source for one thing; the rows do not say who made them",
        "is a second row of the same source: it was taken in twice",
        "taking it in",
    ),
}
