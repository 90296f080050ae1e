"""The command that re-prices recorded usage: whatif."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated

import typer

from spanledger_cli.commands.run.data import progress
from spanledger_cli.options import Begin, End, Month, Output, Timezone, configuration, open_store
from spanledger_cli.terminal import console, print_rows
from spanledger_enrich.books.restatement import Scope
from spanledger_enrich.books.whatif import Assumptions, reckon
from spanledger_settings.period import period


class Book(StrEnum):
    """Which costs are compared."""

    contract = "contract"
    list = "list"


def whatif(
    context: typer.Context,
    model: Annotated[
        list[str] | None,
        typer.Option(help="A recorded model and the one, or provider/model, to use instead. May be repeated."),
    ] = None,
    token_factor: Annotated[
        float, typer.Option(help="Tokens of the other model for one recorded token.", min=0.01, max=100)
    ] = 1.0,
    cache_hit_rate: Annotated[
        float, typer.Option(help="Share of each prompt that is read from the cache at least.", min=0, max=1)
    ] = 0.0,
    service_tier: Annotated[str, typer.Option(help="Of all calls, such as batch.")] = "",
    price_factor: Annotated[str, typer.Option(help="Times the new cost: 0.9 is a discount of 10 %.")] = "1",
    book: Annotated[Book, typer.Option(help="Compare contracted costs, or list costs.")] = Book.contract,
    tenant: Annotated[list[str] | None, typer.Option(help="Only this tenant's calls. May be repeated.")] = None,
    month: Month = None,
    begin: Begin = None,
    end: End = None,
    timezone: Timezone = "UTC",
    output: Output = None,
) -> None:
    """What recorded usage would have cost under other models, prices, service tier or cache hit rate, by tenant (USD).

    Costed by the statement that costs real calls, in tables of its own; the ledger stays as it is. The assumptions are
    printed above the figures.

    Try:

        spanledger whatif --model gpt-4o=gpt-4o-mini --month 2024-10

        spanledger whatif --model gpt-4o=anthropic/claude-3-5-haiku-latest --token-factor 1.2 --month 2024-10

        spanledger whatif --cache-hit-rate 0.6 --tenant acme --month 2024-10
    """
    asked = period(month, begin, end, timezone)
    assumptions = Assumptions(
        models=dict(_pair(text) for text in model or []),
        token_factor=token_factor,
        cache_hit_rate=cache_hit_rate,
        service_tier=service_tier,
        price_factor=_factor(price_factor),
        list_prices=book is Book.list,
    )
    scope = Scope(begin=asked.begin, end=asked.end, tenants=tuple(tenant or ()), changed=False)
    with open_store(context) as store, progress() as bar:
        reckoning = bar.add_task("costing", total=None)
        frame = reckon(
            store,
            configuration(context),
            scope,
            assumptions,
            lambda done, total: bar.update(reckoning, completed=done, total=total),
        )
    console(stderr=True).print(f"Assumed, from {asked}:\n{assumptions}", markup=False, soft_wrap=True)
    print_rows(
        frame,
        output,
        title=f"What if, {asked}",
        total=[str(name) for name in frame if name != "tenant"],
        gaps=["unknown_calls"],
    )


def _pair(text: str) -> tuple[str, str]:
    recorded, _, other = text.partition("=")
    if not recorded or not other:
        raise typer.BadParameter(
            f"{text!r}; expected a recorded model and another, such as gpt-4o=gpt-4o-mini", param_hint="--model"
        )
    return recorded.strip(), other.strip()


def _factor(text: str) -> Decimal:
    try:
        factor = Decimal(text)
    except InvalidOperation:
        factor = Decimal(-1)
    if not Decimal(0) <= factor <= Decimal(1000):
        raise typer.BadParameter(
            f"{text!r}; expected a number from 0 to 1000, such as 0.9", param_hint="--price-factor"
        )
    return factor
