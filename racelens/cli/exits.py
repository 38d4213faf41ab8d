"""Exit codes (design, section 8)."""

CLEAN = 0
FOUND = 1
TROUBLE = 2  # usage, configuration, input or output
NOTHING_CHECKABLE = 3
BROKEN_PIPE = 0  # `| head` ends quietly, never with 1
INTERRUPTED = 130
