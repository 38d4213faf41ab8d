"""What a plural means."""

from __future__ import annotations


def singular(noun: str) -> str:
    """`line-items` → `line_item`: the type that a route's or a table's plural means."""
    word = noun.lower().replace("-", "_")
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and word[-2:] not in ("ss", "us", "is") else word
