"""Fixtures of budgets and alarms."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from harness.alarm_receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody who is told of alarms."""
    server = Receiver()
    yield server
    server.shutdown()
    server.server_close()
