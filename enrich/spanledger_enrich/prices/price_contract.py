"""From the lines of a contract book to rows of `price_list`: one for each model, context and date of change.

A discount becomes the list's prices less its percentage, for every model that it covers, so that the join of calls with
prices need not know of discounts. The most particular line wins: one of a model before one of a provider before one of
everything, then one of a region, a service tier or a speed.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any

from genai_prices.types import ModelPrice, Tier, TieredPrices

from spanledger_enrich.prices import catalogue_names
from spanledger_enrich.prices.contract_line import Listed, Rates, grouped, rate_on
from spanledger_enrich.prices.price_line import PER_MILLION, Line
from spanledger_enrich.prices.price_row import CLASSES, PriceKey, exact, price_columns
from spanledger_enrich.prices.text_rate import documented

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

Context = tuple[str, str, str]
_KEYS = {
    **{name: f"{name}_mtok" for name in PER_MILLION},
    "reasoning": "output_reasoning_mtok",
    "search": "web_searches_kcount",
    "request": "requests_kcount",
}


@dataclass(frozen=True)
class Contract:
    """A book's lines, with what they build on."""

    lines: Sequence[Line]
    listed: Listed
    rates: Rates


def listed_prices(rows: Iterable[Mapping[str, Any]]) -> Listed:
    """The list's rows, arranged for `expand`."""
    listed: Listed = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        listed[row["provider"], row["model"]][row["valid_from"]][row["service_tier"], row["speed"]] = row
    return listed


def expand(contract: Contract) -> Iterator[dict[str, Any]]:
    """Rows of `price_list` that say what the contract does, without book and price_id."""
    groups = grouped(contract.lines)
    for (seller, model), owner in sorted(_targets(contract.lines).items()):
        lines = [group for group in groups if group[0].provider in {"", seller} and group[0].model in {"", model}]
        listed = contract.listed.get((owner, model), {})
        if not listed:
            lines = [group for group in lines if group[0].kind == "price"]
        if not lines:
            continue
        contexts = _contexts(lines, listed, standard_only=owner != seller)
        before: list[Any] = []
        for day in _days(lines, listed, contract.rates):
            rows = [_row(contract, lines, listed, PriceKey("", seller, model, day, *context)) for context in contexts]
            content = [{name: value for name, value in row.items() if name != "valid_from"} for row in rows]
            if content != before:
                yield from rows
            before = content


def _targets(lines: Sequence[Line]) -> dict[tuple[str, str], str]:
    """(seller, model) of everything that the lines cover, each with the provider whose list prices it."""
    targets: dict[tuple[str, str], str] = {}
    for line in lines:
        if line.model:
            targets[line.provider, line.model] = catalogue_names.sold_by(line.provider).get(line.model, line.provider)
            continue
        for seller in [line.provider] if line.provider else catalogue_names.providers():
            targets.update({(seller, model): owner for model, owner in catalogue_names.sold_by(seller).items()})
    return targets


def _contexts(lines: Sequence[Sequence[Line]], listed: Mapping[Any, Any], *, standard_only: bool) -> list[Context]:
    of_list = {("", "")} if standard_only else {context for rows in listed.values() for context in rows} | {("", "")}
    tiers = {tier for tier, _ in of_list} | {group[0].service_tier for group in lines}
    speeds = {speed for _, speed in of_list} | {group[0].speed for group in lines}
    return sorted(itertools.product(tiers, speeds, {""} | {group[0].region for group in lines}))


def _days(lines: Sequence[Sequence[Line]], listed: Iterable[datetime], rates: Rates) -> list[datetime]:
    """The days on which something changes, from the first on which the contract holds."""
    heads = [group[0] for group in lines]
    begin = min(line.valid_from for line in heads)
    days = {line.valid_from for line in heads} | {line.valid_to for line in heads if line.valid_to is not None}
    days |= set(listed)
    for currency in {line.currency for line in heads if line.kind == "price"}:
        days |= {day for day, _ in rates.get(currency, [])}
    return sorted(day for day in days if day >= begin)


def _row(
    contract: Contract, lines: Sequence[Sequence[Line]], listed: Mapping[datetime, Any], key: PriceKey
) -> dict[str, Any]:
    columns = {name: value for name, value in key.columns().items() if name not in {"book", "price_id"}}
    applying = [group for group in lines if _applies(group[0], key)]
    if not applying:
        return columns | _no_price()
    group = max(applying, key=lambda group: _particularity(group[0]))
    if group[0].kind == "price":
        return columns | _fixed(group, contract.rates, key)
    base = _listed_on(listed, key)
    if base is None or not base["applies"]:
        return columns | _no_price()
    return columns | _discounted(base, group[0].discount_percent or Decimal(0))


def _applies(line: Line, key: PriceKey) -> bool:
    return (
        line.valid_from <= key.valid_from
        and (line.valid_to is None or key.valid_from < line.valid_to)
        and line.service_tier in {"", key.service_tier}
        and line.speed in {"", key.speed}
        and line.region in {"", key.region}
    )


def _particularity(line: Line) -> tuple[bool, ...]:
    return (bool(line.model), bool(line.provider), bool(line.region), bool(line.service_tier), bool(line.speed))


def _fixed(group: Sequence[Line], rates: Rates, key: PriceKey) -> dict[str, Any]:
    currency = group[0].currency
    rate = Decimal(1) if currency == "USD" else rate_on(rates, currency, key.valid_from) or Decimal(0)
    base = next((line.prices for line in group if not line.above_tokens), {})
    prices: dict[str, Decimal | TieredPrices | None] = {}
    with localcontext() as context:
        context.prec = 60
        for name, price_key in _KEYS.items():
            factor = rate * (1000 if name in {"search", "request"} else 1)
            tiers = [
                Tier(line.above_tokens, line.prices[name] * factor)
                for line in group if line.above_tokens and name in line.prices
            ]  # fmt: skip
            known = next((line.prices[name] for line in group if not line.above_tokens and name in line.prices), None)
            if known is None and tiers:
                known = base.get("input", Decimal(0))
            if known is not None:
                prices[price_key] = TieredPrices(known * factor, tiers) if tiers else known * factor
        units = {line.unit: exact(line.prices["unit_price"] * rate) for line in group if line.unit}
    as_text = documented(key.provider, key.model)
    columns = price_columns([ModelPrice(**prices)], other_units=units, as_text=as_text) or _no_price()
    return {"applies": 1, "currency": currency, "exchange_rate": exact(rate), **columns, "source": group[0].place.row}


def _discounted(base: Mapping[str, Any], percent: Decimal) -> dict[str, Any]:
    with localcontext() as context:
        context.prec = 60
        share = 1 - percent / 100
        columns: dict[str, Any] = {
            name: base[name]
            for name in ("tier_starts", "window_starts", "token_priced", "text_priced", "units", "currency")
        }
        for name in CLASSES:
            columns[f"{name}_price"] = exact(base[f"{name}_price"] * share)
            columns[f"tier_{name}_prices"] = [exact(price * share) for price in base[f"tier_{name}_prices"]]
        columns["unit_prices"] = [exact(price * share) for price in base["unit_prices"]]
        columns["unit_minimum_cost"] = exact(base["unit_minimum_cost"] * share)
    said = f"{percent.normalize():f} % off {base['price_id']}"
    return {"applies": 1, "exchange_rate": exact(Decimal(1)), **columns, "source": said}


def _no_price() -> dict[str, Any]:
    """From here on the book says nothing, and the next one or the list applies."""
    nothing: dict[str, Any] = {
        "tier_starts": [],
        "window_starts": [],
        "token_priced": 0,
        "text_priced": [],
        "units": [],
        "unit_prices": [],
    }
    for name in CLASSES:
        nothing |= {f"{name}_price": Decimal(0), f"tier_{name}_prices": []}
    return nothing | {
        "applies": 0, "currency": "USD", "exchange_rate": Decimal(1), "unit_minimum_cost": Decimal(0),
        "source": "the book says nothing from here on",
    }  # fmt: skip


def _listed_on(listed: Mapping[datetime, Any], key: PriceKey) -> Mapping[str, Any] | None:
    days = [day for day in listed if day <= key.valid_from]
    if not days:
        return None
    rows = listed[max(days)]
    found: Mapping[str, Any] | None = next(
        (
            rows[context]
            for context in ((key.service_tier, key.speed), (key.service_tier, ""), ("", key.speed), ("", ""))
            if context in rows
        ),
        None,
    )
    return found
