"""The command `carbon whatif`: the same calls in another zone, later, on another model, with more caching."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from spanledger_cli.commands.carbon import carbon_scenario
from spanledger_cli.commands.carbon.carbon_rows import TOTALS, carbon_rows, note
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import print_rows
from spanledger_cli.request.options import configuration, open_store
from spanledger_cli.request.own_dimensions import Where, own_dimensions
from spanledger_cli.request.report_request import Dimensions, ReportRequest, over_a_period
from spanledger_cli.request.whatif_options import CacheHitRate, Model, ServiceTier, TokenFactor, moved_models
from spanledger_enrich.books.whatif.assumptions import Assumptions

_DIMENSIONS = Dimensions(("tenant", "feature", "model", "zone", "hour_of_day"), own=True)


class Signal(StrEnum):
    """Which intensities a what-if is reckoned with."""

    average = "average"
    marginal = "marginal"


@over_a_period(_DIMENSIONS)
def whatif(
    context: typer.Context,
    *,
    zone: Annotated[str, typer.Option(help="A grid zone where all calls would run, such as FR or SE-SE3.")] = "",
    window: Annotated[
        int, typer.Option(help="Hours by which each call may be put off, to its cleanest one.", min=0, max=168)
    ] = 0,
    model: Model = None,
    token_factor: TokenFactor = 1.0,
    cache_hit_rate: CacheHitRate = 0.0,
    service_tier: ServiceTier = "",
    signal: Annotated[
        Signal, typer.Option(help="average, as in the ledger; or marginal, for decisions: hours that were imported.")
    ] = Signal.average,
    where: Where = None,
    request: ReportRequest,
) -> None:
    """What the same calls would have emitted and cost in another zone, later, on another model, with more caching.

    The scenarios may be combined. What is assumed is printed below. Dimensions: tenant, feature, model, zone,
    hour_of_day, or your own.

    Try:

        spanledger carbon whatif --zone FR --month 2024-10

        spanledger carbon whatif --window 6 --month 2024-10 --by tenant,zone

        spanledger carbon whatif --model gpt-4o=gpt-4o-mini --cache-hit-rate 0.5 --month 2024-10
    """
    settings, asked = configuration(context), request.period
    # Slow, and the other commands of this group need neither.
    from spanledger_enrich.books.scope import Scope  # noqa: PLC0415
    from spanledger_enrich.books.whatif.recosting import recosted  # noqa: PLC0415

    changed = Assumptions(moved_models(model), token_factor, cache_hit_rate, service_tier)
    scenario = carbon_scenario.read(zone, window, changed, signal.value, settings.grid_basis)
    with open_store(context) as store:
        say_what_is_missing(store, configuration(context))
        carbon_scenario.refuse_unknown(store, scenario)
        own = own_dimensions(store, _DIMENSIONS, request.by, where)
        with recosted(store, settings, Scope(begin=asked.begin, end=asked.end, changed=False), changed) as costed:
            frame = carbon_rows(
                store,
                "whatif",
                request,
                _DIMENSIONS,
                own,
                timezone=asked.timezone,
                costed=costed,
                booked=int((scenario.signal, scenario.basis) == (settings.grid_signal, settings.grid_basis)),
                **scenario.parameters(),
            )
    print_rows(
        frame,
        request.output,
        period=request.period,
        title=f"{scenario}, {asked}",
        total=TOTALS,
        gaps=["shifted_hours", "not_compared_calls", "cost_not_compared_calls"],
    )
    for assumption in scenario.assumptions():
        note(f"- {assumption}")
