"""The end of the demo: its month with the commands that finance uses, from budgets to a statement that is proved."""

from __future__ import annotations

import shlex
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer.main

from spanledger_cli.cli import app
from spanledger_cli.commands.books.budgets import BREACHED
from spanledger_cli.commands.books.reconcile import DOES_NOT_HOLD
from spanledger_cli.output.terminal import console
from spanledger_enrich.books.bills.invoice_share import TO_THE_SUBUNIT
from spanledger_sql.store import Store, StoreError
from spanledger_traffic import azure_bill

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from spanledger_settings.configuration import Configuration
    from spanledger_traffic.azure_bill import Planted
    from spanledger_traffic.workload import Call

_MONTH: Final = "2024-10"
_TENANT: Final = "northwind"
_BUDGETS: Final = """\
budget,for,amount,unit,every,timezone,thresholds
northwind,tenant=northwind,45,usd,month,UTC,80;100
acme-legal,tenant=acme-legal,20,usd,month,UTC,80;100
carbon,total,5,kgco2e,month,UTC,80;100
"""
_CENT: Final = Decimal("0.01")


def close_the_month(settings: Configuration, calls: Sequence[Call], first_day: date) -> Path:
    """Budget, reconcile, close and state the month of the demo; gives the statement's file, which stays.

    Args:
        settings: Of the demo's node.
        calls: What was sent, from which the bill is made.
        first_day: The first of their days, UTC.

    Raises:
        StoreError: A command fails, or the reconciliation does not name what was planted.
    """
    folder = Path(tempfile.mkdtemp(prefix="spanledger-demo-month-"))
    budgets, bill, stated = (folder / name for name in ("budgets.csv", "azure_cost_details.csv", f"{_TENANT}.html"))
    budgets.write_text(_BUDGETS, encoding="utf-8")
    planted = azure_bill.write(bill, calls, first_day)

    def run(*arguments: object, ends_with: int = 0, table: bool = False) -> None:
        _run(settings, [str(one) for one in arguments], ends_with, table=table)

    out = console()
    out.print(
        f"\nThe month {_MONTH}: what it may cost, whether the bill is right, and what each tenant owes", style="bold"
    )
    run("budgets", "import", budgets)
    run("budgets", "check", "--on", f"{_MONTH}-31", ends_with=BREACHED, table=True)
    run("bills", "import", bill)
    run("reconcile", "--month", _MONTH, "--allocate", "metered", ends_with=DOES_NOT_HOLD, table=True)
    _compare(settings, planted)
    run("close", "soft", _MONTH, "--as", "ann", "--grace", "0")
    run("close", "hard", _MONTH, "--as", "bob")
    run("statement", _MONTH, "--tenant", _TENANT, "--output", stated)
    run("verify", stated)
    return stated


def _run(settings: Configuration, arguments: list[str], ends_with: int, *, table: bool) -> None:
    """Run a command of this program on the demo's data, after printing it as a user would type it."""
    console().print(f"\n$ spanledger {shlex.join(arguments)}", style="bold", soft_wrap=True)
    shown = ["--format", "table"] if table else []
    command: Any = typer.main.get_command(app)
    status = command.main(
        ["--data-dir", str(settings.data_dir), *arguments, *shown], prog_name="spanledger", standalone_mode=False
    )
    if (status or 0) != ends_with:
        raise StoreError(f"'spanledger {shlex.join(arguments)}' ended with status {status}; expected {ends_with}")


def _compare(settings: Configuration, planted: Planted) -> None:
    """Say what was planted in the bill, and what the reconciliation calls it."""
    with Store.open(settings) as store:
        rows = store.rows("SELECT cause, sum(amount) AS amount FROM bill_adjustment GROUP BY cause")
    found = {row["cause"]: row["amount"].quantize(_CENT) for row in rows if row["cause"] != TO_THE_SUBUNIT}
    expected = {
        "missing_usage": planted.missing_usage.quantize(_CENT),
        "price_differences": planted.price_differences.quantize(_CENT),
    }
    out = console()
    for (cause, amount), what in zip(expected.items(), planted.what, strict=True):
        out.print(f"planted: {amount:>6} USD, {what}; found: {found.get(cause, 0):>6} USD, {cause.replace('_', ' ')}")
    if {cause: amount for cause, amount in found.items() if amount} != expected:
        raise StoreError(f"the reconciliation differs from what was planted: {found}")
