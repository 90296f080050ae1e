"""The command `ingest`: OTLP from files."""

from __future__ import annotations

import typer

from spanledger_cli.options import Files, configuration, open_store
from spanledger_cli.progress import progress
from spanledger_cli.terminal import console
from spanledger_collector import otlp_file
from spanledger_enrich.ledger.tenant_rules import store_rules
from spanledger_enrich.worker import Worker, load_reference_data
from spanledger_settings.figures import counted


def ingest(context: typer.Context, files: Files) -> None:
    """Take in OTLP from files: protobuf (.pb) and a Collector's JSON lines (.jsonl, .json), plain, .gz or .zst.

    Whether they hold spans, logs or metrics is told by their content.

    All files are checked before any is stored; the same file again changes nothing.

    Try:

        spanledger ingest traces.pb collector.jsonl.zst
    """
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
    console().print(
        f"{told} in {counted(requests, 'request')} of {counted(len(files), 'file')} ingested"
        + (f"; {counted(booked, 'call')} new in the ledger" if booked is not None else "")
    )
