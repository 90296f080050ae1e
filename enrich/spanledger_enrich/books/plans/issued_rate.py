"""The currencies and rates that statements of closed months were issued in: rates and plans that come later keep them.

A line of an adjustment is turned into the plan's currency at the rate of its month. At another one than the statement's
a minimum that was met in euros would be lacking, and be billed once more.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from spanledger_enrich.books.closing import chain as chains
from spanledger_enrich.books.closing.chain import ClosingError
from spanledger_enrich.books.closing.standing import standing
from spanledger_enrich.prices.contract_line import Rates, rate_on
from spanledger_enrich.prices.price_book import rates_with
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spanledger_sql.store import Store

Row: TypeAlias = "Mapping[str, Any]"


def refuse_other_rates(store: Store, rates: Rates) -> None:
    """Refuse rates by which a closed month's plan would have another one than its statements say.

    Args:
        store: The database.
        rates: Those there are, with those that are to be loaded.

    Raises:
        ClosingError: There is such a month.
    """
    for row in _closed(store):
        usd = rate_on(rates, row["currency"], datetime.fromisoformat(f"{row['of_month']}-01").replace(tzinfo=UTC))
        if row["currency"] != "USD" and not row["agreed"] and usd is not None and usd != row["usd_each"]:
            raise ClosingError(
                f"{row['currency']}: {row['of_month']} is closed, and its statements by the plan {row['plan_id']!r} "
                f"were issued at {row['usd_each'].normalize():f} USD, not {usd.normalize():f}: give that plan this as "
                "its exchange_rate, and end it with to where months are open; nothing was loaded"
            )


def refuse_other_currency(store: Store, held: Sequence[Row], holding: Sequence[Row], done: str) -> None:
    """Refuse a change of plans by which a closed month would have another currency, or another rate of it, than issued.

    Args:
        store: The database.
        held: The rows of `price_plan` that are in force.
        holding: Those that are to be.
        done: What nothing is done to then, such as ``imported``.

    Raises:
        ClosingError: There is a statement of such a month.
    """
    now = standing(chains.events(store))
    if not now.sealed:
        return
    rates = rates_with(store, [])
    for one in store.rows(statement("closing/statements/issued_to"), first=now.first, last=now.sealed):
        tenant, month = one["tenant_id"], date.fromisoformat(f"{one['of_month']}-01")
        was, will = (_terms(plans, rates, tenant, month) for plans in (held, holding))
        if was[1:] != will[1:]:
            name, currency, usd = was
            at = "" if currency == "USD" or usd is None else f" at {usd.normalize():f} USD"
            raise ClosingError(
                f"plan {name or will[0]!r}: {one['of_month']} is closed, and its statements were issued in {currency}"
                f"{at} ({tenant!r}): keep that for closed months, and begin another plan where months are open; "
                f"nothing was {done}"
            )


def _terms(plans: Sequence[Row], rates: Rates, tenant: str, month: date) -> tuple[str, str, Decimal | None]:
    """By which plan a tenant's month goes, in which currency, and how many USD one unit of it is worth."""
    # What is no tenant, such as `(unattributed)`, has no plan.
    for whose in () if tenant.startswith("(") else (tenant, "*"):
        for plan in plans:
            if plan["tenant_id"] == whose and plan["valid_from"] <= month < plan["valid_to"]:
                currency, agreed = str(plan["currency"]), plan["exchange_rate"]
                begins = datetime(month.year, month.month, 1, tzinfo=UTC)
                usd = Decimal(1) if currency == "USD" else agreed or rate_on(rates, currency, begins)
                return str(plan["plan_id"]), currency, usd
    return "", "USD", Decimal(1)


def _closed(store: Store) -> list[dict[str, Any]]:
    now = standing(chains.events(store))
    if not now.sealed:
        return []
    return store.rows(statement("closing/statements/issued_rates"), first=now.first, last=now.sealed)
