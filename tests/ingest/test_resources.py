"""What a record is about: explicit, type and id, `<noun>_id`, or the route."""

from __future__ import annotations

from typing import Any

import pytest

from racelens.ingest import aliases
from racelens.ingest.nouns import singular
from tests.ingest.feeding import Told, one, told


def about(*lines: dict[str, Any]) -> list[str | None]:
    """The resource of every record."""
    return [record.get("resource") for record in told(*lines)]


class TestExplicit:
    @pytest.mark.parametrize("value", ["order:42", "cache:user/9", "plans/7", "Inventory 17"])
    def test_it_is_taken_verbatim(self, value: str) -> None:
        assert about({"resource": value}) == [value]

    def test_type_and_id_are_joined(self) -> None:
        assert about({"resource_type": "Order", "resource_id": 42}) == ["order:42"]
        assert about({"entityType": "order", "entityId": "42"}) == ["order:42"]

    def test_an_object_of_type_and_id_is_the_same(self) -> None:
        assert about({"resource": {"type": "order", "id": 42}}) == ["order:42"]

    def test_text_here_and_object_there(self) -> None:
        lines = {"resource": "order:41"}, {"resource": {"type": "order", "id": 42}}
        assert about(*lines) == ["order:41", "order:42"]

    @pytest.mark.parametrize("placeholder", ["", "-", "none", "unknown", None])
    def test_a_placeholder_is_none(self, placeholder: str | None) -> None:
        assert about({"resource": "order:1"}, {"resource": placeholder}) == ["order:1", None]

    def test_a_type_without_an_id_is_none(self) -> None:
        lines = {"resource_type": "order", "resource_id": 1}, {"resource_type": "order"}
        assert about(*lines) == ["order:1", None]

    def test_it_outranks_ids_and_routes(self) -> None:
        line = {"resource": "order:42", "item_id": 7, "path": "/carts/3", "method": "PUT"}
        assert about(line) == ["order:42"]


class TestNouns:
    @pytest.mark.parametrize(
        ("key", "noun"),
        [
            ("order_id", "order"),
            ("orderId", "order"),
            ("OrderId", "order"),
            ("OrderID", "order"),
            ("order-id", "order"),
            ("order.id", "order"),
            ("lineItemId", "line_item"),
            ("line_item_id", "line_item"),
            ("docId", "doc"),
            ("_order_id", "order"),
            ("request_id", None),
            ("userId", None),
            ("tenant_id", None),
            ("id", None),
            ("_id", None),
            ("Id", None),
            ("paid", None),
            ("valid", None),
            ("uuid", None),
            ("UUID", None),
            ("GUID", None),
            ("2_id", None),
        ],
    )
    def test_a_key_names_its_noun(self, key: str, noun: str | None) -> None:
        assert aliases.noun((key,)) == noun

    @pytest.mark.parametrize("value", [42, "42", 42.0])
    def test_the_noun_and_the_id_are_the_resource(self, value: Any) -> None:
        assert about({"docId": value}) == ["doc:42"]

    @pytest.mark.parametrize(
        "line",
        [
            {"ctx": {"order_id": 42}},
            {"ctx": {"a": {"order_id": 42}}},
            {"order.id": 42},
            {"order": {"id": 42}},
        ],
    )
    def test_nested_and_dotted_ids_are_found(self, line: dict[str, Any]) -> None:
        assert about(line) == ["order:42"]

    @pytest.mark.parametrize("placeholder", ["", "-", "null", "unknown", None])
    def test_a_placeholder_is_none(self, placeholder: str | None) -> None:
        assert about({"order_id": 1}, {"order_id": placeholder}) == ["order:1", None]

    @pytest.mark.parametrize(
        "key", ["request_id", "trace_id", "span_id", "session_id", "job_id", "correlation_id"]
    )
    def test_identities_are_no_resources(self, key: str) -> None:
        assert about({key: "4bf92f3577b34da6"}) == [None]

    def test_actors_are_no_resources_beside_one(self) -> None:
        assert about({"user_id": 5, "tenant_id": 6, "order_id": 42}) == ["order:42"]

    def test_an_actor_is_the_resource_when_nothing_else_is_there(self) -> None:
        assert about({"event": "user.update", "user_id": 5, "version": 3}) == ["user:5"]


def by_resource(line: dict[str, Any]) -> dict[str, Told]:
    got = told(line)
    assert len({record["line"] for record in got}) == 1
    out = {record["resource"]: record for record in got}
    assert len(out) == len(got)
    return out


ITEM_OF_AN_ORDER: dict[str, Any] = {
    "event": "item.save",
    "order_id": 9,
    "item_id": 5,
    "version": 3,
    "base_version": 2,
    "value": "x",
    "new_status": "packed",
    "outcome": "ok",
    "request_id": "r",
}


class TestSeveral:
    def test_there_is_one_record_for_each(self) -> None:
        assert set(by_resource(ITEM_OF_AN_ORDER)) == {"order:9", "item:5"}

    def test_the_noun_in_the_name_is_the_target(self) -> None:
        records = by_resource(ITEM_OF_AN_ORDER)
        assert records["item:5"]["action"] == "write"
        assert records["order:9"]["action"] == "other"

    def test_only_the_target_has_version_base_value_and_state(self) -> None:
        records = by_resource(ITEM_OF_AN_ORDER)
        told_of_target = {"version": "3", "base": "2", "value": "x", "state": "packed"}
        assert told_of_target.items() <= records["item:5"].items()
        assert told_of_target.keys().isdisjoint(records["order:9"])

    def test_who_and_when_stand_on_all(self) -> None:
        for record in by_resource(ITEM_OF_AN_ORDER).values():
            assert (record["request"], record["name"]) == ("r", "item.save")

    def test_without_a_noun_in_the_name_the_first_key_is_the_target(self) -> None:
        records = by_resource({"event": "saved", "order_id": 9, "item_id": 5, "version": 3})
        assert records["order:9"]["version"] == "3"
        assert "version" not in records["item:5"]

    def test_one_resource_named_twice_is_one(self) -> None:
        assert set(by_resource({"order_id": 9, "ctx": {"orderId": "9"}})) == {"order:9"}

    def test_a_record_that_names_fewer_yields_fewer(self) -> None:
        assert about({"order_id": 9, "item_id": 5}, {"order_id": 9}, {"msg": "idle"}) == [
            "order:9",
            "item:5",
            "order:9",
            None,
        ]

    def test_the_line_counts_as_one_event(self) -> None:
        assert len(told(ITEM_OF_AN_ORDER)) == 2


class TestRoutes:
    @pytest.mark.parametrize(
        ("path", "resource"),
        [
            ("/documents/17", "document:17"),
            ("/documents/17/", "document:17"),
            ("/documents/17?full=1#top", "document:17"),
            ("https://api.example.com/documents/17", "document:17"),
            ("http://api.example.com:8080/documents/17?x=/orders/3", "document:17"),
            ("/api/v1/documents/17", "document:17"),
            ("/orders/42/items/7", "item:7"),
            ("/wallets/1/payouts", "wallet:1"),
            ("/wallets/1/payouts/latest", "wallet:1"),
            ("/line-items/5", "line_item:5"),
            ("/categories/3", "category:3"),
            ("/Orders/42", "order:42"),
            ("/orders/ord_42", "order:ord_42"),
            (
                "/orders/9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d",
                "order:9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d",
            ),
            ("/health", "route:/health"),
            ("/api/v2/documents", "route:/api/v2/documents"),
            ("/", "route:/"),
            ("/users/me", "route:/users/me"),
        ],
    )
    def test_the_last_id_and_its_noun_are_the_resource(self, path: str, resource: str) -> None:
        assert about({"method": "PUT", "path": path}) == [resource]

    def test_paths_of_all_kinds_may_share_a_column(self) -> None:
        paths = ["/documents/17", "/health", "https://x.io/orders/1?y=2", "/orders/42/items/7"]
        expected = ["document:17", "route:/health", "order:1", "item:7"]
        assert about(*({"path": path} for path in paths)) == expected

    @pytest.mark.parametrize(
        "line",
        [
            {"http.route": "/documents/17"},
            {"url": {"path": "/documents/17"}},
            {"req": {"url": "/documents/17", "method": "PUT"}},
            {"http.target": "/documents/17"},
            {"url": "/documents/17"},
        ],
    )
    def test_a_route_goes_by_many_names(self, line: dict[str, Any]) -> None:
        assert about(line) == ["document:17"]

    @pytest.mark.parametrize(
        "template", ["/documents/{id}", "/documents/:id", "/documents/<int:id>"]
    )
    def test_a_template_gives_way_to_the_path_that_was_asked_for(self, template: str) -> None:
        line = {"http": {"route": template}, "url": {"path": "/documents/17"}}
        assert about(line) == ["document:17"]

    def test_a_post_creates_on_the_parent(self) -> None:
        record = one({"method": "POST", "path": "/wallets/1/payouts"})
        assert (record["action"], record["resource"]) == ("create", "wallet:1")

    def test_an_id_in_a_field_outranks_the_route(self) -> None:
        assert about({"path": "/documents/17/share", "doc_id": 17}) == ["doc:17"]

    def test_without_a_path_there_is_no_route(self) -> None:
        assert about({"path": "/documents/17"}, {"msg": "idle"}) == ["document:17", None]


@pytest.mark.parametrize(
    ("plural", "type_"),
    [
        ("orders", "order"),
        ("line-items", "line_item"),
        ("categories", "category"),
        ("addresses", "address"),
        ("boxes", "box"),
        ("branches", "branch"),
        ("wishes", "wish"),
        ("classes", "class"),
        ("status", "status"),
        ("bus", "bus"),
        ("analysis", "analysis"),
        ("access", "access"),
        ("inventory", "inventory"),
        ("Documents", "document"),
        ("ties", "tie"),
    ],
)
def test_a_plural_names_its_singular(plural: str, type_: str) -> None:
    assert singular(plural) == type_
