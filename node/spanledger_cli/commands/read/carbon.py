"""Commands on energy and emissions: the report, SCI, the GHG Protocol's view, the error of yearly means, what if."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from spanledger_cli.carbon import carbon_scenario
from spanledger_cli.carbon.method_statement import method_statement
from spanledger_cli.commands.read.ledger import dimensions, say_what_there_is
from spanledger_cli.options import Begin, By, End, Month, Output, Timezone, configuration, open_store
from spanledger_cli.terminal import amount, console, print_rows
from spanledger_enrich.books.recosting import Change, recosted
from spanledger_enrich.books.restatement import Scope
from spanledger_settings.period import Period, period

if TYPE_CHECKING:
    from spanledger_sql.store import Store

carbon = typer.Typer()

_DIMENSIONS = (
    "month", "day", "hour", "hour_of_day", "tenant", "cost_center", "environment", "service", "feature", "workflow",
    "user", "provider", "model", "operation", "region", "zone", "energy_method", "intensity_resolution",
)  # fmt: skip
_TOTALS = ("calls", "output_tokens", "energy_kwh", "energy_kwh_low", "energy_kwh_high", "co2e_kg", "co2e_kg_low",
           "co2e_kg_high", "co2e_market_kg", "embodied_kg", "water_l", "year_mean_co2e_kg", "national_co2e_kg",
           "then_energy_kwh", "then_co2e_kg", "list_cost", "then_list_cost")  # fmt: skip
_SHARES = ("measured_share", "modelled_share", "proxy_share", "hourly_share", "filled_share", "yearly_share")
_SCI_DIMENSIONS = ("tenant", "feature", "workflow", "service", "environment", "provider", "model", "region", "zone")
_GHG_DIMENSIONS = ("month", "tenant", "cost_center", "provider", "model", "region", "zone")
_ERROR_DIMENSIONS = ("day", "tenant", "feature", "model", "zone", "hour_of_day")
_WHATIF_DIMENSIONS = ("tenant", "feature", "model", "zone", "hour_of_day")


class Unit(StrEnum):
    """The functional unit of a Software Carbon Intensity."""

    call = "call"
    tokens = "1000-tokens"
    user = "user"
    session = "session"


class Signal(StrEnum):
    """Which intensities a what-if is reckoned with."""

    average = "average"
    marginal = "marginal"


class StatementFormat(StrEnum):
    """How the method statement is printed."""

    markdown = "markdown"
    json = "json"


@carbon.callback(invoke_without_command=True)
def report(
    context: typer.Context,
    month: Month = None,
    begin: Begin = None,
    end: End = None,
    timezone: Timezone = "UTC",
    by: By = "tenant",
    output: Output = None,
) -> None:
    """Energy, emissions with their bounds, hardware, water, how much of them is unknown, and what they rest on.

    Emissions are of the operation and location-based; market-based ones (co2e_market_kg) and those of the hardware
    (embodied_kg) stand beside them and are in no other column. Dimensions: month, day, hour, hour_of_day, tenant,
    cost_center, environment, service, feature, workflow, user, provider, model, operation, region, zone,
    energy_method, intensity_resolution.

    Try:

        spanledger carbon --month 2024-10 --by zone,model

        spanledger carbon --month 2024-10 --by tenant,hour_of_day --timezone Europe/Berlin --format csv
    """
    if context.invoked_subcommand is not None:
        sources = [context.get_parameter_source(name) for name in context.params]
        if any(source is not None and source.name == "COMMANDLINE" for source in sources):
            raise typer.BadParameter(
                f"options belong after {context.invoked_subcommand!r}, for example "
                f"'spanledger carbon {context.invoked_subcommand} --month 2024-10'"
            )
        return
    chosen = dimensions(by, _DIMENSIONS)
    asked = period(month, begin, end, timezone)
    with open_store(context) as store:
        frame = _report(store, "carbon/report", asked, chosen, _DIMENSIONS, timezone=timezone)
    print_rows(
        frame,
        output,
        title=f"Emissions, {asked}",
        total=_TOTALS,
        gaps=[*_unknown(frame), *_SHARES],
        details=["output_tokens", "energy_kwh_low", "energy_kwh_high", *_all_unknown(frame)],
    )


@carbon.command()
def sci(
    context: typer.Context,
    per: Annotated[Unit, typer.Option(help="The functional unit R.")] = Unit.call,
    month: Month = None,
    begin: Begin = None,
    end: End = None,
    timezone: Timezone = "UTC",
    by: Annotated[str, typer.Option(help="Dimensions, with commas between them; total for one row.")] = "tenant",
    output: Output = None,
) -> None:
    """Software Carbon Intensity (ISO/IEC 21031:2024), ((E x I) + M) / R, in gCO2e per unit, with its bounds.

    Location-based. A call enters with all of its parts or not at all: those left out, since their energy, intensity,
    hardware or unit is unknown, are counted beside. Dimensions: tenant, feature, workflow, service, environment,
    provider, model, region, zone.

    Try:

        spanledger carbon sci --per 1000-tokens --month 2024-10

        spanledger carbon sci --per session --by tenant,feature --month 2024-10
    """
    chosen = [] if by == "total" else dimensions(by, _SCI_DIMENSIONS)
    asked = period(month, begin, end, timezone)
    with open_store(context) as store:
        frame = _report(store, "carbon/sci", asked, chosen, _SCI_DIMENSIONS, unit=per.value)
        total = _report(store, "carbon/sci", asked, [], _SCI_DIMENSIONS, unit=per.value)
    # Users and sessions of several rows may be the same: the score of all is no sum of scores.
    score = f": {amount(total['sci_g'].iloc[0])} of all" if chosen and len(total) else ""
    print_rows(
        frame,
        output,
        title=f"SCI, gCO2e per {per.value}{score}, {asked}",
        gaps=["unknown_co2e_calls", "unknown_embodied_calls", "without_unit_calls"],
    )


@carbon.command()
def ghg(
    context: typer.Context,
    month: Month = None,
    begin: Begin = None,
    end: End = None,
    timezone: Timezone = "UTC",
    by: Annotated[str, typer.Option(help="Dimensions below scope and category, with commas between them.")] = "",
    output: Output = None,
) -> None:
    """Emissions by the GHG Protocol's scopes: Scope 2 location- and market-based, Scope 3 categories 1 and 2.

    Calls whose energy was measured on their host, and calls of the own_providers and own_hosts of the configuration,
    ran on own or leased machines: their electricity is Scope 2, their hardware Scope 3 category 2. All others are
    purchased use of an API, Scope 3 category 1, hardware included. The two methods are never added. Dimensions: month,
    tenant, cost_center, provider, model, region, zone.

    Try:

        spanledger carbon ghg --month 2024-10

        SPANLEDGER_OWN_PROVIDERS=vllm spanledger carbon ghg --month 2024-10 --by tenant
    """
    chosen = dimensions(by, _GHG_DIMENSIONS) if by else []
    asked = period(month, begin, end, timezone)
    settings = configuration(context)
    with open_store(context) as store:
        frame = _report(
            store,
            "carbon/ghg",
            asked,
            chosen,
            _GHG_DIMENSIONS,
            timezone=timezone,
            own_providers=list(settings.own_providers),
            own_hosts=list(settings.own_hosts),
        )
    print_rows(frame, output, title=f"Emissions by scope, {asked}", gaps=_unknown(frame), details=_all_unknown(frame))
    own = " and ".join(
        f"{name} ({', '.join(values) or 'none named'})"
        for name, values in (("own_providers", settings.own_providers), ("own_hosts", settings.own_hosts))
    )
    _note(f"Own or leased machines: calls measured on their host, and those of {own}.")
    _note(
        "Intensities are of the power's life cycle: fuel supply and plants, which Scope 3 category 3 would hold, are "
        "in the figures of the operation."
    )


@carbon.command()
def statement(
    context: typer.Context,
    month: Month = None,
    begin: Begin = None,
    end: End = None,
    timezone: Timezone = "UTC",
    output: Annotated[StatementFormat, typer.Option("--format", help="For people or for programs.")] = (
        StatementFormat.markdown
    ),
) -> None:
    """How the period's figures were got, for an auditor: formulas, factors, sources, versions, coverage, gaps.

    The same ledger gives the same text, so two of them can be compared; a fingerprint of the rows is part of it.

    Try:

        spanledger carbon statement --month 2024-10 > method-2024-10.md

        spanledger carbon statement --month 2024-10 --format json > method-2024-10.json
    """
    asked = period(month, begin, end, timezone)
    with open_store(context) as store:
        stated = method_statement(store, asked, configuration(context))
    typer.echo(stated.markdown() if output is StatementFormat.markdown else stated.json())


@carbon.command("yearly-error")
def yearly_error(
    context: typer.Context,
    month: Month = None,
    begin: Begin = None,
    end: End = None,
    timezone: Timezone = "UTC",
    by: By = "tenant",
    output: Output = None,
) -> None:
    """How far emissions reckoned with a yearly mean of the grid are off from those by the hour, in percent.

    Against two means: that of all hours of the same zone and year (at least 8,000 of them must be there), and the
    country's yearly mean that would stand in without hours. Dimensions: day, tenant, feature, model, zone,
    hour_of_day.

    Try:

        spanledger carbon yearly-error --month 2024-10

        spanledger carbon yearly-error --month 2024-10 --by zone,hour_of_day --timezone Europe/Berlin
    """
    chosen = dimensions(by, _ERROR_DIMENSIONS)
    asked = period(month, begin, end, timezone)
    settings = configuration(context)
    with open_store(context) as store:
        frame = _report(
            store,
            "carbon/yearly_error",
            asked,
            chosen,
            _ERROR_DIMENSIONS,
            timezone=timezone,
            signal=settings.grid_signal,
            basis=settings.grid_basis,
        )
    print_rows(
        frame,
        output,
        title=f"Yearly means against hours, {asked}",
        total=_TOTALS,
        gaps=["without_year_calls", "without_national_calls", "not_hourly_calls"],
    )


@carbon.command()
def whatif(
    context: typer.Context,
    zone: Annotated[str, typer.Option(help="A grid zone where all calls would run, such as FR or SE-SE3.")] = "",
    window: Annotated[
        int, typer.Option(help="Hours by which each call may be put off, to its cleanest one.", min=0, max=168)
    ] = 0,
    model: Annotated[str, typer.Option(help="The model that would answer, such as gpt-4o-mini-2024-07-18.")] = "",
    provider: Annotated[str, typer.Option(help="Whose model it is, where its name does not tell.")] = "",
    replaced: Annotated[
        str, typer.Option("--instead-of", help="Only calls of this model go to the other one.", show_default=False)
    ] = "",
    cache_share: Annotated[
        float, typer.Option(help="Share of each prompt that is read from the cache at least.", min=0, max=1)
    ] = 0.0,
    signal: Annotated[
        Signal, typer.Option(help="average, as in the ledger; or marginal, for decisions: hours that were imported.")
    ] = Signal.average,
    month: Month = None,
    begin: Begin = None,
    end: End = None,
    timezone: Timezone = "UTC",
    by: By = "tenant",
    output: Output = None,
) -> None:
    """What the same calls would have emitted and cost in another zone, later, on another model, with more caching.

    The scenarios may be combined. What is assumed is printed below. Dimensions: tenant, feature, model, zone,
    hour_of_day.

    Try:

        spanledger carbon whatif --zone FR --month 2024-10

        spanledger carbon whatif --window 6 --month 2024-10 --by tenant,zone

        spanledger carbon whatif --model gpt-4o-mini --instead-of gpt-4o-2024-08-06 --cache-share 0.5 --month 2024-10
    """
    chosen = dimensions(by, _WHATIF_DIMENSIONS)
    asked = period(month, begin, end, timezone)
    settings = configuration(context)
    change = Change(model, provider.lower(), replaced, cache_share)
    scenario = carbon_scenario.read(zone, window, change, signal.value, settings.grid_basis)
    period_of_calls = Scope(begin=asked.begin, end=asked.end, changed=False)
    with open_store(context) as store:
        carbon_scenario.refuse_unknown(store, scenario)
        with recosted(store, settings, period_of_calls, change) as costed:
            booked = (scenario.signal, scenario.basis) == (settings.grid_signal, settings.grid_basis)
            given = {"timezone": timezone, "costed": costed, "booked": int(booked), **scenario.parameters()}
            frame = _report(store, "carbon/whatif", asked, chosen, _WHATIF_DIMENSIONS, **given)
    print_rows(
        frame,
        output,
        title=f"{scenario}, {asked}",
        total=_TOTALS,
        gaps=["shifted_hours", "not_compared_calls", "cost_not_compared_calls"],
    )
    for assumption in scenario.assumptions():
        _note(f"- {assumption}")


def _report(
    store: Store, name: str, asked: Period, chosen: list[str], known: tuple[str, ...], **parameters: object
) -> pd.DataFrame:
    """A report without the columns of the dimensions that were not asked for."""
    frame = store.frame(f"reports/{name}", **{"from": asked.begin, "to": asked.end, "by": chosen, **parameters})
    if frame.empty:
        say_what_there_is(store, asked)
    dropped = [column for column in known if column in frame and column not in chosen]
    kept = [column for column in chosen if column in frame]
    fixed = [column for column in frame if column not in (*known, *kept)]
    leading = [column for column in fixed if column in ("scope", "category")]
    return frame.drop(columns=dropped)[[*leading, *kept, *(name for name in fixed if name not in leading)]]


def _unknown(frame: pd.DataFrame) -> list[str]:
    return [str(name) for name in frame if str(name).startswith("unknown_")]


def _all_unknown(frame: pd.DataFrame) -> list[str]:
    """Counts of unknown calls beside a figure of which nothing is known: its dashes say as much."""
    figures = {"market": "market_kg", "embodied": "embodied_kg", "water": "water_l"}
    return [
        f"unknown_{name}_calls"
        for name, figure in figures.items()
        if all(frame[column].isna().all() for column in (figure, f"co2e_{figure}") if column in frame)
        and f"unknown_{name}_calls" in frame
    ]


def _note(text: str) -> None:
    console(stderr=True).print(text, markup=False, soft_wrap=True)
