"""Settings of the energy's tests."""

from collections.abc import Callable

import pytest


@pytest.fixture
def own_bounds(configure: Callable[..., None]) -> None:
    """The ledger's bounds are those of the configured method alone."""
    configure(energy_bounds="method")
