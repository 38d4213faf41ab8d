"""What the report adds in a sentence: the line to log where nothing could be checked, how often work was repeated."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from racelens.causes import OF_REPEATS
from racelens.detect import Verdicts
from racelens.findings import Coverage, Finding, Skipped
from racelens.history import History
from racelens.ingest import Capture
from racelens.rules import RULES
from racelens.vocabulary import count

_ENOUGH = 20  # jobs and messages: a share of fewer says nothing
_TIMES = {2: "twice", 3: "three times"}
_LISTED = 4  # numbers of runs told
_SENTENCE = re.compile(r"[\s\"'\\]")
_BARE = frozenset({"correlation", "request"})  # ids of no row
_FEW = 5  # repeats: fewer have no distribution


@dataclass(frozen=True)
class _Logger:
    """How a logger is called: the statement around its fields `{f}`, and one field `{k}` with its value `{v}`."""

    statement: str
    field: str
    between: str = ", "
    of_row: bool = True  # whether values are read off a row, or stand in variables
    sigil: str = ""  # before the name of a variable
    names_new: bool = True  # whether a variable may be called `new`


_STRUCTLOG = _Logger('log.info("{e}", {f})', "{k}={v}")
_LOGGERS = {
    "python-json-logger": _Logger('log.info("{e}", extra={{{f}}})', '"{k}": {v}'),
    "loguru": _Logger('logger.bind({f}).info("{e}")', "{k}={v}"),
    "pino": _Logger('log.info({{ {f} }}, "{e}")', "{k}: {v}", names_new=False),
    "zap": _Logger('log.Info("{e}", {f})', 'zap.String("{k}", {v})', of_row=False, names_new=False),
    "slog": _Logger('slog.Info("{e}", {f})', '"{k}", {v}', of_row=False, names_new=False),
    "zerolog": _Logger(
        'log.Info(){f}.Msg("{e}")', '.Str("{k}", {v})', "", of_row=False, names_new=False
    ),
    "logrus": _Logger(
        'log.WithFields(log.Fields{{{f}}}).Info("{e}")', '"{k}": {v}', of_row=False, names_new=False
    ),
    "Serilog": _Logger(
        'Log{f}.Information("{e}");', '.ForContext("{k}", {v})', "", of_row=False, names_new=False
    ),
    "Monolog": _Logger("$log->info('{e}', [{f}]);", "'{k}' => {v}", of_row=False, sigil="$"),
    "semantic_logger": _Logger('logger.info("{e}", {f})', "{k}: {v}"),
    "logstash-logback": _Logger(
        'log.atInfo(){f}.log("{e}");', '.addKeyValue("{k}", {v})', "", of_row=False
    ),
    "Rust tracing": _Logger(
        'tracing::info!({f}, "{e}");', "{k} = %{v}", of_row=False, names_new=False
    ),
}
_LIKE = {
    "bunyan": "pino",
    "Serilog CLEF": "Serilog",
    "lograge": "semantic_logger",
    "Sidekiq": "semantic_logger",
    "log4j2 JsonLayout": "logstash-logback",
    "ECS": "logstash-logback",
}


def _producer(capture: Capture) -> str:
    """The logger in use; empty where nothing tells which."""
    producers = Counter(
        entry.mapping.producer for entry in capture.inputs if entry.mapping.producer
    )
    return producers.most_common(1)[0][0] if producers else ""


def spelled(verdicts: Verdicts, capture: Capture, history: History) -> Verdicts:
    """The verdicts, in which each rule that could not look gives the line to log, in the logger in use."""
    producer, noun = _producer(capture), _noun(capture, history)

    every: tuple[Coverage | Skipped, ...] = (*verdicts.coverage, *verdicts.skipped)
    blind = [entry.rule for entry in every if not _told(entry)]
    # Rules that ask for the same event get one line with the fields of all.
    fields: dict[str, dict[str, None]] = defaultdict(dict)
    for line in (RULES[code].line for code in sorted(blind)):
        fields[line.event] |= dict.fromkeys(field.format(noun=noun) for field in line.fields)

    def whole(code: str) -> str:
        event = RULES[code].line.event
        return statement(producer, event.format(noun=noun), tuple(fields[event]))

    def said(entry: Coverage) -> str:
        if _told(entry):
            return ""
        # A sentence is no name for an event.
        named = [event for event in entry.events if not _SENTENCE.search(event)]
        if not named:
            return whole(entry.rule)
        return statement(producer, named[0], RULES[entry.rule].line.lacks)

    return replace(
        verdicts,
        coverage=tuple(replace(entry, statement=said(entry)) for entry in verdicts.coverage),
        skipped=tuple(
            entry if _told(entry) else replace(entry, statement=whole(entry.rule))
            for entry in verdicts.skipped
        ),
    )


def _told(entry: Coverage | Skipped) -> bool:
    """Whether a log line would tell the rule nothing new: it saw all, or lacks what no log says."""
    if isinstance(entry, Skipped):
        return not entry.missing
    return entry.checked > 0 and not entry.unchecked


def _noun(capture: Capture, history: History) -> str:
    """What these logs are about: the commonest type of resource."""
    kinds = history.events["kind"].drop_nulls().mode().sort()
    nouns = [noun for entry in capture.inputs for _, noun in entry.mapping.nouns]
    noun = kinds[0] if len(kinds) else nouns[0] if nouns else "order"
    return noun if noun.isidentifier() and noun != "route" else "order"


def statement(producer: str, event: str, fields: Sequence[str]) -> str:
    """The statement in the idiom of `producer` (as `inspect` names it), else of Python's structlog."""
    first = producer.split(",", maxsplit=1)[0]
    logger = _LOGGERS.get(_LIKE.get(first, first), _STRUCTLOG)
    # `new` is a word of most languages but Python and Ruby.
    values = {"phase": '"finish"'} if logger.names_new else {"phase": '"finish"', "new": "next"}
    told = (
        logger.field.format(k=field, v=values.get(field) or _value(field, logger))
        for field in fields
    )
    return logger.statement.format(e=event, f=logger.between.join(told))


def _value(field: str, logger: _Logger) -> str:
    """`order.id` for `order_id`, where values are read off a row; else the variable of that name."""
    noun = field.removesuffix("_id")
    return (
        f"{noun}.id"
        if logger.of_row and noun != field and noun not in _BARE
        else logger.sigil + field
    )


def doubled(capture: Capture) -> Iterator[str]:
    """How many lines may be others printed again."""
    again = int(capture.records["doubled"].sum())
    if again:
        yield (
            f"cannot tell: {count(again, 'line')} repeat an earlier one to the letter, within one whole second: printed "
            "twice, or two events? Milliseconds, or an id for each record, would settle it"
        )


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
    told = [f"{ids:,} {_TIMES.get(runs, f'{runs} times')}" for runs, ids in rows[:_LISTED]]
    rest = f" and so on, up to {rows[-1][0]} times" if len(rows) > _LISTED else ""
    return ", ".join(told) + rest


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
        f"; the repeats began in {count(counts.height, 'second')}, at most {most:,} in one "
        f"({when:%Y-%m-%d %H:%M:%S})"
    )
