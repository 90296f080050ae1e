"""Attribution across services, as W3C baggage: out by an allow-list, in marked and trusted last."""

from collections.abc import Collection, Mapping
from typing import Final

from opentelemetry import baggage
from opentelemetry.context import Context
from opentelemetry.util.types import AttributeValue

from spanledger import attributes

PREFIX: Final = "spanledger."
"""What the names of our baggage entries begin with, so that no other's are mistaken for ours."""


def carried(found: Mapping[str, AttributeValue], allowed: Collection[str], context: Context) -> Context:
    """The context with the allowed attributes as baggage, which the propagators send along with each request.

    Args:
        found: The attributes of an attribution.
        allowed: Names of attributes that may leave the process.
        context: The context to start from.
    """
    for name in allowed:
        if name in found:
            context = baggage.set_baggage(_entry(name), str(found[name]), context)
    return context


def received(allowed: Collection[str], context: Context | None) -> dict[str, AttributeValue]:
    """The allowed attributes that came in with the request.

    What a caller claims is only worth as much as the caller: entries that are not allowed, or longer than an id, are
    left out. Empty where nothing came.
    """
    found: dict[str, AttributeValue] = {}
    for name in allowed:
        value = baggage.get_baggage(_entry(name), context)
        if isinstance(value, str) and 0 < len(value) <= LONGEST_ID:
            found[name] = value
    return found


def allowed_attributes(keywords: Collection[str]) -> frozenset[str]:
    """The attribute names of these attribution keywords, such as "tenant".

    Raises `ValueError` for a keyword that may not leave the process: only opaque ids may.
    """
    unknown = sorted(set(keywords) - _OPAQUE.keys())
    if unknown:
        raise ValueError(
            f"{', '.join(unknown)} cannot go into baggage; only {', '.join(_OPAQUE)} can, being opaque ids"
        )
    return frozenset(_OPAQUE[keyword] for keyword in keywords)


def _entry(name: str) -> str:
    return name if name.startswith(PREFIX) else PREFIX + name


LONGEST_ID: Final = 256  # characters
_OPAQUE: Final = {
    "tenant": attributes.TENANT_ID,
    "user": attributes.USER_ID,
    "session": attributes.SESSION_ID,
    "workflow": attributes.WORKFLOW,
    "run_id": attributes.RUN_ID,
    "feature": attributes.FEATURE,
    "cost_center": attributes.COST_CENTER,
}
