"""RL305: an error that no retry can cure, retried."""

from __future__ import annotations

import polars as pl

from racelens import hits, tries
from racelens.knowledge import Knowledge
from racelens.rule import Line, rule
from racelens.timeline import OTHER

# Parts of an error's letters. A status that asks to come again (408, 409, 412, 423, 425, 429) is none.
_CLASSES = {
    "not found": r"not.?found|no.?such|does.?not.?exist|^(404|410)$",
    "permission": r"unauthori[sz]ed|forbidden|permission|access.?denied|authenticat|credential|^40[137]$",
    "unsupported": r"unsupported|not.?supported|not.?implemented|not.?allowed|^(405|406|415|501)$",
    "validation": r"validat|invalid|bad.?request|malformed|schema|value.?error|type.?error|syntax|parse"
    r"|^4(0[02]|1[1346]|2[12468]|31|51)$",
}


def _class(column: str) -> pl.Expr:
    """The class of an error that stays whatever is tried; null for any other."""
    found = pl.lit(None, pl.String)
    for name, pattern in reversed(_CLASSES.items()):
        meant = pl.col(column).str.contains(f"(?i){pattern}")
        found = pl.when(meant).then(pl.lit(name)).otherwise(found)
    return found


def _checked() -> pl.Expr:
    """Failures whose error is logged."""
    failed = tries.is_failure() & (pl.col("outcome") == "fail")
    return pl.when(failed).then(pl.col("error").is_not_null() & pl.col("work").is_not_null())


@rule(
    "RL305",
    severity="warning",
    key=("work",),
    several=True,
    needs=("work", "error"),
    message="{actor} was tried again{where} after an error that a retry cannot cure: {error}",
    lost="time and load: {futile} futile tries, and the real answer came late",
    fix="retry only what may pass: timeouts, lost connections, 429, 502, 503, 504; raise {error} to the "
    "caller, or move the work to a dead-letter queue",
    unit="failed try",
    wish="Log the error's type or the status on the finish of each failed try",
    line=Line(
        "job.finish",
        ("job_id", "attempt", "outcome", "error_type"),
        ("error_type",),
        "the class of the error, or the status",
    ),
    blind_spot="name no error, or belong to no job, message or flow",
    advice="Log error.type on {name}",
    checked=_checked,
)
def futile_retry(events: pl.LazyFrame, knowledge: Knowledge) -> pl.LazyFrame:  # noqa: ARG001
    """An error that retrying cannot cure was retried: validation, permission, not found, unsupported.

    Flagged
        {"ts":"2026-05-04T12:00:00.0Z","job_id":"job-9","attempt":1,"event":"mail.finish","action":"notify","status":"failed","error_type":"ValidationError","duration_ms":10}
        {"ts":"2026-05-04T12:00:01.0Z","job_id":"job-9","attempt":2,"event":"mail.finish","action":"notify","status":"failed","error_type":"ValidationError","duration_ms":10}

    Silent
        {"ts":"2026-05-04T12:00:00.0Z","job_id":"job-9","attempt":1,"event":"mail.finish","action":"notify","status":"failed","error_type":"ServiceUnavailable","duration_ms":10}
        {"ts":"2026-05-04T12:00:01.0Z","job_id":"job-9","attempt":2,"event":"mail.finish","action":"notify","status":"failed","error_type":"ServiceUnavailable","duration_ms":10}

    How it is found
        Tries of one lineage, or of one operation and payload in one flow. One failed with an error of
        such a class, by type, by words (“not found”) or by status (4xx but 408, 409, 412, 423, 425
        and 429), and another began after it.
        confirmed: the later try failed with the same class, and its number or one clock says that it
        came later.
        possible: how the later try ended is not logged, or it failed with something else, or only
        clocks of several hosts order the two.
        Work that a later try did carry out is left alone: what was not found yet came too early, and
        is no error that stays. A form sent again without a payload hash may have been corrected.

    Fix
        Let the error's class decide: retry timeouts, lost connections, 429, 502, 503 and 504; return
        everything else to the caller at once, or move the work to a dead-letter queue.
    """
    cured = (pl.col("outcome") == "ok").any() | pl.col("noop").any() | (pl.col("effects") > 0).any()
    alike = tries.is_alike()
    pairs = (
        tries.each_beside_the_next(events)
        .filter(~cured.fill_null(False).over("work") & ~alike)
        .with_columns(kind=_class("error" + OTHER), later=_class("error"))
        .filter(pl.col("kind").is_not_null())
    )
    in_order = tries.is_later() | pl.col("one_clock")
    same = pl.col("later").eq_missing(pl.col("kind"))
    ended = pl.col("outcome").is_not_null() | pl.col("error").is_not_null()
    told = pairs.with_columns(
        confidence=pl.when(same & in_order).then(pl.lit("confirmed")).otherwise(pl.lit("possible")),
        reason=pl.when(~in_order)
        .then(pl.lit("only clocks of several hosts say which try was the later one"))
        .when(same)
        .then(pl.format("both tries failed with a {} error", "kind"))
        .when(ended)
        .then(pl.lit("the later try failed with something else"))
        .otherwise(pl.lit("how the later try ended is not logged")),
        at="began",
        id="began",
        id_other="began" + OTHER,
        futile=pl.len().over("work"),
        where=hits.where(),
        error="error" + OTHER,
        earlier_try="try" + OTHER,
    ).with_columns(
        note=pl.format("began again after that: a {} error stays", "kind"),
        related=pl.concat_list(
            hits.event("began" + OTHER, pl.lit("began"), raced=True),
            hits.event("ended" + OTHER, pl.format("failed with {}", "error"), raced=True),
            hits.event("ended", pl.lit("ended no better"), raced=True),
        ).list.drop_nulls(),
    )
    rank = pl.col("confidence") != "confirmed"
    first = told.sort(rank, "began").unique("work", keep="first", maintain_order=True)
    return first.select(
        *hits.COLUMNS, "actor", "where", "error", "kind", "futile", "try", "earlier_try"
    )
