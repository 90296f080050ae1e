import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider, sampling
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from otlp_receiver import Receiver, attributes_of, otlp_receiver

import spanledger
from spanledger import configuration


@pytest.fixture
def provider() -> Iterator[TracerProvider]:
    yield TracerProvider(resource=Resource({"service.name": "app"}), shutdown_on_exit=False)
    spanledger.shutdown()


def _record(count: int = 1, **changes: Any) -> None:
    for _ in range(count):
        spanledger.record_usage(provider="openai", model="m", input_tokens=1, output_tokens=1, **changes)


def _run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


RECORD = 'spanledger.record_usage(provider="openai", model="m", input_tokens=1, output_tokens=1)'


def test_spans_go_to_the_endpoints_trace_path_with_the_headers(provider: TracerProvider, receiver: Receiver) -> None:
    spanledger.configure(endpoint=receiver.endpoint, headers={"authorization": "Bearer t"}, tracer_provider=provider)
    _record()
    assert spanledger.flush()
    assert receiver.paths == ["/v1/traces"]
    assert receiver.headers[0]["authorization"] == "Bearer t"


def test_a_second_call_with_the_same_arguments_changes_nothing(provider: TracerProvider, receiver: Receiver) -> None:
    for _ in range(3):
        spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    _record()
    assert spanledger.flush()
    assert len(receiver.spans) == 1


def test_a_second_call_with_another_endpoint_replaces_the_first(provider: TracerProvider, receiver: Receiver) -> None:
    with otlp_receiver() as other:
        spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
        _record()
        spanledger.configure(endpoint=other.endpoint, tracer_provider=provider)
        _record()
        assert spanledger.flush()
        assert (len(receiver.spans), len(other.spans)) == (1, 1)


def test_configuring_another_provider_leaves_the_first_one_silent(provider: TracerProvider, receiver: Receiver) -> None:
    second = TracerProvider(shutdown_on_exit=False)
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=second)
    for owner in (provider, second):
        owner.get_tracer("sdk").start_span("call", attributes={"gen_ai.system": "openai"}).end()
    assert spanledger.flush()
    assert len(receiver.spans) == 1


def test_it_can_be_configured_again_after_a_shutdown(provider: TracerProvider, receiver: Receiver) -> None:
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    spanledger.shutdown()
    _record()
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    _record()
    assert spanledger.flush()
    assert len(receiver.spans) == 1


def test_a_shutdown_of_the_provider_delivers_what_is_queued(provider: TracerProvider, receiver: Receiver) -> None:
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    _record(3)
    provider.shutdown()
    assert len(receiver.spans) == 3


@pytest.mark.parametrize(
    "key",
    ["gen_ai.system", "llm.token_count.prompt", "openinference.span.kind", "langfuse.observation.type"],
)
def test_spans_of_other_instrumentations_are_exported(key: str, provider: TracerProvider, receiver: Receiver) -> None:
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    provider.get_tracer("sdk").start_span("call", attributes={key: "x"}).end()
    assert spanledger.flush()
    assert len(receiver.spans) == 1


def test_a_span_that_becomes_genai_only_after_its_start_is_exported(
    provider: TracerProvider, receiver: Receiver
) -> None:
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    with spanledger.attribution(tenant="acme"):
        span = provider.get_tracer("sdk").start_span("call")
    span.set_attribute("gen_ai.usage.input_tokens", 3)
    span.end()
    assert spanledger.flush()
    assert attributes_of(receiver.spans[0])["tenant.id"] == "acme"


def test_other_spans_stay_in_the_app_and_the_apps_own_exporter_gets_all(
    provider: TracerProvider, receiver: Receiver
) -> None:
    own = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(own))
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    provider.get_tracer("http").start_span("GET /", attributes={"http.route": "/"}).end()
    _record()
    assert spanledger.flush()
    assert [span.name for span in receiver.spans] == ["chat m"]
    assert [span.name for span in own.get_finished_spans()] == ["GET /", "chat m"]


def test_a_recorded_span_is_sent_though_it_is_not_sampled(receiver: Receiver) -> None:
    class RecordOnly(sampling.Sampler):
        def should_sample(self, *args: Any, **kwargs: Any) -> sampling.SamplingResult:
            attributes = kwargs.get("attributes") or (args[4] if len(args) > 4 else None)
            return sampling.SamplingResult(sampling.Decision.RECORD_ONLY, attributes)

        def get_description(self) -> str:
            return "records all, samples none"

    spanledger.configure(
        endpoint=receiver.endpoint, tracer_provider=TracerProvider(sampler=RecordOnly(), shutdown_on_exit=False)
    )
    _record()
    assert spanledger.flush()
    spanledger.shutdown()
    assert len(receiver.spans) == 1


def test_the_environment_is_on_the_spans_of_an_existing_provider(provider: TracerProvider, receiver: Receiver) -> None:
    spanledger.configure(endpoint=receiver.endpoint, environment="production", tracer_provider=provider)
    _record()
    _record(environment="staging")
    assert spanledger.flush()
    found = [attributes_of(span)["deployment.environment.name"] for span in receiver.spans]
    assert found == ["production", "staging"]


def test_without_a_provider_one_is_made_named_and_set_globally(receiver: Receiver) -> None:
    done = _run(
        f"""
        import spanledger
        from opentelemetry import trace
        spanledger.configure(service_name="shop", environment="dev")
        trace.get_tracer("sdk").start_span("call", attributes={{"gen_ai.system": "openai"}}).end()
        {RECORD}
        """,
        SPANLEDGER_ENDPOINT=receiver.endpoint,
    )
    assert done.stderr == ""
    assert len(receiver.spans) == 2, "what is queued is sent at exit"
    assert receiver.resources[0]["service.name"] == "shop"
    assert receiver.resources[0]["deployment.environment.name"] == "dev"


def test_the_endpoint_falls_back_to_the_one_of_opentelemetry(receiver: Receiver) -> None:
    done = _run(
        f"import spanledger; spanledger.configure(); {RECORD}", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint + "/"
    )
    assert done.stderr == ""
    assert receiver.paths == ["/v1/traces"]


def test_disabled_it_does_nothing_at_all(receiver: Receiver) -> None:
    done = _run(
        f"""
        import spanledger, sys
        from opentelemetry import trace
        def ask(): return 1
        assert spanledger.llm_call(ask) is ask
        assert spanledger.attribution(tenant="t")(ask) is ask
        spanledger.configure()
        with spanledger.attribution(tenant="t"):
            {RECORD}
        assert isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
        assert spanledger.flush()
        assert spanledger.stats().recorded == 0
        """,
        SPANLEDGER_DISABLED="1",
        SPANLEDGER_ENDPOINT=receiver.endpoint,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert receiver.spans == []


@pytest.mark.parametrize(
    "wrong",
    [{"endpoint": "ftp://localhost"}, {"protocol": "smoke"}, {"when_full": "panic"}, {"max_queued_spans": 0}],
    ids=str,
)
def test_wrong_arguments_are_told_and_do_not_reach_the_app(
    wrong: dict[str, Any], provider: TracerProvider, errors: Callable[[], int]
) -> None:
    spanledger.configure(**{"tracer_provider": provider} | wrong)
    assert errors() == 1
    _record()


def test_a_provider_that_takes_no_processors_is_told(errors: Callable[[], int]) -> None:
    spanledger.configure(tracer_provider=object())  # type: ignore[arg-type]
    assert errors() == 1


def test_grpc_reaches_a_grpc_receiver(provider: TracerProvider) -> None:
    received: list[Any] = []

    class Service(trace_service_pb2_grpc.TraceServiceServicer):
        def Export(self, request: Any, context: Any) -> ExportTraceServiceResponse:  # noqa: N802
            received.append(request)
            return ExportTraceServiceResponse()

    server = grpc.server(futures.ThreadPoolExecutor(1))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(Service(), server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    spanledger.configure(endpoint=f"http://127.0.0.1:{port}", protocol="grpc", tracer_provider=provider)
    _record()
    assert spanledger.flush()
    spanledger.shutdown()
    server.stop(None)
    assert received[0].resource_spans[0].scope_spans[0].spans[0].name == "chat m"


def test_stats_count_what_was_recorded_and_acknowledged(provider: TracerProvider, receiver: Receiver) -> None:
    before = spanledger.stats()
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    _record(1200)
    assert spanledger.flush()
    after = spanledger.stats()
    assert (after.recorded - before.recorded, after.exported - before.exported) == (1200, 1200)
    assert (after.dropped - before.dropped, after.pending) == (0, 0)
    assert len(receiver.spans) == 1200


def test_a_burst_far_over_the_sdks_default_queue_arrives_whole(provider: TracerProvider, receiver: Receiver) -> None:
    receiver.gate.clear()
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    _record(10_000)
    receiver.gate.set()
    assert spanledger.flush(30)
    assert len({span.span_id for span in receiver.spans}) == 10_000


def test_a_span_that_finds_no_room_is_counted_as_dropped(provider: TracerProvider, receiver: Receiver) -> None:
    before = spanledger.stats()
    receiver.gate.clear()
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider, max_queued_spans=5)
    _record(50)
    receiver.gate.set()
    spanledger.flush()
    after = spanledger.stats()
    dropped = after.dropped - before.dropped
    assert 40 <= dropped <= 45  # five in the queue and up to five on their way
    assert len(receiver.spans) == 50 - dropped


def test_waiting_for_room_loses_nothing(provider: TracerProvider, receiver: Receiver) -> None:
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider, max_queued_spans=5, when_full="wait")
    _record(200)
    assert spanledger.flush()
    assert len(receiver.spans) == 200


def test_a_refused_batch_is_sent_again_once_the_receiver_takes_it(provider: TracerProvider, receiver: Receiver) -> None:
    receiver.answers[:] = [500, 500]
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    _record(3)
    assert spanledger.flush()
    assert len(receiver.spans) == 3


def test_flush_says_when_the_receiver_did_not_answer_in_time(provider: TracerProvider, receiver: Receiver) -> None:
    receiver.gate.clear()
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    _record()
    begun = time.monotonic()
    assert not spanledger.flush(0.2)
    assert time.monotonic() - begun < 2


def test_a_shutdown_without_receiver_and_spool_counts_the_loss_and_ends_soon(provider: TracerProvider) -> None:
    before = spanledger.stats()
    spanledger.configure(endpoint="http://127.0.0.1:9", tracer_provider=provider, max_spool_bytes=0)
    _record(3)
    begun = time.monotonic()
    spanledger.shutdown(timeout_s=0.3)
    assert time.monotonic() - begun < 3
    assert spanledger.stats().dropped - before.dropped == 3


def test_spans_recorded_by_many_threads_all_arrive(provider: TracerProvider, receiver: Receiver) -> None:
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    threads = [threading.Thread(target=_record, args=(300,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert spanledger.flush(30)
    assert len(receiver.spans) == 2400


def test_a_forked_child_sends_its_own_spans_and_none_of_its_parents(receiver: Receiver) -> None:
    done = _run(
        f"""
        import os, spanledger
        spanledger.configure()
        {RECORD}
        child = os.fork()
        if not child:
            {RECORD}
            assert spanledger.flush()
            assert spanledger.stats().recorded == 1
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        """,
        SPANLEDGER_ENDPOINT=receiver.endpoint,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(receiver.spans) == 2


def test_a_span_ended_by_the_garbage_collector_inside_the_queue_does_not_deadlock(
    provider: TracerProvider, receiver: Receiver
) -> None:
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    _record()
    queue = configuration._active.queue  # type: ignore[union-attr]
    with queue._lock:  # where a collection may happen
        _record()
    assert spanledger.flush()
    assert len(receiver.spans) == 2
