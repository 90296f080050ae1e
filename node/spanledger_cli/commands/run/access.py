"""The command `access`: users of a ClickHouse server, and what each may do."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import unquote, urlsplit

import typer

from spanledger_cli.request.options import configuration
from spanledger_sql.policy.access import identifier, roles, statements

access = typer.Typer(help="Users of a ClickHouse server, and what each may do.", no_args_is_help=True)


@access.callback()
def _group() -> None:
    """Keep the group a group while it has one command."""


@access.command("sql")
def sql(
    context: typer.Context,
    tenant: Annotated[
        list[str] | None, typer.Option("--tenant", help="A tenant that reads his own; repeatable.")
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="Default: that of SPANLEDGER_CLICKHOUSE_URL.", show_default=False)
    ] = None,
) -> None:
    """Print the SQL that makes users with the least rights: owner, collector, worker, dashboards, BI, and tenants.

    An administrator of the server runs it, after 'spanledger migrate'; again after each upgrade. Nobody can log in as
    one of these users until its last lines, which are comments, are filled in.

    Try:

        spanledger access sql --database spanledger --tenant northwind --tenant acme > access.sql
    """
    settings = configuration(context)
    named = "" if settings.embedded else unquote(urlsplit(settings.clickhouse_url).path.strip("/"))
    chosen = database or named or "spanledger"
    for statement in statements(chosen, tenant or ()):
        typer.echo(f"{statement};")
    typer.echo("\n-- To let a user in, fill in and run:")
    for role in roles(chosen, tenant or ()):
        typer.echo(f"-- ALTER USER {identifier(role.user)} IDENTIFIED BY '...' HOST IP '...';")
