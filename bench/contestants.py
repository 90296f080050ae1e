"""What `bench/overhead.py` measures: spans by hand, this library, and the peers of peers.txt that are installed.

Each contestant is a function that sets itself up in a process of its own and returns what makes one call. Nothing is
exported: where an exporter would be, spans end.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, datetime
from typing import Any, TypeAlias

from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace import SpanKind, Tracer

import spanledger
from spanledger import tracing
from spanledger.processor import AccountingProcessor
from spanledger.sampler import install_sampler

Call: TypeAlias = Callable[[], object]

ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "gpt-4o-mini-2024-07-18",
    "service_tier": "default",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}],
    "usage": {
        "prompt_tokens": 1200,
        "completion_tokens": 80,
        "total_tokens": 1280,
        "prompt_tokens_details": {"cached_tokens": 1024},
        "completion_tokens_details": {"reasoning_tokens": 16},
    },
}
ASKED = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o-mini"}
ANSWERED = {
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.usage.input_tokens": 1200,
    "gen_ai.usage.output_tokens": 80,
    "gen_ai.usage.cache_read.input_tokens": 1024,
    "gen_ai.usage.reasoning.output_tokens": 16,
    "spanledger.service_tier": "default",
    "server.address": "api.openai.com",
}
ATTRIBUTED = {"tenant.id": "acme", "user.id": "u-17", "spanledger.feature": "search"}


def _provider() -> TracerProvider:
    return TracerProvider(shutdown_on_exit=False)


def _span(tracer: Tracer, attributes: dict[str, Any]) -> Any:
    return tracer.start_as_current_span("chat gpt-4o-mini", kind=SpanKind.CLIENT, attributes=attributes)


# Decorators, and what they are measured against.


def _bare(more: dict[str, str] | None = None) -> Call:
    tracer, attributes = _provider().get_tracer("bench"), {**ASKED, **ANSWERED, **(more or {})}

    def call() -> None:
        with _span(tracer, attributes):
            pass

    return call


def _bare_in_two_steps() -> Call:
    tracer, attributes = _provider().get_tracer("bench"), {**ASKED, **ANSWERED}

    def call() -> None:
        with _span(tracer, attributes) as span:
            span.set_attributes(ATTRIBUTED)

    return call


def _ours() -> TracerProvider:
    provider = _provider()
    processor = AccountingProcessor()
    provider.add_span_processor(processor)
    install_sampler(provider, processor.is_active)
    tracing.use_provider(provider)
    return provider


def _llm_call() -> Call:
    _ours()

    @spanledger.llm_call(provider="openai")
    def call(model: str) -> dict[str, object]:  # noqa: ARG001 (the signature that decorators see)
        return ANSWER

    return lambda: call(model="gpt-4o-mini")


def _attribution() -> Call:
    tracer, attributes = _ours().get_tracer("bench"), {**ASKED, **ANSWERED}

    @spanledger.attribution(tenant="acme", user="u-17", feature="search")
    def call() -> None:
        with _span(tracer, attributes):
            pass

    return call


def _attribution_by_path() -> Call:
    tracer, attributes = _ours().get_tracer("bench"), {**ASKED, **ANSWERED}
    account = {"tenant": "acme", "user": "u-17"}

    @spanledger.attribution(tenant="account.tenant", user="account.user", feature="search")
    def call(account: dict[str, str]) -> None:  # noqa: ARG001 (read by the decorator)
        with _span(tracer, attributes):
            pass

    return lambda: call(account)


def _record_usage() -> Call:
    _ours()
    start, end = datetime(2026, 11, 2, 9, tzinfo=UTC), datetime(2026, 11, 2, 9, 0, 2, tzinfo=UTC)
    return functools.partial(
        spanledger.record_usage,
        provider="openai",
        model="gpt-4o-mini",
        input_tokens=1200,
        output_tokens=80,
        cache_read_tokens=1024,
        reasoning_tokens=16,
        response_id="chatcmpl-1",
        response_model="gpt-4o-mini-2024-07-18",
        service_tier="default",
        server_address="api.openai.com",
        finish_reason="stop",
        start_time=start,
        end_time=end,
        tenant="acme",
        user="u-17",
        feature="search",
    )


def _traceloop() -> Call:
    from traceloop.sdk import Traceloop
    from traceloop.sdk.decorators import task

    with redirect_stdout(sys.stderr):
        Traceloop.init("bench", processor=SpanProcessor(), telemetry_enabled=False, instruments=set())
    return _calling(task(name="call"))


def _openinference() -> Call:
    from openinference.instrumentation import OITracer, TraceConfig

    return _calling(OITracer(_provider().get_tracer("bench"), TraceConfig()).llm)


def _langfuse() -> Call:
    import langfuse

    langfuse.Langfuse(public_key="pk", secret_key="sk", base_url="http://127.0.0.1:9", tracer_provider=_provider())
    return _calling(langfuse.observe(as_type="generation"))


def _logfire() -> Call:
    import logfire

    logfire.configure(send_to_logfire=False, console=False)
    return _calling(logfire.instrument("call"))


def _calling(decorate: Callable[[Callable[[str], object]], Callable[[str], object]]) -> Call:
    """The function of `_llm_call` under another's decorator."""

    def call(model: str) -> dict[str, object]:  # noqa: ARG001 (the signature that decorators see)
        return ANSWER

    return functools.partial(decorate(call), "gpt-4o-mini")


BARE = "bare span, 12 attributes"
IN_TWO_STEPS = "bare span, 12 attributes, then 3 more"
DECORATORS: dict[str, Callable[[], Call]] = {
    BARE: _bare,
    "bare span, 12 + 3 attributes": functools.partial(_bare, ATTRIBUTED),
    IN_TWO_STEPS: _bare_in_two_steps,
    "@llm_call, 11 attributes": _llm_call,
    "@attribution, 12 + 3 attributes": _attribution,
    "@attribution by path, 12 + 3 attributes": _attribution_by_path,
    "record_usage, 14 attributes": _record_usage,
    "Traceloop @task": _traceloop,
    "OpenInference @tracer.llm": _openinference,
    "Langfuse @observe": _langfuse,
    "Logfire @instrument": _logfire,
}


# Calls of the OpenAI client, instrumented. The client and what it is asked are made before the processes fork.


@functools.cache
def openai_client() -> Any:
    """A client whose transport answers from memory."""
    import httpx2
    import openai

    body = json.dumps(ANSWER | {"created": 1})
    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(200, content=body, headers={"content-type": "application/json"})
    )
    return openai.OpenAI(api_key="k", base_url="http://x/v1", http_client=httpx2.Client(transport=transport))


def _create() -> object:
    return openai_client().chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hello"}])


def _plain() -> Call:
    return _create


def _by_hand() -> Call:
    tracer = _provider().get_tracer("bench")

    def call() -> None:
        with _span(tracer, ASKED) as span:
            _create()
            span.set_attributes(ANSWERED)

    return call


def _instrument() -> Call:
    _ours()
    spanledger.instrument()
    return _create


def _instrumentor(module: str) -> Call:
    importlib.import_module(module).OpenAIInstrumentor().instrument(tracer_provider=_provider())
    return _create


def _logfire_client() -> Call:
    import logfire

    logfire.configure(send_to_logfire=False, console=False)
    logfire.instrument_openai(openai_client())
    return _create


PLAIN = "not instrumented"
BY_HAND = "by hand, 12 attributes"
CLIENTS: dict[str, Callable[[], Call]] = {
    PLAIN: _plain,
    "not instrumented, once more": _plain,
    BY_HAND: _by_hand,
    "spanledger.instrument()": _instrument,
    "official (genai-openai)": functools.partial(_instrumentor, "opentelemetry.instrumentation.genai.openai"),
    "OpenLLMetry": functools.partial(_instrumentor, "opentelemetry.instrumentation.openai"),
    "OpenInference": functools.partial(_instrumentor, "openinference.instrumentation.openai"),
    "Logfire": _logfire_client,
}

# The peers shall not call home.
os.environ.update(TRACELOOP_TELEMETRY="false", LOGFIRE_SEND_TO_LOGFIRE="false", LANGFUSE_TRACING_ENVIRONMENT="bench")
