"""The rival: what a person would write in DuckDB to count lost updates in this very log.

It knows the log's shape beforehand, reads the six columns it needs, cites no evidence and looks for
nothing else. (A window finds the read a write rests on: the same query with an ASOF join took more
than two minutes on two million lines.)
"""

import sys

import duckdb

LOST_UPDATES = """
WITH log AS MATERIALIZED (
    FROM read_json($log, format = 'newline_delimited', columns = {
        timestamp: 'TIMESTAMP', request_id: 'VARCHAR', resource: 'VARCHAR',
        action: 'VARCHAR', version: 'BIGINT', status_code: 'SMALLINT'
    })
    WHERE resource IS NOT NULL OR status_code IS NOT NULL
),
succeeded AS (
    SELECT request_id FROM log WHERE status_code < 400
),
based AS (
    SELECT *, last_value(CASE WHEN action = 'read' THEN version END IGNORE NULLS)
        OVER (PARTITION BY resource, request_id ORDER BY timestamp) AS base
    FROM log
    WHERE resource IS NOT NULL AND request_id IN (FROM succeeded)
),
writes AS (
    SELECT *, lag(version) OVER (PARTITION BY resource ORDER BY timestamp) AS previous
    FROM based
    WHERE action = 'write'
)
SELECT count(*) FROM writes WHERE previous > base OR version > base + 1
"""


def lost_updates(log: str) -> int:
    """How many writes replaced a version their request had not read."""
    (count,) = duckdb.execute(LOST_UPDATES, {"log": log}).fetchall()[0]
    return int(count)


if __name__ == "__main__":
    print(lost_updates(sys.argv[1]))
