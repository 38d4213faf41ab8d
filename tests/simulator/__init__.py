"""A seeded simulator of a small shop that emits logs and the truth about their races.

`simulate(Dial(seed=1, guard="none"))` gives a `Run`: `files`, `lines(name)`, `incidents`,
`write(folder)`.

Ready: (1) read-modify-write requests, (2) two tabs, (3) double clicks and wanted repeats,
(4) jobs, webhooks and idempotency keys, (5) exchanges, heartbeats and cron.
"""

from .dial import Dial
from .run import Run
from .simulate import simulate
from .truth import Incident

__all__ = ["Dial", "Incident", "Run", "simulate"]
