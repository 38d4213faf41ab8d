"""What people wrote: ids, names, numbers and states out of the text of messages."""

from racelens.ingest.messages.reading import fill
from racelens.ingest.messages.templates import shapes

__all__ = ["fill", "shapes"]
