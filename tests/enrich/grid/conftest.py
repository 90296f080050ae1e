"""Fixtures for the grid: clients of the live sources on loopback."""

from collections.abc import Callable, Iterator

import pytest
from harness.grid_server import KEY, PASSWORD, USER, GridServer

from spanledger_enrich.grid.sources.electricity_maps import ElectricityMapsApi
from spanledger_enrich.grid.sources.great_britain import GbApi
from spanledger_enrich.grid.sources.http import GridHttp
from spanledger_enrich.grid.sources.watttime import WattTimeApi


@pytest.fixture
def waits() -> list[float]:
    """The seconds that were waited, without waiting them."""
    return []


@pytest.fixture
def http(server: GridServer, waits: list[float]) -> Iterator[Callable[..., GridHttp]]:
    opened = []

    def connect(name: str = "the source", path: str = "", attempts: int = 3) -> GridHttp:
        connection = GridHttp(
            name, server.url + path, credentials="set KEY", attempts=attempts, per_second=1e6, sleep=waits.append
        )
        opened.append(connection)
        return connection

    yield connect
    for connection in opened:
        connection.close()


@pytest.fixture
def electricity_maps(http: Callable[..., GridHttp]) -> ElectricityMapsApi:
    return ElectricityMapsApi(http("Electricity Maps", "/v3"), KEY)


@pytest.fixture
def watttime(http: Callable[..., GridHttp]) -> WattTimeApi:
    return WattTimeApi(http("WattTime"), USER, PASSWORD)


@pytest.fixture
def gb(http: Callable[..., GridHttp]) -> GbApi:
    return GbApi(http("GB Carbon Intensity"))
