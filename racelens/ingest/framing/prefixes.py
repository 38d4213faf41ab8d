"""What tools print in front of each record. Adding one is one entry in `PREFIXES`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

_TIME = r"(?P<time>\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)"
_NAME = r"[\w.-]+"
COLOUR = r"\x1b\[[0-9;]*[A-Za-z]"
SAYS = r"\w"  # brackets and blanks alone are no prefix
_SAYS = re.compile(SAYS)
_IS_COLOUR = re.compile(COLOUR.encode())


@dataclass(frozen=True)
class Prefix:
    """`pattern`: from the line's beginning to the record; its groups are what it says of the record.

    A `flag` that starts with P says that the record goes on in the next line of the same `stream`.
    `notice`: lines that the tool prints of its own. `certain`: it needs no object behind it to be known.
    The patterns are read by Python and by polars alike.
    """

    name: str
    pattern: str
    notice: str | None = None
    certain: bool = True

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Compiled for single lines."""
        return re.compile(self.pattern)

    @cached_property
    def fields(self) -> list[str]:
        """What it says of the record."""
        return [name for name in self.regex.groupindex if name not in ("flag", "stream")]

    @property
    def joins(self) -> bool:
        """Whether a record may be spread over lines."""
        return "flag" in self.regex.groupindex


PREFIXES = (
    Prefix("cri", rf"^{_TIME} (?P<stream>stdout|stderr) (?P<flag>[PF])(?::\S+)? "),
    Prefix("heroku", rf"^{_TIME} (?P<service>[a-z]+)\[(?P<host>[\w.-]+)\]: "),
    Prefix(
        "docker-compose",
        rf"^(?P<host>{_NAME}) *\| (?:{_TIME} )?",
        r"^(?:Attaching to |Gracefully stopping|[\w.-]+ exited with code \d+|Container )",
    ),
    Prefix("kubectl", rf"^\[pod/(?P<host>{_NAME})/(?P<service>{_NAME})\] (?:{_TIME} )?"),
    Prefix(
        "stern",
        rf"^(?:(?P<namespace>[a-z0-9-]+) )?(?P<host>[a-z0-9][a-z0-9.-]*) "
        rf"(?P<service>[a-z0-9][a-z0-9-]*) (?:{_TIME} )?",
        r"^[+-] \S+(?: \S+)?(?: › \S+)?$",
        certain=False,
    ),
    Prefix("journal", rf"^{_TIME} (?P<host>{_NAME}) (?P<service>[\w.@-]+)\[(?P<pid>\d+)\]: "),
    Prefix(
        "syslog",
        rf"^<\d{{1,3}}>1 {_TIME} (?P<host>\S+) (?P<service>\S+) (?P<pid>\S+) \S+ "
        r"(?:-|\[[^{]*\]) ?",
    ),
    Prefix(
        "syslog",
        r"^(?:<\d{1,3}>)?(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?) (?P<host>[\w.:-]+) "
        r"(?P<service>[\w./@-]+)(?:\[(?P<pid>\d+)\])?: ",
    ),
    Prefix(
        "klog",
        r"^[IWEF](?P<time>\d{4} \d\d:\d\d:\d\d\.\d{6}) +(?P<tid>\d+) [\w./-]+:\d+\] (?P<message>[^{]*)",
        certain=False,
    ),
    # Always in UTC and in microseconds, unless there are none.
    Prefix(
        "aws-logs-tail",
        r"^(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?\+00:00) (?P<host>\S*[a-z0-9]\S*) ",
    ),
    # `logcli query` as it prints to a terminal.
    Prefix(
        "logcli",
        rf"^{_TIME} \{{(?:[^{{}}]*\b(?:pod|host|hostname|instance)=\"(?P<host>[^\"]*)\")?[^{{}}]*\}} +",
    ),
    Prefix("text", rf"^(?:[\[<(]?{_TIME})?(?P<message>[^{{]*)", certain=False),
)


def uncoloured(line: bytes) -> bytes:
    """The line without the colours of a terminal."""
    return _IS_COLOUR.sub(b"", line) if b"\x1b" in line else line


def split(line: bytes) -> tuple[bytes, dict[str, object]] | None:
    """What follows the prefix, and what the prefix says; None without one."""
    text = line.decode("utf-8", "replace")
    for prefix in PREFIXES:
        if (match := prefix.regex.match(text)) and _SAYS.search(match[0]):
            payload = text[match.end() :]
            if prefix.certain or payload.startswith("{"):
                said = match.groupdict()
                outer = {name: said[name] for name in prefix.fields if said[name]}
                return payload.encode(), outer
    return None


def recognise(lines: Iterable[bytes]) -> Prefix | None:
    """The prefix that most of the lines have, if some record follows it."""
    texts = [uncoloured(line).decode("utf-8", "replace") for line in lines]
    for prefix in PREFIXES:
        matches = ((text, prefix.regex.match(text)) for text in texts)
        found = [text[match.end() :] for text, match in matches if match and _SAYS.search(match[0])]
        objects = sum(payload.startswith("{") for payload in found)
        known = len(found) if prefix.certain else objects
        if objects and 2 * known >= len(texts):
            return prefix
    return None
