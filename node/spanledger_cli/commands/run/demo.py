"""Real traffic through the real path: a node of its own, a public trace over OTLP, then the figures."""

from __future__ import annotations

import hashlib
import importlib.resources
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spanledger_cli.commands.carbon.carbon_rows import uncertain
from spanledger_cli.commands.run.demo_month import close_the_month
from spanledger_cli.commands.run.doctor import node_status
from spanledger_cli.output.export import Format
from spanledger_cli.output.progress import progress
from spanledger_cli.output.terminal import console, print_rows
from spanledger_enrich.grid.grid_intensity import read_electricity_maps
from spanledger_enrich.grid.grid_record import record
from spanledger_node.listening import ListenError, listen
from spanledger_settings.configuration import Configuration, load
from spanledger_sql.store import Store, StoreError
from spanledger_traffic import trace_file
from spanledger_traffic.replay import Replayed, replay
from spanledger_traffic.workload import Call, Workload

if TYPE_CHECKING:
    import pandas as pd

# The hourly grid data that the demo carries was measured in October 2024.
_START = datetime(2024, 10, 8, tzinfo=UTC)
_DAYS = 3
_DATA = importlib.resources.files("spanledger_traffic") / "demo_data"
_TRACES = (("mooncake_conversation.jsonl.gz", "chat"), ("azure_code.csv", "code-completion"))


def demo(
    context: typer.Context,
    exit_: Annotated[
        bool, typer.Option("--exit", help="End after the figures, also with a terminal attached.")
    ] = False,
    dashboard_port: Annotated[
        int, typer.Option(help="The dashboards' port; another is taken if it is in use.", min=0, max=65535)
    ] = 8501,
) -> None:
    """Send real traffic through the whole pipeline, print cost and CO2e, and show the dashboards.

    A node with a temporary data folder takes in some thousand calls of public request traces (Mooncake's and Azure's)
    through the OpenTelemetry SDK, spread over three days of October 2024. Tenants and models are made up, tokens and
    prompt-cache hits are the traces'.

    It ends with the month as finance closes it: budgets, a provider's bill for the same traffic in which two
    differences are planted, its reconciliation, two persons who close, and a statement that is proved.

    Try:

        spanledger demo

        spanledger demo --exit
    """
    out = console()
    if context.parent is not None and context.parent.params.get("data_dir"):
        console(stderr=True).print(
            "the demo has a data folder of its own, and deletes it: --data-dir has no effect on it", style="yellow"
        )
    for number in (signal.SIGTERM, signal.SIGHUP):
        # A closed terminal, too, must stop the node and delete its data.
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    with tempfile.TemporaryDirectory(prefix="spanledger-demo-") as folder:
        settings = load(data_dir=Path(folder), clickhouse_url=f"chdb://{folder}/clickhouse")
        # The node and the commands of the month are on this data, whatever database the user has set.
        os.environ["SPANLEDGER_CLICKHOUSE_URL"] = settings.clickhouse_url
        stays = not exit_ and sys.stdin.isatty() and sys.stdout.isatty()
        with _node(settings, dashboard_port) as addresses:
            calls = _calls()
            sent = _send(settings, calls, addresses["otlp_http"])
            _print_figures(settings, sent)
            statement = close_the_month(settings, calls, _START.date())
            out.print(f"\nStatement   {statement}  (it and the bill beside it stay)", soft_wrap=True)
            if stays:
                out.print(
                    f"Data        {folder}  (try: spanledger --data-dir {folder} chargeback --month 2024-10)",
                    soft_wrap=True,
                )
                out.print("            Ctrl-C stops the node and deletes its data.")
            ended = "" if stays else "  (ended with the demo: on a terminal, without --exit, they stay)"
            out.print(f"Dashboards  {addresses['dashboards']}{ended}", soft_wrap=True)
            if stays:
                _wait_for_interrupt()


def _calls() -> list[Call]:
    calls: list[Call] = []
    with importlib.resources.as_file(_DATA) as folder:
        for seed, (name, feature) in enumerate(_TRACES, 1):
            traced = trace_file.read(folder / name)
            stretch = _DAYS * 86_400 / (traced[-1].offset_s + 1)
            calls += Workload(_START, stretch, seed, feature).calls(traced)
    return sorted(calls, key=lambda call: call.start)


def _send(settings: Configuration, calls: Sequence[Call], endpoint: str) -> Replayed:
    with importlib.resources.as_file(_DATA) as folder, Store.open(settings) as store, progress() as bar:
        for path in sorted(folder.glob("*_2024-10_hourly.csv")):
            record(store, read_electricity_maps(path), path.name, hashlib.sha256(path.read_bytes()).hexdigest())
        sending = bar.add_task("sent over OTLP ", total=len(calls))
        booking = bar.add_task("in the ledger  ", total=len(calls))
        sent = replay(calls, endpoint=endpoint, run="demo", sent=lambda done: bar.update(sending, completed=done))
        deadline = time.monotonic() + 120
        while (booked := store.value("SELECT count() FROM calls")) < sent.calls:
            bar.update(booking, completed=booked)
            if time.monotonic() > deadline:
                raise StoreError(f"only {booked:,} of {sent.calls:,} calls reached the ledger within two minutes")
            time.sleep(0.1)
        bar.update(booking, completed=booked)
    return sent


def _print_figures(settings: Configuration, sent: Replayed) -> None:
    with Store.open(settings) as store:
        october: dict[str, Any] = {
            "from": _START,
            "to": datetime(2024, 11, 1, tzinfo=UTC),
            "timezone": "UTC",
            **{name: [] for name in ("custom", "where_names", "where_values")},
        }
        frame = store.frame("reports/chargeback/chargeback", **october, tenants=[], by=["tenant", "model"])
        emissions = store.frame("reports/carbon/report", **october, by=["tenant", "(whole)"])
    columns = {
        "tenant": "tenant",
        "model": "model",
        "calls": "calls",
        "input_tokens": "tokens in",
        "output_tokens": "tokens out",
        "contracted_cost": "USD",
        "energy_kwh": "Wh",
        "co2e_kg": "gCO2e",
        "co2e_kg_low": "low",
        "co2e_kg_high": "high",
    }
    milli = list(columns)[6:]
    print_rows(
        frame.assign(**{name: frame[name] * 1000 for name in milli})[list(columns)].rename(columns=columns),
        Format.table,
        title=f"Cost and emissions, {_START:%Y-%m-%d} and the {_DAYS - 1} days after, UTC",
        # Intervals do not add up: that of all is below.
        total=[name for name in columns.values() if name not in ("tenant", "model", "low", "high")],
    )
    _print_emissions(emissions.iloc[1:].reset_index(drop=True), emissions.head(1))
    booked = (int(frame["calls"].sum()), int(frame["input_tokens"].sum()), int(frame["output_tokens"].sum()))
    out = console()
    out.print(f"sent:   {sent.calls:>9,} calls {sent.input_tokens:>13,} tokens in {sent.output_tokens:>11,} tokens out")
    out.print(f"ledger: {booked[0]:>9,} calls {booked[1]:>13,} tokens in {booked[2]:>11,} tokens out")
    if booked != (sent.calls, sent.input_tokens, sent.output_tokens):
        raise StoreError("the ledger differs from what was sent")
    out.print("\n– is unknown: a model without a list price or without an energy model is never counted as zero.")


def _print_emissions(tenants: pd.DataFrame, whole: pd.DataFrame) -> None:
    columns = {
        "tenant": "tenant",
        "energy_kwh": "Wh",
        "co2e_kg": "gCO2e",
        "co2e_kg_low": "low",
        "co2e_kg_high": "high",
        "co2e_factor": "factor either way",
        "co2e_because": "for not knowing",
        "hourly_share": "hourly grid data",
    }
    milli = ("energy_kwh", "co2e_kg", "co2e_kg_low", "co2e_kg_high")
    print_rows(
        tenants.assign(**{name: tenants[name] * 1000 for name in milli})[list(columns)].rename(columns=columns),
        Format.table,
        title=f"Emissions by tenant: {uncertain(whole.iloc[0])}",
        total=["Wh", "gCO2e"],
    )
    console().print(
        "low and high are meant to hold the true value nine times in ten (of published figures, 88 %). What many calls "
        "share (the method, batches, a model's size) does not average out, so that a tenant's interval is about as "
        "wide as a call's."
    )


@contextmanager
def _node(settings: Configuration, dashboard_port: int) -> Iterator[dict[str, Any]]:
    """A node in a process of its own, until the block ends; gives its addresses."""
    command = [sys.executable, "-m", "spanledger_cli", "--data-dir", str(settings.data_dir), "up",
               "--otlp-http-port", "0", "--otlp-grpc-port", "0",
               "--dashboard-port", str(_free(settings.host, dashboard_port))]  # fmt: skip
    log = settings.data_dir / "node.log"
    with log.open("wb") as output:
        # A group of its own: Ctrl-C reaches this process, which stops the node when it is done with it.
        process = subprocess.Popen(  # noqa: S603  (our own command)
            command, stdout=output, stderr=output, start_new_session=True
        )
    try:
        deadline = time.monotonic() + 60
        while (status := node_status(settings)) is None:
            if process.poll() is not None or time.monotonic() > deadline:
                raise StoreError(f"the node did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.1)
        yield status["addresses"]
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()


def _free(host: str, port: int) -> int:
    try:
        listen(host, port, purpose="the dashboards", option="--dashboard-port").close()
    except ListenError:
        return 0
    return port


def _wait_for_interrupt() -> None:
    try:
        signal.pause()
    except KeyboardInterrupt:
        console().print()
