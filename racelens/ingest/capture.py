"""Sources → one capture: the records of all of them, and an account of every line."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from typing import IO

import polars as pl

from racelens import events
from racelens.errors import RacelensError
from racelens.ingest import ids, records, repeats, traced, years
from racelens.ingest import mapping as mappings
from racelens.ingest.attention import Attention
from racelens.ingest.blocks import Block, Reject
from racelens.ingest.framing.choice import Framing, framing
from racelens.ingest.framing.encoding import Text, text
from racelens.ingest.layers import Layer, Prefixed, recognise, whole
from racelens.ingest.lines import LINE, linked, objects, parse
from racelens.ingest.mapping import Mapping, Overrides, Sample
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
    `year_from`: where stamps that name no year have theirs from. `late`: keys that are read only from a line on.
    """

    source: Source
    mapping: Mapping
    framing: str = "lines"
    unwrapped: tuple[str, ...] = ()
    truncated: str | None = None
    year_from: str | None = None
    late: dict[str, int] = field(default_factory=dict)
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

    `left_out`: files found in a folder that hold no JSON lines. `unread`: sources that could not be read, or not to
    their end, with the reason.
    """

    records: pl.DataFrame
    inputs: tuple[Input, ...]
    rejects: tuple[tuple[int, Reject], ...]
    left_out: tuple[str, ...]
    interrupted: bool = False
    unread: tuple[tuple[str, RacelensError], ...] = ()

    @property
    def precisions(self) -> tuple[int, ...]:
        """Nanoseconds between two stamps that each input can tell apart."""
        return tuple(entry.mapping.precision for entry in self.inputs)


def load(
    sources: Sequence[Source],
    overrides: Overrides | None = None,
    progress: Progress | None = None,
    patient: bool = False,
) -> Capture:
    """Read everything, or until Ctrl-C. patient: a source that cannot be read keeps nobody from the others.

    Raises RacelensError for input that cannot be read or is not text, of a patient caller when there is no other.
    """
    loading = _Loading(overrides, progress)
    unread: list[tuple[str, RacelensError]] = []
    interrupted = False
    with ThreadPoolExecutor(_WORKERS) as pool:
        try:
            for source in sources:
                try:
                    loading.read(source, pool)
                except RacelensError as error:
                    unread.append((source.name, error))
                    if not patient or len(unread) == len(sources):
                        raise
        except KeyboardInterrupt:
            interrupted = True
    return Capture(
        _traced(_together(loading.frames)),
        tuple(loading.inputs),
        tuple(loading.rejects),
        tuple(loading.left_out),
        interrupted,
        tuple(unread),
    )


@dataclass
class _Loading:
    """What was read so far."""

    overrides: Overrides | None
    progress: Progress | None
    inputs: list[Input] = field(default_factory=list)
    frames: list[pl.DataFrame] = field(default_factory=list)
    rejects: list[tuple[int, Reject]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def read(self, source: Source, pool: ThreadPoolExecutor) -> None:
        """One source, whole.

        Raises RacelensError where it cannot be read on; what was read of it stays.
        """
        with source.open() as stream:
            reading = _prepare(source, stream, self.overrides)
            if reading is None:
                self.left_out.append(source.name)
                return
            mapping = reading.attention.mapping
            account = Input(source, mapping, year_from=reading.year_from)
            self.inputs.append(account)
            try:
                for digest in _digests(pool, reading, len(self.inputs) - 1):
                    self._take(digest, account)
            finally:
                _describe(account, reading)

    def _take(self, digest: _Digest, account: Input) -> None:
        self.frames.append(digest.records)
        self.rejects.extend((len(self.inputs) - 1, reject) for reject in digest.rejects)
        _enter(account, digest)
        if self.progress:
            self.progress(account.source.name, digest.size)


def _together(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """One table of all records. A column that nobody fills, half of them, stays a single null."""
    frames = [frame for frame in frames if frame.height]
    if not frames:
        return events.records()
    counts = pl.concat([frame.select(pl.all().count()) for frame in frames]).sum()
    filled = [name for name, count in counts.row(0, named=True).items() if count]
    return events.complete(pl.concat([frame.select(filled) for frame in frames], rechunk=True))


def _traced(records: pl.DataFrame) -> pl.DataFrame:
    """The records with one id for one trace, and one for what logs and spans tell of one request."""
    if not records.select(pl.col("trace").count()).item():
        return records
    return traced.joined(records.with_columns(ids.in_full(records["trace"])))


# ── choosing how to read ──────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Reading:
    """How one source is read."""

    text: Text
    framing: Framing
    blocks: Iterator[Block]
    layers: tuple[Layer, ...]
    attention: Attention
    year_from: str | None  # where stamps without a year have theirs from


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

    def settled(known: Sample) -> tuple[Mapping, str | None]:
        return years.settled(mappings.choose(known, overrides), known, source)

    mapping, year_from = settled(seen)
    # A JSON document in a folder, without a time in it, is somebody's settings or results.
    if source.found and chosen.kind == "documents" and not mapping.fields.get("time"):
        return None
    looked_ahead = _is_sliced(source, opened, chosen)
    attention = Attention(
        seen, mapping, layers, None if looked_ahead else lambda known: settled(known)[0]
    )
    return _Reading(opened, chosen, chain(head, blocks), layers, attention, year_from)


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
    if source.path is None or not _is_sliced(source, opened, chosen):
        return
    size = source.path.stat().st_size
    step = size // (_SLICES + 1)
    step = max(_SLICE_BYTES, step)
    with source.path.open("rb") as stream:
        for offset in range(step, size, step):
            stream.seek(offset)
            piece = stream.read(_SLICE_BYTES)
            yield piece[piece.find(b"\n") + 1 : piece.rfind(b"\n") + 1]


def _is_sliced(source: Source, opened: Text, chosen: Framing) -> bool:
    """Whether places of a source can be read before all that is in front of them."""
    return source.path is not None and not opened.compression and chosen.kind == "lines"


def _sampled(pieces: Iterator[bytes]) -> Block:
    """Lines of the pieces, an even share of each."""
    lines: list[bytes] = []
    for index, piece in enumerate(pieces):
        rows = piece.split(b"\n")
        share = _SAMPLE_RECORDS if index == 0 else _SAMPLE_RECORDS // _SLICES
        # A blank line would send the whole sample the long way through `lines.parse`.
        lines.extend(row for row in rows[:: len(rows) // share + 1] if row)
    return Block(1, b"\n".join(lines))


def _describe(account: Input, reading: _Reading) -> None:
    """What is known of a source once it was read."""
    names = [layer.name for layer in reading.layers]
    kind: str = reading.framing.kind
    if kind == "lines" and reading.layers and isinstance(reading.layers[0], Prefixed):
        kind = names.pop(0)
    account.framing = kind
    account.mapping, account.late = reading.attention.mapping, reading.attention.late
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
            mapping = reading.attention.of(block)
            pending.append(pool.submit(_digest, block, reading.layers, mapping, index))
            if len(pending) > _WORKERS:
                yield pending.popleft().result()
    except KeyboardInterrupt as error:
        interruption = error
    while pending:
        yield pending.popleft().result()
    if interruption:
        raise interruption


def _digest(block: Block, layers: Sequence[Layer], mapping: Mapping, index: int) -> _Digest:
    bare = block
    for layer in layers:
        bare = layer.off(bare)
    parsed = parse(bare, mapping.schema)
    translated = records.translate(parsed.rows, mapping, index)
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
        fed=_fed(parsed.rows, mapping),
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
