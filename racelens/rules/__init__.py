"""All rules: one file each. Adding a file adds a rule."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from racelens.rule import Rule


def _listed() -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for module in sorted(info.name for info in iter_modules(__path__)):
        for value in vars(import_module(f"{__name__}.{module}")).values():
            if isinstance(value, Rule):
                if value.code in found:
                    raise ValueError(
                        f"{value.code} is both {found[value.code].name} and {value.name}"
                    )
                found[value.code] = value
    return dict(sorted(found.items()))


RULES = _listed()
# Those that run unasked; the others speak only of what could race and did not.
USUAL = tuple(rule for rule in RULES.values() if not rule.opt_in)
