"""`record_outcome`: what came of the work that calls were made for, so that a good result has a cost."""

from datetime import datetime
from math import isfinite
from typing import Final

from opentelemetry.trace import SpanKind

from spanledger import attributes, guard
from spanledger.attribution.attribution_context import KEYWORDS, AttributionValue, attributes_from
from spanledger.attribution.keyword import tell_typos
from spanledger.calls.record import nanoseconds
from spanledger.tracing import DISABLED, tracer


def record_outcome(
    name: str,
    *,
    good: bool | None = None,
    label: str | None = None,
    score: float | None = None,
    revenue_usd: float | None = None,
    response_id: str | None = None,
    time: datetime | int | None = None,
    **attribution: AttributionValue,
) -> None:
    """Records what came of some work: a ticket solved, a document passed, an answer that was right or wrong.

    It goes the way of calls, as a span of its own. The calls that it is about are those of `response_id`, else of its
    `run_id`, else of its session, else of its trace, by the keywords and the scopes around. It never raises: what
    cannot be recorded is logged once and counted.

    Args:
        name: Of what kind of result, such as "ticket_solved".
        good: Whether it is one; `None` leaves that to the label.
        label: A word for it, such as "pass" or "fail".
        score: How good it is, on a scale of your own.
        revenue_usd: What it earns, USD.
        response_id: The provider's id of the one answer that it is about.
        time: When: an aware datetime or nanoseconds since 1970. By default now.
        **attribution: The keywords of `attribution`, literal values only. They win over the scopes around.

    Example:
        spanledger.record_outcome("ticket_solved", good=True, run_id=ticket.id, revenue_usd=4.50)
    """
    if DISABLED:
        return
    with _RECORDING:
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"name is {name!r}; it must be a name")
        for said, number in (("score", score), ("revenue_usd", revenue_usd)):
            if number is not None and not isfinite(number):
                raise ValueError(f"{said} is {number}; it must be a number")
        if attribution and not attribution.keys() <= _KEYWORDS:
            tell_typos("record_outcome", attribution.keys() - _KEYWORDS, (*KEYWORDS, *_OWN))
        found = attributes_from(attribution) if attribution else {}
        found[attributes.OPERATION_NAME] = attributes.OPERATION_OUTCOME
        found[attributes.OUTCOME_NAME] = name.strip()
        if good is not None:
            found[attributes.OUTCOME_GOOD] = bool(good)
        if score is not None:
            found[attributes.OUTCOME_SCORE] = float(score)
        if revenue_usd is not None:
            found[attributes.OUTCOME_REVENUE_USD] = float(revenue_usd)
        for key, text in ((attributes.OUTCOME_LABEL, label), (attributes.RESPONSE_ID, response_id)):
            if text:
                found[key] = text
        at = nanoseconds(time)
        tracer().start_span(f"outcome {name}", None, SpanKind.INTERNAL, found, (), at).end(at)


_KEYWORDS: Final = frozenset(KEYWORDS)
_OWN: Final = ("good", "label", "score", "revenue_usd", "response_id", "time")
_RECORDING: Final = guard.Shield("record_outcome")
