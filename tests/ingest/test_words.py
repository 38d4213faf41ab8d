"""What a record's words say: action, phase, outcome, transaction mark and guard."""

from __future__ import annotations

import pytest

from racelens.ingest.words import Said, tokens, understand
from tests.ingest.feeding import one, told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("order.read", ("order", "read")),
        ("readOrder", ("read", "order")),
        ("order_save-v2", ("order", "save", "v", "2")),
        ("Saving document 17", ("saving", "document", "17")),
        ("HTTPServer", ("httpserver",)),
        ("", ()),
    ],
)
def test_a_name_falls_into_words(text: str, words: tuple[str, ...]) -> None:
    assert tokens(text) == words


class TestActions:
    @pytest.mark.parametrize(
        ("action", "verbs"),
        [
            ("read", "read get GET fetch fetched load find lookup SELECT view list hget"),
            ("write", "write wrote save saved update UPDATE set put upsert replace store edit"),
            ("create", "create created insert INSERT new post"),
            ("delete", "delete DELETE remove removed destroy del purge"),
            ("effect", "charge charged send sent notify email publish pay refund capture transfer"),
            ("enqueue", "enqueue enqueued queue schedule dispatched"),
            ("deliver", "deliver delivered receive received consume"),
            ("acquire", "acquire acquired lock locked"),
            ("release", "release released unlock unlocked"),
            ("other", "ponder start finish 17"),
        ],
    )
    def test_a_verb_in_the_action_field(self, action: str, verbs: str) -> None:
        for verb in verbs.split():
            assert understand(Said(action=verb)).action == action, verb

    @pytest.mark.parametrize(
        ("name", "action"),
        [
            ("order.read", "read"),
            ("order_read", "read"),
            ("readOrder", "read"),
            ("read order", "read"),
            ("saving document 17", "write"),
            ("document.save.started", "write"),
            ("order.created", "create"),
            ("read.model.updated", "write"),
            ("email sent", "effect"),
            ("lock.acquired", "acquire"),
            ("job enqueued", "enqueue"),
            ("listening on :8080", "other"),
            ("asset.ready", "other"),
            ("", "other"),
        ],
    )
    def test_a_verb_in_the_name(self, name: str, action: str) -> None:
        assert understand(Said(name=name)).action == action

    @pytest.mark.parametrize(
        ("method", "action"),
        [
            ("GET", "read"),
            ("HEAD", "read"),
            ("PUT", "write"),
            ("patch", "write"),
            ("DELETE", "delete"),
            ("POST", "create"),
            ("OPTIONS", "other"),
        ],
    )
    def test_an_http_method(self, method: str, action: str) -> None:
        assert understand(Said(method=method)).action == action

    def test_the_action_field_outranks_the_name_and_the_name_the_method(self) -> None:
        said = Said(name="order.saved", action="read", method="DELETE")
        assert understand(said).action == "read"
        assert understand(said._replace(action=None)).action == "write"

    def test_a_post_with_an_action_of_its_own_need_not_create(self) -> None:
        assert understand(Said(action="checkout", method="POST")).action == "write"


class TestGuards:
    @pytest.mark.parametrize(
        "verb", ["increment", "incr", "decrement", "dec", "append", "hincrby", "sadd"]
    )
    def test_a_delta_is_atomic(self, verb: str) -> None:
        for said in (Said(action=verb), Said(name=f"stock.{verb}")):
            meaning = understand(said)
            assert (meaning.action, meaning.guard) == ("write", "atomic")

    @pytest.mark.parametrize("verb", ["patch", "patched", "merge"])
    def test_a_partial_write_says_so(self, verb: str) -> None:
        for said in (Said(action=verb), Said(name=f"profile.{verb}")):
            meaning = understand(said)
            assert (meaning.action, meaning.guard) == ("write", "partial")

    @pytest.mark.parametrize("verb", ["cas", "CAS", "compare_and_set", "compareAndSwap"])
    def test_a_compare_and_set_is_conditional(self, verb: str) -> None:
        for said in (Said(action=verb), Said(name=f"register.{verb}")):
            meaning = understand(said)
            assert (meaning.action, meaning.guard) == ("write", "conditional")

    @pytest.mark.parametrize("verb", ["write", "save", "set", "put", "read", "delete"])
    def test_a_plain_action_implies_no_guard(self, verb: str) -> None:
        assert understand(Said(action=verb)).guard is None

    @pytest.mark.parametrize("key", ["expected_version", "If-Match", "if_match", "expected"])
    def test_a_base_handed_to_the_store_is_a_condition(self, key: str) -> None:
        record = one({"action": "write", key: 4})
        assert (record["base"], record["guard"]) == ("4", "conditional")

    @pytest.mark.parametrize("key", ["base_version", "read_version", "based_on"])
    def test_a_base_that_is_only_recorded_is_none(self, key: str) -> None:
        record = one({"action": "write", key: 4})
        assert record["base"] == "4"
        assert "guard" not in record

    def test_without_a_value_there_is_no_condition(self) -> None:
        got = told({"action": "write", "if_match": 4}, {"action": "write", "if_match": None})
        assert [record.get("guard") for record in got] == ["conditional", None]

    def test_a_lock_is_kept_as_logged(self) -> None:
        assert one({"action": "write", "isolation": "serializable"})["guard"] == "serializable"


class TestPhases:
    @pytest.mark.parametrize(
        ("name", "stem", "phase"),
        [
            ("order.save.start", "order.save", "start"),
            ("order.save started", "order.save", "start"),
            ("job.begin", "job", "start"),
            ("order.save.finished", "order.save", "finish"),
            ("order.save.done", "order.save", "finish"),
            ("order.save_end", "order.save", "finish"),
            ("SaveCompleted", "Save", "finish"),
            ("job succeeded", "job", "finish"),
            ("job.failed", "job", "finish"),
            ("job.rejected", "job", "finish"),
            ("job started...", "job", "start"),
            ("order.saved", "order.saved", "point"),
            ("start order", "start order", "point"),
            ("start", "job", "start"),
            ("done", "job", "finish"),
        ],
    )
    def test_a_word_at_the_end_of_the_name(self, name: str, stem: str, phase: str) -> None:
        meaning = understand(Said(name=name))
        assert (meaning.stem, meaning.phase) == (stem, phase)

    @pytest.mark.parametrize(
        ("word", "phase"),
        [
            ("start", "start"),
            ("Begin", "start"),
            ("B", "start"),
            ('["start"]', "start"),
            ("end", "finish"),
            ("E", "finish"),
            ('["end"]', "finish"),
            ("completed", "finish"),
            ("error", "finish"),
            ("point", "point"),
            ("info", "point"),
        ],
    )
    def test_the_phase_field(self, word: str, phase: str) -> None:
        assert understand(Said(name="order.save", phase=word)).phase == phase

    def test_the_phase_field_outranks_the_name(self) -> None:
        assert understand(Said(name="order.save.done", phase="start")).phase == "start"

    def test_start_and_finish_share_their_stem(self) -> None:
        start, finish = (understand(Said(name=f"order.save.{w}")) for w in ("started", "failed"))
        assert start.stem == finish.stem

    @pytest.mark.parametrize(
        "word", ["started", "running", "processing", "in_progress", "in-progress"]
    )
    def test_an_outcome_that_says_under_way_is_a_start(self, word: str) -> None:
        meaning = understand(Said(name="order.save", outcome=word))
        assert (meaning.phase, meaning.outcome) == ("start", None)

    def test_ecs_writes_the_type_as_a_list(self) -> None:
        got = told(*({"event": {"action": "save", "type": [kind]}} for kind in ("start", "end")))
        assert [record["phase"] for record in got] == ["start", "finish"]


class TestMarks:
    @pytest.mark.parametrize(
        ("name", "mark"),
        [
            ("BEGIN TRANSACTION", "begin"),
            ("tx.begin", "begin"),
            ("txn.started", "begin"),
            ("transaction begun", "begin"),
            ("tx.commit", "commit"),
            ("transaction committed", "commit"),
            ("COMMIT", "commit"),
            ("db.commit", "commit"),
            ("tx.rollback", "rollback"),
            ("ROLLBACK", "rollback"),
            ("transaction rolled back", "rollback"),
            ("txn_rolled_back", "rollback"),
            ("order.save", None),
            ("begin", "begin"),
            ("job started", None),
            ("commit log opened", None),
        ],
    )
    def test_the_ends_of_a_transaction(self, name: str, mark: str | None) -> None:
        assert understand(Said(name=name)).mark == mark

    @pytest.mark.parametrize("name", ["tx.begin", "tx.commit", "tx.rollback"])
    def test_they_are_no_actions(self, name: str) -> None:
        assert understand(Said(name=name)).action == "other"


def outcome(
    said: str | None = None,
    name: str | None = None,
    status: str | None = None,
    error: str | None = None,
) -> str | None:
    return understand(Said(name=name, outcome=said, status_code=status, error=error)).outcome


class TestOutcomes:
    """The lists of semantics, Records, operations, effects."""

    @pytest.mark.parametrize(
        ("expected", "words"),
        [
            ("ok", "ok,OK,success,Success,succeeded,completed,sent,true,accepted,done"),
            ("fail", "error,failed,failure,refused,unavailable,false,denied"),
            ("fail", "not_found,not found"),
            ("conflict", "conflict,409,412,duplicate key,duplicate_key,locked,compare failed"),
            ("conflict", "already held,already_held,already_exists,already processed"),
            ("conflict", "replayed,noop,no-op,skipped,ignored,duplicate"),
            ("unknown", "timeout,timed out,timed_out,TIMEOUT,cancelled,canceled,connection lost"),
        ],
    )
    def test_the_outcome_field(self, expected: str, words: str) -> None:
        assert {word: outcome(word) for word in words.split(",")} == dict.fromkeys(
            words.split(","), expected
        )

    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            ("200", "ok"),
            ("201", "ok"),
            ("204", "ok"),
            ("302", "ok"),
            ("100", None),
            ("400", "fail"),
            ("404", "fail"),
            ("422", "fail"),
            ("409", "conflict"),
            ("412", "conflict"),
            ("408", "unknown"),
            ("499", "unknown"),
            ("504", "unknown"),
            ("500", "fail"),
            ("503", "fail"),
        ],
    )
    def test_the_http_status(self, status: str, expected: str | None) -> None:
        assert outcome(status=status) == expected

    @pytest.mark.parametrize(
        ("expected", "errors"),
        [
            ("unknown", "TimeoutError,ReadTimeout,java.net.SocketTimeoutException,i/o timeout"),
            ("unknown", "context deadline exceeded,DEADLINE_EXCEEDED,CancelledError,ETIMEDOUT"),
            ("unknown", "connection timed out,Read timed out"),
            ("unknown", "connection lost,ConnectionResetError,ECONNRESET,broken pipe"),
            ("conflict", "ConflictError,VersionConflict,SerializationFailure,DeadlockDetected"),
            ("conflict", "OptimisticLockException,StaleObjectStateException,UniqueViolation"),
            ("conflict", "duplicate key value violates unique constraint,PreconditionFailed"),
            ("conflict", "ConditionalCheckFailedException,ConcurrentModificationException"),
            ("conflict", "compare_failed,CompareFailed,not-held,already-held,NotOwner"),
            ("fail", "ValueError,KeyError: 'x',ValidationFailed,NotFound,database is down"),
        ],
    )
    def test_the_error(self, expected: str, errors: str) -> None:
        assert {error: outcome(error=error) for error in errors.split(",")} == dict.fromkeys(
            errors.split(","), expected
        )

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("order.save.conflict", "conflict"),
            ("order already shipped", "conflict"),
            ("payment.replayed", "conflict"),
            ("job skipped", "conflict"),
            ("message ignored", "conflict"),
            ("charge.timeout", "unknown"),
            ("request timed out", "unknown"),
            ("order.save.failed", "fail"),
            ("save error", "fail"),
            ("order.not_found", "fail"),
            ("order not found", "fail"),
            ("orderNotFound", "fail"),
            ("order.saved", None),
            ("order found", None),
        ],
    )
    def test_the_name(self, name: str, expected: str | None) -> None:
        assert outcome(name=name) == expected

    @pytest.mark.parametrize(
        ("said", "name", "status", "error"),
        [
            ("error", "charge", None, "TimeoutError"),
            ("failed", "charge", "500", "upstream timeout"),
            ("error", "charge.timeout", None, None),
            ("error", "charge", "504", None),
        ],
    )
    def test_a_timeout_is_unknown_though_the_outcome_says_error(
        self, said: str, name: str, status: str | None, error: str | None
    ) -> None:
        assert outcome(said, name, status, error) == "unknown"

    def test_a_conflict_is_one_though_the_outcome_says_error(self) -> None:
        assert outcome("error", error="VersionConflict") == "conflict"
        assert outcome("failed", name="order.save", status="409") == "conflict"

    def test_what_was_said_to_be_ok_stays_ok(self) -> None:
        assert outcome("ok", error="VersionConflict") == "ok"

    def test_the_word_outranks_the_status(self) -> None:
        assert outcome("replayed", status="200") == "conflict"

    def test_a_finish_in_the_name_does_not_contradict_its_outcome(self) -> None:
        assert outcome("ok", name="order.save.finish") == "ok"

    def test_nothing_said_is_nothing_known(self) -> None:
        assert outcome() is None
        assert outcome(name="order.save") is None

    def test_a_word_nobody_knows_leaves_the_outcome_open(self) -> None:
        assert outcome("purple") == "unknown"


class TestWholeRecords:
    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ({"outcome": "timeout"}, "unknown"),
            ({"event": {"outcome": "success"}}, "ok"),
            ({"event.outcome": "failure"}, "fail"),
            ({"success": True}, "ok"),
            ({"success": False}, "fail"),
            ({"result": "conflict"}, "conflict"),
            ({"http": {"response": {"status_code": 412}}}, "conflict"),
            ({"res": {"statusCode": 200}}, "ok"),
            ({"outcome": "error", "error": {"type": "TimeoutError"}}, "unknown"),
            ({"message": "order not found"}, "fail"),
        ],
    )
    def test_the_outcome_comes_from_many_fields(
        self, fields: dict[str, object], expected: str
    ) -> None:
        assert one(fields)["logged_outcome"] == expected

    def test_a_name_is_kept_as_logged(self) -> None:
        assert one({"event": "Order.Save.Started"})["name"] == "Order.Save.Started"

    def test_free_text_with_numbers_keeps_its_own_name(self) -> None:
        """Beyond some thousand distinct texts, numbers no longer tell meanings apart."""
        got = told(*({"msg": f"saved order {n} for a{n}f"} for n in range(2_500)))
        assert [record["name"] for record in got] == [
            f"saved order {n} for a{n}f" for n in range(2_500)
        ]
        assert {record["action"] for record in got} == {"write"}

    def test_texts_that_differ_in_more_than_numbers_are_still_told_apart(self) -> None:
        lines = [{"msg": f"saved order {n}" if n % 2 else f"read order {n}"} for n in range(3_000)]
        assert [r["action"] for r in told(*lines)] == ["read", "write"] * 1_500
