"""Commands that run the pipeline or a part of it: up, collect, enrich, dashboards."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from spanledger_cli.logs import log_to_standard_error
from spanledger_cli.output.terminal import console
from spanledger_cli.request.options import configuration, open_store
from spanledger_enrich.ledger.booking import take_up_again
from spanledger_enrich.worker import Worker, load_reference_data
from spanledger_node import node
from spanledger_node.listening import Addresses
from spanledger_settings.configuration import Configuration
from spanledger_settings.figures import counted

Host = Annotated[str | None, typer.Option(help="Address to listen on.  [default: 127.0.0.1]", show_default=False)]
HttpPort = Annotated[
    int | None, typer.Option(help="OTLP over HTTP; 0: any.  [default: 4318]", min=0, max=65535, show_default=False)
]
GrpcPort = Annotated[
    int | None, typer.Option(help="OTLP over gRPC; 0: any.  [default: 4317]", min=0, max=65535, show_default=False)
]
DashboardPort = Annotated[
    int | None, typer.Option(help="The dashboards; 0: any.  [default: 8501]", min=0, max=65535, show_default=False)
]
Insecure = Annotated[
    bool,
    typer.Option("--insecure-listen", help="Listen beyond loopback although nobody has to show who he is."),
]

LogFormat = Annotated[
    Literal["text", "json"] | None,
    typer.Option(help="How to log on standard error.  [default: text]", show_default=False),
]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"] | None,
    typer.Option(help="Log this and what is graver.  [default: info]", show_default=False),
]


def up(
    context: typer.Context,
    host: Host = None,
    otlp_http_port: HttpPort = None,
    otlp_grpc_port: GrpcPort = None,
    dashboard_port: DashboardPort = None,
    insecure_listen: Insecure = False,
    log_format: LogFormat = None,
    log_level: LogLevel = None,
) -> None:
    """Run the node: OTLP in, ledger and dashboards out, until Ctrl-C.

    Try:

        spanledger up

        spanledger --data-dir ./ledger up --dashboard-port 8600
    """
    settings = _with(
        context, host, otlp_http_port, otlp_grpc_port, dashboard_port, log_format, log_level, insecure=insecure_listen
    )
    _run(settings, node.EVERYTHING)


def collect(
    context: typer.Context,
    host: Host = None,
    otlp_http_port: HttpPort = None,
    otlp_grpc_port: GrpcPort = None,
    insecure_listen: Insecure = False,
    log_format: LogFormat = None,
    log_level: LogLevel = None,
) -> None:
    """Run only the OTLP receivers, before a ClickHouse server.

    Try:

        SPANLEDGER_CLICKHOUSE_URL=http://user:password@clickhouse:8123/spanledger spanledger collect --host 0.0.0.0
    """
    _needs_server(configuration(context), "collect")
    settings = _with(
        context, host, otlp_http_port, otlp_grpc_port, None, log_format, log_level, insecure=insecure_listen
    )
    _run(settings, frozenset({"collect"}))


def dashboards(
    context: typer.Context,
    host: Host = None,
    dashboard_port: DashboardPort = None,
    insecure_listen: Insecure = False,
    log_format: LogFormat = None,
    log_level: LogLevel = None,
) -> None:
    """Run only the dashboards, on a ClickHouse server.

    Try:

        SPANLEDGER_CLICKHOUSE_URL=http://user:password@clickhouse:8123/spanledger spanledger dashboards
    """
    _needs_server(configuration(context), "dashboards")
    settings = _with(context, host, None, None, dashboard_port, log_format, log_level, insecure=insecure_listen)
    _run(settings, frozenset({"dashboards"}))


def enrich(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Process what is there and end.")] = False,
    set_aside: Annotated[
        bool, typer.Option("--set-aside", help="Take up the calls again that could not be computed.")
    ] = False,
    sum_anew: Annotated[
        bool, typer.Option("--sum-anew", help="Take the sums of all hours of the ledger anew, which reports read.")
    ] = False,
    log_format: LogFormat = None,
    log_level: LogLevel = None,
) -> None:
    """Run only the worker: bring the ledger up to date with what was ingested.

    Try:

        spanledger enrich --once

        spanledger enrich --once --set-aside

        spanledger enrich --once --sum-anew

        SPANLEDGER_CLICKHOUSE_URL=http://user:password@clickhouse:8123/spanledger spanledger enrich
    """
    if not once:
        _needs_server(configuration(context), "enrich")
        settings = _with(context, None, None, None, None, log_format, log_level, insecure=False)
        _run(settings, frozenset({"enrich"}))
        return
    with open_store(context, makes_one=True) as store:
        load_reference_data(store)
        if set_aside:
            console().print(f"{take_up_again(store):,} calls are taken up again")
        worker = Worker(store, configuration(context))
        calls = worker.catch_up()
        hours = worker.sum_hours(anew=sum_anew)
        worker.give_back()
    console().print(f"{counted(calls, 'new call')} in the ledger")
    if sum_anew:
        console().print(f"{hours:,} hours and days summed anew; what is being written to waits for the worker")


def migrate(context: typer.Context) -> None:
    """Bring the database's schema up to this version.

    Try:

        spanledger migrate
    """
    from spanledger_sql.definitions.migrations import migrate as apply  # noqa: PLC0415
    from spanledger_sql.policy import email_rule  # noqa: PLC0415
    from spanledger_sql.policy.retention import keep_for  # noqa: PLC0415
    from spanledger_sql.store import Store  # noqa: PLC0415

    with Store.open(configuration(context)) as store:
        applied = apply(store)
        email_rule.follow(store, configuration(context))
        kept = keep_for(store, configuration(context).retention_days)
    for name in applied:
        console().print(f"applied {name}")
    for table in kept:
        console().print(f"{table} keeps its rows as retention_days says")
    console().print(f"the schema is up to date ({len(applied)} applied now)")


def _run(settings: Configuration, parts: frozenset[node.Part]) -> None:
    log_to_standard_error(settings)

    def started(addresses: Addresses) -> None:
        out = console()
        if addresses.otlp_http:
            out.print(f"OTLP/HTTP   {addresses.otlp_http}/v1/traces")
            out.print(f"OTLP/gRPC   {addresses.otlp_grpc}")
        if addresses.dashboards:
            out.print(f"Dashboards  {addresses.dashboards}")
        out.print(f"Data        {settings.data_dir if settings.embedded else 'ClickHouse server'}")
        out.print("Ctrl-C stops after committing what was acknowledged.")

    node.run(settings, started, parts)


def _with(
    context: typer.Context,
    host: str | None,
    otlp_http_port: int | None,
    otlp_grpc_port: int | None,
    dashboard_port: int | None,
    log_format: str | None,
    log_level: str | None,
    *,
    insecure: bool = False,
) -> Configuration:
    given = {
        "insecure_listen": insecure or None,
        "host": host,
        "otlp_http_port": otlp_http_port,
        "otlp_grpc_port": otlp_grpc_port,
        "dashboard_port": dashboard_port,
        "log_format": log_format,
        "log_level": log_level,
    }
    return configuration(context).model_copy(update={name: value for name, value in given.items() if value is not None})


def _needs_server(settings: Configuration, command: str) -> None:
    if settings.embedded:
        raise typer.BadParameter(
            f"'{command}' alone needs a ClickHouse server: the embedded database belongs to one process, 'spanledger "
            "up'. Set SPANLEDGER_CLICKHOUSE_URL=http://user:password@host:8123/database"
        )
