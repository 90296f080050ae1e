"""Commands on the grid's carbon intensity: from files, from live sources, and what there is."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from enum import StrEnum
from typing import Annotated

import pandas as pd
import typer

from spanledger_cli.commands.reference.grid_contracts import contracts
from spanledger_cli.commands.run.data import progress
from spanledger_cli.options import End, Files, Output, configuration, open_store
from spanledger_cli.terminal import console, print_rows
from spanledger_enrich.files.csv_table import FIRST_YEAR
from spanledger_enrich.grid.grid_record import record
from spanledger_enrich.grid.grid_sync import GridSource, Synced, missing, sync
from spanledger_enrich.grid.grid_zone import is_zone, similar_zones
from spanledger_enrich.grid.sources import electricity_maps, great_britain, watttime
from spanledger_enrich.grid.sources.grid_file import GridFile, read_files
from spanledger_enrich.grid.sources.http import GridHttp, GridKeyRefusedError, GridSourceError
from spanledger_settings.configuration import Configuration
from spanledger_settings.period import period

grid = typer.Typer(help="Carbon intensity of the grid.", no_args_is_help=True)
grid.add_typer(contracts, name="contracts")


class SourceName(StrEnum):
    """The live sources."""

    electricitymaps = "electricitymaps"
    watttime = "watttime"
    gb = "gb"


class Basis(StrEnum):
    """What an intensity counts."""

    lifecycle = "lifecycle"
    direct = "direct"


@grid.command("import")
def grid_import(
    context: typer.Context,
    files: Files,
    zone: Annotated[
        list[str] | None,
        typer.Option(
            help="The zone of files that name none (DE); or a zone's name in the files and here "
            "(CAISO_NORTH=US-CAL-CISO). May be repeated.",
            show_default=False,
        ),
    ] = None,
    timezone: Annotated[
        str, typer.Option(help="Time zone of a plain file's times that have no offset, such as Europe/Berlin.")
    ] = "",
) -> None:
    """Import intensities from CSV: Electricity Maps' downloads, WattTime's, or zone,datetime,g_per_kwh.

    Half-hours and five-minute values are averaged to hours, lbs/MWh converted; each hour's source says so. All files
    are checked before any is stored. An hour that is there already is replaced where it differs, and its former
    value kept in the table grid_correction.

    Try:

        spanledger grid import DE_2024_hourly.csv GB_2024_hourly.csv

        spanledger grid import CAISO_NORTH_co2_moer_2024-01-01_2024-02-01.csv --zone CAISO_NORTH=US-CAL-CISO
    """
    named = [text for text in zone or [] if "=" not in text]
    if len(named) > 1:
        raise typer.BadParameter(f"{' and '.join(named)}: a file without zones is of one zone", param_hint="--zone")
    renamed = dict(_pair(text) for text in zone or [] if "=" in text)
    checked = read_files(files, zone=named[0] if named else "", renamed=renamed, timezone=timezone)
    with open_store(context) as store:
        for file in checked:
            stored = record(store, file.hours, file.path.name, hashlib.sha256(file.path.read_bytes()).hexdigest())
            console().print(
                f"{file.path.name} ({file.format}): {stored.new:,} values new, {stored.corrected:,} corrected, "
                f"{stored.unchanged:,} unchanged; {_series(file)}",
                markup=False,
                soft_wrap=True,
            )
            for note in _notes(file):
                console(stderr=True).print(f"{file.path.name}: {note}", markup=False, soft_wrap=True)


@grid.command("sync")
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
    zones = dict(_pair(text) for text in zone)
    failed = []
    with ExitStack() as stack:
        live = _source(configuration(context), source, basis.value, stack)
        _refuse_unknown(live, zones)
        store = stack.enter_context(open_store(context))
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
            console().print(told, markup=False, soft_wrap=True)
    if failed:
        raise GridSourceError("\n".join(failed))


@grid.command("list")
def grid_list(
    context: typer.Context,
    match: Annotated[str, typer.Argument(help="Part of a zone's name.")] = "",
    output: Output = None,
) -> None:
    """Which zones have intensities, of which hours or years, how many are missing, and from where.

    Try:

        spanledger grid list US-
    """
    with open_store(context) as store:
        print_rows(store.frame("reports/grid/list", match=match), output, title="Grid intensities, gCO2e/kWh")


@grid.command("imports")
def grid_imports(context: typer.Context, output: Output = None) -> None:
    """What was imported when and from which file or source, latest first.

    Try:

        spanledger grid imports --format csv
    """
    with open_store(context) as store:
        print_rows(store.frame("reports/grid/imports"), output, title="Imports of grid intensities")


@grid.command("zones")
def grid_zones(
    context: typer.Context,
    only_open: Annotated[
        bool, typer.Option("--open", help="Only places of unknown regions and those at the default zone.")
    ] = False,
    output: Output = None,
) -> None:
    """Where calls ran, how that was found out, and which regions nobody knows.

    Try:

        spanledger grid zones --open
    """
    with open_store(context) as store:
        print_rows(store.frame("reports/grid/zones", only_open=int(only_open)), output, title="Places of calls")


@grid.command("place")
def grid_place(
    context: typer.Context,
    provider: Annotated[str, typer.Argument(help="As `grid zones` shows it.")],
    zone: Annotated[str, typer.Argument(help="A grid zone such as DE or US-CAL-CISO, or an ISO alpha-2 country.")],
    region: Annotated[
        str, typer.Option(help="The provider's region that lies there; default: calls that name none.")
    ] = "",
) -> None:
    """Say in which grid zone a provider's calls run; it holds for the calls that follow.

    Try:

        spanledger grid place vllm DE

        spanledger grid place azure.ai.openai SE-SE3 --region our-region-1
    """
    if not is_zone(zone):
        near = similar_zones(zone)
        meant = f"meant {' or '.join(near)}?" if near else "expected one such as DE"
        raise typer.BadParameter(f"{zone!r} is no known zone; {meant}", param_hint="ZONE")
    with open_store(context) as store:
        place = {"provider": provider.lower(), "cloud_region": region}
        store.insert("grid_zone", [{**place, "zone": zone, "country": zone.partition("-")[0], "source": "by hand"}])
    console().print(f"{provider} {region or '(no region)'}: {zone}", markup=False, highlight=False)


def _pair(text: str) -> tuple[str, str]:
    there, given, here = text.partition("=")
    if not there or (given and not here):
        raise typer.BadParameter(
            f"{text!r}: expected a zone such as DE, or two as in CAISO_NORTH=US-CAL-CISO", param_hint="--zone"
        )
    return there, here or there


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
            raise GridSourceError(
                f"{region!r} is no known zone"
                + (f"; meant {' or '.join(near)}?" if near else "; expected one such as DE")
            )


def _stored(result: Synced) -> str:
    return f"{result.recorded.new + result.recorded.corrected:,} hours stored"


def _told(result: Synced, wanted: int) -> str:
    if not wanted:
        return "nothing missing"
    told = f"{wanted:,} hours wanted, {result.recorded.new:,} new, {result.recorded.corrected:,} corrected"
    if result.still_missing:
        told += f"; {result.still_missing:,} without a value at the source"
    if result.impossible:
        told += f"; {result.impossible:,} values below 0 or above 2,500 g/kWh left out"
    return told


def _series(file: GridFile) -> str:
    shown = []
    for (zone, signal, basis), hours in file.hours.groupby(["zone", "signal", "basis"], sort=True):
        shown.append(f"{zone} {signal} {basis}, {hours['ts'].min():%Y-%m-%d} to {hours['ts'].max():%Y-%m-%d}")
    return "; ".join(shown[:4]) + (f"; and {len(shown) - 4:,} more" if len(shown) > 4 else "")


def _notes(file: GridFile) -> list[str]:
    """What a reader should know of a file that was imported all the same."""
    notes = []
    for (zone, signal, basis), gap in file.missing.items():
        notes.append(
            f"{zone} ({signal}, {basis}): {len(gap):,} hours missing, the first {_hour(gap[0])}; calls of these hours "
            "get a stand-in, and say so"
        )
    averaged = file.hours["source"].str.contains(", mean of ", regex=False)
    if averaged.any():
        notes.append(f"{int(averaged.sum()):,} hours are means of finer values")
    notes.extend(
        f"{zone} is no zone that a cloud region means; no call uses it unless --zone {zone}=ZONE says which it is"
        for zone in sorted(set(file.hours["zone"]))
        if not is_zone(zone)
    )
    return notes


def _hour(moment: pd.Timestamp) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
