"""Commands on the grid's carbon intensity: what there is, from files and sources, and where calls ran."""

from __future__ import annotations

import hashlib
from typing import Annotated

import pandas as pd
import typer

from spanledger_cli.commands.reference.grid_contracts import contracts
from spanledger_cli.commands.reference.grid_sync import grid_sync
from spanledger_cli.commands.reference.zone_names import zone_pair
from spanledger_cli.output.export import Destination
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.options import Files, Output, OutputFile, configuration, open_store, open_to_read
from spanledger_enrich.grid.grid_record import record
from spanledger_enrich.grid.grid_zone import is_zone, similar_zones
from spanledger_enrich.grid.sources.grid_file import GridFile, read_files
from spanledger_settings.figures import counted
from spanledger_vocabulary.provider import called

grid = typer.Typer(help="Carbon intensity of the grid.", no_args_is_help=True)
grid.add_typer(contracts, name="contracts")


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
    renamed = dict(zone_pair(text) for text in zone or [] if "=" in text)
    checked = read_files(files, zone=named[0] if named else "", renamed=renamed, timezone=timezone)
    with open_store(context, makes_one=True) as store:
        for file in checked:
            stored = record(store, file.hours, file.path.name, hashlib.sha256(file.path.read_bytes()).hexdigest())
            console().print(
                f"{file.path.name} ({file.format}): {counted(stored.new, 'value')} new, "
                f"{stored.corrected:,} corrected, {stored.unchanged:,} unchanged; {_series(file)}",
                soft_wrap=True,
            )
            for note in _notes(file):
                console(stderr=True).print(f"{file.path.name}: {note}", soft_wrap=True)


grid.command("sync")(grid_sync)


@grid.command("list")
def grid_list(
    context: typer.Context,
    match: Annotated[str, typer.Argument(help="Part of a zone's name.")] = "",
    output: Output = None,
    file: OutputFile = None,
) -> None:
    """Which zones have intensities, of which hours or years, how many are missing, and from where.

    Try:

        spanledger grid list US-
    """
    with open_to_read(context, "reports/grid/list") as store:
        print_rows(
            store.frame("reports/grid/list", match=match),
            Destination(output, file),
            title="Grid intensities, gCO2e/kWh",
        )


@grid.command("imports")
def grid_imports(context: typer.Context, output: Output = None, file: OutputFile = None) -> None:
    """What was imported when and from which file or source, latest first.

    Try:

        spanledger grid imports --format csv
    """
    with open_to_read(context, "reports/grid/imports") as store:
        print_rows(store.frame("reports/grid/imports"), Destination(output, file), title="Imports of grid intensities")


@grid.command("zones")
def grid_zones(
    context: typer.Context,
    only_open: Annotated[
        bool, typer.Option("--open", help="Only places of unknown regions and those at the default zone.")
    ] = False,
    output: Output = None,
    file: OutputFile = None,
) -> None:
    """Where calls ran, how that was found out, and which regions nobody knows.

    Try:

        spanledger grid zones --open
    """
    with open_to_read(context, "reports/grid/zones") as store:
        print_rows(
            store.frame("reports/grid/zones", only_open=int(only_open)),
            Destination(output, file),
            title="Places of calls",
        )
        say_what_is_missing(store, configuration(context))


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
    with open_store(context, makes_one=True) as store:
        place = {"provider": called(provider), "cloud_region": region}
        store.insert("grid_zone", [{**place, "zone": zone, "country": zone.partition("-")[0], "source": "by hand"}])
    console().print(f"{provider} {region or '(no region)'}: {zone}")


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
            f"{zone} ({signal}, {basis}): {counted(len(gap), 'hour')} missing, the first {_hour(gap[0])}; calls of "
            "these hours get a stand-in, and say so"
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
