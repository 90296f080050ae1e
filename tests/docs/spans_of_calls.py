"""OTLP requests of plausible calls: tenants and none, regions, cached prompts, a model nobody prices, lost usage."""

from collections.abc import Iterator
from datetime import datetime

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_HOUR_NS = 3600 * 10**9
# provider, model, region
_DEPLOYMENTS = (
    ("azure.ai.openai", "gpt-4o-2024-08-06", "germanywestcentral"),
    ("azure.ai.openai", "gpt-4o-mini-2024-07-18", "uksouth"),
    ("openai", "gpt-4o-mini-2024-07-18", ""),
    ("vllm", "acme-finetune-7b", "eu-central-1"),
)
_TENANTS = ("northwind", "acme-legal", "lumen-health", "")


def requests(begin: datetime, calls: int) -> Iterator[bytes]:
    """One request a call, from ``begin`` on, seven a hour; the same ones every time."""
    for number in range(calls):
        provider, model, region = _DEPLOYMENTS[number % 4]
        request = ExportTraceServiceRequest()
        resource = request.resource_spans.add()
        _set(resource.resource.attributes.add(), "service.name", "assistant")
        start = int(begin.timestamp()) * 10**9 + number * _HOUR_NS // 7
        span = resource.scope_spans.add().spans.add(
            trace_id=number.to_bytes(16, "big"),
            span_id=(number + 1).to_bytes(8, "big"),
            name="chat",
            start_time_unix_nano=start,
            end_time_unix_nano=start + 2 * 10**9,
        )
        told: dict[str, str | int] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": model,
            "gen_ai.response.model": model,
            "cloud.region": region,
            "tenant.id": _TENANTS[number // 4 % 4],
            "session.id": f"s-{number // 10}",
            "spanledger.feature": ("search", "chat")[number % 2],
        }
        if number % 25:
            told["gen_ai.usage.input_tokens"] = 2000 + number
            told["gen_ai.usage.cache_read.input_tokens"] = 1024 if number % 3 else 0
            told["gen_ai.usage.output_tokens"] = 100 + number % 50
        for key, value in told.items():
            if value != "":
                _set(span.attributes.add(), key, value)
        yield request.SerializeToString()


def _set(attribute: object, key: str, value: str | int) -> None:
    attribute.key = key  # type: ignore[attr-defined]
    if isinstance(value, int):
        attribute.value.int_value = value  # type: ignore[attr-defined]
    else:
        attribute.value.string_value = value  # type: ignore[attr-defined]
