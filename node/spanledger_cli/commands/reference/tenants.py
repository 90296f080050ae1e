"""Commands on tenants: the rules that say whose a call is, and what tenants belong to."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from spanledger_cli.output.export import Destination
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.options import Files, Output, OutputFile, configuration, open_store
from spanledger_cli.request.report_request import ReportRequest, over_a_period
from spanledger_enrich.books import tenant_period
from spanledger_enrich.ledger.tenant_rules import store_rules
from spanledger_settings.figures import counted
from spanledger_settings.mendable import AskedWronglyError

if TYPE_CHECKING:
    from spanledger_sql.store import Store

tenants = typer.Typer(
    help="Whose calls are: tenant rules; and what tenants belong to: cost centres, owners.", no_args_is_help=True
)

# Of so many tenants it is told that their months begin at other midnights.
_TOLD = 5
Timezone = Annotated[str, typer.Option(help="At whose midnights days begin.")]


@tenants.command("import")
def tenants_import(context: typer.Context, files: Files, timezone: Timezone = "UTC") -> None:
    """Import tenants' cost centres and owners, each from a day on, from CSV or YAML; what was before stays as it was.

    They hold for calls to come, and for charges; those in the ledger keep theirs until they are restated.

    Try:

        spanledger tenants import tenants.csv --timezone Europe/Berlin

        spanledger restate --dry-run
    """
    zone = tenant_period.zone_named(timezone)
    checked = [(path, tenant_period.read(path, zone)) for path in files]
    with open_store(context, makes_one=True) as store:
        tenant_period.refuse(store, [row for _, rows in checked for row in rows])
        for path, rows in checked:
            changed = tenant_period.record(store, rows)
            console().print(f"{path.name}: {counted(len(rows), 'entry', 'entries')}, {changed:,} new or changed")
            for tenant, other in list(tenant_period.beside_months(store, rows).items())[:_TOLD]:
                console(stderr=True).print(
                    f"{path.name}: days of {tenant} begin at the midnights of {timezone}, and its months in the books "
                    f"at those of {other}: were --timezone {other} meant, 'spanledger tenants remove' takes these back",
                    style="yellow",
                    soft_wrap=True,
                )


@tenants.command("list")
def tenants_list(
    context: typer.Context,
    on: Annotated[str | None, typer.Option(help="Only what holds on this day.", metavar="DATE")] = None,
    timezone: Timezone = "UTC",
    output: Output = None,
    file: OutputFile = None,
) -> None:
    """What tenants belong to, from when until when.

    Try:

        spanledger tenants list --on 2024-10-15
    """
    moments = [] if on is None else [tenant_period.midnight(_day(on, "--on"), tenant_period.zone_named(timezone))]
    with open_store(context) as store:
        frame = store.frame("reports/tenants/list", moments=moments)
        print_rows(frame, Destination(output, file), title="What tenants belong to")


@tenants.command("remove")
def tenants_remove(
    context: typer.Context,
    tenant: Annotated[str, typer.Argument(help="The tenant.")],
    begins: Annotated[
        str | None, typer.Option("--from", help="Only the entry that begins with this day.", metavar="DATE")
    ] = None,
    timezone: Timezone = "UTC",
) -> None:
    """Take back what was said of a tenant.

    Try:

        spanledger tenants remove acme --from 2024-10-15
    """
    zone = tenant_period.zone_named(timezone)
    with open_store(context) as store:
        moment = None if begins is None else tenant_period.midnight(_day(begins, "--from"), zone)
        count = tenant_period.remove(store, tenant, moment)
    console().print(f"{tenant}: {counted(count, 'entry', 'entries')} removed")


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
        say_what_is_missing(store, configuration(context))


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


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise AskedWronglyError(f"{option} {text!r}: expected a day, such as 2024-10-15") from None


def _tell_of_others(context: typer.Context, store: Store) -> None:
    in_force = store.value("SELECT argMax(rules, version) FROM tenant_rule_set")
    rules = configuration(context).tenant_rules
    configured = len(rules or ())
    if rules is not None and in_force != configured:
        console().print(
            f"{configured} tenant rules are configured, {in_force} in force; "
            "'spanledger tenants apply' puts those of the configuration in force"
        )
