"""Sources → one capture: the records of all of them, and an account of every line."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from typing import IO

import polars as pl

from racelens import events
from racelens.errors import RacelensError
from racelens.ingest import mapping as mappings
from racelens.ingest import records, repeats
from racelens.ingest.blocks import Block, Reject
from racelens.ingest.framing.choice import Framing, framing
from racelens.ingest.framing.encoding import Text, text
from racelens.ingest.layers import Layer, Prefixed, recognise, whole
from racelens.ingest.lines import LINE, linked, objects, parse
from racelens.ingest.mapping import Mapping, Overrides
from racelens.ingest.sources import HEAD_BYTES, Source, refuse_binary

_WORKERS = 2
_SAMPLE_RECORDS = 20_000
_SLICES = 24  # places in a large file where the sample looks beside its head
_SLICE_BYTES = 128 * 1024

Progress = Callable[[str, int], None]  # (source name, bytes read)


@dataclass
class Input:
    """The account of one source: each of its lines is in exactly one of the six buckets.

    `records`: how many events there are, for a line may hold several. `framing`: how records are laid out,
    `unwrapped`: what was around them, outermost first. `truncated`: why the source ended before its end.
    """

    source: Source
    mapping: Mapping
    framing: str = "lines"
    unwrapped: tuple[str, ...] = ()
    truncated: str | None = None
    lines: int = 0
    events: int = 0
    records: int = 0
    rejects: int = 0
    blank: int = 0
    continuation: int = 0
    repeat: int = 0
    envelope: int = 0
    first_repeat: int | None = None  # line
    unsure: int = 0  # records that several ids claim
    first_unsure: int | None = None  # line
    fed: Counter[str] = field(default_factory=Counter)  # rows that fill each key


@dataclass(frozen=True)
class Capture:
    """`records`: see `events.RECORD_SCHEMA`. `rejects`: (index of the input, reject), in order.

    `left_out`: files found in a folder that hold no JSON lines.
    """

    records: pl.DataFrame
    inputs: tuple[Input, ...]
    rejects: tuple[tuple[int, Reject], ...]
    left_out: tuple[str, ...]
    interrupted: bool = False

    @property
    def precisions(self) -> tuple[int, ...]:
        """Nanoseconds between two stamps that each input can tell apart."""
        return tuple(entry.mapping.precision for entry in self.inputs)


def load(
    sources: list[Source], overrides: Overrides | None = None, progress: Progress | None = None
) -> Capture:
    """Read everything, or until Ctrl-C.

    Raises RacelensError for input that cannot be read or is not text.
    """
    inputs: list[Input] = []
    frames: list[pl.DataFrame] = []
    rejects: list[tuple[int, Reject]] = []
    left_out: list[str] = []
    interrupted = False
    with ThreadPoolExecutor(_WORKERS) as pool:
        try:
            for source in sources:
                with source.open() as stream:
                    reading = _prepare(source, stream, overrides)
                    if reading is None:
                        left_out.append(source.name)
                        continue
                    inputs.append(Input(source, reading.mapping))
                    try:
                        for digest in _digests(pool, reading, len(inputs) - 1):
                            frames.append(digest.records)
                            rejects.extend((len(inputs) - 1, reject) for reject in digest.rejects)
                            _enter(inputs[-1], digest)
                            if progress:
                                progress(source.name, digest.size)
                    finally:
                        _describe(inputs[-1], reading)
        except KeyboardInterrupt:
            interrupted = True
    table = pl.concat(frames) if frames else events.records()
    return Capture(table, tuple(inputs), tuple(rejects), tuple(left_out), interrupted)


# ── choosing how to read ──────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Reading:
    """How one source is read."""

    text: Text
    framing: Framing
    blocks: Iterator[Block]
    layers: tuple[Layer, ...]
    mapping: Mapping


def _prepare(source: Source, stream: IO[bytes], overrides: Overrides | None) -> _Reading | None:
    """How to read a source; None for a found file without a single JSON object."""
    try:
        opened = _opened(source, stream)
        refuse_binary(source, _whole_lines(opened.head[:HEAD_BYTES]))
    except RacelensError:
        if source.found:
            return None
        raise
    chosen = framing(opened.stream, opened.head)
    blocks = _read(source, chosen.blocks)
    head = _until_data(blocks)
    first = head[-1] if head else Block(1, b"")
    layers, sampled = recognise(_sampled(chain([first.data], _slices(source, opened, chosen))))
    seen = mappings.sample(objects(sampled.rows))
    if source.found and first.data and not seen.records:
        return None
    mapping = mappings.choose(seen, overrides)
    # A JSON document in a folder, without a time in it, is somebody's settings or results.
    if source.found and chosen.kind == "documents" and not mapping.fields.get("time"):
        return None
    return _Reading(opened, chosen, chain(head, blocks), layers, mapping)


def _whole_lines(head: bytes) -> bytes:
    """Without the last line, where a crash may have left zeros; if that is all there is, as it is."""
    return head[: head.rfind(b"\n") + 1] or head


def _opened(source: Source, stream: IO[bytes]) -> Text:
    try:
        return text(source.name, stream)
    except OSError as error:
        raise RacelensError(f"cannot read {source.name}: {error.strerror}") from error


def _read(source: Source, blocks: Iterator[Block]) -> Iterator[Block]:
    try:
        yield from blocks
    except OSError as error:
        raise RacelensError(f"cannot read {source.name}: {error.strerror}") from error


def _until_data(blocks: Iterator[Block]) -> list[Block]:
    """The first block to sample, after those whose bytes were let go."""
    head: list[Block] = []
    for block in blocks:
        head.append(block)
        if block.data:
            break
    return head


def _slices(source: Source, opened: Text, chosen: Framing) -> Iterator[bytes]:
    """Whole lines from places spread over a large file, so that late fields are seen too."""
    if source.path is None or opened.compression or chosen.kind != "lines":
        return
    size = source.path.stat().st_size
    step = size // (_SLICES + 1)
    step = max(_SLICE_BYTES, step)
    with source.path.open("rb") as stream:
        for offset in range(step, size, step):
            stream.seek(offset)
            piece = stream.read(_SLICE_BYTES)
            yield piece[piece.find(b"\n") + 1 : piece.rfind(b"\n") + 1]


def _sampled(pieces: Iterator[bytes]) -> Block:
    """Lines of the pieces, an even share of each."""
    lines: list[bytes] = []
    for index, piece in enumerate(pieces):
        rows = piece.split(b"\n")
        share = _SAMPLE_RECORDS if index == 0 else _SAMPLE_RECORDS // _SLICES
        lines.extend(rows[:: len(rows) // share + 1])
    return Block(1, b"\n".join(lines))


def _describe(account: Input, reading: _Reading) -> None:
    """What is known of a source once it was read."""
    names = [layer.name for layer in reading.layers]
    kind: str = reading.framing.kind
    if kind == "lines" and reading.layers and isinstance(reading.layers[0], Prefixed):
        kind = names.pop(0)
    account.framing = kind
    account.unwrapped = tuple(dict.fromkeys([*reading.framing.names(), *names]))
    account.truncated = reading.text.truncated or reading.framing.truncated()


# ── reading ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Digest:
    """What one block became: its records, and how many of its lines went where."""

    records: pl.DataFrame
    rejects: tuple[Reject, ...]
    lines: int
    events: int
    rejected: int
    blank: int
    continuation: int
    repeated: int
    first_repeat: int | None  # line
    rows: int  # records, without repeats
    unsure: tuple[int, ...]  # lines that several ids claim
    size: int  # bytes
    fed: Counter[str]


def _digests(pool: ThreadPoolExecutor, reading: _Reading, index: int) -> Iterator[_Digest]:
    """Blocks digested in parallel, handed out in order; few are in the air at once."""
    pending: deque[Future[_Digest]] = deque()
    interruption: KeyboardInterrupt | None = None
    try:
        for block in linked(whole(reading.blocks, reading.layers)):
            pending.append(pool.submit(_digest, block, reading, index))
            if len(pending) > _WORKERS:
                yield pending.popleft().result()
    except KeyboardInterrupt as error:
        interruption = error
    while pending:
        yield pending.popleft().result()
    if interruption:
        raise interruption


def _digest(block: Block, reading: _Reading, index: int) -> _Digest:
    bare = block
    for layer in reading.layers:
        bare = layer.off(bare)
    parsed = parse(bare, reading.mapping.schema)
    translated = records.translate(parsed.rows, reading.mapping, index)
    again = repeats.find(parsed, translated)
    if again.height:
        translated = translated.join(again, on=["line", "part"], how="anti", nulls_equal=True)
    translated, unsure = repeats.of_unsure_origin(repeats.with_doubled(parsed, translated))
    aside = bare.aside + parsed.aside
    events = _lines(parsed.rows[LINE], block)
    kept = _lines(translated["line"], block) if again.height else events
    rejected = {reject.line for reject in aside.rejects if reject.line > block.counted}
    return _Digest(
        records=translated,
        rejects=tuple(sorted(aside.rejects, key=lambda reject: reject.line)),
        lines=block.line_count,
        events=len(kept),
        rejected=len(rejected - set(events)) if rejected else 0,
        blank=aside.blank,
        continuation=aside.continuation,
        repeated=len(events) - len(kept),
        first_repeat=again["line"].min() if again.height else None,  # type: ignore[arg-type]
        rows=parsed.rows.height - again.height,
        size=len(block.data),
        fed=_fed(parsed.rows, reading.mapping),
        unsure=unsure,
    )


def _lines(column: pl.Series, block: Block) -> pl.Series:
    """The different lines of a column that no earlier block has counted."""
    return column.filter(column > block.counted).unique()


def _fed(rows: pl.DataFrame, mapping: Mapping) -> Counter[str]:
    if not mapping.paths or not rows.height:
        return Counter()
    filled = rows.select(
        mapping.column(path).count().alias(".".join(path)) for path in mapping.paths
    )
    return Counter(filled.row(0, named=True))


def _enter(account: Input, digest: _Digest) -> None:
    """What holds no record, and is not counted for anything else, is wrapped around records."""
    account.lines += digest.lines
    account.events += digest.events
    account.records += digest.rows
    account.rejects += digest.rejected
    account.blank += digest.blank
    account.continuation += digest.continuation
    account.repeat += digest.repeated
    account.envelope += digest.lines - (
        digest.events + digest.rejected + digest.blank + digest.continuation + digest.repeated
    )
    account.fed.update(digest.fed)
    if account.first_repeat is None:
        account.first_repeat = digest.first_repeat
    account.unsure += len(digest.unsure)
    if digest.unsure and account.first_unsure is None:
        account.first_unsure = digest.unsure[0]
