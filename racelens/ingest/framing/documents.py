"""JSON that is not one object to a line → rows: arrays, pretty-printed documents, many or huge ones.

A document is taken apart while it streams: of an array, or of a document that is known to hold records, only
the record at hand is in memory, however long the whole is. What cannot be read is skipped to where its
brackets close.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from racelens.ingest.blocks import Block
from racelens.ingest.envelopes.kinds import Document, Object
from racelens.ingest.framing import prefixes
from racelens.ingest.framing.batch import Batch
from racelens.ingest.framing.window import UnreadableError, Window

_BEGINNING = 65_536  # characters by which a document is recognised
_LISTS = "records|logs|items|entries|events|results|rows|messages|value|data|Records|Items"
_LIST = re.compile(rf'"({_LISTS})"\s*:\s*\[\s*\{{')
_ASIDE = 8  # keys beside its list that a mere container may have

Way = tuple[Document | None, tuple[str, ...], tuple[Object, ...]]
"""The kind of document, the steps that still lead to its records, the objects around."""


class Documents:
    """The documents of one stream. `names`: of the kinds that were met, once each.

    `truncated`: why the stream ended inside of a document, None when it did not.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._window = Window(stream)
        self._batch = Batch()
        self._outer: dict[str, object] = {}
        self.names: list[str] = []
        self.truncated: str | None = None

    def blocks(self) -> Iterator[Block]:
        """Blocks of rows.

        Raises KeyboardInterrupt after the block of what had been read when the user pressed Ctrl-C.
        """
        interruption: KeyboardInterrupt | None = None
        try:
            for _ in self._all():
                if self._batch.is_full:
                    yield self._block()
        except KeyboardInterrupt as error:
            interruption = error
        yield self._block()
        if interruption:
            raise interruption

    def _block(self) -> Block:
        block, self._batch = self._batch.close(self._window.reached, self._window.blank)
        return block

    def _all(self) -> Iterator[None]:
        """Reads on; stops after each record."""
        while (character := self._window.peek()) is not None:
            if character == "[":
                yield from self._array((self._flat(), (), ()))
            elif character == "{":
                yield from self._document()
            else:
                self._between()
            yield

    def _flat(self) -> Document | None:
        """The kind of an array of records, if it is one that must be made records first."""
        from racelens.ingest.envelopes.table import DOCUMENTS  # noqa: PLC0415

        beginning = self._window.beginning(_BEGINNING).encode(errors="replace")
        found = next((d for d in DOCUMENTS if not d.path and d.fits(beginning)), None)
        return self._named(found)

    def _named(self, document: Document | None) -> Document | None:
        if document and document.name not in self.names:
            self.names.append(document.name)
        return document

    def _between(self) -> None:
        """A line between documents; it may say something of the next one, as `aws logs tail` does."""
        line = self._window.line
        text = self._window.rest_of_line().strip()
        told = prefixes.split(text.encode(errors="replace") + b" {")
        follows = self._window.peek() == "{"
        self._outer = told[1] if told and follows else {}
        if not self._outer:
            self._batch.reject(line, line, "not JSON")

    def _document(self) -> Iterator[None]:
        window = self._window
        beginning = window.beginning(_BEGINNING)
        if document := self._named(_recognised(beginning)):
            yield from self._members((document, document.path, ()))
            return
        found = _LIST.search(beginning)
        try:
            value = window.value()
        except UnreadableError as error:
            if found and not error.at_end and "longer" in str(error):
                yield from self._members((None, (found[1],), ()))
            else:
                self._skip(error)
            return
        if found and _is_container(value.inside, found[1]):
            window.put_back(value)
            yield from self._members((None, (found[1],), ()))
            return
        self._batch.add(value, self._outer)
        self._outer = {}

    def _members(self, way: Way) -> Iterator[None]:
        """An object on the way to records. What stands beside the way is kept for them."""
        document, steps, around = way
        window = self._window
        beside: Object = {}
        inside = (document, steps[1:], (*around, beside))
        window.expect("{")
        while window.peek() not in ("}", None):
            try:
                key = window.value().inside
                window.expect(":")
            except UnreadableError as error:
                self._give_up(error)
                return
            opened = window.peek() if steps and key == steps[0] else None
            if opened == "[":
                yield from self._array(inside)
            elif opened == "{":
                yield from self._members(inside)
            else:
                self._beside(str(key), beside)
            if window.peek() == ",":
                window.expect(",")
        self._close("}")

    def _beside(self, key: str, beside: Object) -> None:
        try:
            beside[key] = self._window.value().inside
        except UnreadableError as error:
            self._skip(error)

    def _array(self, way: Way) -> Iterator[None]:
        document, steps, around = way
        window = self._window
        window.expect("[")
        while (character := window.peek()) not in ("]", None):
            if steps and character == "{":
                yield from self._members(way)
            elif character == "[" and (steps or document is None or not document.path):
                yield from self._array(way)
            else:
                self._entry(document, around)
                yield
            if window.peek() == ",":
                window.expect(",")
        self._close("]")

    def _entry(self, document: Document | None, around: tuple[Object, ...]) -> None:
        try:
            value = self._window.value()
        except UnreadableError as error:
            self._skip(error)
            return
        if document and document.unpack:
            self._batch.find(value, document, around)
        elif isinstance(value.inside, dict):
            self._batch.add(value, self._outer)
        else:
            self._batch.reject(value.first, value.last, "JSON, but not an object")

    def _close(self, bracket: str) -> None:
        try:
            self._window.expect(bracket)
        except UnreadableError as error:
            self._give_up(error)

    def _skip(self, error: UnreadableError) -> None:
        """Past a value that cannot be read; past everything if its end cannot be told."""
        line = self._window.line
        if self._window.skip_value():
            self._batch.reject(line, self._window.line, str(error))
        else:
            self._window.finish()
            self._batch.reject(line, self._window.reached, str(error))
            self.truncated = "it ends inside of a JSON document"

    def _give_up(self, error: UnreadableError) -> None:
        """Past the rest of the stream: no place in it can be told any more."""
        line = self._window.line
        self._window.finish()
        if self._window.reached > line or not error.at_end:
            self._batch.reject(line, self._window.reached, str(error))
        if error.at_end:
            self.truncated = "it ends inside of a JSON document"


def _recognised(beginning: str) -> Document | None:
    """The kind of document that begins so."""
    from racelens.ingest.envelopes.table import DOCUMENTS  # noqa: PLC0415

    text = beginning.encode(errors="replace")
    fitting = (document for document in DOCUMENTS if document.path and document.fits(text))
    return next((d for d in fitting if _leads(d, beginning)), None)


def _leads(document: Document, beginning: str) -> bool:
    """Whether its first step is followed by an array or an object."""
    return bool(re.search(rf'"{document.path[0]}"\s*:\s*[\[{{]', beginning))


def _is_container(record: object, name: str) -> bool:
    """Whether an object is there for its list alone."""
    if not isinstance(record, dict) or not isinstance(inside := record.get(name), list):
        return False
    others = [entry for key, entry in record.items() if key != name]
    return len(others) <= _ASIDE and bool(inside) and all(isinstance(e, dict) for e in inside[:10])
