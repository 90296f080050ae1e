"""Commands on tenants: the rules that say whose a call is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.options import configuration, open_store
from spanledger_cli.request.report_request import ReportRequest, over_a_period
from spanledger_enrich.ledger.tenant_rules import store_rules

if TYPE_CHECKING:
    from spanledger_sql.store import Store

tenants = typer.Typer(help="Whose calls are: tenant rules.", no_args_is_help=True)


@tenants.command("rules")
@over_a_period()
def rules(context: typer.Context, request: ReportRequest) -> None:
    """The tenant rules of the configuration, and the calls of a period that each gives to a tenant (USD).

    Try:

        spanledger tenants rules --month 2024-10
    """
    with open_store(context) as store:
        _tell_of_others(context, store)
        frame = store.frame("reports/attribution/tenant_rules", **request.period.bounds)
        print_rows(
            frame,
            request.output,
            period=request.period,
            title=f"Tenant rules in force, and what they decide, {request.period}",
        )


@tenants.command("apply")
def apply(context: typer.Context) -> None:
    """Put the rules of the configuration in force for calls to come, without a restart of the node.

    Calls that are in the ledger keep their tenant until they are restated.

    Try:

        spanledger tenants apply && spanledger restate --dry-run
    """
    with open_store(context, makes_one=True) as store:
        configured = configuration(context).tenant_rules
        count = len(configured or ())
        if configured is None:
            console().print("no tenant_rules are configured; 'tenant_rules = []' takes all rules out of force")
        elif store_rules(store, configured):
            console().print(
                f"{count} tenant rules are in force for calls to come; "
                "'spanledger restate' takes them to those that are in the ledger"
            )
        else:
            console().print(f"{count} tenant rules were in force already")


def _tell_of_others(context: typer.Context, store: Store) -> None:
    in_force = store.value("SELECT argMax(rules, version) FROM tenant_rule_set")
    rules = configuration(context).tenant_rules
    configured = len(rules or ())
    if rules is not None and in_force != configured:
        console().print(
            f"{configured} tenant rules are configured, {in_force} in force; "
            "'spanledger tenants apply' puts those of the configuration in force"
        )
