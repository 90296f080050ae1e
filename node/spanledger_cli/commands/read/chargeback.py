"""The command `chargeback`: what to charge to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from spanledger_cli.output.allocated import say_how_it_stands
from spanledger_cli.output.export import Format
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.names import refuse_unknown
from spanledger_cli.request.options import configuration, open_to_read
from spanledger_cli.request.own_dimensions import Where, own_dimensions
from spanledger_cli.request.report_request import Dimensions, ReportRequest, over_a_period
from spanledger_cli.what_there_is import say_what_there_is
from spanledger_enrich.books.effective_cost import BETWEEN, with_effective_cost
from spanledger_enrich.books.plans.charged import with_charged_cost
from spanledger_settings.figures import counted
from spanledger_sql.store import StoreError, statement

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store

_DIMENSIONS = Dimensions(
    (
        "month", "day", "hour", "tenant", "cost_center", "environment", "service", "feature", "workflow", "user",
        "session", "run", "provider", "account", "model", "operation", "service_tier", "region", "zone",
    ),
    own=True,
    help="Dimensions, with commas between them: month, day, hour, tenant, cost_center, environment, service, feature, "
    "workflow, user, session, run, provider, account, model, operation, service_tier, region, zone, or your own.",
)  # fmt: skip
_GAPS = ("unpriced_calls", "unknown_energy_calls", "missing_usage_calls", "partly_priced_calls")
_INTERVAL = ("co2e_kg_low", "co2e_kg_high")
# What a bill says, on the narrowest terminal.
_FOREMOST = ("effective_cost", "contracted_cost", "charged_cost", "unpriced_calls", "co2e_kg", "calls")
# Of `partly_priced_calls`: no figures to add up.
_PARTLY = ("partly_priced_share", "unpriced_parts")
_ASKED = (
    "reports/chargeback/chargeback", "lookups/kept_books", "reports/chargeback/begun_before",
    "lookups/progress/allocated_until",
)  # fmt: skip
_COMMITMENTS = (
    "SELECT count() FROM commitment FINAL "
    "WHERE begins < {to:DateTime64(9, 'UTC')} AND ends > {from:DateTime64(9, 'UTC')}"
)


@over_a_period(_DIMENSIONS)
def chargeback(
    context: typer.Context,
    *,
    tenant: Annotated[list[str] | None, typer.Option(help="Only this tenant's calls. May be repeated.")] = None,
    where: Where = None,
    request: ReportRequest,
) -> None:
    """What to charge back: cost (USD), tokens, energy (kWh) and emissions (kgCO2e) by tenant, model, feature ...

    With commitments and charges as the worker allocated them: effective_cost is contracted_cost, less covered_cost of
    calls that a commitment pays, with the parts of commitments and of other charges. billed_cost has prepaid credits
    when bought.
    charged_cost is what tenants pay by their price plans, showback_cost what those would who do not pay.

    Try:

        spanledger chargeback --month 2024-10 --by tenant,model,feature

        spanledger chargeback --from 2024-10-08 --to 2024-10-09 --timezone Europe/Berlin --output bill.csv

        spanledger chargeback --month 2024-10 --tenant acme --by month,desk
    """
    asked = request.period
    with open_to_read(context, *_ASKED) as store:
        own = own_dimensions(store, _DIMENSIONS, request.by, where)
        refuse_unknown(store, "tenant", tenant or (), "--tenant")
        given = {**asked.bounds, "timezone": asked.timezone, "tenants": tenant or [], **own.parameters}
        of_calls = store.frame("reports/chargeback/chargeback", **given, by=list(request.by))
        frame = _with_what_stands_beside(store, configuration(context), of_calls, request, given)
        if frame.empty:
            say_what_there_is(store, asked, own.told(tenants=tenant or ()))
        rows = _as_asked(own.as_columns(frame), request.by)
        whole: dict[str, object] = {}
        if request.output.chosen is Format.table and len(of_calls) and len(frame) > 1:
            # The whole's interval is narrower than the sum of its parts' intervals.
            of_all = store.frame("reports/chargeback/chargeback", **{**given, "custom": []}, by=[]).iloc[0]
            whole = {name: of_all[name] for name in _INTERVAL}
        print_rows(
            rows,
            request.output,
            period=asked,
            title=f"Chargeback, {asked}",
            total=[str(name) for name in rows if name not in (*request.by, *_PARTLY)],
            gaps=_GAPS,
            whole=whole,
            foremost=_FOREMOST,
            details=[*(() if frame["partly_priced_calls"].any() else _PARTLY), *_alike(rows)],
        )
        say_what_is_missing(store, configuration(context))


def _with_what_stands_beside(
    store: Store, settings: Configuration, of_calls: pd.DataFrame, request: ReportRequest, given: dict[str, Any]
) -> pd.DataFrame:
    """The rows with effective cost; a tenant's as they are: what commitments cover would tell of other tenants."""
    if settings.tenant_scope is None:
        try:
            asked = {**given, "by": list(request.by)}
            frame = with_effective_cost(store, of_calls, _DIMENSIONS.known, asked)
            frame, left_out = with_charged_cost(store, frame, _DIMENSIONS.known, asked)
        except StoreError as error:
            if not error.is_forbidden:
                raise
        else:
            say_how_it_stands(store, request.period)
            _say_what_began_before(store, request, given)
            if left_out:
                console(stderr=True).print(
                    f"charged_cost is without the minimum and free allowance of {', '.join(left_out)}, which are of "
                    "whole months as a whole",
                    style="yellow", soft_wrap=True,
                )  # fmt: skip
            return frame
    if count := store.value(_COMMITMENTS, **request.period.bounds):
        console(stderr=True).print(
            f"calls are shown at their usage price, without the {counted(count, 'commitment')} of this period",
            soft_wrap=True,
        )
    return of_calls


def _say_what_began_before(store: Store, request: ReportRequest, given: dict[str, Any]) -> None:
    """Tell on standard error of charges that the period is a part of, and that are booked before it."""
    before = store.rows(
        statement("reports/chargeback/begun_before"), **request.period.bounds, tenants=given["tenants"]
    )[0]
    if before["charges"]:
        console(stderr=True).print(
            f"without {counted(before['charges'], 'charge')} of {before['amount']:f} USD that began before this "
            "period: a charge, or what a reconciliation added, is booked whole when what it is for begins",
            style="yellow",
            soft_wrap=True,
        )


def _alike(rows: pd.DataFrame) -> list[str]:
    """Of the costs, those that a table need not show: nothing, or the same as the one before."""
    shown = [name for name in (*BETWEEN, "showback_cost") if name in rows and not rows[name].any()]
    for name, before in (
        ("effective_cost", "contracted_cost"), ("billed_cost", "effective_cost"), ("charged_cost", "effective_cost"),
    ):  # fmt: skip
        if name in rows and rows[name].equals(rows[before].astype(object)):
            shown.append(name)
    return shown


def _as_asked(frame: pd.DataFrame, by: tuple[str, ...]) -> pd.DataFrame:
    """The rows with the dimensions first, in the order asked for."""
    return frame[[*by, *(name for name in frame if name not in (*_DIMENSIONS.known, *by))]]
