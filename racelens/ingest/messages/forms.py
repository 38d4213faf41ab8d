"""Forms in which people put facts into sentences: each a pattern whose named groups are slots.

They are rules of form, not of products: `name[uuid]`, `attempt 3 of 5`, `child exited, PID 81`, `from paid to
shipped`. Patterns run in two engines, Python's and Rust's, so they use neither look-around nor back references.

Slots that are columns of a record keep their names. Others: `try0`, a try counted from 0; `noun` and `id`, a thing
that is named; `sees` and `holds`, who has a lock, as seen or as claimed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_ID = r"[\w-]*\d[\w-]*"
_WHO = r"[\w.:@/-]*[\w]"
_STATE = r"[A-Za-z][A-Za-z_]{2,30}"
_GONE = r"exited|died|killed|crashed|terminated|timed ?out|was lost|is gone|disappeared|signal \d+|sigkill|sigterm"
_COUNTER = r"offset|sequence|seqno|position|watermark|checkpoint|lsn|epoch|term|revision"


@dataclass(frozen=True)
class Form:
    """One pattern. `gives`: what it says beside its slots, as (slot, text)."""

    pattern: str
    gives: tuple[tuple[str, str], ...] = ()

    @property
    def slots(self) -> tuple[str, ...]:
        """In the order of their groups."""
        return tuple(_compiled(self.pattern).groupindex)

    def fits(self, text: str) -> bool:
        return _compiled(self.pattern).search(text) is not None


@lru_cache(maxsize=8192)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


# The first form that fills a slot wins.
FORMS: tuple[Form, ...] = (
    # Jobs and messages.
    Form(r"\bJID[-=: ]+(?P<job>\w+)"),
    Form(r"\bTID-(?P<worker>\w+)\s+(?P<task>[A-Z][\w:]*)\s+JID-"),
    Form(r"^(?P<pid>\d+) TID-"),
    Form(rf"(?i)\b(?:task|job|message)[: ]+(?P<task>[a-z_][\w.\\/-]*)\[(?P<job>{_UUID}|{_ID})\]"),
    Form(rf"\b(?P<task>[A-Za-z_][\w.\\/-]*)\[(?P<job>{_UUID})\]"),
    Form(
        rf"(?i)\b(?:job|task|message|msg|activity)[ _-]?id[\"']?\s*(?:=>|=|:|\bis\b)?\s*[\"']?(?P<job>{_ID})"
    ),
    Form(r"(?i)\breceived (?:message|task|job) (?P<task>[a-z_][\w.]*)\("),
    Form(rf"(?i)\bwith id [\"'`]?(?P<job>{_ID})"),
    Form(r"^Worker (?P<worker>[\w.-]+): (?P<queue>[\w.-]+): (?P<task>[a-z_][\w.]*)\("),
    Form(rf"^(?P<queue>[\w.-]+): (?P<task>[a-z_][\w.]*)\(.*\) \((?:{_UUID}|{_ID})\)$"),
    Form(rf"(?:\)|\bOK|\bdone|\bfailed) \((?P<job>{_UUID}|{_ID})\)\s*$"),
    Form(rf"(?:→|←|↻|!)\s*(?P<job>{_UUID}|{_ID}):(?P<task>[A-Za-z_][\w.]*)"),
    Form(rf"\b(?P<job>{_UUID})[-/#](?P<try>\d{{1,3}})\b"),
    Form(r"\battempt_(?P<job>\d+_\d+_[mr]_\d+)_(?P<try0>\d{1,3})\b"),
    Form(r"(?i)\btask (?P<job>\d+)\.(?P<try0>\d{1,3}) in stage\b"),
    Form(rf"(?i)\b(?:job|task|message)[ #:]+[\"'`]?(?P<job>{_UUID}|[a-z]{{0,8}}[-_]?\d[\w-]*)"),
    Form(rf"^\[?(?P<job>{_UUID})\]?\s*[-:|]\s.*(?i:\btask\b|\bjob\b)"),
    Form(r"(?i)\b(?:performing|performed|error performing) (?P<task>[A-Z][\w:]*) \(job id"),
    Form(r"(?i)\binside task: ?(?P<task>[\w.]+)"),
    # Tries.
    Form(r"(?i)\b(?:try|attempt)(?: (?:no\.?|number))?\s*[ =:#]+(?P<try>\d{1,4})\b"),
    Form(r"(?i)\b(?:retry|retry_?count|retries)\s*[ =:#]+(?P<try0>\d{1,3})\b"),
    # Processes, and their deaths.
    Form(
        rf"(?i)\b(?:child|worker|process|subprocess)\b.{{0,60}}?\b(?:{_GONE})\b.{{0,40}}?\bpid[ =:#]*(?P<dead>\d+)"
    ),
    Form(
        rf"(?i)\b(?:child|worker|process|subprocess)\b.{{0,40}}?\bpid[ =:#]*(?P<dead>\d+)\b.{{0,60}}?\b(?:{_GONE})\b"
    ),
    Form(r"(?i)\bkilled process (?P<dead>\d+)"),
    Form(rf"(?i)\b(?:process|worker|child) #?(?P<dead>\d+)\b.{{0,30}}?\b(?:{_GONE})\b"),
    Form(
        r"(?i)\b(?:out of memory|oom-?killed|warm shutdown|cold shutdown|shutting down|worker exited prematurely"
        r"|received sig(?:term|int|kill)|got sig(?:term|int)|restarting|booting)\b",
        (("dead", "*"),),
    ),
    Form(r"(?i)\bpid[ =:#]+(?P<pid>\d+)"),
    # Requests.
    Form(
        r"(?i)^started (?P<method>GET|POST|PUT|PATCH|DELETE) [\"'](?P<url>[^\"']+)[\"'] for (?P<client>[\w.:]+)"
    ),
    Form(r"(?i)^completed (?P<status_code>[1-5]\d\d)\b"),
    # States.
    Form(rf"(?i)\bmarking (?:the )?\w+ as (?P<state>{_STATE})", (("action", "write"),)),
    Form(
        rf"(?i)\b(?:status|state)\b.{{0,60}}?\bfrom [\"'`]?(?P<old>{_STATE})[\"'`]? to [\"'`]?(?P<state>{_STATE})",
        (("action", "write"),),
    ),
    Form(
        rf"(?i)\b(?:status|state|transition\w*|moved|changed)\b.{{0,60}}?\b(?P<old>{_STATE}) ?(?:->|=>|→) ?(?P<state>{_STATE})",
        (("action", "write"),),
    ),
    Form(
        rf"(?i)\b(?:transition(?:ed|ing)?|status (?:set|changed|updated)|state (?:set|changed|updated)) to [\"'`]?(?P<state>{_STATE})",
        (("action", "write"),),
    ),
    Form(r"<(?P<noun>[A-Z]\w+): (?P<id>\S+(?: \S+)?) \[(?P<state>\w+)\]>"),
    Form(
        r"\bdag_id=(?P<outer>[\w.-]+), task_id=(?P<inner_id>[\w.-]+)(?:, map_index=-?\d+)?"
        r"(?:, run_id=[^,]+)?, execution_date=(?P<which>\w+)"
    ),
    # Locks.
    Form(
        rf"(?i)\b(?:lock|lease|leadership)\b.{{0,40}}?\bheld by [\"'`]?(?P<sees>{_WHO})",
        (("action", "read"),),
    ),
    Form(
        rf"(?i)^(?P<holds>{_WHO}) (?:is|became|has become) (?:now )?(?:the )?leader\b",
        (("action", "acquire"),),
    ),
    Form(
        rf"(?i)\bnew leader(?: elected)?(?: is|:)? [\"'`]?(?P<holds>{_WHO})",
        (("action", "acquire"),),
    ),
    Form(
        r"(?i)\b(?:stopped leading|lost (?:the )?(?:lease|lock|leadership)|stepp(?:ed|ing) down"
        r"|no longer (?:the )?leader|released (?:the )?(?:lease|leadership))\b",
        (
            ("action", "release"),
            ("holds", ""),
        ),
    ),
    Form(r"(?i)\b(?:lock|lease) [\"'`](?P<lock>[\w./:-]+)[\"'`]"),
    # Numbers that only grow.
    Form(
        rf"(?i)\b(?:committed|committing|stored|saved|flushed|applied|advanced|acked|acknowledged)\b.{{0,40}}?"
        rf"\b(?:{_COUNTER})\b(?: (?:is|to|at|no|number))?[ =:#]+(?P<reached>\d{{1,18}})\b",
        (("action", "write"),),
    ),
    Form(
        r"(?i)\b(?:reset|seek(?:ing)?|rewind(?:ing)?|rewound|truncat\w+|replay\w*)\b",
        (("rewound", "yes"),),
    ),
    Form(r"(?i)\bpartition[ =:#]+[\"'`]?(?P<partition>[\w.-]+)"),
    Form(r"(?i)\bgroup[ =:#]+[\"'`]?(?P<group>[\w.-]+)"),
    # Things by name.
    Form(
        r"(?i)\bon (?P<noun>[a-z]{3,30})(?:\.[\w.]+)? \"(?P<id>[\w./-]+)\": the object has been modified"
    ),
    Form(r"(?i)^(?P<noun>[a-z]{3,30})(?:\.[\w.]+)? \"(?P<id>[\w./-]+)\" already exists"),
    Form(
        r"(?i)\b(?:for|of|on|to|with|from) (?:the )?(?P<noun>[a-z]{3,20}) (?:#|no\.? |number |id:? )?"
        r"(?P<id>[a-z]{0,6}[-_]?\d[\w-]*)\b"
    ),
    Form(r"\b(?P<noun>[A-Za-z]{3,20}) #(?P<id>\d[\w-]*)"),
    Form(r"#?<?\b(?P<noun>[A-Z][a-z]\w{1,28})(?: |\()(?:id|pk)(?:=|: ?)[\"']?(?P<id>[\w-]+)"),
    # The stamp that a line carries inside.
    Form(r"(?P<inner>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,]\d{2,9})"),
)

# Before a number these name no thing.
NO_NOUN = frozenset(
    [
        "line",
        "port",
        "code",
        "status",
        "try",
        "attempt",
        "retry",
        "version",
        "offset",
        "sequence",
        "page",
        "step",
        "batch",
        "size",
        "level",
        "row",
        "rows",
        "column",
        "position",
        "generation",
        "revision",
        "priority",
        "timeout",
        "interval",
        "http",
        "https",
        "pid",
        "process",
        "thread",
        "worker",
        "exit",
        "signal",
        "about",
        "after",
        "before",
        "last",
        "next",
        "first",
        "only",
        "than",
        "total",
        "least",
        "most",
        "over",
        "under",
        "job",
        "task",
        "message",
        "partition",
        "the",
        "all",
        "any",
        "each",
        "these",
        "those",
        "you",
        "him",
        "her",
        "them",
        "release",
        "chapter",
        "year",
        "day",
        "month",
        "week",
        "hour",
        "minute",
        "second",
    ]
)
