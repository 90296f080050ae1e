"""Commands that read the ledger: chargeback, explain, sql."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from spanledger_cli.explain.explanation import explanation, inputs, with_arithmetic
from spanledger_cli.options import Begin, By, End, Month, Output, Timezone, open_store
from spanledger_cli.terminal import Format, console, print_rows
from spanledger_settings.period import Period, period
from spanledger_sql.store import Store, StoreError, statement

if TYPE_CHECKING:
    from collections.abc import Sequence

_DIMENSIONS = (
    "day", "tenant", "cost_center", "environment", "service", "feature", "workflow", "user", "provider", "model",
    "operation", "zone",
)  # fmt: skip
_TOTALS = ("calls", "input_tokens", "cache_read_tokens", "output_tokens", "list_cost", "contracted_cost",
           "energy_kwh", "co2e_kg", "co2e_kg_low", "co2e_kg_high")  # fmt: skip
_GAPS = ("unpriced_calls", "unknown_energy_calls", "missing_usage_calls")


def chargeback(
    context: typer.Context,
    month: Month = None,
    begin: Begin = None,
    end: End = None,
    timezone: Timezone = "UTC",
    by: By = "tenant",
    output: Output = None,
) -> None:
    """What to charge back: cost (USD), tokens, energy (kWh) and emissions (kgCO2e) by tenant, model, feature ...

    Try:

        spanledger chargeback --month 2024-10 --by tenant,model,feature

        spanledger chargeback --from 2024-10-08 --to 2024-10-09 --timezone Europe/Berlin --format csv > bill.csv
    """
    chosen = dimensions(by, _DIMENSIONS)
    asked = period(month, begin, end, timezone)
    with open_store(context) as store:
        frame = store.frame(
            "reports/finance/chargeback", **{"from": asked.begin, "to": asked.end, "by": chosen, "timezone": timezone}
        )
        frame = frame.drop(columns=[name for name in _DIMENSIONS if name not in chosen])
        if frame.empty:
            say_what_there_is(store, asked)
        print_rows(
            frame, output, title=f"Chargeback, {asked}", total=_TOTALS, gaps=[name for name in _GAPS if name in frame]
        )
        committed = (
            "SELECT count() FROM commitment FINAL "
            "WHERE begins < {to:DateTime64(9, 'UTC')} AND ends > {from:DateTime64(9, 'UTC')}"
        )
        if count := store.value(committed, **{"from": asked.begin, "to": asked.end}):
            console(stderr=True).print(
                f"calls are shown at their usage price: with the {count:,} commitment{'s' if count > 1 else ''} of "
                "this period, what each tenant owes is in 'spanledger commitments report'",
                markup=False,
                soft_wrap=True,
            )


def explain(
    context: typer.Context,
    trace_id: Annotated[str, typer.Argument(help="In hex, as the ledger has it.")],
    span_id: Annotated[str, typer.Argument(help="In hex, as the ledger has it.")],
    output: Annotated[Format | None, typer.Option("--format", help="json gives every input as it is stored.")] = None,
) -> None:
    """How one call's cost and emissions came about: each input with its source, and the arithmetic.

    Try:

        spanledger explain 5b8efff798038103d269b633813fc60c eee19b7ec3c1b174
    """
    with open_store(context) as store:
        call = inputs(store, trace_id, span_id)
        if call is None:
            raise StoreError(
                f"the ledger has no call with trace id {trace_id} and span id {span_id}; "
                "the columns trace_id and span_id of the view `calls` name each one"
            )
        if output in (None, Format.table):
            console().print(explanation(call))
        else:
            print_rows(pd.DataFrame([with_arithmetic(call)]), output)


def sql(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="ClickHouse SQL; the view `calls` holds the counted calls.")],
    output: Output = None,
) -> None:
    """Run a query on the ledger's database.

    Try:

        spanledger sql "SELECT tenant_id, sum(contracted_cost) FROM calls GROUP BY tenant_id"

        spanledger sql "SELECT * FROM calls" --format parquet > calls.parquet
    """
    with open_store(context) as store:
        print_rows(store.query_frame(query), output)


def dimensions(by: str, known: Sequence[str]) -> list[str]:
    """The dimensions that ``--by`` names, of those that a report knows.

    Raises:
        typer.BadParameter: It names none, or one that the report does not know.
    """
    asked = list(dict.fromkeys(name.strip() for name in by.split(",") if name.strip()))
    unknown = [name for name in asked if name not in known]
    if unknown or not asked:
        raise typer.BadParameter(
            f"{', '.join(unknown) or 'nothing'} is no dimension; expected some of {', '.join(known)}",
            param_hint="--by",
        )
    return asked


def say_what_there_is(store: Store, asked: Period) -> None:
    """Tell on standard error that the period holds no calls, and which period does."""
    recorded = store.rows(statement("reports/filters/recorded_period"))[0]
    if recorded["calls"]:
        has = f"it has {recorded['calls']:,} calls from {recorded['first']:%Y-%m-%d} to {recorded['last']:%Y-%m-%d} UTC"
    else:
        has = "it is empty"
    console(stderr=True).print(f"no calls in the ledger for {asked}; {has}", style="yellow")
    sys.stderr.flush()
