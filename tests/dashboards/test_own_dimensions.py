"""What apps say by `attribution(desk="emea")` can be shown and narrowed to on every page."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from streamlit.testing.v1 import AppTest

from spanledger_dashboards.drawing import table as drawn_table
from spanledger_settings import figures
from spanledger_sql.store import statement

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_sql.store import Store

Pages = Callable[..., AppTest]
ASKED = {
    "from": "2024-10-01 00:00:00", "to": "2024-11-01 00:00:00", "tenants": [], "moment": "2099-01-01 00:00:00",
    "dimension": "tenant", "names": 8, "series": 6, "grain": "day", "timezone": "UTC", "rows": 10,
}  # fmt: skip


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def text(page: AppTest) -> str:
    return "".join(element.proto.body for element in page.get("html"))


def calls_by_model(page: AppTest) -> str:
    return next(block.proto.body for block in page.get("html") if 'aria-label="Cost of calls"' in block.proto.body)


def spend(rows: pd.DataFrame) -> Decimal:
    return sum(rows["contracted_cost"].dropna(), Decimal(0))


def at_desk(rows: pd.DataFrame, *desks: str) -> pd.DataFrame:
    return rows[[said.get("desk", "") in desks for said in rows["dimensions"]]]


def test_no_page_shows_a_dimension_until_it_is_chosen(open_page: Pages) -> None:
    page = open_page()
    assert page.selectbox(key="own").options == ["desk"]
    assert "By desk" not in [heading.value for heading in page.header]


@pytest.mark.parametrize("name", ["finance", "breakdown"])
def test_a_chosen_dimension_is_a_breakdown_of_its_own(open_page: Pages, counted: pd.DataFrame, name: str) -> None:
    page = open_page(name, own="desk")
    assert "By desk" in [heading.value for heading in page.header]
    for desk in ("emea", "amer", "apac", "(no desk)"):
        assert f'<span class="name" title="{desk}">' in text(page)
    if name == "finance":
        assert figures.usd(spend(at_desk(counted, "emea"))) in text(page)


@pytest.mark.parametrize("name", ["finance", "sustainability", "quality"])
def test_values_narrow_every_figure_and_are_told(open_page: Pages, counted: pd.DataFrame, name: str) -> None:
    page = open_page(name, own="desk", own_desk=["emea", "(no desk)"])
    chosen = at_desk(counted, "emea", "")
    assert "all tenants · desk: (no desk), emea · Ledger up to" in text(page)
    if name == "finance":
        assert metrics(page)["Effective spend"] == figures.usd(spend(chosen))
    if name == "sustainability":
        assert metrics(page)["Emissions, CO₂e"] == figures.emissions(
            chosen["co2e_g"].sum(), like=chosen["co2e_g_high"].sum()
        )
    if name == "quality":
        assert next(iter(page.metric)).delta.endswith(f"of {figures.count(len(chosen))} calls")


def test_the_chargeback_and_its_file_have_it_as_a_column(open_page: Pages, counted: pd.DataFrame) -> None:
    shown = calls_by_model(open_page("chargeback", own="desk"))
    assert '<th scope="col" class="text">desk</th>' in shown
    for desk in ("emea", "amer", "apac"):
        assert f'<td class="text">{desk}</td>' in shown
    assert ">desk</th>" not in calls_by_model(open_page("chargeback"))


def test_the_file_adds_up_by_the_dimension(
    open_page: Pages, counted: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, bytes] = {}

    def kept(function: Any, store: Store, whole: Any, filters: Any) -> Any:
        rows = whole()
        if "contracted_cost_usd" in rows:
            files["calls"] = function(store, lambda: rows, filters)
        return function

    monkeypatch.setattr(drawn_table, "partial", kept)
    open_page("chargeback", own="desk")
    rows = list(csv.DictReader(io.StringIO(files["calls"].decode())))
    found = sum((Decimal(row["contracted_cost_usd"] or 0) for row in rows if row["desk"] == "emea"), Decimal(0))
    assert found == spend(at_desk(counted, "emea"))


@pytest.mark.parametrize(
    "name",
    ["finance/headline", "finance/breakdown", "finance/trend", "finance/gaps", "chargeback/chargeback_table",
     "sustainability/headline", "sustainability/breakdown", "sustainability/trend", "sustainability/hours",
     "sustainability/coverage", "attribution/quality"],
)  # fmt: skip
def test_pages_do_not_read_dimensions_that_nobody_chose(sample_store: Store, name: str) -> None:
    """What dimensions cost where nobody uses them: nothing."""

    def read(**chosen: object) -> bool:
        query = f"EXPLAIN header = 1 {statement(f'reports/{name}')}"
        plan = sample_store.client.query(query, parameters=ASKED | chosen).result_rows
        return any("dimensions" in line for (line,) in plan)

    assert not read(own="", own_values=[], where=[])
    assert read(own="desk", own_values=["emea"], where=[])


@pytest.mark.parametrize("name", ["finance/breakdown", "finance/trend", "sustainability/coverage"])
def test_a_report_scans_the_ledger_once(sample_store: Store, name: str) -> None:
    query = f"EXPLAIN {statement(f'reports/{name}')}"
    asked = ASKED | {"own": "", "own_values": [], "where": []}
    plan = [line for (line,) in sample_store.client.query(query, parameters=asked).result_rows]
    assert sum("ReadFromMergeTree" in line and ".ledger" in line for line in plan) == 1
