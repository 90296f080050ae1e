"""How much of an attribution a call has room for."""

from typing import Final

from opentelemetry.util.types import AttributeValue

from spanledger import attributes, guard

MOST_DIMENSIONS: Final = 48
"""How many dimensions a call keeps: OpenTelemetry has room for 128 attributes, and drops the first ones beyond."""


def with_room(found: dict[str, AttributeValue]) -> dict[str, AttributeValue]:
    """As many dimensions as a span has room for beside what it says of the call; identities always."""
    dimensions = [name for name in found if name.startswith(attributes.DIMENSION_PREFIX)]
    last = set(dimensions[MOST_DIMENSIONS:])
    if last:
        guard.note(
            "attribution",
            f"{len(last)} of {len(dimensions)} dimensions are left out: a call has room for {MOST_DIMENSIONS}",
        )
    return {name: value for name, value in found.items() if name not in last}
