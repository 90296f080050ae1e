"""Books over the sample ledger: commitments, seats, charges, budgets, a bill, a month that was closed and corrected."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from spanledger_enrich.books import charge, commitment, upkeep
from spanledger_enrich.books.bills import bill, invoice_share, reconciliation
from spanledger_enrich.books.budgets import budget
from spanledger_enrich.books.charge import Charge
from spanledger_enrich.books.closing import close
from spanledger_enrich.books.closing.close import Person
from spanledger_enrich.books.commitment import Commitment
from spanledger_enrich.books.plans import plan
from spanledger_enrich.books.plans.plan import Plan
from spanledger_settings.period import period

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store

OCTOBER = {"from": "2024-10-01", "to": "2024-11-01"}
COMMITMENTS: tuple[dict[str, Any], ...] = (
    {"commitment": "ptu-sweden", "kind": "reserved throughput", "amount": "24", "models": "gpt-4o-2024-08-06",
     "providers": "openai", "policy": "tokens", "idle": "own_line", **OCTOBER},
    {"commitment": "gateway", "kind": "fee", "amount": "6.20", "policy": "fixed",
     "shares": {"northwind": "0.6", "quarry": "0.4"}, **OCTOBER},
)  # fmt: skip
PLAN = {"plan": "northwind-2024", "tenant": "northwind", "from": "2024-10", "markup_percent": "12.5", "minimum": "20"}
CHARGES: tuple[dict[str, Any], ...] = (
    {"charge": "storage", "kind": "storage", "amount": "3.10", "provider": "openai", "tenant": "northwind", **OCTOBER},
    {"charge": "vat", "kind": "tax", "amount": "1.90", "policy": "even", **OCTOBER},
    {"charge": "wallet", "kind": "prepaid", "amount": "50", "from": "2024-10-01", "to": "2034-01-01"},
)
# What the bill says otherwise than the calls: so many times the price of this model.
DEARER = ("claude-3-5-sonnet-20240620", Decimal("1.1"))


def add_books(store: Store, configuration: Configuration, sample: pd.DataFrame, folder: Path) -> None:
    """Put it all into a store that holds the sample ledger; the rest of the year 2024 has no call."""
    commitment.record(store, [Commitment.model_validate(one) for one in COMMITMENTS], "commitments.yaml")
    charge.record(store, [Charge.model_validate(one) for one in CHARGES], "charges.csv")
    upkeep.bring_up_to_date(store, configuration)
    _budgets(store, folder)
    _bill(store, sample, folder)
    close.soft(store, "2024-10", Person("ann", "ann"), grace_days=0)
    close.hard(store, "2024-10", Person("bob", "bob"))
    _late(store)
    close.soft(store, "2024-11", Person("ann", "ann"), grace_days=300)
    plan.record(store, [Plan.model_validate(PLAN)], "plans.yaml")
    _outcomes(store, sample)


def _budgets(store: Store, folder: Path) -> None:
    file = folder / "budgets.csv"
    file.write_text(
        "budget,for,amount,unit,every,timezone,thresholds\n"
        "everything,total,200,usd,year,UTC,80;100\n"
        "northwind-year,tenant=northwind,1,usd,year,UTC,80;100\n"
        "chat-tokens,feature=support-chat,20000000,tokens,month,UTC,\n"
        "carbon,total,25,kgco2e,year,UTC,\n"
    )
    budget.record(store, budget.read(file), file.name)
    at = datetime(2024, 10, 8, 9, tzinfo=UTC)
    store.insert(
        "alarm",
        [{"alarm_key": "a" * 64, "kind": "threshold", "budget_id": "northwind-year", "tenant_id": "northwind",
          "run_id": "", "begins": at, "ends": at + timedelta(days=30), "unit": "usd", "reached": Decimal("0.81"),
          "bound": Decimal(1), "percent": Decimal(80), "noticed_at": datetime.now(UTC) - timedelta(days=1)}],
    )  # fmt: skip
    store.insert(
        "alarm_delivery",
        [{"alarm_key": "a" * 64, "channel": "webhook", "delivered": 0, "attempts": 3, "problem": "refused",
          "at": datetime.now(UTC)}],
    )  # fmt: skip


def _bill(store: Store, sample: pd.DataFrame, folder: Path) -> None:
    """What anthropic charges for the calls of October, a line a day and model; one model is billed dearer."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    calls = sample[(sample["counted"] == 1) & (sample["provider"] == "anthropic") & sample["list_cost"].notna()]
    for row in calls.itertuples(index=False):
        factor = DEARER[1] if row.request_model == DEARER[0] else 1
        sums[f"{row.ts:%Y-%m-%d}", row.request_model] += row.list_cost * factor
    file = folder / "anthropic.csv"
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["provider", "day", "model", "meter", "amount", "currency", "invoice"])
        for (day, model), amount in sums.items():
            writer.writerow(["anthropic", day, model, "all", f"{amount:.12f}", "USD", "INV-10"])
        writer.writerow(["anthropic", "2024-10-31", "", "tax", "0.19", "USD", "INV-10"])
    bill.record(store, bill.checked(store, [file]))
    done = reconciliation.reconcile(store, period("2024-10", None, None, "UTC"))
    for one in done:
        invoice_share.allocate(store, one, "metered", "ann")


def _late(store: Store) -> None:
    """A call of October that comes after its close."""
    store.execute(
        "INSERT INTO ledger SELECT * REPLACE ('late' AS span_id) FROM ledger "
        "WHERE counted = 1 AND tenant_id = 'northwind' AND contracted_cost > 0 AND request_model LIKE 'gpt-4o-mini%' "
        "ORDER BY span_id LIMIT 1"
    )


def _outcomes(store: Store, sample: pd.DataFrame) -> None:
    """Of every tenth call what came of it: of three tickets two are solved, northwind's earn something."""
    calls = sample[(sample["counted"] == 1) & sample["contracted_cost"].notna()].iloc[::10]
    store.insert(
        "outcome",
        [
            {"outcome_id": row.span_id, "ts": row.ts + timedelta(hours=1), "name": "ticket_solved", "label": "",
             "score": None, "good": int(number % 3 > 0), "tenant_id": row.tenant_id, "feature": "", "session_id": "",
             "revenue": Decimal("0.25") if row.tenant_id == "northwind" else None, "run_id": "", "response_id": "",
             "trace_id": row.trace_id, "service_name": "assistant", "signal": "span",
             "ingested_at": datetime.now(UTC)}
            for number, row in enumerate(calls.itertuples(index=False))
        ],
    )  # fmt: skip
