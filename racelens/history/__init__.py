"""Records → a history: who acted, what took effect, what came first. The only place that decides it."""

from racelens.history.build import History, build

__all__ = ["History", "build"]
