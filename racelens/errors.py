"""What goes wrong, said to the user: a message, what was seen, and one line to try."""

from __future__ import annotations


class RacelensError(Exception):
    """A mistake the user can mend. Printed on standard error, exit code 2.

    `details` are (label, text) rows such as ("present", "when, lvl"); `hint` is a line to paste.
    """

    def __init__(
        self, message: str, details: tuple[tuple[str, str], ...] = (), hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.hint = hint
