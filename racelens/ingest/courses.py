"""Sentences of workers in anybody's words: one piece of work, by its name or id, and where it stands in its course.

`pid=4 class=LedgerSync jid=b4a5 INFO: start`, `low: Job session.touch[307-0] completed`: without ids, names and
numbers only words of work and of its course are left. A sentence that says more is the application's own.
"""

from __future__ import annotations

import re

Words = frozenset[str]


def _set(text: str) -> Words:
    return frozenset(text.split())


_BEGUN = _set(
    "start started starting begin began begun beginning processing performing executing running picked"
)
# In capitals behind its work they are the state it has reached: `Ledger.rebuild (id=55120) RUNNING`.
_REACHED = re.compile(r" (?:RUNNING|PROCESSING|STARTED)$")
# First in a sentence they say that it begins; behind its work they say that it goes on: `job 17 running, 40 %`.
_GOING = _set("running processing executing performing")
_DONE = _set(
    "done complete completed finish finished succeeded success processed performed executed"
)
_FAILED = _set("fail failed errored raised crashed")
_COURSE: dict[str, tuple[str, str | None]] = {
    **dict.fromkeys(_BEGUN, ("start", None)),
    **dict.fromkeys(_DONE, ("finish", "ok")),
    **dict.fromkeys(_FAILED, ("finish", "fail")),
}
# They say nothing of the course. `is` and `still` are not here: who says that a job is running did not start it.
_BESIDE = _set(
    "job jobs task message msg activity work item execution of the a with id on by from in at for up to and worker "
    "queue pool thread process host node attempt try retry after took was has been now successfully elapsed "
    "duration runtime args kwargs arguments info debug warn warning error notice ms s sec secs second seconds min "
    "minutes"
)
_WORK = _set("job task message activity")

_ID = re.compile(
    r"\bJID-\w|\b(?:jid|job_?id|task_?id|message_?id)\b|[\w.-]\[[^\]\s]*\d[^\]\s]*\]"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-|\w\\\w|\w::\w|\b\w+(?:Job|Task|Worker|Command|Handler)\b",
    re.IGNORECASE,
)
# An id, or a name of several words: `job nightly-reindex`.
_AFTER_WORK = re.compile(
    r"(?i)\b(?:job|task|message|activity)[ #:]+[\"'`]?(?:[\w-]*\d|[a-z]+[-_.][a-z])"
)
_NO_WORDS = re.compile(
    r"[\w.-]+=\"[^\"]*\"|[\w.-]+=\S+"  # key=value
    r"|\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|<[^<>]*>|\"[^\"]*\"|'[^']*'"
    r"|\S*\\\S*|\S*::\S*|\S*\d\S*"  # classes with their path; ids and numbers
    r"|\b[A-Za-z_]\w*(?:[.-]\w+)+|\b[A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+\b"  # orders.charge, LedgerSync
    r"|^(?!(?i:process|perform|start|runn|execut|finish|complet|fail|done)\w*:)(?:[\w-]+: )+"  # a queue
)


def of(sentence: str) -> tuple[str, str | None] | None:
    """(phase, outcome) of the work it names; None for what says something else, or names no work."""
    if " " not in sentence or not (_ID.search(sentence) or _AFTER_WORK.search(sentence)):
        return None
    words = re.findall(r"[a-z]+", _without_names(sentence).lower())
    said = [word for word in words if word in _COURSE]
    if len(said) != 1 or not _BESIDE.issuperset(set(words) - set(said)):
        return None
    if said[0] in _GOING and words[0] != said[0] and not _REACHED.search(sentence):
        return None
    return _COURSE[said[0]]


def _without_names(sentence: str) -> str:
    """Twice: what stood in brackets may have stood in a name."""
    return _NO_WORDS.sub(" ", _NO_WORDS.sub(" ", sentence.strip()))
