"""Bytes → records and rejects. The only room that knows orjson, files and field names in the wild."""

from racelens.ingest.capture import Capture, Input, load
from racelens.ingest.sources import Source, find

__all__ = ["Capture", "Input", "Source", "find", "load"]
