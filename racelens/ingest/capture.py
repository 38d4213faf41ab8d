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
from racelens.ingest.blocks import Block, read_blocks
from racelens.ingest.lines import Reject, decode, linked, parse
from racelens.ingest.mapping import Mapping, Overrides
from racelens.ingest.sources import HEAD_BYTES, Source, refuse_binary

_WORKERS = 2
_SAMPLE_RECORDS = 20_000
_SLICES = 24  # places in a large file where the sample looks beside its head
_SLICE_BYTES = 128 * 1024

Progress = Callable[[str, int], None]  # (source name, bytes read)


@dataclass
class Input:
    """The account of one source: each of its lines is in exactly one of the six buckets."""

    source: Source
    mapping: Mapping
    lines: int = 0
    events: int = 0
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
                    blocks, mapping = _prepare(source, stream, overrides)
                    if mapping is None:
                        left_out.append(source.name)
                        continue
                    inputs.append(Input(source, mapping))
                    for digest in _digests(pool, blocks, mapping, len(inputs) - 1):
                        frames.append(digest.records)
                        rejects.extend((len(inputs) - 1, reject) for reject in digest.rejects)
                        _enter(inputs[-1], digest)
                        if progress:
                            progress(source.name, digest.size)
        except KeyboardInterrupt:
            interrupted = True
    table = pl.concat(frames) if frames else events.records()
    return Capture(table, tuple(inputs), tuple(rejects), tuple(left_out), interrupted)


# ── choosing the mapping ──────────────────────────────────────────────────────────────────────


def _prepare(
    source: Source, stream: IO[bytes], overrides: Overrides | None
) -> tuple[Iterator[Block], Mapping | None]:
    """The blocks and the mapping; None for a found file without a single JSON object."""
    blocks = _read(source, stream)
    head = _until_data(blocks)
    first = head[-1] if head else Block(1, b"")
    try:
        refuse_binary(source, first.data[:HEAD_BYTES])
    except RacelensError:
        if source.found:
            return iter(()), None
        raise
    seen = mappings.sample(_sampled(chain([first.data], _slices(source))))
    if source.found and first.data and not seen.records:
        return iter(()), None
    return chain(head, blocks), mappings.choose(seen, overrides)


def _read(source: Source, stream: IO[bytes]) -> Iterator[Block]:
    try:
        yield from read_blocks(stream)
    except OSError as error:
        raise RacelensError(f"cannot read {source.name}: {error.strerror}") from error


def _until_data(blocks: Iterator[Block]) -> list[Block]:
    """The first block to sample, after those whose bytes were let go."""
    head: list[Block] = []
    for block in blocks:
        head.append(block)
        if not block.oversized:
            break
    return head


def _slices(source: Source) -> Iterator[bytes]:
    """Whole lines from places spread over a large file, so that late fields are seen too."""
    if source.path is None:
        return
    size = source.path.stat().st_size
    step = size // (_SLICES + 1)
    step = max(_SLICE_BYTES, step)
    with source.path.open("rb") as stream:
        for offset in range(step, size, step):
            stream.seek(offset)
            piece = stream.read(_SLICE_BYTES)
            yield piece[piece.find(b"\n") + 1 : piece.rfind(b"\n") + 1]


def _sampled(pieces: Iterator[bytes]) -> Iterator[dict[str, object]]:
    """JSON objects of the pieces, an even share of each."""
    for index, piece in enumerate(pieces):
        lines = piece.split(b"\n")
        share = _SAMPLE_RECORDS if index == 0 else _SAMPLE_RECORDS // _SLICES
        for line in lines[:: len(lines) // share + 1]:
            if line.lstrip(b"\xef\xbb\xbf\x1e \t").startswith(b"{"):
                try:
                    yield decode(line.strip(b"\xef\xbb\xbf\x1e \t\r"))
                except ValueError:
                    continue


# ── reading ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Digest:
    """What one block became."""

    records: pl.DataFrame
    rejects: tuple[Reject, ...]
    lines: int
    blank: int
    continuation: int
    repeats: tuple[int, ...]  # lines
    unsure: tuple[int, ...]  # lines
    size: int  # bytes
    fed: Counter[str]


def _digests(
    pool: ThreadPoolExecutor, blocks: Iterator[Block], mapping: Mapping, index: int
) -> Iterator[_Digest]:
    """Blocks digested in parallel, handed out in order; few are in the air at once."""
    pending: deque[Future[_Digest]] = deque()
    interruption: KeyboardInterrupt | None = None
    try:
        for block in linked(blocks):
            pending.append(pool.submit(_digest, block, mapping, index))
            if len(pending) > _WORKERS:
                yield pending.popleft().result()
    except KeyboardInterrupt as error:
        interruption = error
    while pending:
        yield pending.popleft().result()
    if interruption:
        raise interruption


def _digest(block: Block, mapping: Mapping, index: int) -> _Digest:
    parsed = parse(block, mapping.schema)
    translated = records.translate(parsed.rows, mapping, index)
    again = repeats.find(block, translated)
    kept = translated.filter(~pl.col("line").is_in(again)) if again else translated
    kept, unsure = repeats.of_unsure_origin(kept)
    return _Digest(
        kept,
        parsed.rejects,
        block.line_count,
        parsed.blank,
        parsed.continuation,
        again,
        unsure,
        len(block.data),
        _fed(parsed.rows, mapping),
    )


def _fed(rows: pl.DataFrame, mapping: Mapping) -> Counter[str]:
    if not mapping.paths or not rows.height:
        return Counter()
    filled = rows.select(
        mapping.column(path).count().alias(".".join(path)) for path in mapping.paths
    )
    return Counter(filled.row(0, named=True))


def _enter(account: Input, digest: _Digest) -> None:
    account.lines += digest.lines
    account.rejects += len(digest.rejects)
    account.blank += digest.blank
    account.continuation += digest.continuation
    account.repeat += len(digest.repeats)
    account.events += (
        digest.lines
        - len(digest.rejects)
        - digest.blank
        - digest.continuation
        - len(digest.repeats)
    )
    account.fed.update(digest.fed)
    account.unsure += len(digest.unsure)
    if digest.unsure and account.first_unsure is None:
        account.first_unsure = digest.unsure[0]
    if digest.repeats and account.first_repeat is None:
        account.first_repeat = digest.repeats[0]
