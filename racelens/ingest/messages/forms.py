"""Forms in which people put facts into sentences: each a pattern whose named groups are slots.

They are rules of form, not of products: `name[uuid]`, `attempt 3 of 5`, `child exited, PID 81`, `from paid to
shipped`. Patterns run in two engines, Python's and Rust's, so they use neither look-around nor back references.

Slots that are columns of a record keep their names. Others: `run`, a job by its name, of which the process is the run; `try0`, a try counted from 0; `lasted` and `unit`, a
duration; `topic`, `section` and `place`, where a message stands; `noun` and `id`, a thing
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
    Form(rf"^(?P<task>\w+(?:(?:\\|::)\w+)+) (?P<job>{_UUID})\b"),
    Form(rf"(?i)\b(?:job|task) (?P<task>[a-z_][\w.:#\\-]*) \(id[=:] ?(?P<job>{_UUID}|{_ID})\)"),
    Form(
        rf"(?i)\b(?:job|task|message|msg|activity)[ _-]?id[\"']?\s*(?:=>|=|:|\bis\b)?\s*[\"']?(?P<job>{_ID})"
    ),
    Form(r"(?i)\breceived (?:message|task|job) (?P<task>[a-z_][\w.]*)\("),
    Form(rf"(?i)\bwith id [\"'`]?(?P<job>{_ID})"),
    Form(r"^Worker (?P<worker>[\w.-]+): "),
    Form(r"^(?:Worker [\w.-]+: )?(?P<queue>[\w-]+): (?P<task>[A-Za-z_][\w.]*)\(.*\) \("),
    Form(r"^Running <\w+: (?P<job>[^\[\]]+) \[\w+\]> on host (?P<worker>[\w.-]+)"),
    Form(
        r"\btopic ?= ?(?P<topic>[\w.-]+), partition ?= ?(?P<section>\d+),.*?\boffset ?= ?(?P<place>\d+)"
    ),
    Form(rf"(?:\)|\bOK|\bdone|\bfailed) \((?P<job>{_UUID}|{_ID})\)\s*$"),
    Form(rf"(?:→|←|↻|!)\s*(?P<job>{_UUID}|{_ID}):(?P<task>[A-Za-z_][\w.]*)"),
    Form(rf"\b(?P<job>{_UUID})[-/#](?P<try>\d{{1,3}})\b"),
    Form(r"\battempt_(?P<job>\d+_\d+_[mr]_\d+)_(?P<try0>\d{1,3})\b"),
    Form(r"(?i)\btask (?P<job>\d+)\.(?P<try0>\d{1,3}) in stage\b"),
    Form(rf"(?i)\b(?:job|task|message)[ #:]+[\"'`]?(?P<job>{_UUID}|[a-z]{{0,8}}[-_]?\d[\w-]*)"),
    Form(rf"^\[?(?P<job>{_UUID})\]?\s*[-:|]\s.*(?i:\btask\b|\bjob\b)"),
    Form(
        r"(?i)^(?:start(?:ing|ed)|running|executing|finished|completed) (?:scheduled |cron )?(?:job|task):? "
        r"[\"'`]?(?P<run>[a-z]+(?:[-_.][a-z]+)+)(?:[\"'`\s.]|$)"
    ),
    Form(r"(?i)\b(?:performing|performed|error performing) (?P<task>[A-Z][\w:]*) \(job id"),
    Form(r"(?i)\binside task: ?(?P<task>[\w.]+)"),
    Form(r"(?i)\b(?:of|from|in|on) (?:the )?queue [\"'`]?(?P<queue>[\w.-]*\w)"),
    Form(
        r"(?i)\b(?:event|webhook|delivery|notification)(?: id)?[ =:#]+[\"'`]?"
        rf"(?P<delivery>{_UUID}|[a-z]{{2,8}}_\w*\d\w*)"
    ),
    # What a task was called with.
    Form(r"\bk?w?args[\"']?[=:] ?[\"']?(?P<content>[\[({].*?\S.*?[\])}])(?:[\"',\s]|$)"),
    Form(r"(?:^| |:)[A-Za-z_][\w.]*\((?P<content>[^()]+)\)(?: with id\b| \(| try=|$)"),
    # Tries.
    Form(r"(?i)\b(?:try|attempt)(?: (?:no\.?|number))?\s*[ =:#]+(?P<try>\d{1,4})\b"),
    Form(r"(?i)\b(?:receive|delivery|deliver)[ _-]?count\s*[ =:#]+(?P<try>\d{1,4})\b"),
    Form(r"(?i)\b(?:retry|retry_?count|retries)\s*[ =:#]+(?P<try0>\d{1,3})\b"),
    # How long it took.
    Form(
        r"(?i)\b(?:succeeded|completed|done|finished|processed|performed|ok|failed|raised)\b.{0,60}?(?:\b(?:in|after|took)|:) "
        r"?(?P<lasted>\d+(?:\.\d+)?) ?(?P<unit>ms|msec|milliseconds|s|secs?|seconds|min|minutes|us|µs)\b"
    ),
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
        r"|received sig(?:term|int|kill)|got sig(?:term|int)|restarting|booting|work-?horse (?:was )?terminated)\b",
        (("dead", "*"),),
    ),
    Form(r"(?i)\bpid[ =:#]+(?P<pid>\d+)"),
    # Requests.
    Form(rf"^\[(?P<request>{_UUID})\] "),
    Form(
        r"(?i)^started (?P<method>GET|POST|PUT|PATCH|DELETE) [\"'](?P<url>[^\"']+)[\"'] for (?P<client>[\w.:]+)"
    ),
    Form(r"(?i)^completed (?P<status_code>[1-5]\d\d)\b"),
    # States.
    Form(rf"(?i)\bmarking (?:the )?\w+ as (?P<state>{_STATE})", (("action", "write"),)),
    Form(rf"(?i)\bmarked as (?P<state>{_STATE})", (("action", "write"),)),
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
        r"(?i)\b(?:could not|couldn't|cannot|unable to|failed to) (?:acquire|obtain|get|take) (?:the |a )?(?:lock|lease)"
        r"(?: (?:on|for))? [\"'`]?(?P<own>[\w./-]*[:/._-][\w.:/-]*\w)",
        (("action", "acquire"),),
    ),
    Form(
        r"(?i)\b(?:job|task) [\"'`]?(?P<own>[a-z_]+(?:[-_.][a-z_]+)+)[\"'`]? is (?:already|still) (?:executing|running)\b",
        (("action", "acquire"),),
    ),
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
        r"|(?:leader ?election|leadership|lease) (?:was )?lost|failed to (?:renew|update) (?:lease|lock)"
        r"|no longer (?:the )?leader|released (?:the )?(?:lease|leadership))\b",
        (
            ("action", "release"),
            ("holds", ""),
        ),
    ),
    Form(r"(?i)\b(?:lock|lease) [\"'`](?P<lock>[\w./:-]+)[\"'`]"),
    Form(
        r"(?i)\b(?:successfully )?(?:acquired|obtained|got) (?:the )?(?:leader )?(?:lease|leadership|lock)(?: of| on| for)? "
        r"[\"'`]?(?P<own>[\w.-]+/[\w./-]+)",
        (("action", "acquire"),),
    ),
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
    # What such a number is of, where it is neither a message's nor a log's place.
    Form(
        r"(?i)\b(?:revision|generation|epoch|term)\b[ =:#]+\d+ (?:for|of|on) (?:the )?(?P<series>[a-z]{3,20} "
        r"[\"'`]?[\w./-]*\w)[\"'`]?$"
    ),
    Form(r"(?i)\bpartition[ =:#]+[\"'`]?(?P<partition>[\w.-]+)"),
    Form(r"\b(?P<partition>[\w.-]+-\d+)=\w*\{offset="),
    Form(r"(?i)\bgroup[ =:#]+[\"'`]?(?P<group>[\w.-]+)"),
    # What a unique index refused.
    Form(r"(?i)\bkey \((?P<noun>[a-z_]+?)(?:_id)?\)=\((?P<id>[^()]+)\) already exists"),
    Form(r"(?i)\bduplicate entry '(?P<id>[^']+)' for key '(?:\w+\.)?(?P<noun>\w+)'"),
    Form(
        r"(?i)\bduplicate key error collection: (?:\w+\.)?(?P<noun>\w+).*\bdup key: \{ \w*: ?\"?(?P<id>[\w-]+)"
    ),
    Form(r"\[(?:[a-z]\w*\.)*(?P<noun>[A-Z]\w+)#(?P<id>\w+)\]"),
    Form(
        r"(?i)\b(?:not executing|skipping|locked|lock on|lock for) ['\"`](?P<own>[\w./:-]+)['\"`]",
    ),
    # Things by name.
    Form(
        r"(?i)\bon (?P<noun>[a-z]{3,30})(?:\.[\w.-]+)? \"(?P<id>[\w./-]+)\": the object has been modified"
    ),
    Form(r"(?i)^(?P<noun>[a-z]{3,30})(?:\.[\w.-]+)? \"(?P<id>[\w./-]+)\" already exists"),
    Form(
        r"(?i)\b(?:for|of|on|to|with|from) (?:the )?(?P<noun>[a-z]{3,20}) (?:#|no\.? |number |id:? )?"
        r"(?P<id>[a-z]{0,6}[-_]?\d[\w-]*)\b"
    ),
    Form(r"\b(?P<noun>[A-Za-z]{3,20}) #(?P<id>\d[\w-]*)"),
    Form(r"\b(?P<noun>[A-Za-z]{3,20}) (?P<id>[a-z]{2,8}_\w*\d\w*)\b"),
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
        "event",
        "webhook",
        "delivery",
        "notification",
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
