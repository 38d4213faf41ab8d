"""The bytes of a source → the UTF-8 text inside: decompressed, decoded, without marks.

What a file is called says nothing: its first bytes decide. A compressed file that ends early gives what can
be had of it, and says so: it is never taken for a complete one.
"""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, Protocol, cast

from racelens.errors import RacelensError
from racelens.ingest.blocks import fill

HEAD_BYTES = 65_536
_LONG_HEAD = 17 * 1024 * 1024  # beyond the longest line
_BOM = b"\xef\xbb\xbf"
_RECORD_SEPARATOR = b"\x1e"  # RFC 7464; JSON never has it unescaped
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


class Readable(Protocol):
    """What is left of a stream."""

    def read1(self, size: int, /) -> bytes:
        """Some bytes; none only at the end."""


@dataclass(frozen=True)
class Text:
    """UTF-8 of one source. `head`: its beginning, which `stream` begins with, too."""

    stream: IO[bytes]
    head: bytes
    compression: Decompressed | None

    @property
    def truncated(self) -> str | None:
        """Why the source ended before its end; known when all was read."""
        return self.compression.truncated if self.compression else None


def text(name: str, source: IO[bytes]) -> Text:
    """The text of a source.

    Raises RacelensError when it is compressed and nothing of it can be read.
    """
    start, stream = _peek(source, 6)
    compression = next(
        (
            Decompressed(kind, opener(cast(IO[bytes], stream)))
            for magic, (kind, opener) in _COMPRESSED.items()
            if start.startswith(magic)
        ),
        None,
    )
    if compression:
        start, stream = _peek(compression, 6)
        if compression.truncated and not start:
            why = f"{name} is {compression.kind}-compressed, but cannot be read"
            raise RacelensError(f"{why}: {compression.truncated}")
    if encoding := _UTF16.get(start[:2]):
        stream.read1(2)
        start, stream = _peek(_Recoded(stream, encoding), 6)
    if start.startswith(_BOM):
        stream.read1(len(_BOM))
        start = start.removeprefix(_BOM)
    if start.startswith(_RECORD_SEPARATOR):
        stream = _Rewound(b"", _Unseparated(stream), False)
    head, stream = _peek(stream, HEAD_BYTES)
    while b"\n" not in head and len(head) < _LONG_HEAD:
        longer, stream = _peek(stream, 8 * len(head))
        if len(longer) == len(head):
            break
        head = longer
    return Text(cast(IO[bytes], stream), head, compression)


def _peek(stream: IO[bytes] | Readable, size: int) -> tuple[bytes, _Rewound]:
    """The first bytes, and the stream with them."""
    start, interrupted = fill(cast(IO[bytes], stream), size)
    return start, _Rewound(start, stream, interrupted)


class _Rewound:
    """A stream whose first bytes were looked at already."""

    def __init__(self, start: bytes, stream: IO[bytes] | Readable, interrupted: bool) -> None:
        self._start = start
        self._read: Callable[[int], bytes] = (
            getattr(stream, "read1", None) or cast(Any, stream).read
        )
        self._interrupted = interrupted

    def read1(self, size: int, /) -> bytes:
        """As `Readable.read1`; an interruption while looking comes after what was read until then."""
        if self._start:
            part, self._start = self._start[:size], self._start[size:]
            return part
        if self._interrupted:
            raise KeyboardInterrupt
        return self._read(size)

    read = read1


class Decompressed:
    """What a compressed stream holds, as far as it can be had. `truncated`: why that is not all."""

    def __init__(self, kind: str, stream: IO[bytes]) -> None:
        self.kind = kind
        self.truncated: str | None = None
        self._stream = stream

    def read1(self, size: int, /) -> bytes:
        """As `Readable.read1`."""
        if self.truncated:
            return b""
        try:
            return cast(bytes, cast(Any, self._stream).read1(size))
        except EOFError:
            self.truncated = "it ends in the middle"
        except Exception as error:  # each library has a word of its own for damage
            if not _is_damage(error):
                raise
            self.truncated = f"it is damaged ({error})"
        return b""


def _is_damage(error: Exception) -> bool:
    """Not when the disk failed: that error carries a number."""
    told = isinstance(error, zlib.error) or type(error).__name__ in ("LZMAError", "ZstdError")
    return told or (isinstance(error, OSError) and error.errno is None)


class _Recoded:
    """UTF-16 as UTF-8."""

    def __init__(self, stream: Readable, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def read1(self, size: int, /) -> bytes:
        """As `Readable.read1`."""
        while raw := self._stream.read1(size):
            if text := self._decoder.decode(raw):
                return text.encode("utf-8", "replace")
        return self._decoder.decode(b"", final=True).encode("utf-8", "replace")


class _Unseparated:
    """JSON text sequences without their separators: what they separate ends with a newline as well."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream

    def read1(self, size: int, /) -> bytes:
        """As `Readable.read1`."""
        while raw := self._stream.read1(size):
            if text := raw.replace(_RECORD_SEPARATOR, b""):
                return text
        return b""


# ── compressions, imported when they are met ──────────────────────────────────────────────────


def _gzip(stream: IO[bytes]) -> IO[bytes]:
    import gzip  # noqa: PLC0415

    return cast(IO[bytes], gzip.GzipFile(fileobj=stream))


def _zstd(stream: IO[bytes]) -> IO[bytes]:
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
    except ImportError:  # before Python 3.14
        from backports import zstd  # type: ignore[no-redef,unused-ignore]  # noqa: PLC0415
    return cast(IO[bytes], zstd.ZstdFile(stream))


def _bzip2(stream: IO[bytes]) -> IO[bytes]:
    import bz2  # noqa: PLC0415

    return cast(IO[bytes], bz2.BZ2File(stream))


def _xz(stream: IO[bytes]) -> IO[bytes]:
    import lzma  # noqa: PLC0415

    return cast(IO[bytes], lzma.LZMAFile(stream))


_COMPRESSED: dict[bytes, tuple[str, Callable[[IO[bytes]], IO[bytes]]]] = {
    b"\x1f\x8b": ("gzip", _gzip),
    b"\x28\xb5\x2f\xfd": ("zstd", _zstd),
    b"BZh": ("bzip2", _bzip2),
    b"\xfd7zXZ": ("xz", _xz),
}
