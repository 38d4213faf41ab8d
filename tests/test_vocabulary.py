"""Nouns of coverage texts, in the plural."""

from __future__ import annotations

import pytest

from racelens.rules import RULES
from racelens.vocabulary import plural


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("try", "tries"),
        ("retry", "retries"),
        ("failed try", "failed tries"),
        ("key", "keys"),
        ("write", "writes"),
        ("look-up that found nothing", "look-ups that found nothing"),
    ],
)
def test_plurals(one: str, many: str) -> None:
    assert plural(one) == many


def test_no_rule_counts_in_a_noun_that_is_spelled_wrongly() -> None:
    assert not [rule.unit for rule in RULES.values() if plural(rule.unit).endswith("ys")]
