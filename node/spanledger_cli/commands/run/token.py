"""The command `token`: who may send, and for which tenant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from spanledger_cli.output.export import Destination
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.options import Output, OutputFile, configuration
from spanledger_settings.access_token import TokenFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanledger_settings.access_token import Secret

token = typer.Typer(help="The tokens by which senders show who they are.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Of the token, for people: who holds it.")]
Days = Annotated[float | None, typer.Option("--days", help="End after so many days.", min=0, show_default=False)]


@token.command("create")
def create(
    context: typer.Context,
    name: Name,
    tenant: Annotated[
        str | None, typer.Option(help="Whose all is that comes with it; default: what the spans say.")
    ] = None,
    days: Days = None,
    rate: Annotated[
        float | None, typer.Option(help="Spans a second; default: token_spans_per_second.", min=0, show_default=False)
    ] = None,
) -> None:
    """Make a token and print it, once: only its hash is kept. From the first one on, OTLP is taken with a token only.

    A node that runs knows it within a second. Who sends names it in a header:
    OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer%20TOKEN".

    Try:

        spanledger token create northwind-apps --tenant northwind

        spanledger token create gateway --days 90
    """
    tokens = _tokens(context)
    is_first = not tokens.path.exists()
    made = tokens.create(name, tenant, lasts=_days(days), spans_per_second=rate or None)
    if is_first:
        console(stderr=True).print("from now on OTLP is taken with a token only", style="yellow", soft_wrap=True)
    typer.echo(made)


@token.command("list")
def list_(context: typer.Context, output: Output = None, file: OutputFile = None) -> None:
    """The tokens: their names, tenants and ends; never themselves.

    Try:

        spanledger token list
    """
    now = datetime.now(UTC)
    rows = [
        {
            "name": holder.name,
            "tenant": holder.tenant or "(as the spans say)",
            "state": holder.state(now),
            "valid_tokens": sum(secret.valid_at(now) for secret in holder.secrets),
            "created": max((secret.created for secret in holder.secrets), default=None),
            "ends": _end(holder.secrets),
            "spans_per_second": holder.spans_per_second,
        }
        for holder in _tokens(context).holders()
    ]
    columns = ["name", "tenant", "state", "valid_tokens", "created", "ends", "spans_per_second"]
    print_rows(pd.DataFrame(rows, columns=columns), Destination(output, file), title="Tokens")


@token.command("rotate")
def rotate(
    context: typer.Context,
    name: Name,
    overlap_hours: Annotated[float, typer.Option(help="So long the tokens before it stay valid.", min=0)] = 24,
    days: Days = None,
) -> None:
    """Make another token of a name and print it; those before it end after an overlap.

    Try:

        spanledger token rotate northwind-apps --overlap-hours 48
    """
    typer.echo(_tokens(context).rotate(name, overlap=timedelta(hours=overlap_hours), lasts=_days(days)))


@token.command("revoke")
def revoke(context: typer.Context, name: Name) -> None:
    """Make all tokens of a name invalid, at once.

    Try:

        spanledger token revoke northwind-apps
    """
    _tokens(context).revoke(name)
    console().print(f"no token of {name} is valid any more")


def _tokens(context: typer.Context) -> TokenFile:
    return TokenFile(configuration(context).tokens)


def _days(days: float | None) -> timedelta | None:
    return None if days is None else timedelta(days=days)


def _end(secrets: Sequence[Secret]) -> datetime | None:
    """When the last of them ends; None where one never does."""
    ends = [secret.ends for secret in secrets if secret.ends is not None]
    return max(ends) if ends and len(ends) == len(secrets) else None
