"""What frameworks say of a whole request or job in fixed phrases, whoever wrote the application.

`incoming request` and `request completed` are two ends of one handler, though their words differ; so are
`Task orders.charge[9f…] received` and `… succeeded in 0.18s`. A recipe gives both ends one stem.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from racelens.ingest import courses

REQUEST, JOB, DELIVERY = (
    "request",
    "job",
    "delivery",
)  # stems of phrases that do not say which request or job


@dataclass(frozen=True)
class Phrase:
    """One end of a handler. `outcome`: what the phrase itself says of it; `action`: likewise."""

    stem: str
    phase: str
    outcome: str | None = None
    action: str | None = None


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.I)


# Fastify, pino-http, Hono, ASP.NET, Rails, actix and their like. `outgoing request` is a client's.
_REQUEST_OPENS = _pattern(
    r"^(?:(?:incoming|inbound|new|received|handling|processing|start(?:ed|ing)?) (?:http |api )?request\b"
    r"|(?:http |api )?request (?:start(?:ed|ing)?|received|incoming|began|begin)\b"
    r"|started (?:get|put|post|patch|delete|head) )"
)
_REQUEST_CLOSES = _pattern(
    r"^(?:(?:completed?|finish(?:ed)?|handled|processed|served) (?:http |api )?request\b"
    r"|(?:http |api )?request (?:completed?|finish(?:ed)?|handled|processed|served|done|ended|errored|failed)\b"
    r"|response sent\b|sent response\b|completed (?:[1-5][0-9][0-9]|#)\b)"
)
# Who asked has gone; what was asked for goes on.
_REQUEST_LEFT = _pattern(r"^(?:http |api )?request (?:aborted|cancell?ed|timed out|timeout)\b")
_JOB_OPENS = _pattern(
    r"^(?:(?:job|task) (?:is )?(?:active|start(?:ed|ing)?|processing|running|picked up|began)"
    r"|(?:processing|start(?:ed|ing)?|running|performing) (?:job|task)|start|started|perform start)$"
)
_JOB_CLOSES = _pattern(
    r"^(?:(?:job|task) (?:is |has )?(?:completed?|finished|done|succeeded)"
    r"|(?:completed|finished|processed|performed) (?:job|task)|done|finished|completed|perform stop"
    r"|(?:job|task):stop)$"
)
_JOB_FAILS = _pattern(
    r"^(?:(?:job|task) (?:is |has )?(?:failed|errored)|fail|failed|(?:job|task):exception)$"
)
_NAMED = r"\S*[\d#'\"]\S*"  # an id, or what stands for it
_WORK = r"(?:job|task|message|activity)"
# A sentence of a worker: which job, and what became of it.
_TOLD_TAKEN = _pattern(
    rf"(?:^|[ \]:-])received {_WORK}\b|^{_WORK} {_NAMED} (?:was |is )?(?:received|reserved|accepted|picked up)\b"
    r"|^running <.*> on host\b|^(?:processing|received|consuming|handling) (?:consumer ?)?record\b.*\boffset\b"
)
_TOLD_CAME = _pattern(r"^received (?:\S+ ){0,2}(?:event|webhook|notification|delivery)\b")
_TOLD_REFUSED = _pattern(
    rf"\b{_WORK}\b.*\b(?:already|still|currently|being) (?:being )?(?:running|process(?:ed|ing)|execut(?:ed|ing)"
    r"|completed|done|finished|in progress|locked|claimed|taken)\b"
    rf"|\bskipp(?:ed|ing) (?:duplicate |already \w+ )?{_WORK}\b"
)
_TOLD_OPEN = _pattern(
    rf"jobprocessing$|\binside task\b|\bJID-.*[: ]start$|→ {_NAMED}:\w|^task accepted: \S+\[\S+\] pid:\d"
    rf"|(?:^|[ :])(?:starting|started|processing|performing|executing|running) {_WORK}:? {_NAMED}"
    rf"|^{_WORK} {_NAMED} (?:\S+ )?(?:is )?(?:started|active|begun)\b"
    rf"|^performing \S+ \(job id|^(?:worker \S+: )?[\w-]+: [\w.]+\(.*\) \({_NAMED}\)$"
)
_TOLD_DONE = _pattern(
    rf"jobprocessed$|\bJID-.*[: ]done\b|\bjob ok\b|← {_NAMED}:\w+ ●|^performed \S+ \(job id"
    rf"|\back(?:nowledg(?:ed|ing))? {_WORK}\b|\btask completed$"
    rf"|^{_WORK} {_NAMED} (?:\S+ )?(?:has |is )?(?:completed|succeeded|finished|done|processed|ok)\b"
)
_TOLD_FAILED = _pattern(
    rf"job(?:failed|exceptionoccurred)$|\bJID-.*[: ]fail|! {_NAMED}:\w+ failed|^error performing \S"
    rf"|\bfailed to (?:process|run|execute|perform) {_WORK}\b|\bmissing lock for {_WORK} {_NAMED}[. ]+\w*finished"
    rf"|^{_WORK} {_NAMED} (?:\S+ )?(?:has )?(?:failed|errored|raised|timed out|was killed)\b"
)
_CELERY = re.compile(
    r"Task (?P<stem>[\w.-]+)\[[^\]]+\] (?:(?P<taken>received|accepted)|(?P<ok>succeeded)"
    r"|(?P<fail>retry|raised|failed|rejected|revoked)|(?P<noop>ignored))"
)

_PHRASES = (
    (_TOLD_CAME, Phrase(DELIVERY, "point", action="deliver")),
    (_TOLD_REFUSED, Phrase(JOB, "point", "conflict")),
    (_TOLD_TAKEN, Phrase(JOB, "point", action="deliver")),
    (_TOLD_OPEN, Phrase(JOB, "start")),
    (_TOLD_FAILED, Phrase(JOB, "finish", "fail")),
    (_TOLD_DONE, Phrase(JOB, "finish", "ok")),
    (_REQUEST_OPENS, Phrase(REQUEST, "start")),
    (_REQUEST_LEFT, Phrase(REQUEST, "finish", "unknown")),
    (_REQUEST_CLOSES, Phrase(REQUEST, "finish")),
    (_JOB_OPENS, Phrase(JOB, "start")),
    (_JOB_FAILS, Phrase(JOB, "finish", "fail")),
    (_JOB_CLOSES, Phrase(JOB, "finish")),
)


# What stands before a sentence: tags, and the header of Go's klog.
_HEAD = re.compile(r"^(?:[IWEF]\d{4} [\d:.]+ +\d+ \S+:\d+\] |\[[^\[\]]*\] )+")


def phrase(name: str) -> Phrase | None:
    """The end of a handler that a framework's phrase tells of; None for the application's own words."""
    name = _HEAD.sub("", name)
    if told := _CELERY.match(name):
        return _of_celery(told)
    fixed = next((end for pattern, end in _PHRASES if pattern.search(name)), None)
    if fixed is None and (course := courses.of(name)):
        return Phrase(JOB, *course)
    return fixed


def _of_celery(told: re.Match[str]) -> Phrase:
    """Received is not begun: a worker fetches tasks ahead. A task's end tells how long it ran."""
    stem = told["stem"]
    if told["taken"]:
        return Phrase(stem, "point", action="deliver")
    outcome = "ok" if told["ok"] else "conflict" if told["noop"] else "fail"
    return Phrase(stem, "finish", outcome)
