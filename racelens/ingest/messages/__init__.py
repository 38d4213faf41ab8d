"""What people wrote: ids, names, numbers and states out of the text of messages."""

from racelens.ingest.messages.reading import fill

__all__ = ["fill"]
