"""What an excerpt gives away, and what it must not change."""

from __future__ import annotations

import json

import pytest

from racelens.masking import masked

PRIVATE = [
    ('{"email": "Jane.Doe@example.com"}', "Jane.Doe@example.com"),
    ('{"msg": "mail to jane@example.com bounced"}', "jane@example.com"),
    ('{"remote_addr": "198.51.100.7"}', "198.51.100.7"),
    ('{"msg": "Started POST for 198.51.100.240 at noon"}', "198.51.100.240"),
    ('{"msg": "from 2001:db8::8a2e:370:7334"}', "2001:db8::8a2e:370:7334"),
    ('{"headers": {"Authorization": "Bearer abcdef123456"}}', "abcdef123456"),
    ('{"msg": "Authorization: Bearer abcdef123456"}', "abcdef123456"),
    ('{"key": "sk_live_abcdefghij0123"}', "sk_live_abcdefghij0123"),
    ('{"msg": "jwt eyJhbGciOi.eyJzdWIiOi.c2ln"}', "eyJhbGciOi"),
    ('{"password": "hunter2"}', "hunter2"),
    ('{"msg": "login password=hunter2 ok"}', "hunter2"),
    ('{"dsn": "postgres://app:s3cret@db/shop"}', "s3cret"),
    ('{"first_name": "Jane", "last_name": "Doe"}', "Jane"),
    ('{"phone": 4915112345678}', "4915112345678"),
    ('{"card": "4111 1111 1111 1111"}', "4111 1111 1111 1111"),
    ('{"log": "{\\"email\\": \\"jane@example.com\\"}"}', "jane@example.com"),
    ('{"jane@example.com": 3}', "jane@example.com"),
    ('{"email": "jane@exam', "jane@exam"),
    ('{"email": "jane\\u0040example.com"}', "example.com"),
    ("plain text, user=jane.doe token=abc", "jane.doe"),
    ('{"msg": "-----BEGIN RSA PRIVATE KEY-----\\nMIIabc"}', "MIIabc"),
]


@pytest.mark.parametrize(("line", "secret"), PRIVATE)
def test_is_masked(line: str, secret: str) -> None:
    assert secret not in masked([line])[0]


@pytest.mark.parametrize(
    "line",
    [
        '{"ts": "2026-05-04T12:00:00.100Z", "request_id": "req-7d7a8058be9e", "resource": "order:42", "version": 7}',
        '{"job_id": "2a6e5dc8-5fd2-40bd-8f65-7e7334a14b3f", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"}',
        '{"from": "paid", "to": "shipped", "ts": 1777896000056750000}',
        '{"ts":1777896000.0567,  "odd" : [1,2, {"a":null}], "esc": "\\u00e9\\/"}',
        '{"msg": "state changed from: paid to: shipped, user: not found"}',
        "Traceback (most recent call last):",
        "12:00:00 worker-1 [INFO] order 10085 v1.2.3",
    ],
)
def test_what_proves_keeps_every_byte(line: str) -> None:
    assert masked([line]) == [line]


def test_one_value_has_one_mask_in_the_whole_excerpt() -> None:
    lines = masked(
        [
            '{"email": "jane@example.com", "ip": "192.0.2.1"}',
            '{"msg": "retry for JANE@example.com from 192.0.2.1 and bob@example.com"}',
        ]
    )
    assert lines == [
        '{"email": "email-1", "ip": "address-1"}',
        '{"msg": "retry for email-1 from address-1 and email-2"}',
    ]


def test_a_name_that_a_field_gives_away_is_masked_in_texts() -> None:
    lines = masked(['{"msg": "Jane Doe checked out"}', '{"full_name": "Jane Doe"}'])
    assert lines == ['{"msg": "name-1 checked out"}', '{"full_name": "name-1"}']


@pytest.mark.parametrize("line", ["", "{", '{"', '"' * 50, "\\" * 50, "{" * 200, "\x00\x1b[31m"])
def test_hostile_lines_are_survived(line: str) -> None:
    assert len(masked([line])) == 1


def test_masked_json_is_json() -> None:
    line = json.dumps({"email": "a@b.co", "n": {"phone": 4915112345678, "t": 'q"uo\\te a@b.co'}})
    assert json.loads(masked([line])[0])["n"]["phone"].startswith("address-")
