"""racelens: which attempts raced, on what, in which order, and how do you know.

`racelens.scan("logs/")` gives a Report. Polars is loaded when it is called, not when racelens is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from racelens.api import Finding, Report, load, scan

__version__ = "0.1.0"
__all__ = ["Finding", "Report", "__version__", "load", "scan"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from racelens import api  # noqa: PLC0415

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
