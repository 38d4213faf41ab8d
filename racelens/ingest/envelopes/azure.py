"""Azure's query API: tables of columns and rows."""

from __future__ import annotations

from collections.abc import Iterator

from racelens.ingest.envelopes.kinds import Object


def row(cells: object, *around: Object) -> Iterator[Object]:
    """The row by its columns' names."""
    columns = around[-1].get("columns") if around else None
    if not isinstance(cells, list) or not isinstance(columns, list):
        return
    names = [column.get("name") for column in columns if isinstance(column, dict)]
    told = zip(names, cells, strict=False)
    yield {name: cell for name, cell in told if isinstance(name, str) and cell is not None}
