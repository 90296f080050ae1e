"""Settings of the energy's tests."""

from collections.abc import Callable

import pytest


@pytest.fixture
def own_bounds(configure: Callable[..., None]) -> None:
    """The ledger's energy is EcoLogits', and so are its bounds: for what is compared with its own figures."""
    configure(energy_method="ecologits", energy_bounds="method")


@pytest.fixture
def by_ecologits(configure: Callable[..., None]) -> None:
    """The ledger's energy is by EcoLogits' method."""
    configure(energy_method="ecologits")
