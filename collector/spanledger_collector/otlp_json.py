"""OTLP/JSON: as protobuf's own reader takes it, but for ids, which are hex; whole, or as far as it can be read."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from google.protobuf import json_format

if TYPE_CHECKING:
    from spanledger_collector.otlp_signal import Signal

# Of data points that are read: others', of summaries, tell nothing.
_KINDS = ("sum", "gauge", "histogram", "exponentialHistogram")
_SNAKE = {"exponentialHistogram": "exponential_histogram"}

UNREADABLE = (json_format.ParseError, binascii.Error, AttributeError, TypeError, ValueError)
"""What reading raises where a document is not of the request's shape."""


def whole(document: dict[str, Any], signal: Signal) -> Any:
    """The request that a document is; raises one of `UNREADABLE` where a part of it is not one."""
    for resource in document.get(signal.json_name) or ():
        for scope in resource.get(_camel(signal.scopes)) or ():
            for record in scope.get(_camel(signal.records)) or ():
                _mend(record)
    return json_format.ParseDict(document, signal.message(), ignore_unknown_fields=True)


def in_parts(document: dict[str, Any], signal: Signal) -> tuple[Any, int]:
    """The request without the spans, log records or data points that cannot be read, and how many these were.

    Each part is read twice at most, so that this takes no longer than the document is large.
    """
    request, unread = signal.message(), 0
    scopes, records = _camel(signal.scopes), _camel(signal.records)
    for told in _listed(document, signal.json_name):
        resource = _read(told, getattr(request, signal.resources).add(), scopes)
        for told_scope in _listed(told, scopes):
            scope = None if resource is None else _read(told_scope, getattr(resource, signal.scopes).add(), records)
            for record in _listed(told_scope, records):
                into = None if scope is None else getattr(scope, signal.records)
                if into is None or _read(record, into.add()) is None:
                    if into:
                        del into[-1]
                    unread += 1 if into is None else _by_points(record, into)
    return request, unread


def _by_points(metric: Any, into: Any) -> int:
    """Add a metric that cannot be read whole, with the points that can; gives how many cannot, 1 of what has none."""
    if not isinstance(metric, dict):
        return 1
    kind = next((kind for kind in _KINDS if _listed(metric.get(kind), "dataPoints")), "")
    if not kind:
        return 1
    points = metric[kind]["dataPoints"]
    if (whose := _read({**metric, kind: {**metric[kind], "dataPoints": []}}, into.add())) is None:
        del into[-1]
        return len(points)
    unread = 0
    for point in points:
        there = getattr(whose, _SNAKE.get(kind, kind)).data_points
        if _parsed(point, there.add(), "exemplars") is None:
            del there[-1]
            unread += 1
    return unread


def _read(told: Any, message: Any, without: str = "") -> Any:
    """The message that is read; None where it cannot be."""
    try:
        _mend(told)
    except UNREADABLE:
        return None
    return _parsed(told, message, without)


def _parsed(told: Any, message: Any, without: str) -> Any:
    try:
        kept = {name: value for name, value in told.items() if name != without}
        return json_format.ParseDict(kept, message, ignore_unknown_fields=True)
    except UNREADABLE:
        return None


def _listed(holder: Any, name: str) -> list[Any]:
    found = holder.get(name) if isinstance(holder, dict) else None
    return found if isinstance(found, list) else []


def _mend(record: dict[str, Any]) -> None:
    """Protobuf's reader wants bytes as base64, OTLP/JSON writes span and trace ids as hex.

    Of exemplars nothing is read; their ids are hex too.
    """
    for holder in (record, *(record.get("links") or ())):
        for name in ("traceId", "spanId", "parentSpanId"):
            if value := holder.get(name):
                holder[name] = base64.b64encode(bytes.fromhex(value)).decode()
    for kind in _KINDS:
        for point in (record.get(kind) or {}).get("dataPoints") or ():
            point.pop("exemplars", None)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
