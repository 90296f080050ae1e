"""The command that re-prices recorded usage: whatif."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated

import typer

from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.progress import progress
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.names import refuse_unknown
from spanledger_cli.request.options import configuration, open_store
from spanledger_cli.request.own_dimensions import Where, own_dimensions
from spanledger_cli.request.report_request import Dimensions, ReportRequest, over_a_period
from spanledger_cli.request.whatif_options import CacheHitRate, Model, ServiceTier, TokenFactor, moved_models
from spanledger_enrich.books.scope import Scope
from spanledger_enrich.books.whatif.assumptions import Assumptions
from spanledger_enrich.books.whatif.in_money import reckon

_DIMENSIONS = Dimensions(
    ("tenant", "cost_center", "environment", "service", "feature", "workflow", "user", "provider", "model"), own=True
)


class Book(StrEnum):
    """Which costs are compared."""

    contract = "contract"
    list = "list"


@over_a_period(_DIMENSIONS)
def whatif(
    context: typer.Context,
    *,
    model: Model = None,
    token_factor: TokenFactor = 1.0,
    cache_hit_rate: CacheHitRate = 0.0,
    service_tier: ServiceTier = "",
    price_factor: Annotated[str, typer.Option(help="Times the new cost: 0.9 is a discount of 10 %.")] = "1",
    book: Annotated[Book, typer.Option(help="Compare contracted costs, or list costs.")] = Book.contract,
    tenant: Annotated[list[str] | None, typer.Option(help="Only this tenant's calls. May be repeated.")] = None,
    where: Where = None,
    request: ReportRequest,
) -> None:
    """What recorded usage would have cost under other models, prices, service tier or cache hit rate (USD).

    Costed by the statements that cost real calls, in tables of its own; the ledger stays as it is. The assumptions are
    printed above the figures. Dimensions: tenant, cost_center, environment, service, feature, workflow, user, provider,
    model, or your own.

    Try:

        spanledger whatif --model gpt-4o=gpt-4o-mini --month 2024-10

        spanledger whatif --model gpt-4o=anthropic/claude-3-5-haiku-latest --token-factor 1.2 --month 2024-10

        spanledger whatif --cache-hit-rate 0.6 --tenant acme --month 2024-10 --by feature,desk
    """
    asked = request.period
    assumptions = Assumptions(
        models=moved_models(model),
        token_factor=token_factor,
        cache_hit_rate=cache_hit_rate,
        service_tier=service_tier,
        price_factor=_factor(price_factor),
        list_prices=book is Book.list,
    )
    scope = Scope(begin=asked.begin, end=asked.end, tenants=tuple(tenant or ()), changed=False)
    with open_store(context) as store, progress() as bar:
        say_what_is_missing(store, configuration(context))
        refuse_unknown(store, "tenant", scope.tenants, "--tenant")
        own = own_dimensions(store, _DIMENSIONS, request.by, where)
        reckoning = bar.add_task("costing", total=None)
        frame = reckon(
            store,
            configuration(context),
            scope,
            assumptions,
            lambda done, total: bar.update(reckoning, completed=done, total=total),
            by=request.by,
            **own.parameters,
        )
    console(stderr=True).print(f"Assumed, from {asked}:\n{assumptions}", soft_wrap=True)
    rows = own.as_columns(frame)[[*request.by, *(name for name in frame if name not in (*_DIMENSIONS.known, "custom"))]]
    print_rows(
        rows,
        request.output,
        period=request.period,
        title=f"What if, {asked}",
        total=[str(name) for name in rows if name not in request.by],
        gaps=["unknown_calls"],
    )


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
