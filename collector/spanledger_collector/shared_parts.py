"""What the records of a request share: their resource and scope, which the database puts beside each of them.

A resource of a megabyte before two thousand spans is a request of a megabyte, and two gigabytes in the database. So
what is stored of no resource is let go of where it would take much, and records whose shared parts would take too much
all the same are not taken, which their sender is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spanledger_collector.otlp_signal import METRICS, Signal

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_SHARED = 2**28
"""So many bytes may the shared parts of a request take, once they stand beside each of its records; the database needs
three to four times as much for them."""

# What an attribute takes in the database beside its name and value.
_PER_ATTRIBUTE = 128
# Of no resource is a value stored that is longer than a thousand bytes.
_LONGEST_VALUE = 4_000
_LONGEST_NAME = 1_000


def shared_bytes(request: Any, signal: Signal) -> int:
    """What resources and scopes take, each as often as it has records."""
    return sum(records * weight for _, records, weight in _parts(request, signal))


def lighten(request: Any, signal: Signal) -> tuple[int, int]:
    """Bring a request's shared parts below the limit.

    Returns:
        How many records had to be left out for it, and what the shared parts of the others take.
    """
    for resource in getattr(request, signal.resources):
        _shorten(resource.resource)
        for scope in getattr(resource, signal.scopes):
            _shorten_scope(scope, signal)
    parts = sorted(_parts(request, signal), key=lambda part: part[1] * part[2])
    total = sum(records * weight for _, records, weight in parts)
    left_out = 0
    while total > MOST_SHARED:
        scope, records, weight = parts.pop()
        del getattr(scope, signal.records)[:]
        left_out += records
        total -= records * weight
    return left_out, total


def message(left_out: int, what: str) -> str:
    """What a sender is told of the records that were left out."""
    return (
        f"{left_out:,} {what} are not taken: the attributes of their resource, beside each of them, would take more "
        f"than {MOST_SHARED:,} bytes; send smaller batches, or fewer such attributes"
    )


def _parts(request: Any, signal: Signal) -> Iterator[tuple[Any, int, int]]:
    """Each scope's part, how many records it has, and what it and its resource take beside each of them."""
    for resource in getattr(request, signal.resources):
        of_resource = _bytes(resource.resource) + len(resource.schema_url)
        for scope in getattr(resource, signal.scopes):
            records = getattr(scope, signal.records)
            weight = of_resource + _bytes(scope.scope) + len(scope.schema_url)
            if signal is METRICS:
                # What a metric is called stands beside each of its points.
                weight += max((_bytes_of_name(metric) for metric in records), default=0)
                yield scope, sum(map(_points, records)), weight
            else:
                yield scope, len(records), weight


def _bytes(part: Any) -> int:
    return int(part.ByteSize()) + _PER_ATTRIBUTE * len(part.attributes)


def _bytes_of_name(metric: Any) -> int:
    return len(metric.name) + len(metric.unit) + len(metric.description)


def _points(metric: Any) -> int:
    data = metric.WhichOneof("data")
    return len(getattr(metric, data).data_points) if data else 0


def _shorten(resource: Any) -> None:
    """Take away the values that are stored of no resource, for they are too long."""
    attributes = resource.attributes
    for place in range(len(attributes) - 1, -1, -1):
        if attributes[place].ByteSize() > _LONGEST_VALUE:
            del attributes[place]


def _shorten_scope(part: Any, signal: Signal) -> None:
    """Take away what is read of no scope, and the end of names that are none."""
    part.schema_url = ""
    if signal is METRICS:
        for metric in part.metrics:
            metric.description = ""
    del part.scope.attributes[:]
    part.scope.name = part.scope.name[:_LONGEST_NAME]
    part.scope.version = part.scope.version[:_LONGEST_NAME]
