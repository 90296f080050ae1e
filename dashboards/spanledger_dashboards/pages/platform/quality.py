"""The page for whoever instruments: which services and instrumentations leave what untold."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards.drawing.charts.bar_list import legend_of_lines
from spanledger_dashboards.drawing.charts.lines import lines_over_time, long
from spanledger_dashboards.drawing.evidence import evidence
from spanledger_dashboards.drawing.figure import Column, figure
from spanledger_dashboards.drawing.style import caption, metric_columns
from spanledger_dashboards.drawing.table import table
from spanledger_dashboards.pages.heading import heading, no_calls
from spanledger_dashboards.report import ahead, report
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters

_CARDS = (
    ("Without tenant", "unattributed", "Add attribution() to the service, or a tenant rule."),
    ("Without price", "unpriced", "`spanledger prices missing` lists the models; import a price or name an alias."),
    ("Without usage", "missing_usage", "Answers that told no tokens: their cost is unknown, not zero."),
    ("Estimated usage", "estimated_usage", "Counted by an instrumentation, not by the provider."),
)

_TRENDS = {
    "unattributed": "without tenant",
    "unpriced": "without price",
    "partly_priced": "partly priced",
    "missing_usage": "without usage",
    "estimated_usage": "estimated usage",
    "unknown_co2e": "of unknown emissions",
}
_COLUMNS = (
    Column("service", "Service"),
    Column("dialect", "Dialect"),
    Column("scope", "Instrumentation"),
    Column("calls", "Calls", "count"),
    Column("unattributed_share", "Without tenant", "share"),
    Column("unpriced_share", "Without price", "share"),
    Column("missing_usage_share", "Without usage", "share"),
    Column("partly_priced", "Partly priced", "count"),
    Column("duplicates", "Duplicates removed", "count"),
    Column("overridden", "Tenant by token instead", "count"),
    Column("not_read", "Spans not read", "count"),
    Column("not_read_names", "Names of spans not read"),
    Column("unknown_attributes", "Attributes that nothing reads"),
)
_ROWS = 500
_MISSING = (
    Column("model", "Model"),
    Column("provider", "Provider"),
    Column("calls", "Calls", "count"),
    Column("tenants", "Tenants", "count"),
    Column("input_tokens", "Input tokens", "count"),
    Column("output_tokens", "Output tokens", "count"),
    Column("lacks", "Lacks a price for"),
    Column("mend", "Mend"),
)
_NO_ENERGY = (
    Column("model", "Model"),
    Column("provider", "Provider"),
    Column("calls", "Calls", "count"),
    Column("tenants", "Tenants", "count"),
    Column("input_tokens", "Input tokens", "count"),
    Column("output_tokens", "Output tokens", "count"),
)
# So many models are in the file that is begun.
_BEGUN = 20


def page(filters: Filters) -> None:
    """Draw the page."""
    begin(filters)
    rows = report("attribution/quality", **filters.parameters)
    heading("Quality", filters)
    if rows.empty:
        no_calls()
        return
    _headline(rows)
    _trend(filters)
    _table(filters, rows)
    _mends(filters, rows)


def begin(filters: Filters) -> None:
    """Ask ahead what the page is drawn from."""
    ahead(
        ("attribution/quality", filters.parameters),
        ("attribution/quality_trend", filters.parameters),
        ("energy/unknown", {**filters.parameters, "rows": _ROWS}),
        ("prices/unpriced", {**filters.parameters, "rows": _ROWS}),
    )


def _headline(rows: pd.DataFrame) -> None:
    calls = int(rows["calls"].sum())
    places = metric_columns()
    for place, (label, column, help_text) in zip(places, _CARDS, strict=False):
        number = int(rows[column].sum())
        place.metric(
            label,
            figures.share(number / calls) if calls else "–",
            f"{figures.count(number)} of {figures.counted(calls, 'call')}",
            delta_color="off",
            delta_arrow="off",
            help=help_text,
            border=True,
            height="stretch",
        )
    removed = int(rows["duplicates"].sum())
    places[4].metric(
        "Duplicates removed",
        figures.count(removed),
        "reports of calls counted once",
        delta_color="off",
        delta_arrow="off",
        help="Two instrumentations, a gateway, or a span around a call reported the same call.",
        border=True,
        height="stretch",
    )
    places[5].metric(
        "Counts not believed",
        figures.count(int(rows["unbelieved"].sum())),
        "zero, invented, or no number",
        delta_color="off",
        delta_arrow="off",
        help="'spanledger docs dialects' says which instrumentations tell such counts.",
        border=True,
        height="stretch",
    )


def _trend(filters: Filters) -> None:
    """What was left untold over time, as shares of the calls."""
    rows = report("attribution/quality_trend", **filters.parameters)
    told = {column: name for column, name in _TRENDS.items() if rows[column].any()}
    with st.container(border=True):
        st.header("What calls left untold, over time", anchor=False)
        if not told:
            caption("Nothing: every call of this period names a tenant, has a price and tells its tokens.")
            return
        colours = legend_of_lines(list(told.values()))
        shares = rows.assign(
            **{name: rows[name].astype(float) / rows["calls"].astype(float).where(rows["calls"] > 0) for name in told}
        )
        drawn = long(shares, told)
        drawn = drawn.assign(text=drawn["value"].map(figures.share))
        columns = (
            Column("bucket", filters.grain.capitalize(), "time" if filters.grain == "hour" else "day"),
            Column("calls", "Calls", "count"),
            *(Column(column, name.capitalize(), "count") for column, name in _TRENDS.items()),
        )
        chart = lines_over_time(drawn, filters, colours, "share of calls", format="~%")
        figure(chart, f"Calls that leave something untold, per {filters.grain}", rows, columns, filters, key="trend")
        evidence("attribution/quality_trend", filters.parameters, filters)


def _table(filters: Filters, rows: pd.DataFrame) -> None:
    with st.container(border=True):
        st.header("By service and instrumentation", anchor=False)
        table(
            "Quality by service and instrumentation",
            rows,
            _COLUMNS,
            filters,
            key="quality",
            link=lambda row: filters.drill("calls", "service", row["service"] or "(no service)"),
        )
        evidence("attribution/quality", filters.parameters, filters)


def _mends(filters: Filters, rows: pd.DataFrame) -> None:
    """The nearest mend of each gap, to copy, with the service that needs it most."""
    with st.container(border=True):
        st.header("What mends it", anchor=False)
        worst = {
            gap: max(rows.to_dict("records"), key=lambda row: int(row[gap]))
            for gap in ("unattributed", "missing_usage")
            if rows[gap].any()
        }
        if (row := worst.get("unattributed")) is not None:
            _needs(row, "unattributed", "name no tenant")
            st.caption("In the app:")
            st.code('with spanledger.attribution(tenant="acme"):\n    ...', language="python", wrap_lines=True)
            st.caption("or, where the app cannot be changed, a rule in spanledger.toml:")
            service = json.dumps(str(row["service"]) or "the service's name", ensure_ascii=False)
            st.code(
                f'[[tenant_rules]]\nattribute = "service.name"\nlookup = {{ {service} = "acme" }}',
                language="toml",
                wrap_lines=True,
            )
        if (row := worst.get("missing_usage")) is not None:
            _needs(row, "missing_usage", "tell no tokens")
            st.caption("A chat stream tells its usage if it is asked to:")
            st.code('stream_options={"include_usage": True}', language="python", wrap_lines=True)
        if rows["unpriced"].any():
            _unpriced(filters)
        no_energy = _without_energy(filters)
        for row in rows[rows["unknown_attributes"] != ""].head(3).to_dict("records"):
            caption(
                f"Nothing reads these attributes of {row['service'] or '(no service)'}, "
                f"{row['scope'] or row['dialect']}: {row['unknown_attributes']}. "
                "'spanledger docs dialects' says which are read."
            )
        if not worst and not no_energy and not rows["unpriced"].any():
            caption("Nothing needs to be mended.")


def _needs(row: dict[Any, Any], gap: str, what: str) -> None:
    of = figures.counted(int(row["calls"]), "call")
    who = ", ".join(filter(None, (row["service"] or "(no service)", row["dialect"])))
    caption(f"{figures.count(row[gap])} of {of} of {who} {what}.")


def _unpriced(filters: Filters) -> None:
    asked = {**filters.parameters, "rows": _ROWS}
    missing = report("prices/unpriced", **asked)
    if missing.empty:
        return
    caption("Models that no price book knows, with the command that says which model prices each:")
    table(
        "Models without a price",
        missing.drop(columns=["all_rows"]).assign(
            lacks=missing["unpriced_parts"].replace("", "all"),
            mend=[
                shlex.join(["spanledger", "prices", "alias", str(model), "PROVIDER/MODEL", "--provider", str(provider)])
                for model, provider in zip(missing["model"], missing["provider"], strict=True)
            ],
        ),
        _MISSING,
        filters,
        key="missing",
        number=int(missing["all_rows"].iloc[0]),
        link=lambda row: filters.drill("calls", "model", str(row["model"]) or "(unknown model)"),
    )
    evidence("prices/unpriced", asked, filters)


def _without_energy(filters: Filters) -> bool:
    """Models of which nobody knows what they draw, and a file that says so, begun; whether there are any."""
    asked = {**filters.parameters, "rows": _ROWS}
    unknown = report("energy/unknown", **asked)
    if unknown.empty:
        return False
    caption("Models of which nobody knows what they draw: the emissions of these calls are unknown, and in no total.")
    table(
        "Models of unknown energy",
        unknown.drop(columns=["all_rows"]),
        _NO_ENERGY,
        filters,
        key="energy",
        number=int(unknown["all_rows"].iloc[0]),
        link=lambda row: filters.drill("calls", "model", str(row["model"]) or "(unknown model)"),
    )
    st.caption("What a token draws, in Wh at the host, in a file `energy.csv`, as a benchmark or the maker says:")
    begun = unknown.head(_BEGUN)[["provider", "model"]].assign(wh_per_output_token="")
    st.code(begun.to_csv(index=False).rstrip(), language="csv", wrap_lines=True)
    restate = shlex.join(["spanledger", "restate", "--reason", "energy of models"])
    st.code(f"spanledger energy import energy.csv\n{restate}", language="bash", wrap_lines=True)
    evidence("energy/unknown", asked, filters)
    return True
