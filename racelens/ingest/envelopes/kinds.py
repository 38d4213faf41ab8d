"""What an entry of the table says. Two kinds: one record in a wrapper, and many records in a document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from racelens.ingest.aliases import ENVELOPE

Path = tuple[str, ...]
Object = dict[str, object]
Found = tuple[object, tuple[Object, ...]]
"""A record of a document, and the objects around it, outermost first, without what leads to the record."""


@dataclass(frozen=True)
class Wrapper:
    """An object around one record. Paths are dotted, alternatives separated by `|`.

    keys: which it must have, separated by blanks; `only`: it has no others.
    payload: where the record is, as an object or as its text; the first that is one.
    says: what the wrapper tells of the record, for what the record does not tell itself; `path?word` is the
    word where the path is true.
    text: what a payload becomes that is only text. `line`: a line, as if it had not been wrapped;
    `message`: a record that says just this; `keep`: the wrapper itself is the record.
    joins: the stream whose payloads go on until one ends with a newline.
    drop: rows in which this is true hold no record.
    rest: it says whatever stands beside the payload; it is one only where most payloads are text of objects.
    repeated: a key whose object is the same on many lines: each different one is read once.
    """

    name: str
    keys: str
    payload: str
    says: Mapping[str, str] = field(default_factory=dict)
    text: Literal["line", "message", "keep"] = "keep"
    joins: str | None = None
    drop: str | None = None
    only: str | None = None
    rest: bool = False
    repeated: str | None = None

    @cached_property
    def signature(self) -> tuple[tuple[Path, ...], ...]:
        """Of each inner tuple one path is filled."""
        return tuple(paths(word) for word in self.keys.split())

    @cached_property
    def payloads(self) -> tuple[Path, ...]:
        """Where the record may be, best first."""
        return paths(self.payload)

    @cached_property
    def wanted(self) -> tuple[Path, ...]:
        """Every path that must be read."""
        said = [path for told in self.says.values() for path in paths(told)]
        extra = [path for told in (self.joins, self.drop) if told for path in paths(told)]
        keys = [path for alternatives in self.signature for path in alternatives]
        return tuple(dict.fromkeys([*keys, *self.payloads, *said, *extra]))

    def fits(self, record: Object) -> bool:
        """Whether a record is such a wrapper."""
        if self.only and not set(record) <= {ENVELOPE, *self.only.split()}:
            return False
        return all(
            any(at(record, path) is not None for path in alternatives)
            for alternatives in self.signature
        )


Unpack = Callable[[Sequence[Found]], Iterable[tuple[int, Object]]]
"""Records with their place in what was found."""


@dataclass(frozen=True)
class Document:
    """Many records in one object, or in an array.

    steps: the keys that lead to the records, outermost first, each holding an object or an array.
    marks: keys that all stand in the document's beginning; they tell it from others of the same steps.
    unpack: makes records of what is found; None when each is a record, or the wrapper of one, itself.
    """

    name: str
    steps: str
    marks: str = ""
    unpack: Unpack | None = None

    @cached_property
    def path(self) -> Path:
        """The steps."""
        return tuple(self.steps.split())

    def fits(self, beginning: bytes) -> bool:
        """Whether a text that begins so may be such a document."""
        return all(f'"{word}"'.encode() in beginning for word in (*self.path, *self.marks.split()))


def each(read: Callable[..., Iterable[Object]]) -> Unpack:
    """Unpacks each record on its own: `read(record, *around)`."""

    def unpack(found: Sequence[Found]) -> Iterator[tuple[int, Object]]:
        for place, (record, around) in enumerate(found):
            for told in read(record, *around):
                yield place, told

    return unpack


def walk(value: object, steps: Path, around: tuple[Object, ...] = ()) -> Iterator[Found]:
    """The records of a document that was read whole."""
    if not steps:
        yield value, around
    elif isinstance(value, dict):
        rest = {key: inside for key, inside in value.items() if key != steps[0]}
        inside = value.get(steps[0], [])
        for entry in inside if isinstance(inside, list) else [inside]:
            yield from walk(entry, steps[1:], (*around, rest))


def paths(alternatives: str) -> tuple[Path, ...]:
    """`a.b|c?word` → `("a", "b")`, `("c",)`."""
    return tuple(tuple(p.partition("?")[0].split(".")) for p in alternatives.split("|"))


def at(record: object, path: Path) -> object:
    """What stands at a path, None when nothing does."""
    for key in path:
        if not isinstance(record, dict):
            return None
        record = record.get(key)
    return record
