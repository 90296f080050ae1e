"""The command `ingest`: OTLP from files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spanledger_cli.output.progress import progress
from spanledger_cli.output.terminal import console
from spanledger_cli.request.options import configuration, open_store
from spanledger_collector import otlp_file
from spanledger_enrich.ledger.tenant_rules import store_rules
from spanledger_enrich.worker import Worker, load_reference_data
from spanledger_settings.figures import counted
from spanledger_sql.data_errors import DATA_ERRORS
from spanledger_sql.store import StoreError


def ingest(
    context: typer.Context,
    files: Annotated[list[Path] | None, typer.Argument(exists=True, dir_okay=False, readable=True)] = None,
    rejected: Annotated[
        bool, typer.Option("--rejected", help="Take up the requests again that a node has set aside in spool/rejected.")
    ] = False,
) -> None:
    """Take in OTLP from files: protobuf (.pb) and a Collector's JSON lines (.jsonl, .json), plain, .gz or .zst.

    Whether they hold spans, logs or metrics is told by their content.

    All files are checked before any is stored; the same file again changes nothing. Of the requests that were set
    aside, those that can be read by now are stored, and their files removed; the others stay.

    Try:

        spanledger ingest traces.pb collector.jsonl.zst

        spanledger ingest --rejected
    """
    if rejected == bool(files):
        raise typer.BadParameter("name files, or say --rejected")
    if rejected:
        _ingest_rejected(context)
        return
    files = files or []
    with progress() as bar, open_store(context, makes_one=True) as store:
        checking = bar.add_task("checking", total=len(files))
        for path in files:
            otlp_file.check(store, path)
            bar.advance(checking)
        # Before the first span: what the rules name is kept of a span only if they are in force when it comes.
        store_rules(store, configuration(context).tenant_rules)
        storing = bar.add_task("storing", total=len(files))
        requests = spans = 0
        booked: int | None = None
        for path in files:
            stored = otlp_file.ingest(store, path)
            requests, spans = requests + stored.requests, spans + stored.spans
            bar.advance(storing)
        if store.kind == "embedded":
            load_reference_data(store)
            booked = Worker(store, configuration(context)).catch_up()
    told = counted(spans, "span, log record or data point", "spans, log records and data points")
    told = f"{told} in {counted(requests, 'request')} of {counted(len(files), 'file')} ingested"
    if booked is not None:
        told += f"; {counted(booked, 'report of a call', 'reports of calls')} new in the ledger"
    console().print(told)


def _ingest_rejected(context: typer.Context) -> None:
    folder = configuration(context).spool / "rejected"
    paths, waiting, spans = sorted(folder.glob("*.pb")), 0, 0
    with open_store(context, makes_one=True) as store:
        store_rules(store, configuration(context).tenant_rules)
        for path in paths:
            try:
                otlp_file.check(store, path, was_spooled=True)
                spans += otlp_file.ingest(store, path, was_spooled=True).spans
            except (otlp_file.OtlpFileError, StoreError) as error:
                if isinstance(error, StoreError) and error.code not in DATA_ERRORS:
                    raise
                waiting += 1
                console(stderr=True).print(f"{path.name} stays: {error}", style="yellow", soft_wrap=True)
                continue
            path.with_suffix(".txt").unlink(missing_ok=True)
            path.unlink()
        if store.kind == "embedded":
            load_reference_data(store)
            Worker(store, configuration(context)).catch_up()
    console().print(
        f"{counted(spans, 'span')} in {counted(len(paths) - waiting, 'request')} taken up again; "
        f"{counted(waiting, 'request')} in {folder}"
    )
    if waiting:
        raise typer.Exit(1)
