"""A ledger filled from captures, and the captures themselves."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from spanledger_collector.spool import length_prefixed
from spanledger_enrich.worker import Worker, load_reference_data

CAPTURES = Path(__file__).parents[1] / "fixtures" / "dialects"


@dataclass(frozen=True)
class Capture:
    """One case of one instrumentation: the OTLP request it sent, and what the provider billed."""

    name: str
    case: str

    @property
    def request(self) -> bytes:
        return (CAPTURES / self.name / f"{self.case}.pb").read_bytes()

    @property
    def billed(self) -> list[dict]:
        return json.loads((CAPTURES / self.name / "truth.json").read_text())[self.case]

    def __str__(self) -> str:
        return f"{self.name}-{self.case}"


def captures() -> list[Capture]:
    return [Capture(path.parent.name, path.stem) for path in sorted(CAPTURES.glob("*/*.pb"))]


@pytest.fixture
def ledger_of(store, configuration):
    """Books OTLP requests, each as a batch of its own, and gives the ledger's rows."""
    load_reference_data(store)
    token = 0

    def book(*requests: bytes) -> list[dict]:
        nonlocal token
        for request in requests:
            if request:
                token += 1
                store.insert_otlp(length_prefixed(request), f"test-{token}")
            Worker(store, configuration).catch_up()
        return store.rows("SELECT * FROM ledger FINAL ORDER BY ts, trace_id, span_id")

    return book
