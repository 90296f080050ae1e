"""The command `chargeback`: what to charge to whom."""

from __future__ import annotations

import typer

from spanledger_cli.options import open_store
from spanledger_cli.report_request import Dimensions, ReportRequest, over_a_period
from spanledger_cli.terminal import console, print_rows
from spanledger_cli.what_there_is import say_what_there_is
from spanledger_settings.figures import counted

_DIMENSIONS = Dimensions(
    (
        "day", "tenant", "cost_center", "environment", "service", "feature", "workflow", "user", "provider", "model",
        "operation", "zone",
    )
)  # fmt: skip
_TOTALS = ("calls", "input_tokens", "cache_read_tokens", "output_tokens", "list_cost", "contracted_cost",
           "energy_kwh", "co2e_kg", "co2e_kg_low", "co2e_kg_high")  # fmt: skip
_GAPS = ("unpriced_calls", "unknown_energy_calls", "missing_usage_calls")
_COMMITMENTS = (
    "SELECT count() FROM commitment FINAL "
    "WHERE begins < {to:DateTime64(9, 'UTC')} AND ends > {from:DateTime64(9, 'UTC')}"
)


@over_a_period(_DIMENSIONS)
def chargeback(context: typer.Context, request: ReportRequest) -> None:
    """What to charge back: cost (USD), tokens, energy (kWh) and emissions (kgCO2e) by tenant, model, feature ...

    Try:

        spanledger chargeback --month 2024-10 --by tenant,model,feature

        spanledger chargeback --from 2024-10-08 --to 2024-10-09 --timezone Europe/Berlin --format csv > bill.csv
    """
    asked = request.period
    with open_store(context) as store:
        frame = store.frame(
            "reports/finance/chargeback", **asked.bounds, by=list(request.by), timezone=asked.timezone
        ).drop(columns=[name for name in _DIMENSIONS.known if name not in request.by])
        if frame.empty:
            say_what_there_is(store, asked)
        print_rows(
            frame,
            request.output,
            period=request.period,
            title=f"Chargeback, {asked}",
            total=_TOTALS,
            gaps=[name for name in _GAPS if name in frame],
        )
        if count := store.value(_COMMITMENTS, **asked.bounds):
            console(stderr=True).print(
                f"calls are shown at their usage price: with the {counted(count, 'commitment')} of "
                "this period, what each tenant owes is in 'spanledger commitments report'",
                soft_wrap=True,
            )
