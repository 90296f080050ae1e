"""Rows of the reports on carbon, and which of their columns say only that something is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanledger_cli.output.terminal import console
from spanledger_cli.what_there_is import say_what_there_is
from spanledger_settings import figures

if TYPE_CHECKING:
    from typing import Any

    import pandas as pd

    from spanledger_cli.request.own_dimensions import OwnDimensions
    from spanledger_cli.request.report_request import Dimensions, ReportRequest
    from spanledger_sql.store import Store

# Figures that add up over a report's rows.
TOTALS = (
    "calls", "output_tokens", "energy_kwh", "energy_kwh_least", "energy_kwh_most", "co2e_kg", "co2e_kg_least",
    "co2e_kg_most", "co2e_market_kg", "embodied_kg", "water_l", "year_mean_co2e_kg", "national_co2e_kg",
    "then_energy_kwh", "then_co2e_kg", "list_cost", "then_list_cost",
)  # fmt: skip


def carbon_rows(
    store: Store,
    name: str,
    request: ReportRequest,
    dimensions: Dimensions,
    own: OwnDimensions,
    /,
    **parameters: object,
) -> pd.DataFrame:
    """Rows of ``reports/carbon/NAME.sql``, without the columns of the dimensions that were not asked for."""
    asked = {**request.period.bounds, "by": list(request.by), **own.parameters, **parameters}
    frame = store.frame(f"reports/carbon/{name}", **asked)
    frame = own.as_columns(frame)
    if frame.empty:
        say_what_there_is(store, request.period, own.told())
    dropped = [column for column in dimensions.known if column in frame and column not in request.by]
    kept = [column for column in request.by if column in frame]
    fixed = [column for column in frame if column not in (*dimensions.known, *kept)]
    leading = [column for column in fixed if column in ("scope", "category")]
    return frame.drop(columns=dropped)[[*leading, *kept, *(name for name in fixed if name not in leading)]]


def uncertain(row: pd.Series[Any]) -> str:
    """How uncertain a row's emissions are, and through what, in words."""
    interval = figures.emissions_range(row["co2e_kg_low"] * 1000, row["co2e_kg_high"] * 1000)
    return f"{interval} at 90 %, a factor of {row['co2e_factor']:.2g} either way ({row['co2e_because']})"


def unknown(frame: pd.DataFrame) -> list[str]:
    """The columns that count calls of which something is unknown."""
    return [str(name) for name in frame if str(name).startswith("unknown_")]


def all_unknown(frame: pd.DataFrame) -> list[str]:
    """Counts of unknown calls beside a figure of which nothing is known: its dashes say as much."""
    figures = {"market": "market_kg", "embodied": "embodied_kg", "water": "water_l"}
    return [
        f"unknown_{name}_calls"
        for name, figure in figures.items()
        if all(frame[column].isna().all() for column in (figure, f"co2e_{figure}") if column in frame)
        and f"unknown_{name}_calls" in frame
    ]


def note(text: str) -> None:
    """A sentence on standard error, beside the rows."""
    console(stderr=True).print(text, soft_wrap=True)
