"""What an app says of results goes the way of calls, with their attribution, and never raises."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from otlp_receiver import attributes_of

import spanledger

Exported = Callable[[], list[Any]]


@pytest.mark.usefixtures("tracer_provider")
def test_an_outcome_is_a_span_with_what_is_said_around_it(exported: Exported) -> None:
    with spanledger.attribution(tenant="acme", run_id="r1", feature="inbox"):
        spanledger.record_outcome(
            "ticket_solved", good=True, label="pass", score=0.75, revenue_usd=4.5, response_id="chatcmpl-1",
            time=datetime(2026, 11, 2, 9, 0, tzinfo=UTC), feature="tickets",
        )  # fmt: skip
    [span] = exported()
    assert span.start_time_unix_nano == 1_793_610_000_000_000_000
    assert attributes_of(span) == {
        "gen_ai.operation.name": "outcome", "spanledger.outcome.name": "ticket_solved", "spanledger.outcome.good": True,
        "spanledger.outcome.label": "pass", "spanledger.outcome.score": 0.75, "spanledger.outcome.revenue_usd": 4.5,
        "gen_ai.response.id": "chatcmpl-1", "tenant.id": "acme", "spanledger.run_id": "r1",
        "spanledger.feature": "tickets",
    }  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [{"name": ""}, {"name": None}, {"score": math.nan}, {"score": "high"}, {"revenue_usd": math.inf}, {"time": -1}],
    ids=str,
)
def test_what_cannot_be_recorded_is_counted_and_never_raised(
    said: dict[str, Any], tracer_provider: TracerProvider, exported: Exported, errors: Callable[[], int]
) -> None:
    assert tracer_provider
    spanledger.record_outcome(**{"name": "solved", **said})
    assert exported() == []
    assert errors() == 1
