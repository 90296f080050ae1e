from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from opentelemetry.sdk.trace import TracerProvider
from otlp_receiver import attributes_of

import spanledger
from spanledger.calls.record import nanoseconds

Exported = Callable[[], list[Any]]

pytestmark = pytest.mark.usefixtures("tracer_provider")


def _record(**changes: Any) -> None:
    spanledger.record_usage(
        **{"provider": "openai", "model": "gpt-4o", "input_tokens": 100, "output_tokens": 20} | changes
    )


def test_a_recorded_call_is_a_complete_span_at_its_own_time(exported: Exported) -> None:
    _record(
        start_time=datetime(2026, 11, 2, 9, 0, tzinfo=UTC),
        end_time=datetime(2026, 11, 2, 10, 0, 1, 500_000, tzinfo=timezone(timedelta(hours=1))),
        cache_read_tokens=64,
        cache_write_tokens=16,
        reasoning_tokens=5,
        response_model="gpt-4o-2024-08-06",
        response_id="chatcmpl-1",
        region="eu-west-1",
        cloud="aws",
        server_address="api.openai.com",
        time_to_first_token_s=0.25,
        streaming=True,
        finish_reason="stop",
        tenant="acme",
        desk="emea",
    )
    (span,) = exported()
    assert span.name == "chat gpt-4o"
    assert span.start_time_unix_nano == 1_793_610_000_000_000_000
    assert span.end_time_unix_nano - span.start_time_unix_nano == 1_500_000_000
    assert attributes_of(span) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.stream": True,
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.response.time_to_first_chunk": 0.25,
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 64,
        "gen_ai.usage.cache_write.input_tokens": 16,
        "gen_ai.usage.reasoning.output_tokens": 5,
        "cloud.region": "eu-west-1",
        "cloud.provider": "aws",
        "server.address": "api.openai.com",
        "tenant.id": "acme",
        "spanledger.dimension.desk": "emea",
    }


def test_times_may_be_nanoseconds(exported: Exported) -> None:
    _record(start_time=1_793_610_000_000_000_007, end_time=1_793_610_000_000_000_009)
    (span,) = exported()
    assert (span.start_time_unix_nano % 10, span.end_time_unix_nano % 10) == (7, 9)


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001
def test_a_datetime_is_taken_to_the_microsecond(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    found = nanoseconds(aware)
    assert found is not None
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=found // 1000) == aware


def test_a_naive_time_is_refused_and_counted(exported: Exported, errors: Callable[[], int]) -> None:
    _record(start_time=datetime(2026, 11, 2, 9, 0))  # noqa: DTZ001
    assert exported() == []
    assert errors() == 1


@pytest.mark.parametrize(
    "wrong", [{"start_time": 2, "end_time": 1}, {"input_tokens": -1}, {"output_tokens": -1}], ids=str
)
def test_impossible_figures_are_refused_and_counted(
    wrong: dict[str, Any], exported: Exported, errors: Callable[[], int]
) -> None:
    _record(**wrong)
    assert exported() == []
    assert errors() == 1


def test_a_part_that_an_sdk_leaves_unsaid_is_none(exported: Exported, errors: Callable[[], int]) -> None:
    _record(cache_read_tokens=None, cache_write_tokens=None, reasoning_tokens=None)
    assert len(exported()) == 1
    assert errors() == 0


def test_more_cached_than_input_tokens_is_recorded_and_counted(exported: Exported, errors: Callable[[], int]) -> None:
    _record(input_tokens=10, cache_read_tokens=90)
    assert len(exported()) == 1
    assert errors() == 1


def test_unknown_tokens_stay_unknown(exported: Exported) -> None:
    _record(input_tokens=None, output_tokens=None)
    (span,) = exported()
    assert not [name for name in attributes_of(span) if name.startswith("gen_ai.usage.")]


def test_zero_tokens_are_reported_as_zero(exported: Exported) -> None:
    _record(output_tokens=0)
    (span,) = exported()
    assert attributes_of(span)["gen_ai.usage.output_tokens"] == 0


def test_an_error_type_makes_the_status_an_error(exported: Exported) -> None:
    _record(error_type="timeout", output_tokens=None)
    (span,) = exported()
    assert span.status.code == Status.STATUS_CODE_ERROR
    assert attributes_of(span)["error.type"] == "timeout"


def test_its_own_attribution_wins_over_the_scope_around(exported: Exported) -> None:
    with spanledger.attribution(tenant="scope", feature="search"):
        _record(tenant="own")
    (span,) = exported()
    found = attributes_of(span)
    assert (found["tenant.id"], found["spanledger.feature"]) == ("own", "search")


def test_it_is_a_child_of_the_current_span(exported: Exported, tracer_provider: TracerProvider) -> None:
    with tracer_provider.get_tracer("app").start_as_current_span("request") as parent:
        _record()
    (span,) = exported()
    assert int.from_bytes(span.parent_span_id) == parent.get_span_context().span_id


def test_use_of_another_vendors_service_is_a_span(exported: Callable[[], list[Any]]) -> None:
    with spanledger.attribution(tenant="acme"):
        spanledger.record_vendor_usage(
            vendor="deepgram", unit="audio_second", quantity=12.5, service="nova-3", user="u"
        )
    (span,) = exported()
    assert span.name == "deepgram nova-3"
    assert attributes_of(span) == {
        "gen_ai.operation.name": "vendor_usage",
        "spanledger.vendor.name": "deepgram",
        "spanledger.vendor.unit": "audio_second",
        "spanledger.vendor.quantity": 12.5,
        "spanledger.vendor.service": "nova-3",
        "tenant.id": "acme",
        "user.id": "u",
    }


@pytest.mark.parametrize("quantity", [-1, float("nan"), float("inf")])
def test_an_impossible_quantity_is_refused(
    quantity: float, exported: Callable[[], list[Any]], errors: Callable[[], int]
) -> None:
    spanledger.record_vendor_usage(vendor="v", unit="page", quantity=quantity)
    assert exported() == []
    assert errors() == 1
