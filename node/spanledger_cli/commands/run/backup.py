"""Commands that back a data folder up while a node runs on it, and restore it into an empty one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import httpx
import typer

from spanledger_cli.commands.run.doctor import node_client
from spanledger_cli.output.terminal import console
from spanledger_cli.request.options import configuration
from spanledger_node import backup as backups
from spanledger_settings.configuration import Configuration
from spanledger_settings.figures import counted
from spanledger_sql.node_socket import node_answers
from spanledger_sql.store import Store


def backup(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(help="A new folder, or a new file ending in .tar.", show_default=False)],
) -> None:
    """Back the data folder up, as of now, while a node runs on it or none does.

    It holds the database and what was acknowledged and waits in the spool. Reports go on meanwhile, and what comes in
    is acknowledged, and booked afterwards. The target appears when the backup is whole.

    Try:

        spanledger backup /backups/2024-10-08

        spanledger backup /backups/2024-10-08.tar
    """
    settings = configuration(context)
    if not settings.embedded:
        raise backups.BackupError(
            "a ClickHouse server is backed up by its own statement: BACKUP DATABASE ... TO ...; see 'spanledger docs "
            "operate'"
        )
    target = target.absolute()
    folder = backups.begin(target)
    try:
        taken = _take(settings, folder)
        size = backups.seal(taken, folder, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    console().print(f"{_told(taken)} backed up into {target}, {size:,} bytes", soft_wrap=True)


def restore(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(help="What 'spanledger backup' wrote.", exists=True, show_default=False)],
) -> None:
    """Restore a backup into an empty data folder, and compare counts and sums with those of its ledger.

    Try:

        spanledger --data-dir /var/lib/spanledger restore /backups/2024-10-08
    """
    settings = configuration(context)
    restored = backups.restore(settings, source)
    console().print(
        f"{_told(restored)} of {restored.taken_at} restored into {settings.data_dir}; every count and sum is as it was",
        soft_wrap=True,
    )


def _take(settings: Configuration, folder: Path) -> backups.Backup:
    if not node_answers(settings.data_dir):
        if not Path(settings.clickhouse_url.removeprefix("chdb://").partition("?")[0]).exists():
            raise backups.BackupError(f"there is no ledger in {settings.data_dir}; name its folder with --data-dir")
        with Store.open(settings, exclusive=True) as store:
            return backups.take(store, settings, folder)
    try:
        # It takes as long as it takes.
        with node_client(settings, timeout_s=None) as client:
            answer = client.post("http://node/backup", params={"to": str(folder)})
    except httpx.TransportError as error:
        raise backups.BackupError(
            f"the node ended before the backup was whole, and nothing is left of it: {error}"
        ) from None
    if answer.status_code != httpx.codes.OK:
        raise backups.BackupError(f"the node cannot back up: {answer.text}")
    return backups.Backup(**answer.json())


def _told(held: backups.Backup) -> str:
    waiting = f" and {counted(held.segments, 'segment')} of the spool" if held.segments else ""
    return (
        f"{counted(sum(held.rows.values()), 'row')} in {counted(len(held.rows), 'table')}{waiting}: a ledger of "
        f"{counted(held.sums['calls'], 'call')}, {held.sums['contracted_cost']} USD,"
    )
