"""What SQL text says: action, table, row, versions, guards."""

from __future__ import annotations

import pytest

from racelens.events import ROW_LOCK
from racelens.ingest.sql import understand
from tests.ingest.feeding import one


@pytest.mark.parametrize(
    ("text", "action", "table", "guard"),
    [
        ("SELECT * FROM shop.orders WHERE id = ?", "read", "order", None),
        ('select "a" from "orders" where "id" = $1 for update', "read", "order", ROW_LOCK),
        ("UPDATE orders SET note = ? WHERE id = ?", "write", "order", None),
        (
            "UPDATE orders SET note = ? WHERE id = ? AND version = ?",
            "write",
            "order",
            "conditional",
        ),
        ("UPDATE stock SET qty = qty - ? WHERE id = ?", "write", "stock", "atomic"),
        ("INSERT INTO seats (id) VALUES (?)", "create", "seat", None),
        (
            "INSERT INTO seats (id) VALUES (?) ON CONFLICT DO NOTHING",
            "create",
            "seat",
            "conditional",
        ),
        ("DELETE FROM carts WHERE id = ?", "delete", "cart", None),
    ],
)
def test_statements(text: str, action: str, table: str, guard: str | None) -> None:
    found = understand(text)
    assert (found.action, found.table, found.guard) == (action, table, guard)


def test_a_version_that_counts_up_is_no_arithmetic_of_the_store() -> None:
    assert understand("UPDATE t SET a = ?, version = version + 1 WHERE id = ?").guard is None


@pytest.mark.parametrize(
    ("text", "mark"), [("BEGIN", "begin"), ("COMMIT", "commit"), ("ROLLBACK", "rollback")]
)
def test_transactions(text: str, mark: str) -> None:
    assert understand(text).mark == mark


@pytest.mark.parametrize(
    "text", ["", "VACUUM", "EXPLAIN SELECT 1", "WITH x AS (SELECT 1) SELECT 2"]
)
def test_of_other_statements_nothing_is_claimed(text: str) -> None:
    assert understand(text).action is None


def test_the_row_stands_among_the_literals() -> None:
    record = one({"sql": "UPDATE plans SET body = 'it''s 9', rev = 4 WHERE id = 17 AND rev = 3"})
    assert record["resource"] == "plan:17"
    assert (record["base"], record["version"], record["guard"]) == ("3", "4", "conditional")


def test_the_row_stands_among_the_parameters() -> None:
    text = "UPDATE plans SET body = $1, version = version + 1 WHERE id = $2 AND version = $3"
    record = one({"sql": text, "params": ["x", 17, 3]})
    assert (record["resource"], record["base"], record["version"]) == ("plan:17", "3", "4")


def test_otel_names() -> None:
    record = one({"attributes": {"db.query.text": "SELECT * FROM plans WHERE id = 17"}})
    assert (record["resource"], record["action"]) == ("plan:17", "read")


def test_a_statement_without_a_row_names_no_resource() -> None:
    assert "resource" not in one({"sql": "SELECT * FROM plans ORDER BY id"})
