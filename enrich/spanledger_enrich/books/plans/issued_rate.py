"""The currencies and rates that statements of closed months were issued in: rates and plans that come later keep them.

A line of an adjustment is turned into the plan's currency at the rate of its month. At another one than the statement's
a minimum that was met in euros would be lacking, and be billed once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from spanledger_enrich.books.closing import chain as chains
from spanledger_enrich.books.closing.chain import ClosingError
from spanledger_enrich.books.closing.standing import standing
from spanledger_enrich.prices.contract_line import Rates, rate_on
from spanledger_enrich.prices.price_book import rates_with
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from spanledger_sql.store import Store

Row: TypeAlias = "Mapping[str, Any]"


def refuse_other_rates(store: Store, rates: Rates) -> None:
    """Refuse rates by which a closed month would have another one than its statements were issued at.

    Args:
        store: The database.
        rates: Those there are, with those that are to be loaded.

    Raises:
        ClosingError: There is a statement of such a month.
    """
    plans = in_force(store)
    for was, will in _others(store, (plans, plans), rates):
        raise ClosingError(
            f"{was.currency}: {was.month} is closed, and its statements by the plan {was.plan!r} were issued at "
            f"{was.at} USD, not {will.at}: give that plan this as its exchange_rate, and end it with to where months "
            "are open; nothing was loaded"
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
    for was, will in _others(store, (held, holding), rates_with(store, [])):
        at = "" if was.currency == "USD" or was.usd is None else f" at {was.at} USD"
        raise ClosingError(
            f"plan {was.plan or will.plan!r}: {was.month} is closed, and its statements were issued in {was.currency}"
            f"{at} ({was.tenant!r}): keep that for closed months, and begin another plan where months are open; "
            f"nothing was {done}"
        )


def in_force(store: Store) -> list[dict[str, Any]]:
    """The rows of `price_plan` that are in force."""
    return store.rows("SELECT * EXCEPT (removed, said_at) FROM price_plan FINAL WHERE NOT removed ORDER BY plan_id")


@dataclass(frozen=True, slots=True)
class _Terms:
    """By which plan a tenant's month goes, in which currency, and how many USD one unit of it is worth."""

    tenant: str
    month: str
    plan: str
    currency: str
    usd: Decimal | None

    @property
    def at(self) -> str:
        return "no rate" if self.usd is None else f"{self.usd.normalize():f}"


def _others(store: Store, plans: tuple[Sequence[Row], Sequence[Row]], rates: Rates) -> Iterator[tuple[_Terms, _Terms]]:
    """Of each statement of a closed month that would be by other terms: those that it has, and those that would be.

    Args:
        store: The database.
        plans: The rows of `price_plan` that are in force, and those that are to be.
        rates: Those that are to be.
    """
    now = standing(chains.events(store))
    if not now.sealed:
        return
    known = rates_with(store, [])
    for one in store.rows(statement("closing/statements/issued_to"), first=now.first, last=now.sealed):
        was = _terms(plans[0], known, one["tenant_id"], one["of_month"])
        will = _terms(plans[1], rates, one["tenant_id"], one["of_month"])
        if was.currency != will.currency or was.usd not in (None, will.usd):
            yield was, will


def _terms(plans: Sequence[Row], rates: Rates, tenant: str, month: str) -> _Terms:
    begins = datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC)
    # What is no tenant, such as `(unattributed)`, has no plan.
    for whose in () if tenant.startswith("(") else (tenant, "*"):
        for plan in plans:
            if plan["tenant_id"] == whose and plan["valid_from"] <= begins.date() < plan["valid_to"]:
                currency, agreed = str(plan["currency"]), plan["exchange_rate"]
                usd = Decimal(1) if currency == "USD" else agreed or rate_on(rates, currency, begins)
                return _Terms(tenant, month, str(plan["plan_id"]), currency, usd)
    return _Terms(tenant, month, "", "USD", Decimal(1))
