"""racelens: which attempts raced, on what, in which order, and how do you know."""

__version__ = "0.1.0"
