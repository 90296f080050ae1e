"""Many spans of many dialects: the captures of real instrumentations over and over, each time with new ids."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import TYPE_CHECKING

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

_CAPTURES = Path(__file__).parents[1] / "tests" / "fixtures" / "dialects"
# What the captures' provider puts into every id of an answer.
_RESPONSE_ID = b"Zq7vK2mXw9Lr4TnB8sYd"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def mixed_requests(spans: int, seed: int = 1) -> Iterator[tuple[bytes, int]]:
    """Export requests until they hold at least ``spans`` spans, each with how many it holds."""
    draw = random.Random(seed)
    templates = [_Template(path.read_bytes()) for path in sorted(_CAPTURES.glob("*/*.pb"))]
    made = 0
    while made < spans:
        for template in draw.sample(templates, len(templates)):
            if made < spans:
                yield template.copy(draw), template.spans
                made += template.spans


class _Template:
    """A captured request, whose ids can be replaced byte by byte: they keep their lengths."""

    def __init__(self, body: bytes) -> None:
        found = [
            span
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
        self.spans = len(found)
        ids = {item for span in found for item in (span.trace_id, span.span_id, span.parent_span_id) if item}
        self._body = body
        self._ids = re.compile(b"|".join(re.escape(item) for item in (*sorted(ids), _RESPONSE_ID)))

    def copy(self, draw: random.Random) -> bytes:
        fresh: dict[bytes, bytes] = {}

        def replace(match: re.Match[bytes]) -> bytes:
            old = match.group()
            if old not in fresh:
                is_text = old == _RESPONSE_ID
                fresh[old] = bytes(draw.choices(_ALPHABET, k=len(old))) if is_text else draw.randbytes(len(old))
            return fresh[old]

        return self._ids.sub(replace, self._body)
