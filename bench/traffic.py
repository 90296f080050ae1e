"""Synthetic LLM spans for the benchmarks: the attributes a real GenAI span has, as OTLP requests and as rows."""

from __future__ import annotations

import random

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_BEGIN_NS = 1_728_345_600 * 10**9  # 2024-10-08
_DEPLOYMENTS = (
    ("azure.ai.openai", "gpt-4o-2024-08-06", "germanywestcentral"),
    ("azure.ai.openai", "gpt-4o-mini-2024-07-18", "uksouth"),
    ("openai", "gpt-4o-mini-2024-07-18", ""),
    ("anthropic", "claude-3-5-sonnet-20240620", ""),
)


def requests(count: int, spans: int, seed: int = 1, hours: int = 72) -> list[bytes]:
    """``count`` export requests of ``spans`` spans each, protobuf, of calls spread over so many hours."""
    draw = random.Random(seed)
    return [_request(draw, spans, number, hours) for number in range(count)]


def _request(draw: random.Random, spans: int, number: int, hours: int) -> bytes:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    _set(resource.resource.attributes.add(), "service.name", "bench")
    scope = resource.scope_spans.add()
    scope.scope.name, scope.scope.version = "spanledger", "0.1.0"
    for _ in range(spans):
        provider, model, region = draw.choice(_DEPLOYMENTS)
        input_tokens = draw.randrange(200, 12_000)
        span = scope.spans.add(trace_id=draw.randbytes(16), span_id=draw.randbytes(8), name=f"chat {model}", kind=3)
        span.start_time_unix_nano = _BEGIN_NS + draw.randrange(hours * 3_600 * 10**9)
        span.end_time_unix_nano = span.start_time_unix_nano + draw.randrange(10**8, 10**10)
        for key, value in {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": model,
            "gen_ai.response.model": model,
            "gen_ai.response.id": f"r-{number}-{draw.randrange(10**12)}",
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.usage.input_tokens": input_tokens,
            "gen_ai.usage.cache_read.input_tokens": input_tokens // 3,
            "gen_ai.usage.output_tokens": draw.randrange(10, 900),
            "gen_ai.response.time_to_first_chunk": draw.random(),
            "tenant.id": f"tenant-{draw.randrange(20)}",
            "user.id": f"user-{draw.randrange(5000)}",
            "spanledger.feature": draw.choice(("chat", "search", "code-completion")),
            "cloud.region": region,
        }.items():
            _set(span.attributes.add(), key, value)
    return request.SerializeToString()


def _set(attribute: object, key: str, value: object) -> None:
    attribute.key = key  # type: ignore[attr-defined]
    target = attribute.value  # type: ignore[attr-defined]
    match value:
        case str():
            target.string_value = value
        case int():
            target.int_value = value
        case float():
            target.double_value = value
        case list():
            for item in value:
                target.array_value.values.add().string_value = item
