"""What the in-app library costs a call, as ratios to a bare OpenTelemetry span with the same twelve attributes.

All contestants run interleaved in one process, round by round, so that a busy machine slows all of them alike; the
median round counts. Nothing is exported: a processor that discards stands where the exporter would.

`@attribution` decorates a function whose body makes the bare span of twelve attributes; the processor stamps three more
on it. Its bar of 1.2 is the ratio to the same function undecorated ("literally", against twelve attributes); the row
below it compares with a bare span that carries all fifteen, set in the same two steps, and flatters the decorator.

The last line is the time of a process that imports `spanledger` and the OTel SDK with its OTLP exporter, to one that
imports only the latter; its bar is 1.1.

The first table is what a call of the real OpenAI client costs more when it is instrumented, over a transport that
answers from memory. Its floor is a hand-written span of twelve attributes around the call. The peers that are installed
take part: openinference-instrumentation-openai, opentelemetry-instrumentation-openai (OpenLLMetry), logfire,
langfuse.

    python bench/overhead.py [--rounds 60] [--calls 2000]
"""

import argparse
import contextlib
import gc
import importlib
import json
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

import spanledger
from spanledger import tracing
from spanledger.processor import AccountingProcessor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

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
ATTRIBUTES = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
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


def provider(stamping: bool) -> TracerProvider:
    made = TracerProvider(shutdown_on_exit=False)
    if stamping:
        made.add_span_processor(AccountingProcessor())
    return made


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=60)
    options.add_argument("--calls", type=int, default=2000)
    chosen = options.parse_args()

    clients(chosen.rounds, max(20, chosen.calls // 20))  # before the decorators' peers start threads of their own

    bare_tracer = provider(stamping=False).get_tracer("bench")
    ours = provider(stamping=True)
    tracing.use_provider(ours)
    ours_tracer = ours.get_tracer("bench")
    start, end = datetime(2026, 11, 2, 9, tzinfo=UTC), datetime(2026, 11, 2, 9, 0, 2, tzinfo=UTC)

    def bare() -> None:
        with bare_tracer.start_as_current_span("chat gpt-4o-mini", kind=SpanKind.CLIENT, attributes=ATTRIBUTES):
            pass

    def bare_attributed() -> None:
        with bare_tracer.start_as_current_span(
            "chat gpt-4o-mini", kind=SpanKind.CLIENT, attributes=ATTRIBUTES | ATTRIBUTED
        ):
            pass

    def bare_then_attributed() -> None:
        with bare_tracer.start_as_current_span("chat gpt-4o-mini", kind=SpanKind.CLIENT, attributes=ATTRIBUTES) as span:
            span.set_attributes(ATTRIBUTED)

    @spanledger.llm_call(provider="openai")
    def llm_call(model: str) -> dict[str, object]:  # noqa: ARG001 (read by the decorator)
        return ANSWER

    @spanledger.attribution(tenant="acme", user="u-17", feature="search")
    def attributed() -> None:
        with ours_tracer.start_as_current_span("chat gpt-4o-mini", kind=SpanKind.CLIENT, attributes=ATTRIBUTES):
            pass

    @spanledger.attribution(tenant="account.tenant", user="account.user", feature="search")
    def attributed_by_path(account: dict[str, str]) -> None:  # noqa: ARG001 (read by the decorator)
        with ours_tracer.start_as_current_span("chat gpt-4o-mini", kind=SpanKind.CLIENT, attributes=ATTRIBUTES):
            pass

    def record_usage() -> None:
        spanledger.record_usage(
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

    account = {"tenant": "acme", "user": "u-17"}
    contestants: dict[str, tuple[Callable[[], object], str]] = {
        "bare span, 12 attributes": (bare, "bare span, 12 attributes"),
        "bare span, 12 + 3 attributes": (bare_attributed, "bare span, 12 attributes"),
        "bare span, 12 attributes, then 3 more": (bare_then_attributed, "bare span, 12 attributes"),
        "@llm_call, 11 attributes": (lambda: llm_call(model="gpt-4o-mini"), "bare span, 12 attributes"),
        "@attribution, 12 + 3 attributes, literally": (attributed, "bare span, 12 attributes"),
        "@attribution, 12 + 3 attributes": (attributed, "bare span, 12 attributes, then 3 more"),
        "@attribution by path, 12 + 3 attributes": (
            lambda: attributed_by_path(account),
            "bare span, 12 attributes, then 3 more",
        ),
        "record_usage, 14 attributes": (record_usage, "bare span, 12 + 3 attributes"),
    }
    for name, peer in peers_decorators().items():
        contestants[name] = (peer, "bare span, 12 attributes")
    took: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(chosen.rounds):
        for name, (call, _against) in contestants.items():
            begun = time.perf_counter()
            for _ in range(chosen.calls):
                call()
            took[name].append((time.perf_counter() - begun) / chosen.calls * 1e6)

    median = {name: statistics.median(rounds) for name, rounds in took.items()}
    print(f"{'':42}{'us a call':>12}{'calls/s':>12}{'ratio':>8}  to")
    for name, (_call, against) in contestants.items():
        ratio = statistics.median(a / b for a, b in zip(took[name], took[against], strict=True))
        print(f"{name:42}{median[name]:12.1f}{1e6 / median[name]:12,.0f}{ratio:8.2f}  {against}")


def peers_decorators() -> "dict[str, Callable[[], object]]":
    """The decorators of the peers that are installed."""
    found: dict[str, Callable[[], object]] = {}
    with contextlib.suppress(ImportError):
        import logfire

        logfire.configure(send_to_logfire=False, console=False)
        found["logfire @instrument"] = logfire.instrument("call")(lambda: ANSWER)
    with contextlib.suppress(ImportError):
        import langfuse

        langfuse.Langfuse(
            public_key="pk", secret_key="sk", base_url="http://127.0.0.1:9", tracer_provider=provider(False)
        )
        found["langfuse @observe"] = langfuse.observe(as_type="generation")(lambda: ANSWER)
    return found


def clients(rounds: int, calls: int) -> None:
    """What instrumentations add to a call of the OpenAI client."""
    import httpx2
    import openai

    body = json.dumps(ANSWER | {"created": 1})

    def make() -> openai.OpenAI:
        transport = httpx2.MockTransport(
            lambda _: httpx2.Response(200, content=body, headers={"content-type": "application/json"})
        )
        return openai.OpenAI(api_key="k", base_url="http://x/v1", http_client=httpx2.Client(transport=transport))

    client = make()
    said = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}
    tracer = provider(stamping=False).get_tracer("bench")
    asked = dict(list(ATTRIBUTES.items())[:3])
    answered = {name: value for name, value in ATTRIBUTES.items() if name not in asked}

    def plain() -> object:
        return client.chat.completions.create(**said)

    def by_hand() -> None:
        with tracer.start_as_current_span("chat gpt-4o-mini", kind=SpanKind.CLIENT, attributes=asked) as span:
            client.chat.completions.create(**said)
            span.set_attributes(answered)

    ours = provider(stamping=True)

    @contextlib.contextmanager
    def instrumented() -> "Iterator[None]":
        tracing.use_provider(ours)
        spanledger.instrument()
        yield
        spanledger.uninstrument()

    contestants: dict[str, tuple[Callable[[], object], Callable[[], contextlib.AbstractContextManager[object]]]] = {
        "plain": (plain, contextlib.nullcontext),
        "by hand": (by_hand, contextlib.nullcontext),
        "spanledger.instrument()": (plain, instrumented),
    }
    for name, module in (
        ("OpenInference", "openinference.instrumentation.openai"),
        ("OpenLLMetry", "opentelemetry.instrumentation.openai"),
    ):
        with contextlib.suppress(ImportError):
            instrumentor = importlib.import_module(module).OpenAIInstrumentor()

            @contextlib.contextmanager
            def peer(instrumentor: "Any" = instrumentor) -> "Iterator[None]":
                instrumentor.instrument(tracer_provider=provider(stamping=False))
                yield
                instrumentor.uninstrument()

            contestants[name] = (plain, peer)
    with contextlib.suppress(ImportError):
        import logfire

        logfire.configure(send_to_logfire=False, console=False)
        watched = make()
        logfire.instrument_openai(watched)
        contestants["Logfire"] = (lambda: watched.chat.completions.create(**said), contextlib.nullcontext)

    gc.collect()
    gc.freeze()  # what the peers' imports have left shall not be collected over and over
    took: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, (call, around) in contestants.items():
            with around():
                call()
                begun = time.perf_counter()
                for _ in range(calls):
                    call()
                took[name].append((time.perf_counter() - begun) / calls * 1e6)
    added = {
        name: statistics.median(a - b for a, b in zip(took[name], took["plain"], strict=True)) for name in contestants
    }
    print(f"{'an OpenAI client call':42}{'us a call':>12}{'us added':>12}{'ratio':>8}  to by hand")
    for name in contestants:
        ratio = added[name] / added["by hand"]
        print(f"{name:42}{statistics.median(took[name]):12.1f}{added[name]:12.1f}{ratio:8.2f}")
    print()


def imports(rounds: int) -> None:
    """What the import of the library adds to the import of the OTel SDK and its OTLP exporter."""
    floor = "import opentelemetry.sdk.trace.export, opentelemetry.exporter.otlp.proto.http.trace_exporter"
    took: dict[str, list[float]] = {floor: [], f"{floor}, spanledger": []}
    for _ in range(rounds):
        for statement, times in took.items():
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", statement], check=True)
            times.append(time.perf_counter() - begun)
    sdk, with_ours = (statistics.median(times) for times in took.values())
    print(
        f"\nimport of spanledger {with_ours * 1e3:.0f} ms, of the OTel SDK and exporter {sdk * 1e3:.0f} ms:"
        f" {with_ours / sdk:.2f}"
    )


if __name__ == "__main__":
    main()
    imports(rounds=9)
