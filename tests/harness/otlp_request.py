"""Requests of OTLP, as senders make them."""

from __future__ import annotations

import itertools

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_NUMBERS = itertools.count(1)
NOON = 1_728_390_600_000_000_000


def call(resource: dict[str, str] | None = None, *, spans: int = 1, trace: bytes = b"", span: bytes = b"",
         **attributes: str | int) -> bytes:  # fmt: skip
    """A request of LLM calls; attributes as keywords with `__` for dots."""
    request = ExportTraceServiceRequest()
    part = request.resource_spans.add()
    for key, text in (resource or {}).items():
        part.resource.attributes.add(key=key).value.string_value = text
    scope = part.scope_spans.add()
    for _ in range(spans):
        number = next(_NUMBERS)
        one = scope.spans.add(
            trace_id=trace or number.to_bytes(16), span_id=span or number.to_bytes(8), name="chat gpt-4o",
            start_time_unix_nano=NOON, end_time_unix_nano=NOON + 10**9,
        )  # fmt: skip
        said = {
            "gen_ai__operation__name": "chat",
            "gen_ai__request__model": "gpt-4o",
            "gen_ai__provider__name": "openai",
            "gen_ai__usage__input_tokens": 1000,
            "gen_ai__usage__output_tokens": 100,
            **attributes,
        }
        for key, value in said.items():
            held = one.attributes.add(key=key.replace("__", ".")).value
            if isinstance(value, int):
                held.int_value = value
            else:
                held.string_value = value
    return request.SerializeToString()
