"""Options that several commands share, and the configuration that the root command read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from spanledger_cli.output.export import Format
from spanledger_settings.configuration import Configuration
from spanledger_sql.definitions.migrations import migrate, pending
from spanledger_sql.node_socket import node_answers
from spanledger_sql.policy import email_rule
from spanledger_sql.policy.access import scope_settings
from spanledger_sql.store import Store, StoreError, statement

Output = Annotated[
    Format | None, typer.Option("--format", help="Default: a table on a terminal, CSV in a pipe.", show_default=False)
]
OutputFile = Annotated[
    Path | None,
    typer.Option(
        "--output",
        help="Write into this file: .csv, .json or .parquet, or as --format says.",
        dir_okay=False,
        show_default=False,
    ),
]
Month = Annotated[str | None, typer.Option(help="A calendar month, such as 2024-10. Default: this month.")]
Begin = Annotated[str | None, typer.Option("--from", help="First moment, such as 2024-10-08 or 2024-10-08T14:00.")]
End = Annotated[str | None, typer.Option("--to", help="First moment after the period; default: now.")]
Timezone = Annotated[str, typer.Option(help="Time zone of months and days, such as Europe/Berlin.")]
By = Annotated[str, typer.Option(help="Dimensions, with commas between them.")]
Files = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True)]


def configuration(context: typer.Context) -> Configuration:
    """The configuration, with the root command's options applied."""
    return cast("Configuration", context.obj)


def open_store(context: typer.Context, *, makes_one: bool = False) -> Store:
    """The configured database, through a running node if there is one, with this version's schema.

    Args:
        context: Of the command.
        makes_one: Whether the command brings something in, and may begin a ledger with it.

    A node has migrated its own database. A server's is migrated by those who write to it, and by `migrate`: making
    its views anew beside a running receiver would lose what arrives meanwhile.
    """
    settings = configuration(context)
    if not makes_one:
        _refuse_none(settings)
    return _fit(Store.open(settings, scope=_scope(settings)), settings)


def open_to_read(context: typer.Context, *names: str) -> Store:
    """As `open_store`, for a command that only reads: embedded, what it does not ask for stays closed.

    Args:
        context: Of the command.
        names: Query files that it asks first, as `statement` takes them.
    """
    settings = configuration(context)
    _refuse_none(settings)
    asked = [statement(name) for name in ("reports/operations/unbooked", *names)]
    store = Store.open(settings, scope=_scope(settings), to_read=[*asked, "SELECT * FROM migration"])
    if store.kind == "embedded" and not pending(store):
        return store
    store.open_whole()
    return _fit(store, settings)


def _refuse_none(settings: Configuration) -> None:
    folder = Path(settings.clickhouse_url.removeprefix("chdb://").partition("?")[0])
    if settings.embedded and not folder.exists() and not node_answers(settings.data_dir):
        raise StoreError(
            f"there is no ledger in {settings.data_dir}; name its folder with --data-dir or SPANLEDGER_DATA_DIR, or "
            "begin one with 'spanledger up' or 'spanledger ingest'"
        )


def _scope(settings: Configuration) -> dict[str, str | int] | None:
    return None if settings.tenant_scope is None else dict(scope_settings(settings.tenant_scope))


def _fit(store: Store, settings: Configuration) -> Store:
    """The store with this version's schema, or a complaint."""
    if store.kind == "embedded" and settings.tenant_scope is None:
        migrate(store)
        email_rule.follow(store, settings)
    elif (store.kind == "server" or settings.tenant_scope is not None) and (waiting := pending(store)):
        store.close()
        raise StoreError(f"the database's schema lacks {', '.join(waiting)}; run 'spanledger migrate'")
    return store
