"""Where a token is a word, and where it is only part of one."""

from __future__ import annotations

import pytest

from racelens.trace.words import BEGINNING, INSIDE, WHOLE, Word


@pytest.mark.parametrize(
    ("token", "line", "rank"),
    [
        ("job-1", b'{"job": "job-1"}', WHOLE),
        ("job-1", b'{"job": "job-12"}', BEGINNING),
        ("job-1", b'{"job": "myjob-1"}', INSIDE),
        ("job-1", b'{"job": "job-2"}', None),
        ("14", b'{"order_id": 14}', WHOLE),
        ("14", b'{"ts": "2026-05-14T12:14:00.14Z"}', None),
        ("10085", b"order 10085-1", WHOLE),
        ("JID-1", b'{"log": "a\\nJID-1"}', WHOLE),
        ("JID-1", b'{"log": "\\u001b[32mJID-1"}', WHOLE),
        ("App\\Jobs", b'{"job": "App\\\\Jobs"}', WHOLE),
        ("a/b", b'{"path": "a\\/b"}', WHOLE),
        ("caf\u00e9", b'{"name": "caf\\u00e9"}', WHOLE),
        ("caf\u00e9", "caf\u00e9".encode(), WHOLE),
    ],
)
def test_rank(token: str, line: bytes, rank: int | None) -> None:
    assert Word(token).rank(line) == rank
