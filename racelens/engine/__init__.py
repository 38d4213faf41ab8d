"""Where partitions run: here, in this process."""

from racelens.engine.local import cases, run

__all__ = ["cases", "run"]
