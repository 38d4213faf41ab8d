"""What the report adds in a sentence: the line to log where nothing could be checked, how often work was repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import polars as pl

from racelens.causes import OF_REPEATS
from racelens.findings import Finding
from racelens.history import History
from racelens.ingest import Capture

_FIELDS = ("old", "new", "version", "writer")
_ENOUGH = 20  # jobs and messages: a share of fewer says nothing
_LISTED = 4  # numbers of runs told
_FEW = 5  # repeats: fewer have no distribution

# One statement for each logger, by the name that `inspect` gives it. {e}: the event, {i}: the id's key.
_PYTHON = 'log.info("{e}", {i}=row.id, old=old, new=new, version=row.version, writer=writer)'
_STATEMENTS = {
    "python-json-logger": 'log.info("{e}", extra={{"{i}": row.id, "old": old, "new": new, "version": row.version, "writer": writer}})',
    "loguru": 'logger.bind({i}=row.id, old=old, new=new, version=row.version, writer=writer).info("{e}")',
    "pino": 'log.info({{ {i}: row.id, old, new: next, version: row.version, writer }}, "{e}")',
    "zap": 'log.Info("{e}", zap.String("{i}", id), zap.String("old", old), zap.String("new", new), zap.Int64("version", v), zap.String("writer", writer))',
    "slog": 'slog.Info("{e}", "{i}", id, "old", old, "new", new, "version", version, "writer", writer)',
    "zerolog": 'log.Info().Str("{i}", id).Str("old", old).Str("new", new).Int64("version", v).Str("writer", writer).Msg("{e}")',
    "logrus": 'log.WithFields(log.Fields{{"{i}": id, "old": old, "new": new, "version": v, "writer": writer}}).Info("{e}")',
    "Serilog": 'Log.Information("{e} {{{i}}} {{old}} {{new}} {{version}} {{writer}}", id, old, @new, version, writer);',
    "semantic_logger": 'logger.info("{e}", {i}: row.id, old: old, new: new, version: row.lock_version, writer: writer)',
    "logstash-logback": 'log.atInfo().addKeyValue("{i}", id).addKeyValue("old", old).addKeyValue("new", next).addKeyValue("version", version).addKeyValue("writer", writer).log("{e}");',
    "Rust tracing": 'tracing::info!({i} = %id, old, new, version, writer, "{e}");',
}
_LIKE = {
    "bunyan": "pino",
    "Serilog CLEF": "Serilog",
    "lograge": "semantic_logger",
    "Sidekiq": "semantic_logger",
    "log4j2 JsonLayout": "logstash-logback",
    "ECS": "logstash-logback",
}


def missing_line(capture: Capture, history: History) -> str:
    """A log statement, in the logger in use, that would let the rules look."""
    producers = Counter(
        entry.mapping.producer for entry in capture.inputs if entry.mapping.producer
    )
    producer = producers.most_common(1)[0][0] if producers else ""
    kinds = history.events["kind"].drop_nulls().mode().sort()
    nouns = [noun for entry in capture.inputs for _, noun in entry.mapping.nouns]
    noun = kinds[0] if len(kinds) else nouns[0] if nouns else "order"
    noun = noun if noun.isidentifier() and noun != "route" else "order"
    return (
        "nothing here could be checked: RL101 needs each write with what it changed. Log it where it happens: "
        + statement(producer, f"{noun}.status.write", f"{noun}_id")
    )


def statement(producer: str, event: str, key: str) -> str:
    """The statement in the idiom of `producer` (as `inspect` names it), else of Python's structlog."""
    first = producer.split(",", maxsplit=1)[0]
    return _STATEMENTS.get(_LIKE.get(first, first), _PYTHON).format(e=event, i=key)


def rates(history: History, findings: Sequence[Finding]) -> Iterator[str]:
    """`25 of 1,227 jobs and messages (2.0 %) ran more than once, never more than twice`."""
    repeated = {f.facts.get("id") for f in findings if f.rule in OF_REPEATS and f.facts.get("id")}
    total = history.totals.messages
    if total < _ENOUGH or not repeated:
        return
    named = pl.col("lineage").str.contains("^(job|delivery) ")
    own = (pl.col("actor") == pl.col("job")).fill_null(True)
    ids = pl.col("lineage").str.replace("^(job|delivery) ", "")
    runs = (
        history.events.filter(named & own & ids.is_in(sorted(map(str, repeated))))
        .group_by("lineage", "attempt")
        .agg(pl.col("time").min())
        .sort("time")
        .group_by("lineage", maintain_order=True)
        .agg(runs=pl.len(), second=pl.col("time").get(1, null_on_oob=True).dt.truncate("1s"))
        .filter(pl.col("runs") > 1)
    )
    if runs.is_empty():
        return
    share = 100 * runs.height / total
    yield (
        f"{runs.height:,} of {total:,} jobs and messages ({share:.1f} %) ran more than once, "
        f"{_by_id(runs)}{_by_second(runs)}"
    )


def _by_id(runs: pl.DataFrame) -> str:
    """`never more than twice: single repeats, no loop`, or how many ran how often."""
    if runs["runs"].max() == 2:
        return "never more than twice: single repeats, no loop"
    often = runs["runs"].value_counts(name="ids").sort("runs")
    rows = often.rows()
    told = [f"{ids:,} {runs} times" for runs, ids in rows[:_LISTED]]
    rest = f" and {len(rows) - _LISTED} more kinds" if len(rows) > _LISTED else ""
    return ", ".join(told) + f"{rest}, up to {rows[-1][0]} times"


def _by_second(runs: pl.DataFrame) -> str:
    """Whether the repeats came at once or one by one; nothing for few or undated ones."""
    seconds = runs["second"].drop_nulls()
    if len(seconds) < _FEW:
        return ""
    counts = seconds.value_counts(name="repeats").sort(
        "repeats", "second", descending=[True, False]
    )
    most, when = counts["repeats"][0], counts["second"][0]
    if most == 1:
        return f"; the repeats began in {counts.height:,} different seconds, one by one"
    return (
        f"; the repeats began in {counts.height:,} different seconds, at most {most:,} in one "
        f"({when:%Y-%m-%d %H:%M:%S})"
    )
