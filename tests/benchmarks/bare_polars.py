"""The floor: read the mapped columns of a log with polars, all as text, and do nothing else."""

import sys

import polars as pl

MAPPED = (
    "timestamp",
    "service",
    "host",
    "pid",
    "event",
    "step",
    "request_id",
    "correlation_id",
    "user_id",
    "resource",
    "action",
    "version",
    "status_code",
)

if __name__ == "__main__":
    schema = pl.Schema(dict.fromkeys(MAPPED, pl.String()))
    print(pl.scan_ndjson(sys.argv[1], schema=schema).collect().height)
