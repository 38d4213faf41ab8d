"""Which keys feed which field: names propose, values decide."""

from __future__ import annotations

import json
from typing import Any

import pytest

from racelens.ingest.mapping import choose, sample
from tests.ingest.feeding import buckets, capture, one, told

NOON = "2026-05-04T12:00:00.001Z"
NOON_NS = 1_777_896_000_001_000_000
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"

# Column → spellings (formats, section 1.3; semantics, Names) and a value that fits.
SPELLINGS: dict[str, tuple[str, Any]] = {
    "time": (
        "@t time ts timestamp @timestamp asctime eventTime datetime date t timeUnixNano "
        "_SOURCE_REALTIME_TIMESTAMP __REALTIME_TIMESTAMP TimeGenerated _time observedTimeUnixNano "
        "event.created",
        NOON,
    ),
    "seq": (
        "event.sequence sequence seq seqno log.offset messaging.kafka.offset __SEQNUM lsn "
        "commit_ts",
        7,
    ),
    "name": (
        "event.name eventName event_name event.action event EventName msg message MESSAGE "
        "short_message @m @mt MessageTemplate operationName",
        "order.saved",
    ),
    "trace": (
        "trace.id trace_id traceId traceID @tr context.trace_id dd.trace_id trace operation_Id "
        "logging.googleapis.com/trace OperationId traceparent req.headers.traceparent "
        "http.request.header.traceparent xray_trace_id X-Amzn-Trace-Id X-B3-TraceId uber-trace-id "
        "sentry.trace",
        TRACE,
    ),
    "correlation": (
        "correlation_id correlationId correlationid x_correlation_id X-Correlation-ID "
        "CorrelationId conversation_id messaging.message.conversation_id workflow_id saga_id flow_id",
        "c-1",
    ),
    "request": (
        "request_id requestId RequestId request-id _request_id REQUEST.ID req_id reqId req.id "
        "http.request.id x_request_id X-Request-Id aws_request_id function_request_id rid "
        "request.id faas.invocation_id",
        "r-1",
    ),
    "job": (
        "job_id jobId job.id jid ctx.jid task_id taskId celery.task_id messaging.message.id "
        "bullmq.job.id activity_id workflow_run_id run_id cicd.pipeline.task.run.id",
        "j-1",
    ),
    "span": ("span.id span_id spanId @sp dd.span_id logging.googleapis.com/spanId", SPAN),
    "parent": ("parent.id parent_id parentSpanId ParentId operation_ParentId causationid", SPAN),
    "user": (
        "user_id userId user.id usr.id enduser.id uid sub actor current_user",
        "u-1",
    ),
    "session": ("session.id session_id sid", "s-1"),
    "try": (
        "attempt temporal_activity.attempt job.attempt try attempts_started attemptsStarted "
        "delivery_count messaging.servicebus.message.delivery_count "
        "messaging.gcp_pubsub.message.delivery_attempt",
        2,
    ),
    "version": (
        "version resource_version resourceVersion rev revision _rev etag lock_version row_version "
        "_seq_no xmin generation",
        "5",
    ),
    "base": (
        "base_version expected_version prev_version if_match If-Match read_version from_version "
        "expected clientRev based_on old_version",
        "4",
    ),
    "value": ("value new_value qty balance", "17"),
    "payload": ("payload_hash body_hash checksum sha256 digest event.hash", "ab12"),
    "key": ("idempotency_key Idempotency-Key dedup_key deduplicationId", "k-1"),
    "process": ("pid process.pid processName", "17"),
    "worker": ("worker tid thread", "w-1"),
    "service": (
        "service.name service service_name app application dd.service AppRoleName cloud_RoleName "
        "SYSLOG_IDENTIFIER kubernetes.labels.app container_name function_name",
        "api",
    ),
    "host": (
        "host.name host hostname _HOSTNAME k8s.pod.name kubernetes.pod_name podName pod dyno "
        "logStreamName AppRoleInstance service.instance.id",
        "web-1",
    ),
    "resource": ("resource resource_key entity entity_key aggregate object subject", "order:42"),
    "state": ("new_status new_state to to_state", "shipped"),
    "guard": ("isolation lock_id lock_name lease lease_id", "17"),
    "error": (
        "error.type exception.type exception_name record.exception.type err.type err.name "
        "thrown.name exception.name errorType exception_class error.class",
        "KeyError",
    ),
}
TABLE = [
    pytest.param(column, spelling, value, id=f"{column}-{spelling}")
    for column, (spellings, value) in SPELLINGS.items()
    for spelling in spellings.split()
]


def nested(path: str, value: Any) -> dict[str, Any]:
    """`a.b` → {"a": {"b": value}}."""
    first, *rest = path.split(".", 1)
    return {first: nested(rest[0], value) if rest else value}


@pytest.mark.parametrize(("column", "spelling", "value"), TABLE)
def test_a_field_is_known_by_every_spelling(column: str, spelling: str, value: Any) -> None:
    expected = NOON_NS if column == "time" else value
    assert one({spelling: value}).get(column) == expected


@pytest.mark.parametrize(("column", "spelling", "value"), [t for t in TABLE if "." in str(t.id)])
def test_nested_keys_are_dotted_keys(column: str, spelling: str, value: Any) -> None:
    expected = NOON_NS if column == "time" else value
    assert one(nested(spelling, value)).get(column) == expected


@pytest.mark.parametrize(
    "container",
    [
        "record",
        "extra",
        "labels",
        "ctx",
        "context",
        "contextMap",
        "mdc",
        "properties",
        "payload",
        "named_tags",
        "fields",
        "attributes",
        "jsonPayload",
        "data",
        "args",
        "customDimensions",
        "tags",
        "log_processed",
        "metadata",
        "span",
        "spans",
        "_source",
        "temporal_activity",
        "temporal_workflow",
        "app",
    ],
)
@pytest.mark.parametrize(
    ("column", "key", "value"),
    [("request", "request_id", "r-1"), ("version", "version", "5"), ("time", "ts", NOON)],
)
def test_containers_are_looked_through(container: str, column: str, key: str, value: str) -> None:
    expected = NOON_NS if column == "time" else value
    assert one({container: {key: value}}).get(column) == expected
    assert one({container: {"extra": {key: value}}}).get(column) == expected


def test_an_exact_name_beats_one_in_an_unknown_place() -> None:
    assert one({"cart": {"request_id": "inner"}, "request_id": "outer"})["request"] == "outer"


def test_the_ranking_of_names_decides_not_their_place_on_the_line() -> None:
    assert one({"message": "rendered", "event": "order.saved"})["name"] == "order.saved"


def test_ecs_names_in_the_event_beat_labels() -> None:
    record = one({"labels": {"action": "x"}, "event": {"action": "order.saved"}})
    assert record["name"] == "order.saved"


def test_each_record_takes_the_first_key_it_fills() -> None:
    got = told({"request_id": "a"}, {"reqId": "b"}, {"request_id": None, "reqId": "c"})
    assert [record["request"] for record in got] == ["a", "b", "c"]


def test_correlation_and_trace_stay_apart() -> None:
    record = one({"correlation_id": "c-1", "trace_id": TRACE})
    assert (record["correlation"], record["trace"]) == ("c-1", TRACE)


def test_epoch_seconds_and_nanoseconds_in_two_keys_are_one_time() -> None:
    """log4j2's `instant` and Google's pair (formats, section 1.3)."""
    second = 1_777_896_000
    for pair in (
        {"instant": {"epochSecond": second, "nanoOfSecond": 18_000_001}},
        {"timestampSeconds": second, "timestampNanos": 18_000_001},
    ):
        assert one(pair)["time"] == second * 1_000_000_000 + 18_000_001


class TestTries:
    @pytest.mark.parametrize(
        ("key", "value", "number"),
        [
            ("attempt", 1, 1),
            ("try", "3", 3),
            ("delivery_count", 2.0, 2),
            ("retry_count", 0, 1),
            ("retries", 2, 3),
            ("attemptsMade", 1, 2),
            ("http.request.resend_count", 1, 2),
        ],
    )
    def test_they_are_counted_from_one(self, key: str, value: Any, number: int) -> None:
        assert one({key: value})["try"] == number

    def test_a_channels_sequence_is_no_count(self) -> None:
        assert "try" not in one({"messaging.rabbitmq.message.delivery_tag": 5})


class TestDurations:
    @pytest.mark.parametrize(
        ("path", "value", "expected"),
        [
            ("duration_ns", 1_500, 1_500),
            ("durationUs", 15, 15_000),
            ("duration_micros", 15, 15_000),
            ("duration_ms", 1.5, 1_500_000),
            ("durationMs", "12", 12_000_000),
            ("duration_millis", 2, 2_000_000),
            ("duration_s", 0.5, 500_000_000),
            ("durationSeconds", 2, 2_000_000_000),
            ("responseTime", 3, 3_000_000),
            ("elapsed_time", 3, 3_000_000),
            ("Elapsed", 3.25, 3_250_000),
            ("ctx.elapsed", 0.25, 250_000_000),
            ("event.duration", 7_000, 7_000),
            ("data.runtime", 0.5, 500_000_000),
        ],
    )
    def test_the_name_tells_the_unit(self, path: str, value: Any, expected: int) -> None:
        assert one(nested(path, value))["duration"] == expected

    def test_a_bare_duration_has_no_unit_and_is_not_used(self) -> None:
        assert "duration" not in one({"duration": 12})

    def test_the_uptime_of_a_process_is_no_duration(self) -> None:
        assert "duration" not in one({"record": {"elapsed": {"seconds": 12.5}}})


class TestGuards:
    """Names that mean different things (formats, section 1.4)."""

    def test_beside_a_controller_the_method_is_the_action(self) -> None:
        record = one({"controller": "OrdersController", "action": "show", "method": "PUT"})
        assert record["action"] == "write"

    def test_a_controller_on_other_records_of_the_file_changes_nothing(self) -> None:
        rails = {"controller": "OrdersController", "action": "show", "method": "PUT"}
        got = told(rails, {"action": "read", "resource": "order:1"})
        assert [record["action"] for record in got] == ["write", "read"]

    @pytest.mark.parametrize("level", ["info", "warn", "WARNING", "debug", "Information"])
    def test_a_status_that_is_a_level_is_no_outcome_and_no_state(self, level: str) -> None:
        record = one({"status": level, "message": "datadog style"})
        assert "logged_outcome" not in record
        assert "state" not in record

    def test_error_among_levels_is_a_level(self) -> None:
        got = told(*({"status": level} for level in ("info", "warn", "error")))
        assert all("logged_outcome" not in record and "state" not in record for record in got)

    def test_error_among_outcomes_is_an_outcome(self) -> None:
        got = told({"status": "ok"}, {"status": "error"})
        assert [record["logged_outcome"] for record in got] == ["ok", "fail"]

    @pytest.mark.parametrize(("code", "outcome"), [(200, "ok"), (404, "fail"), (409, "conflict")])
    def test_a_numeric_status_is_http(self, code: int, outcome: str) -> None:
        for status in (code, str(code)):
            record = one({"status": status})
            assert record["logged_outcome"] == outcome
            assert "state" not in record

    def test_a_status_of_words_is_a_state(self) -> None:
        got = told({"status": "draft"}, {"status": "submitted"}, {"status": "archived"})
        assert [record["state"] for record in got] == ["draft", "submitted", "archived"]

    @pytest.mark.parametrize(
        "record",
        [
            {"version": "1.1", "short_message": "gelf", "host": "web-1"},
            {"ecs": {"version": "8.11.0"}},
            {"ecs.version": "1.6.0"},
            {"service": {"version": "7"}},
            {"service.version": 7},
            {"http": {"version": "2"}},
            {"@version": "1"},
            {"specversion": "1.0"},
            {"version": "1.4.2"},
            {"version": "v2.1.0-rc.1"},
            {"log": {"version": 3}},
        ],
    )
    def test_a_format_or_a_programs_version_is_no_resources(self, record: dict[str, Any]) -> None:
        assert "version" not in one(record)

    @pytest.mark.parametrize(
        ("logged", "version"),
        [
            (7, "7"),
            ("7", "7"),
            (7.0, "7"),
            ('"abc"', "abc"),
            ('W/"7"', "7"),
            ("1-967a00df", "1-967a00df"),
        ],
    )
    def test_a_resources_version_is_read_without_its_wrapping(
        self, logged: Any, version: str
    ) -> None:
        assert one({"version": logged})["version"] == version

    def test_name_is_a_logger(self) -> None:
        assert "name" not in one({"name": "shop.orders"})

    def test_an_event_may_be_a_text_or_an_object(self) -> None:
        assert one({"event": "order.saved"})["name"] == "order.saved"
        assert one({"event": {"action": "order.saved"}})["name"] == "order.saved"
        got = told({"event": "order.saved"}, {"event": {"action": "order.read"}})
        assert [record["name"] for record in got] == ["order.saved", "order.read"]

    def test_id_alone_names_nothing(self) -> None:
        assert set(one({"id": "17"})) == {"source", "line", "phase", "action", "mention"}

    @pytest.mark.parametrize(
        "placeholder",
        [
            "",
            "-",
            "null",
            "none",
            "unknown",
            "N/A",
            "NULL",
            "None",
            "n/a",
            "nil",
            "undefined",
            None,
        ],
    )
    @pytest.mark.parametrize("field", ["request_id", "correlation_id", "job_id", "user_id"])
    def test_placeholders_are_missing(self, field: str, placeholder: str | None) -> None:
        got = told({field: "real"}, {field: placeholder})
        assert set(got[1]) == {"source", "line", "phase", "action", "mention"}

    @pytest.mark.parametrize(
        "zeros", ["00000000000000000000000000000000", "00000000-0000-0000-0000-000000000000"]
    )
    @pytest.mark.parametrize("field", ["trace_id", "request_id", "correlation_id"])
    def test_an_id_of_zeros_is_missing(self, field: str, zeros: str) -> None:
        got = told({field: TRACE}, {field: zeros})
        assert set(got[1]) == {"source", "line", "phase", "action", "mention"}

    @pytest.mark.parametrize("placeholder", ["", "-", "null", "N/A"])
    @pytest.mark.parametrize(
        ("field", "column", "value", "expected"),
        [
            ("version", "version", 5, "5"),
            ("resource", "resource", "order:1", "order:1"),
            ("attempt", "try", 2, 2),
            ("seq_no", "seq", 7, 7),
            ("action", "action", "save", "write"),
            ("status", "logged_outcome", 409, "conflict"),
            ("duration_ms", "duration", 3, 3_000_000),
            ("ts", "time", NOON, NOON_NS),
        ],
    )
    def test_placeholders_do_not_count_against_a_field(
        self, field: str, column: str, value: Any, expected: Any, placeholder: str
    ) -> None:
        """Reads of the same log carry no version, first tries no number."""
        blank = {"event": "idle", field: placeholder}
        got = told(*({**blank, "n": n} for n in range(4)), {"event": "idle", field: value})
        assert got[-1].get(column) == expected

    def test_a_placeholder_gives_way_to_the_next_key(self) -> None:
        assert one({"request_id": "-", "reqId": "r-1"})["request"] == "r-1"

    @pytest.mark.parametrize("field", ["request_id", "job_id", "user_id", "resource", "version"])
    def test_an_id_is_one_id_however_it_is_typed(self, field: str) -> None:
        got = told(*(f'{{"{field}":{value}}}' for value in ("42", '"42"', "42.0")))
        column = field.removesuffix("_id")
        assert [record[column] for record in got] == ["42"] * 3

    def test_also_where_its_container_is_now_an_object_now_a_text(self) -> None:
        got = told('{"ctx":{"user_id":42}}', '{"ctx":{"user_id":42.0}}', '{"ctx":"text"}')
        assert [record.get("user") for record in got] == ["42", "42", None]


class TestMixedKinds:
    """One key that holds an object here and something else there."""

    @pytest.mark.parametrize("other", ["text", 5, [1, 2], True, '{"request_id":"quoted"}', "[x"])
    def test_the_nested_field_is_still_read(self, other: Any) -> None:
        got = told({"ctx": {"request_id": "a"}}, {"ctx": other}, {"ctx": {"request_id": 7}})
        assert [got[0]["request"], got[2]["request"]] == ["a", "7"]

    @pytest.mark.parametrize("key", ["it's", "a]b", "a['b", "$", "", "a b", "ä"])
    def test_whatever_the_key_is_called(self, key: str) -> None:
        got = told(
            {key: {"request_id": "a"}}, {key: "text"}, {"ctx": {key: {"user_id": "u"}}}, {"ctx": 1}
        )
        assert got[0]["request"] == "a"
        assert got[2]["user"] == "u"

    @pytest.mark.parametrize(
        "key", ["line", "source", "time", "name", "explicit", "url", "condition"]
    )
    def test_also_when_it_is_called_like_one_of_ours(self, key: str) -> None:
        got = told({key: {"user_id": "u1"}, "n": 1}, {key: {"user_id": "u2"}, "n": 2})
        assert [(record["line"], record["user"]) for record in got] == [(1, "u1"), (2, "u2")]


class TestOverrides:
    def test_a_named_key_comes_first(self) -> None:
        line = {"request_id": "a", "ticket": "b"}
        assert one(line, {"request": ["ticket"]})["request"] == "b"

    def test_the_usual_keys_remain_behind_it(self) -> None:
        got = told({"ticket": "b"}, {"request_id": "a"}, overrides={"request": ["ticket"]})
        assert [record["request"] for record in got] == ["b", "a"]

    def test_several_keys_keep_their_order(self) -> None:
        got = told({"x": "1", "y": "2"}, {"y": "3"}, overrides={"request": ["x", "y"]})
        assert [record["request"] for record in got] == ["1", "3"]

    def test_a_nested_key_is_named_with_dots(self) -> None:
        line = {"row": {"nr": 8}, "ts": NOON}
        assert one(line, {"version": ["row.nr"]})["version"] == "8"

    def test_a_dotted_key_is_named_as_it_is(self) -> None:
        assert one({"row.nr": 8}, {"version": ["row.nr"]})["version"] == "8"

    def test_spelling_is_free(self) -> None:
        assert one({"Ticket-Nr": "b"}, {"request": ["ticket_nr"]})["request"] == "b"

    def test_a_noun_id_as_resource_keeps_its_type(self) -> None:
        line = {"customer_id": 1, "order_id": 42, "version": 3}
        got = told(line, overrides={"resource": ["order_id"]})
        assert [(r["resource"], r.get("version")) for r in got] == [
            ("order:42", "3"),
            ("customer:1", None),
        ]

    def test_any_other_key_as_resource_is_taken_as_it_is(self) -> None:
        assert (
            one({"doc": "plans/7", "order_id": 42}, {"resource": ["doc"]})["resource"] == "plans/7"
        )

    def test_a_resource_that_only_an_actor_could_be(self) -> None:
        assert one({"tenant_id": 5}, {"resource": ["tenant_id"]})["resource"] in ("5", "tenant:5")

    def test_a_time_under_an_unknown_name(self) -> None:
        assert one({"when": NOON}, {"time": ["when"]})["time"] == NOON_NS

    def test_a_named_time_beats_the_usual_one(self) -> None:
        line = {"ts": "2026-05-04T13:00:00Z", "when": NOON}
        assert one(line, {"time": ["when"]})["time"] == NOON_NS

    def test_a_named_time_that_holds_no_time_leaves_the_usual_one(self) -> None:
        assert one({"ts": NOON, "when": "soon"}, {"time": ["when"]})["time"] == NOON_NS

    def test_a_key_that_is_not_there_changes_nothing(self) -> None:
        assert one({"request_id": "a"}, {"request": ["ticket"]})["request"] == "a"

    def test_the_users_word_counts_where_values_would_not_fit(self) -> None:
        assert one({"release": "1.4.2"}, {"version": ["release"]})["version"] == "1.4.2"

    def test_a_key_given_to_a_field_names_no_resource(self) -> None:
        record = one({"customer_id": 7, "resource": "order:1"}, {"user": ["customer_id"]})
        assert record["user"] == "7"
        assert "resource" not in one({"customer_id": 7}, {"user": ["customer_id"]})

    @pytest.mark.parametrize("key", ["line", "source", "explicit", "url", "stem", "phase"])
    def test_a_key_called_like_one_of_ours(self, key: str) -> None:
        got = told({key: "saved a", "n": 1}, {key: "saved b", "n": 2}, overrides={"name": [key]})
        assert [(record["line"], record["name"]) for record in got] == [
            (1, "saved a"),
            (2, "saved b"),
        ]


class TestSampling:
    """The mapping is chosen from a sample; the sample must not overlook a field."""

    def test_a_field_that_is_null_at_first_is_mapped(self) -> None:
        """Loggers with a fixed schema write every key on every line."""
        blank = {"msg": "starting", "request_id": None, "order_id": None}
        full = {"msg": "order.saved", "request_id": "r", "order_id": 7}
        last = told(*[blank] * 100, full)[-1]
        assert (last["request"], last["resource"]) == ("r", "order:7")

    def test_a_field_deep_inside_is_mapped_though_its_record_looks_familiar(self) -> None:
        """loguru puts what the application binds under `record.extra`."""
        bare = {"text": "x", "record": {"message": "starting", "extra": {}}}
        full = {"text": "x", "record": {"message": "saved", "extra": {"request_id": "r"}}}
        assert told(*[bare] * 100, full)[-1]["request"] == "r"

    def test_a_field_within_a_list_of_one_is_read_as_its_element(self) -> None:
        seen = sample([{"request_id": ["r"]}])
        assert seen.values == {("request_id",): ["r"]}

    @pytest.mark.parametrize("megabytes", [3, 12])
    def test_keys_that_appear_late_in_a_large_file_are_mapped(self, megabytes: int) -> None:
        count = megabytes * 5_000
        early = [f'{{"ts":"{NOON}","n":{n},"pad":"{"x" * 150}"}}' for n in range(count)]
        late = [
            json.dumps(
                {"ts": NOON, "n": n, "ctx": {"reqId": f"r{n}"}, "order_id": n, "pad": "x" * 100}
            )
            for n in range(count // 10)
        ]
        got = capture(*early, *late)
        assert buckets(got) == {"events": count + count // 10}
        assert got.records["request"].count() == count // 10
        assert got.records["resource"][-1] == f"order:{count // 10 - 1}"

    def test_what_was_seen_is_kept_for_messages(self) -> None:
        mapping = choose(sample([{"when": "x", "ctx": {"lvl": 1}}, {"when": "y"}]))
        assert mapping.present == ("when", "ctx.lvl")
        assert mapping.example == {"when": "x", "ctx.lvl": "1"}

    def test_the_number_of_rows_that_feed_each_key_is_counted(self) -> None:
        got = capture({"request_id": "a"}, {"reqId": "b"}, {"request_id": "c"}, {})
        assert got.inputs[0].fed == {"request_id": 2, "reqId": 1}


@pytest.mark.parametrize("key", ["_rev", "_version", "_lock_version"])
def test_a_version_of_the_application_beside_that_of_gelf(key: str) -> None:
    line = {"version": "1.1", "short_message": "invoice saved", "host": "web-1", key: 7}
    assert one(line)["version"] == "7"
