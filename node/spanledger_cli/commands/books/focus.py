"""The command `focus export`: the books as FOCUS datasets."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, cast

import typer

from spanledger_cli.output.allocated import say_how_it_stands
from spanledger_cli.output.export import Destination, Format, export, opened
from spanledger_cli.output.invoices import say_what_is_outdated
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import console
from spanledger_cli.request.options import configuration, open_store
from spanledger_cli.request.report_request import ReportRequest, over_a_period
from spanledger_cli.what_there_is import say_what_there_is
from spanledger_enrich.books.focus import cost_and_usage
from spanledger_enrich.books.focus.beside import InvoiceLines, datasets, issued
from spanledger_enrich.books.focus.cost_and_usage import TAGS, Asked
from spanledger_enrich.books.focus.dataset import BESIDE, VERSIONS
from spanledger_enrich.books.focus.metadata import metadata
from spanledger_settings.figures import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from spanledger_sql.store import Store

focus = typer.Typer(help="The books as FOCUS datasets.", no_args_is_help=True)


@focus.callback()
def _group() -> None:
    """A group, although it has one command."""


class View(StrEnum):
    """Who bills whom."""

    internal = "internal"
    provider = "provider"


@focus.command("export")
@over_a_period()
def focus_export(
    context: typer.Context,
    *,
    version: Annotated[str, typer.Option(help=f"Of FOCUS: {', '.join(VERSIONS)}.")] = "1.2",
    view: Annotated[
        View,
        typer.Option(
            help="'internal': the organisation bills its tenants; 'provider': providers bill the organisation, with "
            "costs only of invoices that were reconciled."
        ),
    ] = View.internal,
    issuer: Annotated[str, typer.Option(help="The organisation's name.")] = "This organisation",
    tags: Annotated[
        str,
        typer.Option(
            help="What becomes tags, with commas between: feature, workflow, environment, service, or your own."
        ),
    ] = ",".join(TAGS),
    request: ReportRequest,
) -> None:
    """The period's charges as FOCUS's Cost and Usage: a row for each day, tenant, SKU, meter and price.

    Beside the file stand FOCUS's metadata, and the other datasets of the version: FILE.invoice-detail,
    FILE.billing-period and FILE.contract-commitment.

    Try:

        spanledger focus export --month 2024-10 --output october.csv

        spanledger focus export --version 1.4 --view provider --month 2024-10 --output october.parquet
    """
    if version not in VERSIONS:
        raise typer.BadParameter(f"{version!r}; expected {', '.join(VERSIONS)}", param_hint="--version")
    if not issuer.strip():
        raise typer.BadParameter("is empty; expected the organisation's name", param_hint="--issuer")
    named = list(dict.fromkeys(name.strip() for name in tags.split(",") if name.strip()))
    asked = Asked(
        cost_and_usage.whole_days(request.period),
        version,
        view.value,
        issuer.strip(),
        tuple(name for name in named if name in TAGS),
        tuple(name for name in named if name not in TAGS),
    )
    destination, now = _destination(request.output), datetime.now(UTC)
    with open_store(context) as store:
        say_how_it_stands(store, request.period)
        say_what_is_outdated(store, request.period.first_day, request.period.last_day)
        if not cost_and_usage.has_charges(store, asked):
            say_what_there_is(store, request.period)
        lines, left_out = InvoiceLines(), dict[tuple[str, str], Decimal]()
        calls_at_once = configuration(context).batch_calls
        rows = _Seen(lines.noting(cost_and_usage.frames(store, asked, calls_at_once, left_out)))
        export(rows, destination)
        if destination.file is not None:
            _write_beside(store, asked, destination, rows, lines, now)
        _say_what_is_left_out(left_out)
        say_what_is_missing(store, configuration(context))


def _say_what_is_left_out(amounts: Mapping[tuple[str, str], Decimal]) -> None:
    """What a closed month does not have, and no later one yet."""
    for (month, tenant), amount in amounts.items():
        console(stderr=True).print(
            f"{month} is closed without a statement of {tenant}, and {amount.normalize():f} of it is not posted: no "
            "file has that until 'spanledger close post' books it in the open month",
            style="yellow", soft_wrap=True,
        )  # fmt: skip


class _Seen:
    """Frames, how many rows they had in all, and their columns with their types."""

    def __init__(self, frames: Iterator[pd.DataFrame]) -> None:
        self.number = 0
        self.columns: list[str] = []
        self.types: dict[str, str] = {}
        self._frames = frames

    def __iter__(self) -> Iterator[pd.DataFrame]:
        for frame in self._frames:
            self.number += len(frame)
            self.columns, self.types = [str(name) for name in frame], frame.attrs["types"]
            yield frame


def _write_beside(
    store: Store, asked: Asked, destination: Destination, rows: _Seen, lines: InvoiceLines, now: datetime
) -> None:
    """The other datasets and the metadata, in files whose names begin as the export's does."""
    file = cast("Path", destination.file)
    written = {"CostAndUsage": (file.name, rows.types)}
    columns = {"CostAndUsage": rows.columns}
    console(stderr=True).print(f"{file}: {counted(rows.number, 'row')}", soft_wrap=True)
    when_issued = issued(store, asked)
    for name, frame in datasets(store, asked, lines, when_issued, now).items():
        place = file.with_name(f"{file.stem}.{BESIDE[name]}{file.suffix}")
        export([frame], Destination(destination.format, place))
        written[name], columns[name] = (place.name, frame.attrs["types"]), [str(column) for column in frame]
        console(stderr=True).print(f"{place}: {counted(len(frame), 'row')}", soft_wrap=True)
    with opened(file.with_name(f"{file.stem}.metadata.json")) as stream:
        stream.write(json.dumps(metadata(asked, written, columns, when_issued, now), indent=1).encode() + b"\n")


def _destination(asked: Destination) -> Destination:
    """CSV as it is, for programs: FOCUS's texts are not defused for spreadsheets. No table for people."""
    chosen = Format.csv if asked.format is None and asked.file is None else asked.chosen
    if chosen not in {Format.csv, Format.csv_exact, Format.parquet}:
        raise typer.BadParameter(f"{chosen.value}; expected csv or parquet", param_hint="--format")
    return Destination(Format.parquet if chosen is Format.parquet else Format.csv_exact, asked.file)
