"""The rates at which statements of closed months were issued: what is loaded later must not be other ones.

A line of an adjustment is turned into the plan's currency at the rate of its month. At another one than the statement's
a minimum that was met in euros would be lacking, and be billed once more.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from spanledger_enrich.books.closing import chain as chains
from spanledger_enrich.books.closing.chain import ClosingError
from spanledger_enrich.books.closing.standing import standing
from spanledger_enrich.prices.contract_line import Rates, rate_on
from spanledger_enrich.prices.price_book import rates_with
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanledger_enrich.books.plans.plan import Plan
    from spanledger_sql.store import Store


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


def refuse_other_currency(store: Store, plans: Sequence[Plan]) -> None:
    """Refuse plans by which a closed month would have another currency, or another rate of it, than its statements say.

    Raises:
        ClosingError: There is such a month.
    """
    named, rates = {one.plan: one for one in plans}, rates_with(store, [])
    for row in _closed(store):
        one = named.get(row["plan_id"])
        month = datetime.fromisoformat(f"{row['of_month']}-01").replace(tzinfo=UTC)
        if one is None or not one.begins <= month.date() < (one.ends or date.max):
            continue
        usd = Decimal(1) if one.currency == "USD" else one.exchange_rate or rate_on(rates, one.currency, month)
        if (one.currency, usd) != (row["currency"], row["usd_each"]):
            raise ClosingError(
                f"plan {one.plan!r}: {row['of_month']} is closed, and its statements were issued in "
                f"{row['currency']} at {row['usd_each'].normalize():f} USD: keep that for closed months, and begin "
                "another plan where months are open; nothing was imported"
            )


def _closed(store: Store) -> list[dict[str, Any]]:
    now = standing(chains.events(store))
    if not now.sealed:
        return []
    return store.rows(statement("closing/statements/issued_rates"), first=now.first, last=now.sealed)
