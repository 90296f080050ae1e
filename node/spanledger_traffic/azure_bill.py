"""Azure's cost details of a workload, as its portal exports them: what the provider would bill for the same calls.

Prices are those of Azure's price sheet, not the ledger's: a bill is another's word. Two differences are planted, which
a reconciliation must name.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from spanledger_traffic.workload import GPT_4O_GERMANY, GPT_4O_MINI_UK

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from spanledger_traffic.workload import Call

# What a meter is called and counted in, and what a million tokens cost in October 2024, USD.
_METERS: Final = {
    (GPT_4O_GERMANY.model, "input"): ("gpt 4o 0806 Inp glbl Tokens", 1000, Decimal("2.50")),
    (GPT_4O_GERMANY.model, "cached"): ("gpt 4o 0806 cached Inp glbl Tokens", 1000, Decimal("1.25")),
    (GPT_4O_GERMANY.model, "output"): ("gpt 4o 0806 Outp glbl Tokens", 1000, Decimal("10.00")),
    (GPT_4O_MINI_UK.model, "input"): ("gpt-4o-mini-0718-inp-glbl Tokens", 1_000_000, Decimal("0.15")),
    (GPT_4O_MINI_UK.model, "cached"): ("gpt-4o-mini-0718-cached Inp-glbl Tokens", 1_000_000, Decimal("0.075")),
    (GPT_4O_MINI_UK.model, "output"): ("gpt-4o-mini-0718-Outp-glbl Tokens", 1_000_000, Decimal("0.60")),
}
_COLUMNS: Final = (
    "BillingAccountId", "BillingAccountName", "BillingPeriodStartDate", "BillingPeriodEndDate", "BillingProfileId",
    "BillingProfileName", "AccountOwnerId", "AccountName", "SubscriptionId", "SubscriptionName", "Date", "Product",
    "PartNumber", "MeterId", "ServiceFamily", "MeterCategory", "MeterSubCategory", "MeterRegion", "MeterName",
    "Quantity", "EffectivePrice", "Cost", "UnitPrice", "BillingCurrency", "ResourceLocation", "AvailabilityZone",
    "ConsumedService", "ResourceId", "ResourceName", "ServiceInfo1", "ServiceInfo2", "AdditionalInfo", "Tags",
    "InvoiceSectionId", "InvoiceSection", "CostCenter", "UnitOfMeasure", "ResourceGroup", "ReservationId",
    "ReservationName", "ProductOrderId", "ProductOrderName", "OfferId", "IsAzureCreditEligible", "Term",
    "PublisherName", "PlanName", "ChargeType", "Frequency", "PublisherType",
)  # fmt: skip
_UNITS: Final = {1000: "1K", 1_000_000: "1M"}
_MILLION: Final = 1_000_000
# A service that nobody instrumented: so many calls on the second day, each of so many tokens.
_UNSEEN_CALLS, _UNSEEN_INPUT, _UNSEEN_OUTPUT = 40, 20_000, 500


@dataclass(frozen=True, slots=True)
class Planted:
    """What is wrong between the traffic and its bill, USD.

    Attributes:
        missing_usage: Of calls that were billed, and never reported.
        price_differences: Of cached tokens that were billed at the price of others.
        what: Both in words.
    """

    missing_usage: Decimal
    price_differences: Decimal
    what: tuple[str, str]


def write(path: Path, calls: Iterable[Call], first_day: date) -> Planted:
    """Write the bill of those calls that Azure served, and plant the differences.

    Args:
        path: Of the file.
        calls: The traffic, begun on `first_day`.
        first_day: The first of its days, UTC.
    """
    used: dict[tuple[date, str, str], int] = defaultdict(int)
    for call in calls:
        if call.deployment.provider == GPT_4O_GERMANY.provider:
            day, model = call.start.date(), call.deployment.model
            used[day, model, "input"] += call.input_tokens - call.cache_read_tokens
            used[day, model, "cached"] += call.cache_read_tokens
            used[day, model, "output"] += call.output_tokens
    model, second, third = GPT_4O_GERMANY.model, first_day + timedelta(days=1), first_day + timedelta(days=2)
    unseen = {"input": _UNSEEN_CALLS * _UNSEEN_INPUT, "output": _UNSEEN_CALLS * _UNSEEN_OUTPUT}
    for meter, tokens in unseen.items():
        used[second, model, meter] += tokens
    full, cached = _METERS[model, "input"][2], _METERS[model, "cached"][2]
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, _COLUMNS, restval="")
        writer.writeheader()
        for (day, name, meter), tokens in sorted(used.items()):
            title, each, price = _METERS[name, meter]
            charged = full if (day, name, meter) == (third, model, "cached") else price
            writer.writerow(_line(day, title, each, charged, tokens))
    return Planted(
        sum((_METERS[model, meter][2] * tokens for meter, tokens in unseen.items()), Decimal(0)) / _MILLION,
        (full - cached) * used[third, model, "cached"] / _MILLION,
        (
            f"{_UNSEEN_CALLS} calls of a service that nobody instrumented, on {second}",
            f"cached input of gpt-4o at the price of other input, on {third}",
        ),
    )


def _line(day: date, title: str, each: int, price: Decimal, tokens: int) -> dict[str, object]:
    """A line of the export: what its columns have, where they have anything."""
    first = day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return {
        "BillingAccountId": "7712345",
        "BillingAccountName": "Example AG",
        "BillingPeriodStartDate": f"{first:%m/%d/%Y}",
        "BillingPeriodEndDate": f"{last:%m/%d/%Y}",
        "SubscriptionId": "0b1f6471-1bf0-4dda-aec3-cb9272f09590",
        "Date": f"{day:%m/%d/%Y}",
        "Product": f"Azure OpenAI - {title}",
        "ServiceFamily": "AI + Machine Learning",
        "MeterCategory": "Foundry Models",
        "MeterSubCategory": "Azure OpenAI",
        "MeterName": title,
        "Quantity": f"{Decimal(tokens) / each:f}",
        "EffectivePrice": f"{price * each / _MILLION:f}",
        "Cost": f"{price * tokens / _MILLION:f}",
        "BillingCurrency": "USD",
        "ConsumedService": "Microsoft.CognitiveServices",
        "ResourceName": "oai-production",
        "UnitOfMeasure": _UNITS[each],
        "PublisherName": "Microsoft",
        "ChargeType": "Usage",
        "Frequency": "UsageBased",
        "PublisherType": "Azure",
    }
