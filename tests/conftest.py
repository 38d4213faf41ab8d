"""Where the measured data is, and how its absence shows."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real logs and public histories beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("no measured data beside the repository: accuracy runs on the simulator only")
    return SHARED
