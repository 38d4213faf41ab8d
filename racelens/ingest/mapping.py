"""Which of a file's keys feed which canonical field, chosen once per file from a sample.

Names propose, values decide: a key is only taken for a field when what it holds fits the field. A field
may have several keys, in order of preference; each row takes the first that is filled.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from racelens.ingest import aliases, clock, ids, lexicon, producers, words

Path = tuple[str, ...]
Values = Sequence[str]
# Canonical field → keys the user named; `aliases.UNIT` and `aliases.ZONE` → how times are to be read.
Overrides = MappingOf[str, Sequence[str]]

_KEPT_VALUES = 200
_SHAPE_SAMPLES = 40
_MAX_DEPTH = 6
_LISTED = {(name,) for name in aliases.LISTED}
_FLAT = frozenset({str, int, float, bool, list})  # types of values that are filled and hold no keys


@dataclass(frozen=True)
class Sample:
    """Scalar values seen at each path (`values`), paths that hold only objects (`objects`)."""

    values: dict[Path, list[str]]
    objects: frozenset[Path]
    records: int

    @property
    def paths(self) -> frozenset[Path]:
        """Every path that is filled somewhere."""
        return self.objects.union(self.values)

    def __add__(self, other: Sample) -> Sample:
        values = {
            path: [*self.values.get(path, ()), *other.values.get(path, ())][:_KEPT_VALUES]
            for path in dict.fromkeys([*self.values, *other.values])
        }
        objects = (self.objects | other.objects).difference(values)
        return Sample(values, objects, self.records + other.records)


@dataclass(frozen=True)
class Mapping:
    """The chosen keys. `nouns`: `<noun>_id` keys; `clocks`: how each time key writes time."""

    fields: dict[str, tuple[Path, ...]]
    nouns: tuple[tuple[Path, str], ...]
    clocks: dict[Path, clock.Clock]
    objects: frozenset[Path]
    plain_ids: frozenset[Path]  # trace and span keys whose ids need no decoding
    present: tuple[str, ...]  # keys of the sample, most frequent first: for error messages
    example: dict[str, str]
    producer: str | None = None
    secrets: tuple[
        tuple[str, str], ...
    ] = ()  # keys that hold what no log should, and what it seems to be

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """Every path that must be read."""
        chosen = [path for paths in self.fields.values() for path in paths]
        return tuple(dict.fromkeys(chosen + [path for path, _ in self.nouns]))

    @cached_property
    def schema(self) -> pl.Schema:
        """What the JSON reader is asked for: String, or Struct of String where keys nest."""
        tree: dict[str, object] = {}
        for path in self.paths:
            _grow(tree, self._stored(path))
        return pl.Schema({key: _dtype(node) for key, node in tree.items()})

    def column(self, path: Path) -> pl.Expr:
        """The path's text in a frame of `schema`."""
        stored = self._stored(path)
        expr = pl.col(stored[0])
        for key in stored[1:]:
            expr = expr.struct.field(key)
        if stored == path:
            return expr
        return expr.str.json_path_match("$" + "".join(map(_quoted, path[len(stored) :])))

    def _stored(self, path: Path) -> Path:
        """The leading keys under which only objects were seen; below a mixed key text is kept."""
        for depth in range(1, len(path)):
            if path[:depth] not in self.objects:
                return path[:depth]
        return path

    @property
    def precision(self) -> int:
        """Nanoseconds: what the best-placed time key can tell apart."""
        first = self.fields.get("time", ())
        if (
            first
            and aliases.segments(first[0])[-1] in aliases.WHOLE_SECONDS
            and self.fields.get("nanos")
        ):
            return 1
        return self.clocks[first[0]].precision if first else 1


def _quoted(key: str) -> str:
    if key == aliases.EACH:
        return "[*]"
    return f'["{key}"]' if "'" in key else f"['{key}']"


def _grow(tree: dict[str, object], path: Path) -> None:
    *parents, leaf = path
    for key in parents:
        branch = tree.setdefault(key, {})
        assert isinstance(branch, dict)
        tree = branch
    tree.setdefault(leaf, None)


def _dtype(node: object) -> pl.DataType:
    if not isinstance(node, dict):
        return pl.String()
    return pl.Struct({key: _dtype(child) for key, child in node.items()})


# ── sampling ──────────────────────────────────────────────────────────────────────────────────


def sample(records: Iterable[MappingOf[str, object]]) -> Sample:
    """What a set of records holds at each path. Records of a shape seen often add nothing and are skipped."""
    values: dict[Path, list[str]] = defaultdict(list)
    kinds: dict[Path, set[bool]] = defaultdict(set)
    shapes: Counter[tuple[object, ...]] = Counter()
    count = 0
    for record in records:
        count += 1
        shape = _shape(record)
        shapes[shape] += 1
        if shapes[shape] <= _SHAPE_SAMPLES:
            _visit(record, (), values, kinds)
    objects = frozenset(path for path, seen in kinds.items() if seen == {True})
    return Sample(dict(values), objects, count)


def _shape(record: MappingOf[str, object], depth: int = 1) -> tuple[object, ...]:
    """Which keys are filled, at every depth that is looked at."""
    if _FLAT.issuperset(map(type, record.values())):
        return tuple(record)
    filled = [(key, value) for key, value in record.items() if value is not None]
    inner = [(k, _shape(v, depth + 1)) for k, v in filled if type(v) is dict and depth < _MAX_DEPTH]
    return (*[key for key, _ in filled], *inner)


def _visit(
    record: MappingOf[str, object],
    above: Path,
    values: dict[Path, list[str]],
    kinds: dict[Path, set[bool]],
) -> None:
    for key, value in record.items():
        path = (*above, key)
        if value is None or _is_pattern(key):
            continue
        kinds[path].add(isinstance(value, dict))
        if inside := list(_inside(path, value)):
            for below, entry in inside if len(path) < _MAX_DEPTH else ():
                _visit(entry, below, values, kinds)
        elif len(values[path]) < _KEPT_VALUES and (text := _text(value)) not in ids.PLACEHOLDERS:
            values[path].append(text)


def _inside(path: Path, value: object) -> Iterator[tuple[Path, MappingOf[str, object]]]:
    """The objects at a path, each with where its keys are found."""
    if isinstance(value, dict):
        yield path, value
    elif isinstance(value, list) and aliases.segments(path[-1:]) in _LISTED:
        below = (*path, aliases.EACH)
        yield from ((below, entry) for entry in value if isinstance(entry, dict))


def _is_pattern(key: str) -> bool:
    """True for names that polars would expand: no column can be asked for by them."""
    return key == "*" or (key.startswith("^") and key.endswith("$"))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and len(value) == 1:
        return str(value[0])
    return str(value)


# ── choosing ──────────────────────────────────────────────────────────────────────────────────


def choose(seen: Sample, overrides: Overrides | None = None) -> Mapping:
    """The mapping for a file. `overrides`: canonical field → keys the user named, which come first."""
    ranked: dict[str, list[tuple[int, int, Path]]] = defaultdict(list)
    clocks: dict[Path, clock.Clock] = {}
    namespaces = _namespaces(seen)
    for order, (path, values) in enumerate(seen.values.items()):
        if not values or not _is_reachable(path, seen):
            continue
        for field, rank in aliases.matches(path, namespaces):
            if field in ("time", "began"):
                if found := clock.recognise(values):
                    clocks[path] = found
                    ranked[field].append((rank, order, path))
            elif _CHECKS.get(field, _anything)(Candidate(path, values, seen)):
                ranked[field].append((rank, order, path))
    fields = {field: tuple(path for *_, path in sorted(found)) for field, found in ranked.items()}
    nouns = _nouns(fields, seen)
    plain = _plain_ids(fields, seen)
    producer = producers.recognise(seen.values)
    fields["duration"] = _with_units(fields.get("duration", ()), producer, seen)
    mapping = Mapping(
        fields,
        nouns,
        clocks,
        seen.objects,
        plain,
        *_present(seen),
        producer,
        producers.secrets(seen.values),
    )
    return _overridden(mapping, seen, overrides) if overrides else mapping


def _namespaces(seen: Sample) -> frozenset[str]:
    """Objects in which an application keeps its own fields, also where their keys are dotted."""
    children: dict[str, list[str]] = defaultdict(list)
    for path in seen.values:
        parts = aliases.segments(path)
        if len(parts) == 2 and (len(path) == 1 or path[:1] in seen.objects):
            children[parts[0]].append(parts[1])
    return frozenset(parent for parent, keys in children.items() if aliases.namespace(parent, keys))


def _nouns(fields: dict[str, tuple[Path, ...]], seen: Sample) -> tuple[tuple[Path, str], ...]:
    """The `<noun>_id` keys that feed no field of their own."""
    taken = {path for field, paths in fields.items() if field != "resource_id" for path in paths}
    nouns = tuple(
        (path, noun)
        for path, values in seen.values.items()
        if values
        and path not in taken
        and _is_reachable(path, seen)
        and (noun := aliases.noun(path))
    )
    if nouns or any(fields.get(f) for f in ("resource", "resource_id", "url")):
        # Not in the order in which the log happens to name them first, unless they are told of alike.
        return tuple(sorted(nouns, key=lambda known: -len(seen.values[known[0]])))
    # Users are actors, unless there is nothing else that anything could be about.
    return tuple((path, "user") for path in fields.get("user", ()))


def _with_units(paths: Sequence[Path], producer: str | None, seen: Sample) -> tuple[Path, ...]:
    known = producers.duration_unit(producer) is not None
    return tuple(path for path in paths if known or not _is_unitless(path, seen))


def _is_unitless(path: Path, seen: Sample) -> bool:
    """True for a number that is only called `duration`: its unit is anybody's guess."""
    bare = aliases.segments(path)[-1] in aliases.UNITLESS and path[-2:-1] != ("event",)
    return bare and not any(value[-1:] == "s" for value in seen.values[path])


def _is_reachable(path: Path, seen: Sample) -> bool:
    """False below a key that holds objects here and text there, when its name cannot be quoted."""
    mixed = any(path[:depth] not in seen.objects for depth in range(1, len(path)))
    return not mixed or not any({"\\", '"'} & set(key) for key in path)


def _plain_ids(fields: dict[str, tuple[Path, ...]], seen: Sample) -> frozenset[Path]:
    traces = (path for field in ("trace", "span", "parent") for path in fields.get(field, ()))
    return frozenset(path for path in traces if ids.is_plain_trace(seen.values[path]))


def _present(seen: Sample) -> tuple[tuple[str, ...], dict[str, str]]:
    frequent = sorted(seen.values, key=lambda path: -len(seen.values[path]))
    return (
        tuple(".".join(path) for path in frequent),
        {".".join(path): seen.values[path][0] for path in frequent if seen.values[path]},
    )


def _overridden(mapping: Mapping, seen: Sample, overrides: Overrides) -> Mapping:
    fields, clocks, nouns = dict(mapping.fields), dict(mapping.clocks), list(mapping.nouns)
    keys = {field: names for field, names in overrides.items() if field in aliases.ALIASES}
    for field, names in keys.items():
        wanted = [path for name in names for path in _called(name, seen)]
        if field == "resource":
            nouns = [(path, noun) for path, noun in nouns if path in wanted] + [
                (path, noun) for path, noun in nouns if path not in wanted
            ]
            wanted = [path for path in wanted if aliases.noun(path) is None]
        else:
            nouns = [(path, noun) for path, noun in nouns if path not in wanted]
        fields[field] = tuple(dict.fromkeys([*wanted, *fields.get(field, ())]))
        if field == "time":
            told = {p: clock.recognise(seen.values.get(p, ())) for p in wanted}
            clocks |= {p: c for p, c in told.items() if c}
            fields["time"] = tuple(path for path in fields["time"] if path in clocks)
    unit, zone = (next(iter(overrides.get(key, ())), None) for key in (aliases.UNIT, aliases.ZONE))
    clocks = {path: found.told(unit, zone) for path, found in clocks.items()}
    return replace(mapping, fields=fields, nouns=tuple(nouns), clocks=clocks)


def _called(name: str, seen: Sample) -> list[Path]:
    """The keys of the sample that a user may mean; one that it does not have may still come."""
    found = [path for path in seen.values if _is_called(path, name)]
    return found or [tuple(name.split("."))]


def _is_called(path: Path, name: str) -> bool:
    return ".".join(path) == name or aliases.segments(path) == aliases.segments((name,))


# ── what fits a field ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Candidate:
    """A key that by its name may feed a field, with what it holds and what stands beside it."""

    path: Path
    values: Values
    seen: Sample


Check = Callable[[Candidate], bool]


def _anything(_: Candidate) -> bool:
    return True


def _most(values: Values, test: Callable[[str], object], share: float = 0.9) -> bool:
    return bool(values) and sum(map(bool, map(test, values))) >= share * len(values)


def _is_version(key: Candidate) -> bool:
    """A whole number or a short opaque tag; not a format's, a program's or a library's version."""
    parts = aliases.segments(key.path)
    if key.path[-1].startswith("@"):  # logstash's @version
        return False
    # GELF's own version; a field of the application begins with an underscore there.
    of_gelf = key.path == ("version",) and ("short_message",) in key.seen.values
    if of_gelf or not aliases.NOT_A_RESOURCE.isdisjoint(parts[:-1]):
        return False
    return _most(
        key.values, lambda v: re.fullmatch(r'-?\d+(\.0)?|(W/)?"?[\w+/=:-]{1,80}"?', v)
    ) and not (
        _most(
            key.values,
            lambda v: re.fullmatch(r"v?\d+\.\d+(\.\S+)?", v) and not v.endswith(".0"),
            0.5,
        )
    )


def _is_outcome(key: Candidate) -> bool:
    """Words that say how it ended. A column of log levels is none, though `error` is in both."""
    known = {words.plain(v) for v in key.values}
    if not known.isdisjoint(lexicon.LEVELS - lexicon.FAIL):
        return False
    name = aliases.segments(key.path)[-1]
    if name in ("ok", "updated"):
        return known <= {"true", "false"}
    # Under its proper name also words that nobody knows say something: that it is not known.
    return name == "outcome" or _most(
        key.values, lambda v: words.is_outcome(v) or words.plain(v) in lexicon.STARTED, 0.6
    )


def _is_state(key: Candidate) -> bool:
    explicit = aliases.segments(key.path)[-1] not in ("status", "state")
    worded = _most(key.values, lambda v: re.fullmatch(r"[A-Za-z][\w -]{1,40}", v))
    if explicit:
        return worded
    levels = {words.plain(v) for v in key.values} <= lexicon.LEVELS
    return worded and not levels and not _is_outcome(key)


def _is_of_job(key: Candidate) -> bool:
    """A job's id by a name of its own; a bare `id` only beside what only jobs have."""
    if all(rank >= aliases.LOOSE for field, rank in aliases.matches(key.path) if field == "job"):
        return aliases.segments(key.path)[-1] != "id"
    *outer, name = aliases.segments(key.path)
    if name == "id" and aliases.CONTAINERS.issuperset(outer) and outer != ["data"]:
        beside = {
            aliases.segments(path)[-1] for path in key.seen.values if path[:-1] == key.path[:-1]
        }
        return not beside.isdisjoint(aliases.OF_JOBS)
    return _is_of_task(key)


def _is_process(key: Candidate) -> bool:
    """`process` alone names one by its number; what is called so by name may be an application's."""
    return aliases.segments(key.path) != ("process",) or _most(key.values, str.isdigit)


def _is_of_task(key: Candidate) -> bool:
    """`data.id` and `data.name` are a task's where Celery logs them, and anybody's elsewhere."""
    if aliases.segments(key.path) not in (("data", "id"), ("data", "name")):
        return True
    loggers = (key.seen.values.get((name,), ()) for name in ("name", "logger", "logger_name"))
    return any(value.startswith("celery.") for values in loggers for value in values)


# A list of steps, as Python prints what was decoded: each with a stamp and a state.
_HISTORY = re.compile(
    r"\[\{(?=.*'(?:\w*time\w*|ts|at|date|\w+_at)': )(?=.*'(?:status|state|to|new_\w+)': ).*\}, \{",
    re.S,
)


def _pattern(pattern: str, share: float = 0.9) -> Check:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda key: _most(key.values, compiled.fullmatch, share)


# Neither an object nor a list, though tags in brackets may come first: `[worker] [7f3a] done`.
_TEXT = r"(?:\[(?:[^\[\]{}\"',]+\]\s*|[^\[\]{}\"']+\]\s+)(?=[^\s,\]]))*[^{\[]"

_CHECKS: dict[str, Check] = {
    "pid": _is_process,
    "version": _is_version,
    "job": _is_of_job,
    "task": _is_of_task,
    "base": lambda key: _most(key.values, lambda v: len(v) <= 200),
    "outcome": _is_outcome,
    "state": _is_state,
    "action": _pattern(r"[\w .:#/-]{1,60}"),
    "phase": lambda key: _most(key.values, words.is_phase, 0.5),
    "status_code": _pattern(r"[1-5]\d\d"),
    "method": _pattern(r"GET|HEAD|PUT|POST|PATCH|DELETE|OPTIONS|TRACE|CONNECT", 0.5),
    # `/documents/{id}` is the name of a route, not of a document.
    "url": _pattern(r"(?!\S*(\{|<|/:))(/|https?://)\S*", 0.5),
    "try": _pattern(r"\d{1,9}(\.0)?"),
    "seq": _pattern(r"\d{1,19}"),
    "statement": _pattern(
        r"\s*(SELECT|INSERT|UPDATE|DELETE|BEGIN|COMMIT|ROLLBACK|START TRANSACTION)\b[\s\S]*", 0.5
    ),
    "parameters": _pattern(r"[\[({][\s\S]*", 0.5),
    "amount": _pattern(r"[-+]?\d+(\.\d+)?"),
    "rows": _pattern(r"\d{1,12}"),
    "replayed": _pattern("true|false"),
    "lease": _pattern(r"\d+(\.\d+)?"),
    "duration": _pattern(r"\d+(\.\d+)?(e-?\d+)?\s*(ns|us|µs|ms|s)?"),
    "resource": _pattern(r"[^\s{\[][^\n]{0,500}"),
    "resource_type": _pattern(r"\w[\w .:/-]{0,100}"),
    "name": _pattern(rf"{_TEXT}[\s\S]*", 0.5),
    "history": lambda key: _most(key.values, _HISTORY.match, 0.5),
    "alive": _pattern(
        r"(?=.*[hmd:])(\d+\s*(d|h|m|s|min|hours?|minutes?)\s*)+|(\d+-)?\d\d:\d\d:\d\d"
    ),
    "program": _pattern(r"[\w./@:-]*[A-Za-z][^{\[]*"),
    "text": _pattern(rf"{_TEXT}[\s\S]*\s[\s\S]*", 0.2),
}
