"""What rounding makes of statements: a charge of its own, so that a closed month's rows sum to what is invoiced."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import TYPE_CHECKING, Any, Final

from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from spanledger_sql.store import Store

_LAST_DIGIT: Final = Decimal(1).scaleb(-12)
# What many amounts that are each turned into a currency may come to beside their sum that is turned into it.
_TURNED: Final = Decimal("0.000001")
# A list knows no rounding.
_AS_BILLED: Final = ("BilledCost", "ContractedCost", "EffectiveCost", "PricingCurrencyEffectiveCost")


def rounded(
    store: Store, month: str, timezone: str, named: str, issuer: str, exported: Mapping[str, Decimal]
) -> Iterator[dict[str, Any]]:
    """A row for each statement of a closed month that its plan rounds, but for when it is charged.

    Args:
        store: The database.
        month: The month, which is closed.
        timezone: Only of tenants whose months begin by it.
        named: What follows the tenant in the name of the month's invoice.
        issuer: The organisation's name.
        exported: What the other rows bill, by tenant.
    """
    for one in store.rows(statement("closing/statements/rounded"), month=month):
        said = json.loads(one["document"])
        billing = said["billing"]
        if said["timezone"] != timezone or not billing["pays"]:
            continue
        exact = _exact(said["lines"], billing["rates"])
        summed = exported.get(one["tenant"], exact)
        amount = Decimal(billing["total"]) - (summed if abs(summed - exact) < _TURNED else exact)
        if not amount:
            continue
        invoice = f"{one['tenant']}/{named}"
        yield {
            **dict.fromkeys(_AS_BILLED, amount),
            "ListCost": Decimal(0),
            "BillingAccountId": one["tenant"],
            "BillingAccountName": one["tenant"],
            "BillingAccountType": "Tenant",
            "BillingCurrency": billing["currency"],
            "ChargeCategory": "Adjustment",
            "ChargeDescription": "rounding of the statement",
            "ChargeFrequency": "One-Time",
            "HostProviderName": issuer,
            "InvoiceDetailId": f"{invoice}/rounding",
            "InvoiceId": invoice,
            "InvoiceIssuerName": issuer,
            "PricingCurrency": billing["currency"],
            "ProviderName": issuer,
            "PublisherName": issuer,
            "ServiceCategory": "AI and Machine Learning",
            "ServiceName": f"{issuer} Generative AI API",
            "ServiceProviderName": issuer,
            "ServiceSubcategory": "Generative AI",
            "Tags": json.dumps({}),
            "x_Calls": 0,
            "x_ConsumerId": one["tenant"],
        }


def _exact(lines: list[dict[str, Any]], rates: Mapping[str, str]) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        total = sum((Decimal(line["price"]) / Decimal(rates[line["service_month"]]) for line in lines), Decimal(0))
        return total.quantize(_LAST_DIGIT, ROUND_HALF_UP)
