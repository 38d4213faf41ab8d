"""Bytes → records and rejects. The only room that knows orjson, files and field names in the wild."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from racelens.ingest.sources import Source, find

if TYPE_CHECKING:
    from racelens.ingest.capture import Capture, Input, load

__all__ = ["Capture", "Input", "Source", "find", "load"]


def __getattr__(name: str) -> Any:
    """Polars is loaded when data is to be read, not when a flag is looked at."""
    if name in ("Capture", "Input", "load"):
        from racelens.ingest import capture  # noqa: PLC0415

        return getattr(capture, name)
    raise AttributeError(name)
