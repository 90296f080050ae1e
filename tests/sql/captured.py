"""The captures of real instrumentations, as they are and taken apart."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

CAPTURES = Path(__file__).parents[1] / "fixtures" / "dialects"


@dataclass(frozen=True)
class Capture:
    """One case of one set-up: the OTLP it sent, and what the provider billed meanwhile."""

    setup: str
    case: str

    @property
    def name(self) -> str:
        return f"{self.setup}/{self.case}"

    @property
    def request(self) -> bytes:
        return (CAPTURES / self.setup / f"{self.case}.pb").read_bytes()

    @property
    def billed(self) -> list[dict[str, Any]]:
        return list(json.loads((CAPTURES / self.setup / "truth.json").read_text())[self.case])

    def spans(self, number: int) -> list[bytes]:
        """The capture's spans, a request each, with trace, span and response ids of their own for each ``number``."""
        parts = []
        request = ExportTraceServiceRequest.FromString(self.request)
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    part = ExportTraceServiceRequest()
                    alone = part.resource_spans.add(resource=resource.resource).scope_spans.add(scope=scope.scope)
                    alone.spans.add().CopyFrom(span)
                    single = alone.spans[0]
                    single.trace_id = _other(span.trace_id, number)
                    single.span_id = _other(span.span_id, number)
                    single.parent_span_id = _other(span.parent_span_id, number)
                    for attribute in single.attributes:
                        if re.search(r"(\.response|\.metadata|^llm\.\w+)\.id$", attribute.key):
                            attribute.value.string_value += f"-{number}"
                        if attribute.key == "output.value":
                            value = attribute.value
                            value.string_value = re.sub(
                                r'(?<="id":")([^"]+)', rf"\1-{number}", value.string_value, count=1
                            )
                    parts.append(part.SerializeToString())
        return parts

    def trace_ids(self, number: int) -> list[str]:
        """The trace ids of `spans`."""
        request = ExportTraceServiceRequest.FromString(self.request)
        found = {s.trace_id for r in request.resource_spans for scope in r.scope_spans for s in scope.spans}
        return [_other(trace_id, number).hex() for trace_id in found]


def captures() -> list[Capture]:
    """Every capture that holds a span."""
    return [Capture(path.parent.name, path.stem) for path in sorted(CAPTURES.glob("*/*.pb")) if path.stat().st_size]


def _other(identity: bytes, number: int) -> bytes:
    return (int.from_bytes(identity, "big") ^ number).to_bytes(len(identity), "big") if identity else identity
