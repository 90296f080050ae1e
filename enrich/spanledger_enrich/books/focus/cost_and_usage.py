"""Cost and Usage: the charges of a period, some days at a time, so that memory is bounded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import TYPE_CHECKING, Any, Final, Literal

import pandas as pd

from spanledger_enrich.books.closing.statements.invoices import Invoices
from spanledger_enrich.books.focus import statement_rounding
from spanledger_enrich.books.focus.dataset import columns, provider_titles
from spanledger_settings.mendable import AskedWronglyError
from spanledger_settings.period import Period, of_days
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spanledger_sql.store import Store

View = Literal["internal", "provider"]
TAGS: Final = ("feature", "workflow", "environment", "service")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an export is of.

    Attributes:
        period: Of whole days; a charge period is a day of its zone, a billing period a month.
        version: Of FOCUS.
        view: `internal`: the organisation bills its tenants; `provider`: providers bill the organisation.
        issuer: The organisation's name.
        tags: Of `TAGS`, those that become tags.
        own: Dimensions of one's own that become tags.
    """

    period: Period
    version: str
    view: View
    issuer: str
    tags: Sequence[str] = TAGS
    own: Sequence[str] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        """Of the statements, but for their times."""
        titles = provider_titles()
        return {
            "version": self.version,
            "internal": int(self.view == "internal"),
            "issuer": self.issuer,
            "providers": list(titles),
            "provider_titles": list(titles.values()),
        }


def whole_days(asked: Period) -> Period:
    """The period, which charge periods must be able to fill.

    Raises:
        AskedWronglyError: It begins or ends within a day.
    """
    if asked != of_days(asked.first_day, asked.last_day, asked.timezone):
        raise AskedWronglyError(
            f"charge periods are days: expected --month, or --from and --to at midnight in {asked.timezone}, such as "
            f"--from {asked.first_day} --to {asked.last_day}"
        )
    return asked


def billing_months(asked: Period) -> list[tuple[str, Period, Period]]:
    """The months that a period is in: of each its name, the whole month, and what of it is in the period."""
    months, first = [], asked.first_day.replace(day=1)
    while first <= asked.last_day:
        following = (first + timedelta(days=32)).replace(day=1)
        last = following - timedelta(days=1)
        part = of_days(max(first, asked.first_day), min(last, asked.last_day), asked.timezone)
        months.append((f"{first:%Y-%m}", of_days(first, last, asked.timezone), part))
        first = following
    return months


def frames(
    store: Store, asked: Asked, calls_at_once: int, left_out: dict[tuple[str, str], Decimal] | None = None
) -> Iterator[pd.DataFrame]:
    """The rows, in frames, with the version's columns by name and those of this project behind.

    A month that is closed, and a part of it, has no row of who got no statement of it, such as a tenant that was
    renamed since: these would name an invoice that nobody has, and what was stated is there under the name that it was
    stated by. Once they are posted, they are nothing in all.

    Args:
        store: The database.
        asked: What the export is of.
        calls_at_once: Days are taken together that have at most so many calls; a day at least.
        left_out: Takes by month and tenant what rows that are not there would have billed, where it is not nothing.
    """
    wanted = [column.name for column in columns("CostAndUsage", asked.version)]
    invoices = Invoices.of(store) if asked.view == "internal" else None
    for month, whole, part in billing_months(asked.period):
        named = month if invoices is None else invoices.named(month)
        billing = {"month_begins": whole.bounds["from"], "month_ends": whole.bounds["to"], "month": month}
        billing["invoice"] = named
        kept = None
        sums: dict[str, Decimal] = {}
        beside: dict[str, Decimal] = {}
        terms = _terms(store, whole) if asked.view == "internal" and part == whole else []
        stated = invoices.issued_to(store, month) if invoices is not None else None
        for days in _stretches(store, part, calls_at_once):
            frame = store.frame(
                "focus/cost_and_usage",
                **days.bounds,
                timezone=days.timezone,
                **billing,
                tags=list(asked.tags),
                custom=list(asked.own),
                **_columns_of(terms if days.end == whole.end else []),
                **asked.parameters,
            )
            kept = frame[[*wanted, *(name for name in frame if str(name).startswith("x_"))]]
            kept.attrs["types"] = frame.attrs["types"]
            kept = _stated(kept, stated, beside)
            if invoices is not None:
                _add(sums, kept)
            yield kept
        if invoices is not None and kept is not None:
            for found in _corrections(store, asked, kept, {**billing, **part.bounds}):
                frame = _stated(found, stated, beside)
                _add(sums, frame)
                yield frame
            if part == whole and invoices.issued_at(month) is not None:
                yield from _rounding(store, asked, kept, (month, named, whole), sums)
        if left_out is not None:
            left_out |= {(month, tenant): amount for tenant, amount in beside.items() if amount}


def _corrections(store: Store, asked: Asked, like: pd.DataFrame, billing: dict[str, Any]) -> Iterator[pd.DataFrame]:
    """What the books say beside the ledger of a month, in the columns of the other rows."""
    given = {name: asked.parameters[name] for name in ("issuer", "providers", "provider_titles")}
    frame = store.frame("focus/corrections", **billing, timezone=asked.period.timezone, **given)
    if len(frame):
        yield _like(frame, like)


def _rounding(
    store: Store, asked: Asked, like: pd.DataFrame, of: tuple[str, str, Period], sums: dict[str, Decimal]
) -> Iterator[pd.DataFrame]:
    """What rounding makes of the statements of a closed month, in the columns of the other rows."""
    month, named, whole = of
    rows = list(statement_rounding.rounded(store, month, asked.period.timezone, named, asked.issuer, sums))
    if rows:
        times = {
            f"{kind}Period{name}": f"{at:%Y-%m-%dT%H:%M:%SZ}"
            for kind in ("Billing", "Charge")
            for name, at in (("Start", whole.begin), ("End", whole.end))
        }
        yield _like(pd.DataFrame([{**row, **times} for row in rows], dtype=object), like)


def _stated(frame: pd.DataFrame, stated: frozenset[str] | None, beside: dict[str, Decimal]) -> pd.DataFrame:
    """Of a closed month the rows of who got a statement; what the others come to is added up."""
    if stated is None or (of_them := frame["BillingAccountId"].isin(stated)).all():
        return frame
    _add(beside, frame[~of_them])
    kept = frame[of_them]
    kept.attrs["types"] = frame.attrs["types"]
    return kept


def _add(sums: dict[str, Decimal], frame: pd.DataFrame) -> None:
    for tenant, amounts in frame.groupby("BillingAccountId")["BilledCost"]:
        sums[str(tenant)] = sums.get(str(tenant), Decimal(0)) + sum(amounts, Decimal(0))


def _like(frame: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Rows in the columns of others, with nothing where they have none."""
    found = frame.reindex(columns=like.columns).astype(object)
    found = found.where(found.notna(), None)
    found.attrs["types"] = like.attrs["types"]
    return found


def _terms(store: Store, month: Period) -> list[tuple[str, ...]]:
    """What price plans make of a month as a whole: whose, what, by which plan, how much in which currency."""
    rows = store.rows(statement("reports/finance/plans"), **month.bounds, timezone=month.timezone, tenants=[])
    return [
        (row["tenant"], kind, row["plan"], f"{_converted(row[kind], row['exchange_rate']):f}", row["currency"])
        for row in rows
        for kind in ("allowance", "minimum")
        if row[kind] and row["pays"]
    ]


def _converted(amount: Decimal, usd_each: Decimal) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        return (amount / usd_each).quantize(Decimal(1).scaleb(-12), ROUND_HALF_UP)


def _columns_of(terms: Sequence[tuple[str, ...]]) -> dict[str, list[str]]:
    names = ("term_tenants", "term_kinds", "term_plans", "term_amounts", "term_currencies")
    return {name: [term[place] for term in terms] for place, name in enumerate(names)}


def has_charges(store: Store, asked: Asked) -> bool:
    """Whether anything is charged in the period."""
    return bool(store.value(statement("focus/any_charge"), **asked.period.bounds))


def _stretches(store: Store, part: Period, calls_at_once: int) -> Iterator[Period]:
    first, calls = part.first_day, 0
    for row in store.rows(statement("focus/calls_by_day"), **part.bounds, timezone=part.timezone):
        if row["day"] > first and calls + row["calls"] > calls_at_once:
            yield of_days(first, row["day"] - timedelta(days=1), part.timezone)
            first, calls = row["day"], 0
        calls += row["calls"]
    yield of_days(first, part.last_day, part.timezone)
