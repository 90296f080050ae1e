"""Whatever the app's sampler decides, spend is accounted, and the app's own backend sees what it saw before."""

from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, Sampler, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags, set_span_in_context
from otlp_receiver import Receiver, attributes_of

import spanledger


class _App:
    def __init__(self, sampler: Sampler, receiver: Receiver) -> None:
        self.own = InMemorySpanExporter()
        self.provider = TracerProvider(sampler=sampler, shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self.own))
        self.early_tracer = self.provider.get_tracer("made before configure")
        spanledger.configure(endpoint=receiver.endpoint, tracer_provider=self.provider)


@pytest.fixture
def app(receiver: Receiver) -> Iterator[Callable[[Sampler], _App]]:
    yield lambda sampler: _App(sampler, receiver)
    spanledger.shutdown()


@pytest.mark.parametrize("wrap", [lambda sampler: sampler, ParentBased], ids=["plain", "parent-based"])
def test_at_one_percent_all_calls_are_accounted_and_one_percent_reaches_the_apps_backend(
    wrap: Callable[[Sampler], Sampler], app: Callable[[Sampler], _App], receiver: Receiver, provider_url: str
) -> None:
    running = app(wrap(TraceIdRatioBased(0.01)))
    client = openai.OpenAI(base_url=f"{provider_url}/v1", api_key="test")

    @spanledger.llm_call(tenant="tenant")
    def ask(tenant: str, model: str) -> Any:
        return client.chat.completions.create(model=model, messages=[])

    for number in range(1000):
        ask(f"t{number % 10}", model="gpt-4o-mini")
    assert spanledger.flush(30)
    found = [attributes_of(span) for span in receiver.spans]
    assert len({span.span_id for span in receiver.spans}) == len(found) == 1000
    assert sum(span["gen_ai.usage.input_tokens"] for span in found) == 2006 * 1000
    assert {span["tenant.id"] for span in found} == {f"t{number}" for number in range(10)}
    assert 1 <= len(running.own.get_finished_spans()) <= 30  # binomial: outside once in a million runs


def test_the_apps_backend_receives_the_same_traces_with_and_without_spanledger(
    app: Callable[[Sampler], _App], receiver: Receiver
) -> None:
    sampler = TraceIdRatioBased(0.3)
    running = app(ParentBased(sampler))
    contexts = []
    for _ in range(200):
        with running.early_tracer.start_as_current_span("GET /", kind=SpanKind.SERVER) as outer:
            span = running.early_tracer.start_span("openai.chat", kind=SpanKind.CLIENT)
            span.set_attribute("gen_ai.usage.input_tokens", 3)
            span.end()
            contexts.append(outer.get_span_context())
    expected = {context.trace_id for context in contexts if context.trace_id % 2**64 < sampler.bound}
    seen = running.own.get_finished_spans()
    assert len(seen) == 2 * len(expected)
    assert {span.context.trace_id for span in seen if span.context} == expected
    assert spanledger.flush()
    assert len(receiver.spans) == 200


def test_the_sampled_flag_that_goes_to_other_services_stays_as_the_sampler_said(
    app: Callable[[Sampler], _App],
) -> None:
    span = app(ALWAYS_OFF).early_tracer.start_span("chat", attributes={"gen_ai.system": "openai"})
    assert span.is_recording()
    assert not span.get_span_context().trace_flags.sampled


def test_a_call_below_an_unsampled_remote_parent_is_accounted(
    app: Callable[[Sampler], _App], receiver: Receiver
) -> None:
    running = app(ParentBased(TraceIdRatioBased(1.0)))
    remote = NonRecordingSpan(SpanContext(0xABC, 0xDEF, is_remote=True, trace_flags=TraceFlags(0)))
    running.early_tracer.start_span("chat", set_span_in_context(remote), attributes={"gen_ai.system": "openai"}).end()
    assert spanledger.flush()
    assert receiver.spans[0].trace_id == (0xABC).to_bytes(16, "big")


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [(SpanKind.SERVER, {}), (SpanKind.CLIENT, {"db.system": "mysql"}), (SpanKind.CLIENT, {"http.method": "GET"})],
)
def test_what_is_clearly_no_llm_call_stays_dropped(
    kind: SpanKind, attributes: dict[str, str], app: Callable[[Sampler], _App]
) -> None:
    assert not app(ALWAYS_OFF).early_tracer.start_span("x", kind=kind, attributes=attributes).is_recording()


def test_an_llm_call_that_also_speaks_of_http_is_kept(app: Callable[[Sampler], _App]) -> None:
    attributes = {"http.request.method": "POST", "gen_ai.provider.name": "anthropic"}
    assert app(ALWAYS_OFF).early_tracer.start_span("x", attributes=attributes).is_recording()


def test_after_the_shutdown_the_apps_sampler_decides_alone(app: Callable[[Sampler], _App]) -> None:
    running = app(ALWAYS_OFF)
    spanledger.shutdown()
    assert not running.early_tracer.start_span("x", attributes={"gen_ai.system": "openai"}).is_recording()
