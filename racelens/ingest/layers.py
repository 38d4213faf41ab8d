"""Layers around records, taken off a whole block at a time: prefixes of lines, envelopes of objects."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import polars as pl

from racelens.ingest import payloads
from racelens.ingest.aliases import ENVELOPE
from racelens.ingest.blocks import Aside, Block
from racelens.ingest.envelopes.kinds import Document, Found, Object, Path, Wrapper, at, paths, walk
from racelens.ingest.framing import prefixes
from racelens.ingest.framing.prefixes import Prefix
from racelens.ingest.framing.salvage import objects_in
from racelens.ingest.lines import LINE, parse
from racelens.ingest.objects import decode, encode
from racelens.ingest.unwrapping import joined, unwrapped

_DEEPEST = 5  # a prefix and four envelopes
_SEEN = 200  # records that an envelope is recognised by
_JOINED = 500  # lines at the end of a block where it is looked for a place to cut
_FLAGS = 100  # bytes at the beginning of a line that hold a prefix with flags


class Layer(Protocol):
    """Something around records."""

    @property
    def name(self) -> str:
        """As it is reported."""

    @property
    def joins(self) -> bool:
        """Whether a record may be spread over lines."""

    def goes_on(self, line: bytes) -> tuple[str, bool]:
        """The stream of a line, and whether its record goes on in a later one."""

    def off(self, block: Block) -> Block:
        """The block without it. Rows that it is not around stay as they are."""


def recognise(block: Block) -> tuple[tuple[Layer, ...], Block]:
    """The layers of a sample, outermost first, and the sample without them."""
    layers: list[Layer] = []
    while len(layers) < _DEEPEST and (layer := _outermost(block.rows)):
        layers.append(layer)
        block = layer.off(block)
    return tuple(layers), block


def _outermost(rows: Sequence[bytes]) -> Layer | None:
    from racelens.ingest.envelopes.table import DOCUMENTS, WRAPPERS  # noqa: PLC0415

    texts = [text for row in rows if (text := row.strip())]
    texts = texts[:: len(texts) // _SEEN + 1]
    objects = [record for text in texts if (record := _decoded(text)) is not None]
    if 2 * len(objects) < len(texts):
        prefix = prefixes.recognise(texts)
        return Prefixed(prefix) if prefix else None
    for document in DOCUMENTS:
        if any(_holds(document, record) for record in objects):
            return Contained(document)
    for wrapper in WRAPPERS:
        fitting = [record for record in objects if wrapper.fits(record)]
        if wrapper.rest:
            texts_of_objects = sum(_holds_text(wrapper, record) for record in fitting)
            if fitting and 2 * texts_of_objects >= len(objects):
                return Wrapped(wrapper)
        elif any(_is_wrapped(wrapper, record) for record in fitting):
            return Wrapped(wrapper)
    return None


def _decoded(text: bytes) -> Object | None:
    try:
        return decode(text) if text.startswith(b"{") else None
    except ValueError:
        return None


def _holds(document: Document, record: Object) -> bool:
    """Whether its steps lead to records, or reading it changes the record."""
    if document.path and document.path[0] not in record:
        return False
    if not document.fits(encode(record)):
        return False
    found = list(walk(record, document.path))
    if document.unpack is None:
        return any(isinstance(entry, dict) for entry, _ in found)
    told = [inside for _, inside in document.unpack(found)]
    return bool(told) and told != [record]


def _is_wrapped(wrapper: Wrapper, record: Object) -> bool:
    """Whether an object is in it, or its text alone is a record."""
    if wrapper.text == "message":
        return True
    return any(_holds_object(at(record, path)) for path in wrapper.payloads)


def _read_once(texts: pl.Series, wrapper: Wrapper) -> pl.Series:
    """The objects of a column of texts, as far as they are wanted."""
    distinct = texts.drop_nulls().unique().to_list()
    objects = [_decoded(text.encode()) for text in distinct]
    wanted = [path[1:] for path in wrapper.wanted if path[0] == texts.name and len(path) > 1]
    found = [
        {".".join(p): _word(at(o, p)) for p in wanted} if o is not None else None for o in objects
    ]
    shape = pl.Struct({".".join(path): pl.String() for path in wanted})
    known = pl.DataFrame(
        {texts.name: distinct, "found": pl.Series(found, dtype=shape)},
        schema={texts.name: pl.String, "found": shape},
    )
    told = texts.to_frame().join(known, on=texts.name, how="left", maintain_order="left")
    return told["found"].alias(texts.name)


def _word(value: object) -> str | None:
    return value if isinstance(value, str) or value is None else encode({"": value})[4:-1].decode()


def _holds_text(wrapper: Wrapper, record: Object) -> bool:
    """Whether the text of an object is in it."""
    told = (at(record, path) for path in wrapper.payloads)
    return any(isinstance(v, str) and _decoded(v.strip().encode(errors="replace")) for v in told)


def _holds_object(value: object) -> bool:
    if isinstance(value, list | str):
        value = payloads.plain(value)
    if isinstance(value, str):
        return value.lstrip().startswith("{") or bool(objects_in(value.encode(errors="replace")))
    return isinstance(value, dict)


def whole(blocks: Iterator[Block], layers: Sequence[Layer]) -> Iterator[Block]:
    """The blocks, cut where no record is spread over lines of two of them."""
    if not layers or not layers[0].joins:
        yield from blocks
        return
    rest, last = b"", 1
    for block in blocks:
        if block.oversized:
            if rest:
                yield Block(block.first_line - rest.count(b"\n"), rest)
            rest = b""
            yield block
            continue
        first, data = block.first_line - rest.count(b"\n"), rest + block.data
        end = _end_of_wholes(data, layers[0])
        rest = data[end:]
        last = block.first_line + block.line_count
        if end:
            yield Block(first, data[:end])
    if rest:
        yield Block(last - rest.count(b"\n") - (not rest.endswith(b"\n")), rest)


def _end_of_wholes(data: bytes, layer: Layer) -> int:
    """Where no stream has begun a record that goes on; the end, when there is no such place near it."""
    start = len(data)
    for _ in range(_JOINED):
        start = data.rfind(b"\n", 0, max(0, start - 1)) + 1
        if start == 0:
            break
    end = at = start
    begun: set[str] = set()
    for line in data[start:].splitlines(keepends=True):
        at += len(line)
        stream, goes_on = layer.goes_on(line)
        begun = begun | {stream} if goes_on else begun - {stream}
        end = at if not begun else end
    return end if end > start else len(data)


# ── prefixes ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Prefixed:
    """A prefix in front of each line."""

    prefix: Prefix

    @property
    def name(self) -> str:
        """As it is reported."""
        return self.prefix.name

    @property
    def joins(self) -> bool:
        """As the prefix says."""
        return self.prefix.joins

    def goes_on(self, line: bytes) -> tuple[str, bool]:
        """By the flag of the line."""
        match = self.prefix.regex.match(line[:_FLAGS].decode("utf-8", "replace"))
        return (match["stream"], match["flag"].startswith("P")) if match else ("", False)

    def off(self, block: Block) -> Block:
        """What stands behind the prefix; lines that the tool prints of its own are no rows any more."""
        if block.oversized or not block.data:
            return block
        text = _series(block)
        said = text.str.extract_groups(f"(?P<whole>{self.prefix.pattern})").struct.unnest()
        rows = said.with_columns(_numbers(block).alias(LINE), text=text).with_row_index("row")
        whole = pl.col("whole").fill_null("")
        rows = rows.with_columns(
            payload=pl.col("text").str.strip_prefix(whole), known=whole.str.contains(prefixes.SAYS)
        )
        is_object = pl.col("payload").str.starts_with("{")
        if not self.prefix.certain:
            rows = rows.with_columns(known=pl.col("known") & is_object)
        if self.prefix.notice:
            rows = rows.filter(~pl.col("payload").str.contains(self.prefix.notice))
        whole_rows = rows
        if self.prefix.joins:
            whole_rows = joined(rows, pl.col("flag").str.starts_with("P"), "stream")
        fields = self.prefix.fields
        whole_rows = whole_rows.with_columns(outer=pl.struct(fields).struct.json_encode())
        aside = Aside(continuation=rows.height - whole_rows.height)
        return unwrapped(block, whole_rows, text.to_list, "line", aside)


def _series(block: Block) -> pl.Series:
    """The rows as text, without the colours of a terminal."""
    try:
        text = pl.read_lines(io.BytesIO(block.data)).to_series()
    except pl.exceptions.ComputeError:  # not UTF-8
        readable = block.data.decode("utf-8", "replace").encode()
        text = pl.read_lines(io.BytesIO(readable)).to_series()
    return text.str.replace_all(prefixes.COLOUR, "") if b"\x1b" in block.data else text


def _numbers(block: Block) -> pl.Series:
    if block.numbers is not None:
        return block.numbers
    first = block.first_line
    return pl.int_range(first, first + block.row_count, dtype=pl.UInt32, eager=True)


# ── envelopes of one record ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Wrapped:
    """An envelope around each record."""

    wrapper: Wrapper

    @property
    def name(self) -> str:
        """As it is reported."""
        return self.wrapper.name

    @property
    def joins(self) -> bool:
        """As the envelope says."""
        return self.wrapper.joins is not None

    def goes_on(self, line: bytes) -> tuple[str, bool]:
        """By the newline at the end of the payload."""
        record = _decoded(line.strip()) or {}
        payload = at(record, self.wrapper.payloads[0])
        stream = at(record, (self.wrapper.joins or "",))
        return str(stream), isinstance(payload, str) and not payload.endswith("\n")

    @cached_property
    def _schema(self) -> pl.Schema:
        schema = _schema((*self.wrapper.wanted, (ENVELOPE,)))
        as_text = self.wrapper.repeated
        return pl.Schema({**schema, as_text: pl.String()}) if as_text else schema

    def off(self, block: Block) -> Block:
        """The records inside."""
        wrapper = self.wrapper
        if block.oversized:
            return block
        parsed = parse(block, self._schema)
        known = pl.all_horizontal(
            pl.any_horizontal(_column(path).is_not_null() for path in alternatives)
            for alternatives in wrapper.signature
        )
        rows = parsed.rows.with_row_index("row")
        if wrapper.repeated:
            rows = rows.with_columns(_read_once(rows[wrapper.repeated], wrapper))
        rows = rows.with_columns(known=known, payload=_payload(wrapper))
        if wrapper.drop:
            rows = rows.filter(_text(wrapper.drop).ne_missing("true"))
        whole = rows
        if wrapper.joins:
            rows = rows.with_columns(stream=_text(wrapper.joins))
            whole = joined(rows, ~pl.col("payload").str.ends_with("\n"), "stream")

        def raw() -> list[str]:
            return [text.decode(errors="replace") for text in parsed.texts()]

        outer = pl.Series(raw(), dtype=pl.String).gather(whole["row"]) if wrapper.rest else None
        whole = payloads.readable(whole).with_columns(
            outer=_said(wrapper) if outer is None else outer
        )
        aside = parsed.aside + Aside(continuation=rows.height - whole.height)

        return unwrapped(block, whole, raw, wrapper.text, aside)


def _payload(wrapper: Wrapper) -> pl.Expr:
    """The first that is an object, else the first that is filled."""
    filled = [_column(path) for path in wrapper.payloads]
    objects = [pl.when(text.str.contains(r"^\s*\{")).then(text) for text in filled]
    return pl.coalesce(*objects, *filled) if len(filled) > 1 else filled[0]


def _said(wrapper: Wrapper) -> pl.Expr:
    """What the envelope says of the record, as the text of an object; around it what is around itself."""
    told = [_text(alternatives).alias(name) for name, alternatives in wrapper.says.items()]
    said = pl.struct(told).struct.json_encode() if told else pl.lit("{}")
    comma = "," if told else ""
    further = said.str.strip_suffix("}") + f'{comma}"{ENVELOPE}":' + pl.col(ENVELOPE) + "}"
    return pl.coalesce(further, said)


def _text(alternatives: str) -> pl.Expr:
    return pl.coalesce(*map(_told, alternatives.split("|")))


def _told(alternative: str) -> pl.Expr:
    """What stands at the path, or the word for what is true there."""
    text = _column(paths(alternative)[0])
    word = alternative.partition("?")[2]
    return pl.when(text == "true").then(pl.lit(word)) if word else text


def _column(path: Path) -> pl.Expr:
    first, *rest = path
    expr = pl.col(first)
    for key in rest:
        expr = expr.struct.field(key)
    return expr


def _schema(wanted: Sequence[Path]) -> pl.Schema:
    """Strings, and structs of them where paths go deeper."""
    firsts = dict.fromkeys(path[0] for path in wanted)
    return pl.Schema({key: _dtype([p[1:] for p in wanted if p[0] == key]) for key in firsts})


def _dtype(below: Sequence[Path]) -> pl.DataType:
    deeper = [path for path in below if path]
    return pl.Struct(dict(_schema(deeper))) if deeper else pl.String()


# ── documents of many records ─────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Contained:
    """A document of many records on each line."""

    document: Document

    @property
    def name(self) -> str:
        """As it is reported."""
        return self.document.name

    @property
    def joins(self) -> bool:
        """Never."""
        return False

    def goes_on(self, _: bytes) -> tuple[str, bool]:
        """Never."""
        return "", False

    def off(self, block: Block) -> Block:
        """The records, each on a row of its own."""
        if block.oversized:
            return block
        found: list[Found] = []
        owners: list[int] = []
        texts: list[tuple[int, bytes]] = []
        for row, text in enumerate(block.rows):
            record = _decoded(text.strip()) if self.document.fits(text) else None
            inside = list(walk(record, self.document.path)) if record is not None else []
            if not inside:
                texts.append((row, text))
            found.extend(inside)
            owners.extend([row] * len(inside))
        texts += [(owners[place], text) for place, text in unpacked(self.document, found)]
        texts.sort(key=lambda entry: entry[0])
        numbers = _numbers(block).gather(pl.Series([row for row, _ in texts], dtype=pl.UInt32))
        data = b"\n".join(text for _, text in texts)
        return replace(block, data=data, numbers=numbers, lines=block.line_count)


def unpacked(document: Document, found: Sequence[Found]) -> Iterator[tuple[int, bytes]]:
    """The text of each record, with the place of what it is from."""
    if document.unpack is None:
        yield from ((p, encode(r)) for p, (r, _) in enumerate(found) if isinstance(r, dict))
        return
    for place, record in document.unpack(found):
        around = found[place][1]
        if around and ENVELOPE in around[0]:
            inner = record.get(ENVELOPE)
            further = {**inner} if isinstance(inner, dict) else {}
            yield place, encode({**record, ENVELOPE: {**further, ENVELOPE: around[0][ENVELOPE]}})
        else:
            yield place, encode(record)
