"""`racelens trace`: everything that touched a token, over all files, and what became of its attempts."""

from racelens.trace.follow import trace

__all__ = ["trace"]
