"""A seeded simulator of a small shop that emits logs and the truth about their races.

`simulate(Dial(seed=1, guard="none"))` gives a `Run`: `files`, `lines(name)`, `incidents`,
`write(folder)`.

Ready: (1) read-modify-write requests, (2) two tabs, (3) double clicks and wanted repeats,
(4) jobs, webhooks and idempotency keys, (5) exchanges, heartbeats and cron; and, when the dial
names them (`Dial(flows=EVERYTHING)`), (6) numbered events, early messages, claims, caches,
conditional writes, leases, lifecycles, jobs that may overlap, and retries.
"""

from .dial import EVERYTHING, RACES, Dial
from .run import Run
from .simulate import simulate
from .truth import Incident

__all__ = ["EVERYTHING", "RACES", "Dial", "Incident", "Run", "simulate"]
