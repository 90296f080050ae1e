"""The command `grid sync`: intensities from live sources."""

from __future__ import annotations

from contextlib import ExitStack
from enum import StrEnum
from typing import Annotated

import typer

from spanledger_cli.commands.reference.zone_names import zone_pair
from spanledger_cli.output.progress import progress
from spanledger_cli.output.terminal import console
from spanledger_cli.request.options import End, configuration, open_store
from spanledger_enrich.files.csv_table import FIRST_YEAR
from spanledger_enrich.grid.grid_sync import GridSource, Synced, missing, sync
from spanledger_enrich.grid.grid_zone import is_zone, similar_zones
from spanledger_enrich.grid.sources import electricity_maps, great_britain, watttime
from spanledger_enrich.grid.sources.http import GridHttp, GridKeyRefusedError, GridSourceError
from spanledger_settings.configuration import Configuration
from spanledger_settings.figures import counted
from spanledger_settings.mendable import AskedWronglyError
from spanledger_settings.period import period


class SourceName(StrEnum):
    """The live sources."""

    electricitymaps = "electricitymaps"
    watttime = "watttime"
    gb = "gb"


class Basis(StrEnum):
    """What an intensity counts."""

    lifecycle = "lifecycle"
    direct = "direct"


def grid_sync(
    context: typer.Context,
    source: Annotated[SourceName, typer.Option(help="Which live source.")],
    zone: Annotated[
        list[str],
        typer.Option(
            help="A zone by the source's name of it, or that name and the zone to store it as "
            "(CAISO_NORTH=US-CAL-CISO). May be repeated."
        ),
    ],
    begin: Annotated[str, typer.Option("--from", help="First hour, such as 2024-10-01 or 2024-10-01T14:00, UTC.")],
    end: End = None,
    basis: Annotated[Basis, typer.Option(help="Of Electricity Maps; the others are direct.")] = Basis.lifecycle,
    refresh: Annotated[bool, typer.Option("--refresh", help="Fetch hours that are there already, too.")] = False,
) -> None:
    """Fetch the hours that are missing from a live source; stopped, the same command goes on where it ended.

    Missing are hours without a value, forecasts, and estimates of the last seven days. Keys come from the
    configuration. WattTime's intensities are marginal and kept apart from average ones, direct ones from life-cycle
    ones.

    Try:

        spanledger grid sync --source gb --zone GB --from 2024-10-01 --to 2024-11-01

        SPANLEDGER_ELECTRICITYMAPS_KEY=... spanledger grid sync --source electricitymaps --zone DE --from 2024-10-01

        spanledger grid sync --source watttime --zone CAISO_NORTH=US-CAL-CISO --from 2024-10-01
    """
    asked = period(None, begin, end, "UTC")
    if asked.begin.year < FIRST_YEAR:
        raise typer.BadParameter(
            f"{begin!r}: no source is that old; expected for example 2024-10-01", param_hint="--from"
        )
    zones = dict(zone_pair(text) for text in zone)
    failed = []
    with ExitStack() as stack:
        live = _source(configuration(context), source, basis.value, stack)
        _refuse_unknown(live, zones)
        store = stack.enter_context(open_store(context, makes_one=True))
        bar = stack.enter_context(progress())
        for region, stored_as in zones.items():
            hours = missing(store, live, stored_as, asked.begin, asked.end, refresh=refresh)
            fetching = bar.add_task(f"{region}: fetching hours", total=len(hours))
            result = Synced()
            try:
                for window in sync(store, live, region, stored_as, hours):
                    result += window
                    bar.advance(fetching, window.asked)
            except GridSourceError as error:
                failed.append(f"{error} (zone {region}: {_stored(result)}; the same command goes on from there)")
                if isinstance(error, GridKeyRefusedError):
                    break
            told = f"{stored_as} ({live.signal}, {live.basis}): {_told(result, len(hours))}"
            console().print(told, soft_wrap=True)
    if failed:
        raise GridSourceError("\n".join(failed))


def _source(settings: Configuration, source: SourceName, basis: str, stack: ExitStack) -> GridSource:
    def http(name: str, url: str, credentials: str = "") -> GridHttp:
        return stack.enter_context(
            GridHttp(
                name,
                url,
                credentials=credentials,
                attempts=settings.grid_attempts,
                per_second=settings.grid_requests_per_second,
            )
        )

    match source:
        case SourceName.electricitymaps:
            advice = "set electricitymaps_key in spanledger.toml or SPANLEDGER_ELECTRICITYMAPS_KEY"
            if settings.electricitymaps_key is None:
                raise GridSourceError(f"{electricity_maps.NAME}: no key; {advice}")
            return electricity_maps.ElectricityMapsApi(
                http(electricity_maps.NAME, settings.electricitymaps_url, advice),
                settings.electricitymaps_key.get_secret_value(),
                basis,
            )
        case SourceName.watttime:
            advice = (
                "set watttime_user and watttime_password in spanledger.toml, or SPANLEDGER_WATTTIME_USER and "
                "SPANLEDGER_WATTTIME_PASSWORD"
            )
            if settings.watttime_user is None or settings.watttime_password is None:
                raise GridSourceError(f"{watttime.NAME}: no name or password; {advice}")
            return watttime.WattTimeApi(
                http(watttime.NAME, settings.watttime_url, advice),
                settings.watttime_user,
                settings.watttime_password.get_secret_value(),
            )
        case SourceName.gb:
            return great_britain.GbApi(http(great_britain.NAME, settings.gb_carbon_url))


def _refuse_unknown(source: GridSource, zones: dict[str, str]) -> None:
    """Complain of a zone that is not known, unless its name here is given beside it."""
    for region, stored_as in zones.items():
        if source.signal != "marginal" and region == stored_as and not is_zone(region):
            near = similar_zones(region)
            raise AskedWronglyError(
                f"{region!r} is no known zone"
                + (f"; meant {' or '.join(near)}?" if near else "; expected one such as DE")
            )


def _stored(result: Synced) -> str:
    return f"{counted(result.recorded.new + result.recorded.corrected, 'hour')} stored"


def _told(result: Synced, wanted: int) -> str:
    if not wanted:
        return "nothing missing"
    told = f"{counted(wanted, 'hour')} wanted, {result.recorded.new:,} new, {result.recorded.corrected:,} corrected"
    if result.still_missing:
        told += f"; {result.still_missing:,} without a value at the source"
    if result.impossible:
        told += f"; {counted(result.impossible, 'value')} below 0 or above 2,500 g/kWh left out"
    return told
