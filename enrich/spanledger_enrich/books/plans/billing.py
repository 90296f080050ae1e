"""What the lines of a statement come to for who pays them: in the plan's currency, rounded by its rule."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import TYPE_CHECKING, Any, Final

from spanledger_settings.largest_remainder import rounded_together

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)
_LAST_DIGIT: Final = 12
# What the plan makes of a month so that it comes to its minimum.
MINIMUM: Final = "minimum"
_NO_PLAN: Final[dict[str, Any]] = {
    "plan": "", "basis": "effective", "markup_percent": _ZERO, "card": "", "currency": "USD", "decimals": _LAST_DIGIT,
    "rounding": "none", "pays": True,
}  # fmt: skip


def terms(month: str, plans: Sequence[Mapping[str, Any]], months: Sequence[str]) -> dict[str, Any]:
    """What a statement says of how its amounts came about.

    Args:
        month: Of the statement.
        plans: Rows of ``closing/statements/terms``: the tenant's own plans and everybody's, a tenant's own last.
        months: Of the statement's lines. A line is turned into the currency at the rate of its month where the plan of
            that month has the currency, else at that of the statement's.
    """
    of_month = {str(row["of_month"]): row for row in plans}
    own = of_month.get(month)
    if own is None:
        return {**_NO_PLAN, "rates": dict.fromkeys(sorted({month, *months}), f"{_ONE:f}")}
    rates = {}
    for one in sorted({month, *months}):
        known = of_month.get(one)
        rate = known["usd_each"] if known is not None and known["currency"] == own["currency"] else own["usd_each"]
        rates[one] = f"{rate.normalize():f}"
    return {
        "plan": own["plan_id"],
        "basis": own["basis"],
        "markup_percent": own["markup_percent"],
        "card": own["card"],
        "currency": own["currency"],
        "decimals": own["decimals"] if own["rounding"] != "none" else _LAST_DIGIT,
        "rounding": own["rounding"],
        "pays": bool(own["pays"]),
        "rates": rates,
    }


def billed(lines: Sequence[Mapping[str, Any]], said: Mapping[str, Any]) -> list[Decimal]:
    """What each line comes to in the currency; these sum to what the statement comes to.

    By the rule ``line`` each is rounded, and the total is their sum. By ``statement`` the total is rounded, and what
    the lines' parts of it have beyond the last digit goes to the largest remainders. ``none`` rounds nothing.

    Args:
        lines: With `price`, USD, `service_month` and `kind`.
        said: As `terms` gives it.
    """
    digit = _ONE.scaleb(-int(said["decimals"]))
    with localcontext() as context:
        context.prec = 60
        exact = [Decimal(line["price"]) / Decimal(said["rates"][line["service_month"]]) for line in lines]
        match said["rounding"]:
            case "statement":
                total = sum(exact, _ZERO).quantize(digit, ROUND_HALF_UP)
                parts = rounded_together(dict(enumerate(exact)), digit, total)
                return [parts[place] for place in range(len(exact))]
            case "line":
                found = [amount.quantize(digit, ROUND_HALF_UP) for amount in exact]
                return _to_the_minimum(lines, exact, found, digit)
            case _:
                return [amount.quantize(digit, ROUND_HALF_UP) for amount in exact]


def total(amounts: Sequence[Decimal]) -> Decimal:
    """What a statement comes to: the sum of what its lines come to."""
    return sum(amounts, _ZERO)


def _to_the_minimum(
    lines: Sequence[Mapping[str, Any]], exact: Sequence[Decimal], found: list[Decimal], digit: Decimal
) -> list[Decimal]:
    """The lines with a month's minimum met to the digit: what fills it up makes good what rounding the others did."""
    for place, line in enumerate(lines):
        if line["kind"] != MINIMUM or exact[place] <= 0 or line["reason"]:
            continue
        beside = [
            at
            for at, other in enumerate(lines)
            if at != place and other["service_month"] == line["service_month"] and not other["reason"]
        ]
        least = (sum((exact[at] for at in beside), _ZERO) + exact[place]).quantize(digit, ROUND_HALF_UP)
        found[place] = max(_ZERO, least - sum((found[at] for at in beside), _ZERO))
    return found
