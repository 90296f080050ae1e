"""The datasets beside Cost and Usage: Invoice Detail, Billing Period, Contract Commitment."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from spanledger_enrich.books.closing.statements.invoices import Invoices
from spanledger_enrich.books.focus.cost_and_usage import Asked, billing_months
from spanledger_enrich.books.focus.dataset import BESIDE, columns, provider_titles
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from spanledger_sql.store import Store

_TYPES: Final = {"Decimal": "Nullable(Decimal(38, 12))"}
# What of a row of Cost and Usage an invoice's line sums over.
_GRAIN: Final = (
    "InvoiceDetailId",
    "InvoiceId",
    "InvoiceIssuerName",
    "BillingAccountId",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargeCategory",
    "ServiceName",
)


class InvoiceLines:
    """Sums the charges that pass by their invoice's lines, and passes them on."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, ...], Decimal] = {}
        self.issuers: set[tuple[str, str, str]] = set()

    def noting(self, frames: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        """The frames as they are, noted."""
        for frame in frames:
            self._note(frame)
            yield frame

    def _note(self, frame: pd.DataFrame) -> None:
        periods = frame[["BillingPeriodStart", "BillingPeriodEnd", "InvoiceIssuerName"]].drop_duplicates()
        self.issuers |= set(periods.itertuples(index=False, name=None))
        if "InvoiceDetailId" not in frame:
            return
        billed = frame[frame["InvoiceDetailId"].notna()]
        for key, rows in billed.groupby(list(_GRAIN), sort=True)["BilledCost"]:
            self._sums[key] = self._sums.get(key, Decimal(0)) + sum(rows, Decimal(0))  # type: ignore[index, arg-type]

    def frame(self, issued: Mapping[str, str], numbered: frozenset[str] = frozenset()) -> pd.DataFrame:
        """Invoice Detail: a line for each invoice, account, category of charge and service.

        Args:
            issued: By when a billing period begins: when its invoices were issued, where they were.
            numbered: Invoices that were issued, on a day that nobody told.
        """
        rows = []
        for key, amount in sorted(self._sums.items()):
            of = dict(zip(_GRAIN, key, strict=True))
            service = of.pop("ServiceName")
            at = issued.get(of["BillingPeriodStart"])
            rows.append(
                {
                    **of,
                    "BilledCost": amount,
                    "InvoiceDetailCreated": at or of["BillingPeriodEnd"],
                    "InvoiceDetailDescription": f"{of['ChargeCategory']}, {service}",
                    "InvoiceDetailGrain": json.dumps({"ServiceName": service}),
                    "InvoiceDetailLastUpdated": at or of["BillingPeriodEnd"],
                    "InvoiceIssueDate": at,
                    "InvoiceIssueStatus": "Issued" if at or of["InvoiceId"] in numbered else "Open",
                    "PaymentCurrency": of["BillingCurrency"],
                    "PaymentCurrencyBilledCost": amount,
                    "PaymentCurrencyInvoiceDetailId": of["InvoiceDetailId"],
                    "PaymentTerms": "As agreed",
                    "ReferenceInvoiceId": of["InvoiceId"],
                }
            )
        return _frame("InvoiceDetail", "1.4", rows)


def billing_periods(
    asked: Asked, issuers: set[tuple[str, str, str]], issued: Mapping[str, str], now: datetime
) -> pd.DataFrame:
    """Billing Period: the months of the period by who issues invoices in them."""
    whole = {moment(month.begin): month for _, month, _ in billing_months(asked.period)}
    rows = [
        {
            "BillingPeriodCreated": begins,
            "BillingPeriodEnd": ends,
            "BillingPeriodLastUpdated": issued.get(
                begins, moment(min(max(now, whole[begins].begin), whole[begins].end))
            ),
            "BillingPeriodStart": begins,
            "BillingPeriodStatus": "Closed" if begins in issued else "Open",
            "InvoiceIssuerName": issuer,
        }
        for begins, ends, issuer in sorted(issuers)
    ]
    return _frame("BillingPeriod", asked.version, rows)


def contract_commitments(store: Store, asked: Asked, now: datetime) -> pd.DataFrame:
    """Contract Commitment: the commitments whose time touches the period."""
    titles = provider_titles()
    rows = []
    for one in store.rows(statement("focus/commitments"), **asked.period.bounds):
        seller = titles.get(one["provider"], one["provider"]) or asked.issuer
        rows.append(
            {
                "BillingCurrency": "USD",
                "ContractCommitmentApplicability": json.dumps(
                    {"IsComplexScope": True, "x_Covers": ", ".join(one["names"])}
                ),
                "ContractCommitmentBenefitCategory": "Availability" if one["covers_usage"] else "Entitlement",
                "ContractCommitmentCategory": "Spend",
                "ContractCommitmentCost": one["amount"],
                "ContractCommitmentCreated": moment(one["agreed"]),
                "ContractCommitmentDescription": one["kind"],
                "ContractCommitmentDurationType": _duration(one["begins"], one["ends"]),
                "ContractCommitmentFulfillmentInterval": "Hourly",
                "ContractCommitmentId": one["commitment_id"],
                "ContractCommitmentLastUpdated": moment(one["imported_at"]),
                "ContractCommitmentLifecycleStatus": _status(one["begins"], one["ends"], now),
                "ContractCommitmentModel": "Continuous",
                "ContractCommitmentOfferCategory": "Negotiated",
                "ContractCommitmentPaymentInterval": "Custom",
                "ContractCommitmentPaymentModel": "No Upfront",
                "ContractCommitmentPaymentUpfrontPercentage": Decimal(0),
                "ContractCommitmentPeriodEnd": moment(one["ends"]),
                "ContractCommitmentPeriodStart": moment(one["begins"]),
                "ContractCommitmentType": one["kind"],
                "ContractId": one["commitment_id"],
                "ContractPeriodEnd": moment(one["ends"]),
                "ContractPeriodStart": moment(one["begins"]),
                "InvoiceIssuerName": seller,
                "PricingCurrency": "USD",
                "PricingCurrencyContractCommitmentCost": one["amount"],
                "ServiceProviderName": seller,
            }
        )
    return _frame("ContractCommitment", asked.version, rows)


def datasets(
    store: Store, asked: Asked, lines: InvoiceLines, when_issued: Mapping[str, str], now: datetime
) -> dict[str, pd.DataFrame]:
    """What the version has beside Cost and Usage, and has rows, once that has passed through `lines`; see `issued`."""
    made = {
        "InvoiceDetail": lines.frame(when_issued, _numbered(store, asked, now)),
        "BillingPeriod": billing_periods(asked, lines.issuers, when_issued, now),
        "ContractCommitment": contract_commitments(store, asked, now),
    }
    return {name: made[name] for name in BESIDE if columns(name, asked.version) and len(made[name])}


def issued(store: Store, asked: Asked) -> dict[str, str]:
    """When the statements of closed months were issued, by when the month begins; providers' invoices are not ours."""
    if asked.view == "provider":
        return {}
    invoices = Invoices.of(store)
    found = {whole.begin: invoices.issued_at(month) for month, whole, _ in billing_months(asked.period)}
    return {moment(begins): moment(at) for begins, at in found.items() if at is not None}


def _numbered(store: Store, asked: Asked, now: datetime) -> frozenset[str]:
    """The invoices of providers that bills name; one may have its number while its month still goes on."""
    if asked.view == "internal":
        return frozenset()
    return frozenset(row["invoice"] for row in store.rows(statement("lookups/bills/invoices"), now=now))


def moment(at: datetime) -> str:
    """As FOCUS writes times."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _frame(dataset: str, version: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    known = columns(dataset, version)
    frame = pd.DataFrame(
        [{column.name: row.get(column.name) for column in known} for row in rows],
        columns=[column.name for column in known],
        dtype=object,
    )
    frame.attrs["types"] = {column.name: _TYPES.get(column.type, "Nullable(String)") for column in known}
    return frame


def _duration(begins: datetime, ends: datetime) -> str:
    months = 12 * (ends.year - begins.year) + ends.month - begins.month
    whole = months > 0 and (begins.day, begins.time()) == (ends.day, ends.time())
    number, unit = (months, "Month") if whole else (max(1, round((ends - begins).total_seconds() / 3600)), "Hour")
    if whole and months % 12 == 0:
        number, unit = months // 12, "Year"
    elif not whole and number % 24 == 0:
        number, unit = number // 24, "Day"
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _status(begins: datetime, ends: datetime, now: datetime) -> str:
    return "Pending" if now < begins else "Active" if now < ends else "Expired"
