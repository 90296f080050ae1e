"""What one span may hold: what is beyond is let go of, and told to its sender as a partial success."""

from __future__ import annotations

from typing import Any

from spanledger_collector.otlp_signal import TRACES, Signal

MOST_ATTRIBUTES = 1024
"""So many attributes, and so many events, may one span have; OpenTelemetry's SDKs send 128 of each at most."""


def let_go(request: Any, signal: Signal) -> int:
    """Take the spans out of a request of spans that hold too much; gives how many these were."""
    if signal is not TRACES:
        return 0
    refused = 0
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            spans = scope.spans
            too_much = [
                place
                for place, span in enumerate(spans)
                if len(span.attributes) > MOST_ATTRIBUTES or len(span.events) > MOST_ATTRIBUTES
            ]
            for place in too_much[::-1]:
                del spans[place]
                refused += 1
    return refused


def message(refused: int) -> str:
    """What a sender is told of the spans that were let go of."""
    return f"{refused:,} spans have more than {MOST_ATTRIBUTES:,} attributes or events, and are not taken"
