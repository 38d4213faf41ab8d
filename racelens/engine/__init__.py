"""Where partitions run: here, in this process."""

from racelens.engine.local import run

__all__ = ["run"]
