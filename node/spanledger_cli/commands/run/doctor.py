"""What is wrong with this set-up and how to mend it."""

from __future__ import annotations

import os
import shutil
import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import typer

from spanledger_cli.output.terminal import console
from spanledger_cli.request.options import configuration
from spanledger_cli.request.report_request import AS_IT_IS
from spanledger_settings import spool_files
from spanledger_settings.configuration import Configuration
from spanledger_settings.figures import counted
from spanledger_sql.definitions.migrations import pending
from spanledger_sql.node_socket import node_answers, socket_path
from spanledger_sql.store import Store, StoreError, statement

# Below this much free space the spool and the merges of the database are at risk.
_LITTLE_SPACE = 2 * 2**30
_RECENT_DAYS = 30
_LONG_SPOOLED_S = 60
# A week's, and what is in as many days.
_COMPARED_HOURS = 168
_UNTOLD = (
    ("unattributed", "name no tenant", "add attribution() or a tenant rule ('spanledger docs tenants')"),
    ("unpriced", "have no price", "'spanledger prices missing' lists the models"),
    ("missing_usage", "report no usage", "streams tell it if asked to ('spanledger docs dialects')"),
)


def node_status(settings: Configuration) -> dict[str, Any] | None:
    """What the node running on this data folder says of itself, or None where none runs."""
    if not node_answers(settings.data_dir):
        return None
    with node_client(settings, timeout_s=10) as client:
        status: dict[str, Any] = client.get("http://node/node").raise_for_status().json()
        return status


def node_client(settings: Configuration, timeout_s: float | None) -> httpx.Client:
    """A client of the node on this data folder, through its socket."""
    # Nothing is encrypted there: to load whom the machine trusts, as the client does by itself, takes 40 ms.
    unused = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    transport = httpx.HTTPTransport(uds=str(socket_path(settings.data_dir)), verify=unused)
    return httpx.Client(transport=transport, timeout=timeout_s, trust_env=False)


def doctor(context: typer.Context) -> None:
    """Say what is listening, where the data lies, how far behind the worker is, and what to mend.

    Ends with status 1 when something has to be mended.

    Try:

        spanledger doctor
    """
    settings = configuration(context)
    report = _Report()
    _check_node(settings, report)
    _check_folder(settings, report)
    _check_database(settings, report)
    raise typer.Exit(1 if report.problems else 0)


class _Report:
    def __init__(self) -> None:
        self.problems = 0
        self._out = console()

    def fact(self, name: str, value: str) -> None:
        self._out.print(f"  {name:<16} {value}", soft_wrap=True)

    def problem(self, name: str, value: str, mend: str) -> None:
        self.problems += 1
        self._out.print(f"! {name:<16} {value}", style="red", soft_wrap=True)
        self._out.print(f"  {'':<16} mend: {mend}", soft_wrap=True)


def _check_node(settings: Configuration, report: _Report) -> None:
    try:
        status = node_status(settings)
    except httpx.HTTPError as error:
        report.problem("node", f"does not answer on its socket: {error}", "stop it and start it again")
        return
    if status is None:
        if settings.embedded and settings.spool.exists():
            # Only a node makes a spool: apps send here.
            report.problem(
                "node", "not running, and what apps send to it waits with them or is lost", "run 'spanledger up'"
            )
        else:
            report.fact("node", "not running on this data folder; start one with 'spanledger up'")
        _check_spool(settings, report, running=False)
        return
    report.fact("node", f"running, process {status['pid']}, version {status['version']}")
    for part, label in (("otlp_http", "OTLP/HTTP"), ("otlp_grpc", "OTLP/gRPC"), ("dashboards", "dashboards")):
        report.fact(label, status["addresses"][part] or "not running")
    report.fact("spool", f"{status['spool_bytes']:,} bytes acknowledged and not committed yet")
    _check_spool(settings, report, running=True)


def _check_spool(settings: Configuration, report: _Report, *, running: bool) -> None:
    """Complain of what was acknowledged and waits: a while where a node runs, at all where none does."""
    waiting = spool_files.waiting(settings.spool)
    since = max((time.time() - file.stat.st_mtime for file in waiting), default=0)
    if waiting and (not running or since > _LONG_SPOOLED_S):
        size = sum(file.stat.st_size for file in waiting)
        told = f"{size:,} bytes that senders were told are safe wait for {since:,.0f} s"
        report.problem("spool", told, "the node's log says why" if running else "'spanledger up' takes them in")


def _check_folder(settings: Configuration, report: _Report) -> None:
    folder = settings.data_dir
    report.fact("data folder", f"{folder}{'' if folder.exists() else ' (not made yet)'}")
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(existing, os.W_OK):
        report.problem("data folder", f"{existing} cannot be written", "choose another with --data-dir")
    free = shutil.disk_usage(existing).free
    if free < _LITTLE_SPACE:
        report.problem("disk", f"{free / 2**30:.1f} GiB free", "make room, or move the data folder")
    else:
        report.fact("disk", f"{free / 2**30:.1f} GiB free")
    rejected = len(list((settings.spool / "rejected").glob("*.pb"))) if settings.spool.exists() else 0
    if rejected:
        report.problem(
            "rejected",
            f"{counted(rejected, 'request')} in {settings.spool / 'rejected'}",
            "the .txt beside each says why; 'spanledger ingest --rejected' tries them again",
        )


def _check_database(settings: Configuration, report: _Report) -> None:
    if settings.embedded and not Path(settings.clickhouse_url.removeprefix("chdb://").partition("?")[0]).exists():
        return
    try:
        with Store.open(settings) as store:
            report.fact("database", f"{store.kind}, ClickHouse {store.value('SELECT version()')}")
            waiting = pending(store)
            if waiting:
                report.problem("schema", f"{counted(len(waiting), 'migration')} to apply", "run 'spanledger migrate'")
                return
            report.fact("schema", "up to date")
            _check_ledger(store, report)
    except StoreError as error:
        report.problem("database", str(error), "see the message")


def _check_ledger(store: Store, report: _Report) -> None:
    backlog = store.rows(statement("reports/operations/backlog"))[0]
    report.fact("ledger", f"{counted(backlog['ledger_calls'], 'call')}")
    behind = f"{counted(backlog['llm_spans'], 'call')} behind, the oldest by {backlog['oldest_seconds']:,} s"
    if backlog["oldest_seconds"] > 60:
        report.problem("worker", behind, "is a node running? else 'spanledger enrich --once'; its log says what fails")
    else:
        report.fact("worker", behind if backlog["llm_spans"] else "up to date")
    if backlog["set_aside_calls"]:
        report.problem(
            "set aside",
            f"{backlog['set_aside_calls']:,} calls cannot be computed and are not in the ledger, for example: "
            f"{backlog['set_aside_reason']}",
            "the table 'set_aside' names each; 'spanledger enrich --once --set-aside' tries them again",
        )
    _check_sums(store, report)
    _check_senders(store, report)
    for gap, meaning in (
        ("unattributed_calls", "name no tenant"),
        ("unpriced_calls", "have no price"),
        ("missing_usage_calls", "report no usage"),
    ):
        if backlog[gap]:
            share = backlog[gap] / backlog["ledger_calls"]
            report.fact("gap", f"{backlog[gap]:,} calls ({share:.1%}) {meaning}")
    _check_quality(store, report)
    places = store.frame("reports/grid/zones", only_open=1)
    # Samples of metered hosts name no provider; where their calls ran they tell, too.
    told = places[(places["state"] == "unknown region") & ((places["calls"] > 0) | (places["provider"] == ""))]
    for place in told.head(5).to_dict("records"):
        who = f"{place['calls']:,} calls of {place['provider']}" if place["provider"] else "metered hosts"
        report.fact(
            "place",
            f"{who} name the region {place['cloud_region']!r}, which nobody knows: booked in "
            f"{place['zone'] or 'the default zone'}; 'spanledger grid place' mends it",
        )


def _check_sums(store: Store, report: _Report) -> None:
    """Compare the sums that reports read with the calls that they are of."""
    told = store.rows(statement("reports/operations/hour_sums"), hours=_COMPARED_HOURS)[0]
    report.fact(
        "sums",
        f"{told['summed_hours']:,} of {counted(told['hours'], 'hour')} are summed for reports; of the others they read "
        "the calls",
    )
    if told["differing"]:
        report.problem(
            "sums",
            f"{told['differing']:,} of {told['compared']:,} hours and days do not have their calls' sums, from "
            f"{told['first_differing']:%Y-%m-%d %H:%M} UTC on",
            "'spanledger enrich --once --sum-anew'; and tell us, for this cannot be",
        )


def _check_senders(store: Store, report: _Report) -> None:
    """Complain of clocks that are ahead, and of calls that say what cannot be."""
    for row in store.rows(statement("reports/operations/clocks"))[:5]:
        who = " on ".join(filter(None, (row["service"] or "(no service name)", row["host"])))
        report.problem(
            "clock",
            f"{who}: {counted(row['calls'], 'call')} of the last day began after they had come in, by up to "
            f"{row['ahead_seconds']:,} s",
            "set that machine's clock: prices and grid hours are those of a call's start",
        )
    odd = store.rows(statement("reports/operations/odd_calls"))[0]
    if odd["early"] or odd["late"]:
        report.problem(
            "dates",
            f"{counted(odd['early'], 'call')} before 2015 and {counted(odd['late'], 'call')} after tomorrow, from "
            f"{odd['first']:%Y-%m-%d} to {odd['last']:%Y-%m-%d}",
            "mend what sends them; they are in reports of their dates",
        )
    if odd["invalid_ids"]:
        report.fact("ids", f"{counted(odd['invalid_ids'], 'call')} have a trace or span id that is none")


def _check_quality(store: Store, report: _Report) -> None:
    """Tell of the services that leave most untold in the last days, and how to mend it."""
    until = datetime.now(UTC)
    period = {
        "from": until - timedelta(days=_RECENT_DAYS),
        "to": until,
        "tenants": [],
        "own": "",
        "own_values": [],
        "where": [],
        "moment": AS_IT_IS,
    }
    rows = store.frame("reports/attribution/quality", **period).to_dict("records")
    for count, meaning, mend in _UNTOLD:
        worst = max(rows, key=lambda row: row[count], default=None)
        if worst is not None and worst[count]:
            report.fact(
                "quality",
                f"{worst['service'] or '(no service name)'}, {worst['dialect']}: {worst[count] / worst['calls']:.0%} "
                f"of {worst['calls']:,} calls {meaning}; {mend}",
            )
    for row in [row for row in rows if row["unknown_attributes"]][:3]:
        report.fact(
            "quality", f"{row['service']}, {row['scope']}: attributes that nothing reads: {row['unknown_attributes']}"
        )
