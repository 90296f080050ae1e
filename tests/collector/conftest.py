from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_provider import fake_provider
from opentelemetry.sdk.trace import TracerProvider
from otlp_receiver import Receiver, otlp_receiver

import spanledger


@pytest.fixture(autouse=True)
def spool_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where spans wait that a test could not deliver; also in the processes it starts."""
    folder = tmp_path / "spool"
    monkeypatch.setenv("SPANLEDGER_SPOOL_DIR", str(folder))
    return folder


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with otlp_receiver() as running:
        yield running


@pytest.fixture
def tracer_provider(receiver: Receiver) -> Iterator[TracerProvider]:
    """A provider that Spanledger is configured on, exporting to `receiver`."""
    provider = TracerProvider(shutdown_on_exit=False)
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    yield provider
    spanledger.shutdown()


@pytest.fixture
def exported(receiver: Receiver, tracer_provider: TracerProvider) -> Callable[[], list[Any]]:
    """Flushes, then gives all spans that arrived, as OTLP."""

    def spans() -> list[Any]:
        assert spanledger.flush()
        return receiver.spans

    return spans


@pytest.fixture
def errors() -> Callable[[], int]:
    """How many failures were kept from the app since the test began."""
    before = spanledger.stats().errors
    return lambda: spanledger.stats().errors - before


@pytest.fixture
def provider_url() -> Iterator[str]:
    with fake_provider() as url:
        yield url
