"""Silence is not success: what does not arrive is told, once and clearly, and holds nothing else up."""

import logging
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from otlp_receiver import Receiver, answer_of, attributes_of

import spanledger
from spanledger import guard


@pytest.fixture
def provider() -> Iterator[TracerProvider]:
    yield TracerProvider(shutdown_on_exit=False)
    spanledger.shutdown(0.2)


@pytest.fixture
def nothing_told_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_counts", {})


def _record(**changes: Any) -> None:
    said: dict[str, Any] = {"provider": "openai", "model": "m", "input_tokens": 1, "output_tokens": 1}
    spanledger.record_usage(**said | changes)


def _flush_until_told() -> None:
    deadline = time.monotonic() + 30
    while not spanledger.stats().problem:
        assert time.monotonic() < deadline
        assert not spanledger.flush(0.2)


def _models(receiver: Receiver) -> list[str]:
    return [attributes_of(span)["gen_ai.request.model"] for span in receiver.spans]


def _run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


@pytest.mark.parametrize("max_spool_bytes", [0, 2**20])
def test_a_span_that_cannot_be_encoded_is_dropped_alone(
    max_spool_bytes: int, provider: TracerProvider, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    before = spanledger.stats()
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider, max_spool_bytes=max_spool_bytes)
    for number in range(20):
        _record(model=f"m{number}")
        if number % 7 == 3:
            _record(model="gpt-4o\ud800")
    tracer = provider.get_tracer("sdk")
    tracer.start_span("call", attributes={"gen_ai.request.model": "past"}, start_time=-5).end()
    tracer.start_span("call", attributes={"gen_ai.request.model": "never"}, start_time=2**64).end()
    spanledger.flush()
    _record(model="later")
    assert spanledger.flush()
    assert _models(receiver) == [f"m{number}" for number in range(20)] + ["later"]
    after = spanledger.stats()
    assert (after.dropped - before.dropped, after.pending, after.problem) == (5, 0, "")
    assert len([record for record in caplog.records if "cannot be encoded" in record.message]) <= 1
    encoder = [record for record in caplog.records if record.name.startswith("opentelemetry.exporter")]
    assert not encoder, "OpenTelemetry's encoder told of it too, with tracebacks"
    assert len([record for record in caplog.records if "gen_ai.request.model" in record.message]) <= 1


@pytest.mark.parametrize("moment", [-5, 2**63, 2**64, 10**30])
def test_a_time_that_no_span_can_have_is_refused(moment: int, provider: TracerProvider, receiver: Receiver) -> None:
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    errors = spanledger.stats().errors
    _record(start_time=moment)
    spanledger.record_vendor_usage(vendor="v", unit="page", quantity=1, start_time=moment)
    assert spanledger.stats().errors - errors == 2
    _record()
    assert spanledger.flush()
    assert len(receiver.spans) == 1


@pytest.mark.parametrize("status", [401, 404, 405, 410])
def test_a_receiver_that_refuses_is_told_once_with_status_and_url(
    status: int, provider: TracerProvider, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers[:] = [status] * 1000
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    _record()
    with caplog.at_level(logging.DEBUG, "opentelemetry"):
        begun = time.monotonic()
        assert not spanledger.flush(10)
        assert time.monotonic() - begun < 5, "to wait on helps nobody"
        assert f"{receiver.endpoint}/v1/traces answers {status}" in spanledger.stats().problem
        time.sleep(1.5)
        tried = 1000 - len(receiver.answers)
        assert tried <= 4, "it backs off"
    told = [record for record in caplog.records if record.name != "urllib3.connectionpool"]
    assert len([record for record in told if f"answers {status}" in record.message]) <= 1
    assert [record for record in told if record.name.startswith("opentelemetry.exporter")] == []
    receiver.answers.clear()
    assert spanledger.flush(), "once it takes spans all is well"
    assert spanledger.stats().problem == ""
    assert len(receiver.spans) == 1


@pytest.mark.parametrize("max_spool_bytes", [0, 2**20])
def test_a_batch_that_is_too_large_for_the_receiver_goes_in_parts(
    max_spool_bytes: int, provider: TracerProvider, receiver: Receiver
) -> None:
    receiver.largest = 1500
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider, max_spool_bytes=max_spool_bytes)
    for number in range(20):
        _record(model=f"m{number}")
    assert spanledger.flush(10)
    assert sorted(_models(receiver)) == sorted(f"m{number}" for number in range(20))
    assert (spanledger.stats().pending, spanledger.stats().problem) == (0, "")


@pytest.mark.usefixtures("nothing_told_yet")
def test_a_receiver_that_does_not_answer_is_told_while_it_is_waited_for(
    provider: TracerProvider, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.gate.clear()
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    _record()
    assert not spanledger.flush(2.5)
    assert spanledger.stats().problem == f"{receiver.endpoint}/v1/traces has not answered yet"
    assert f"{receiver.endpoint}/v1/traces has not answered yet" in caplog.text
    receiver.gate.set()
    assert spanledger.flush()
    assert spanledger.stats().problem == ""


def test_a_redirection_and_a_web_page_are_no_receivers(provider: TracerProvider, receiver: Receiver) -> None:
    receiver.answers[:] = [302] * 100
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    _record()
    assert not spanledger.flush(5)
    assert "302" in spanledger.stats().problem


def test_a_receiver_that_is_not_there_is_told(provider: TracerProvider) -> None:
    spanledger.configure(endpoint="http://user:secret@127.0.0.1:9", tracer_provider=provider)
    _record()
    _flush_until_told()
    assert (
        "http://127.0.0.1:9/v1/traces cannot be reached: ConnectionError (Connection refused)"
        in spanledger.stats().problem
    )
    assert "secret" not in spanledger.stats().problem


def test_host_and_port_are_taken_as_http(provider: TracerProvider, receiver: Receiver) -> None:
    spanledger.configure(endpoint=receiver.endpoint.removeprefix("http://"), tracer_provider=provider)
    _record()
    assert spanledger.flush()
    assert len(receiver.spans) == 1


def test_without_configure_it_is_told_once_and_flush_does_not_succeed() -> None:
    done = _run(
        """
        import spanledger
        @spanledger.llm_call(provider="openai")
        def ask(): return {"usage": {"input_tokens": 1, "output_tokens": 1}}
        for _ in range(3): ask()
        assert spanledger.flush() is False
        assert "configure() was never called" in spanledger.stats().problem
        """
    )
    assert done.stderr.count("as spanledger.configure() was not called") == 1


def test_calls_that_the_apps_own_provider_sends_need_no_configure() -> None:
    done = _run(
        """
        import spanledger
        from opentelemetry import trace
        from opentelemetry.sdk.trace import SpanLimits, TracerProvider
        trace.set_tracer_provider(TracerProvider())
        spanledger.record_usage(provider="openai", model="m", input_tokens=1, output_tokens=1)
        assert spanledger.flush()
        """
    )
    assert done.stderr == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"protocol": "http"},
        {"when_full": "panic"},
        {"headers": {"authorization": "Bearer SECRET\nx"}},
        {"headers": {"authorization": None}},
        *(
            {"endpoint": endpoint}
            for endpoint in ("ftp://x", "http:/x:1", "http://x:70000", "http://x:y", "4318", "a b")
        ),
    ],
    ids=str,
)
def test_a_configuration_that_is_wrong_does_not_flush(wrong: dict[str, Any], provider: TracerProvider) -> None:
    spanledger.configure(**{"tracer_provider": provider} | wrong)
    assert not spanledger.flush()
    assert "configure() failed" in spanledger.stats().problem
    assert "SECRET" not in spanledger.stats().problem
    spanledger.configure(tracer_provider=provider)
    assert spanledger.stats().problem == ""


@pytest.mark.usefixtures("nothing_told_yet")
def test_each_wrong_configuration_is_told_with_what_is_wrong(
    provider: TracerProvider, caplog: pytest.LogCaptureFixture
) -> None:
    wrong: list[dict[str, Any]] = [{"protocol": "http"}, {"endpoint": "ftp://x"}]
    for said in wrong:
        spanledger.configure(**{"tracer_provider": provider} | said)
        assert next(iter(said.values())) in spanledger.stats().problem
        assert next(iter(said.values())) in caplog.text


@pytest.mark.parametrize("written", ["  {}\n", "{}/", "{}/v1/traces"])
def test_an_endpoint_as_files_and_forms_have_it_is_taken(
    written: str, provider: TracerProvider, receiver: Receiver
) -> None:
    pairs: Any = [("x-team", "search\n")]
    spanledger.configure(
        endpoint=written.format(receiver.endpoint), headers=pairs, protocol=" HTTP/Protobuf ",  # type: ignore[arg-type]
        tracer_provider=provider,
    )  # fmt: skip
    _record()
    assert spanledger.flush(), spanledger.stats().problem
    assert receiver.headers[0]["x-team"] == "search"


@pytest.mark.usefixtures("nothing_told_yet")
def test_spans_that_a_receiver_leaves_out_are_lost_and_told(
    provider: TracerProvider, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    before = spanledger.stats()
    receiver.leaves_out = 2
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    for _ in range(3):
        _record()
    assert not spanledger.flush()
    after = spanledger.stats()
    assert (after.exported - before.exported, after.dropped - before.dropped, after.pending) == (1, 2, 0)
    assert "2 spans are lost" in caplog.text
    assert "not of this token" in caplog.text
    receiver.leaves_out = 0
    _record()
    assert spanledger.flush()


@pytest.mark.usefixtures("nothing_told_yet")
def test_spans_that_a_grpc_receiver_leaves_out_are_lost_and_told(
    provider: TracerProvider, caplog: pytest.LogCaptureFixture
) -> None:
    class Service(TraceServiceServicer):
        def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 (gRPC's name)
            return answer_of(1)

    server = grpc.server(ThreadPoolExecutor(1))
    add_TraceServiceServicer_to_server(Service(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    before = spanledger.stats()
    spanledger.configure(endpoint=f"127.0.0.1:{port}", protocol="grpc", tracer_provider=provider)
    _record()
    assert not spanledger.flush()
    after = spanledger.stats()
    assert (after.exported - before.exported, after.dropped - before.dropped, after.pending) == (0, 1, 0)
    assert "not of this token" in caplog.text
    server.stop(None)


@pytest.mark.usefixtures("nothing_told_yet")
def test_values_that_are_cut_are_told(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    provider = TracerProvider(shutdown_on_exit=False, span_limits=SpanLimits(max_span_attribute_length=16))
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    assert "cuts values to 16 characters, names of tenants" in caplog.text
    spanledger.shutdown()


def test_an_sdk_that_is_turned_off_is_told() -> None:
    done = _run(
        """
        import spanledger
        spanledger.configure()
        spanledger.record_usage(provider="openai", model="m", input_tokens=1, output_tokens=1)
        assert spanledger.flush() is False
        assert "OTEL_SDK_DISABLED is true" in spanledger.stats().problem
        """,
        OTEL_SDK_DISABLED="true",
    )
    assert done.stderr.count("OTEL_SDK_DISABLED is true, so that OpenTelemetry records no call") == 1


def test_opentelemetrys_variables_are_honoured(
    provider: TracerProvider, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", receiver.endpoint + "/custom/path")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20t")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf")
    spanledger.configure(tracer_provider=provider)
    _record()
    assert spanledger.flush()
    assert receiver.paths == ["/custom/path"]
    assert receiver.headers[0]["authorization"] == "Bearer t"


def test_the_protocol_of_the_environment_is_honoured(provider: TracerProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    spanledger.configure(endpoint="127.0.0.1:9", tracer_provider=provider)
    _record()
    _flush_until_told()
    assert "http://127.0.0.1:9 cannot be reached" in spanledger.stats().problem
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "smoke")
    spanledger.configure(tracer_provider=provider)
    assert "configure() failed" in spanledger.stats().problem
