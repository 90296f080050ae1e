"""A table is bounded, searched and sorted, its rows lead on, and its file says what it was narrowed to."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from html import unescape
from importlib import import_module
from pkgutil import walk_packages

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from spanledger_dashboards import open_store, pages
from spanledger_dashboards import report as reports
from spanledger_dashboards.drawing.table import Column, _file, _html, _orders
from spanledger_dashboards.filtering.filters import Filters
from spanledger_dashboards.moment import Moment
from spanledger_settings.period import period
from spanledger_sql.store import Store

_PAGE = """
import pandas as pd
from decimal import Decimal
from spanledger_dashboards.drawing.table import Column, table
from spanledger_dashboards.drawing.evidence import evidence
from spanledger_dashboards.filtering.sidebar import filters_in_sidebar

filters = filters_in_sidebar()
names = ["![](http://127.0.0.1:9/x.png)", "=cmd|1", *(f"tenant-{n:04}" for n in range(300))]
rows = pd.DataFrame({"tenant": names, "cost": [Decimal(n) for n in range(301)] + [None]})
table("Cost by tenant", rows, [Column("tenant", "Tenant"), Column("cost", "Cost", "usd")], filters, key="t", bound=20,
      number=1000, link=lambda row: filters.drill("tenants", "tenant", row["tenant"]))
evidence("commitments/by_tenant", filters.parameters, filters)
"""


@pytest.fixture
def page(sample_store: Store, serve: Callable[[Store], None]) -> AppTest:
    serve(sample_store)
    script = AppTest.from_string(_PAGE, default_timeout=60)
    script.query_params["feature"] = "search"
    script.run()
    assert not script.exception, script.exception
    return script


def html(page: AppTest) -> str:
    return "".join(block.proto.body for block in page.get("html"))


def first_cells(page: AppTest) -> list[str]:
    return [unescape(name) for name in re.findall(r'<th scope="row"[^>]*><a[^>]*>([^<]*)</a>', html(page))]


def test_a_table_says_what_it_leaves_out_and_its_rows_lead_on_with_the_filters(page: AppTest) -> None:
    assert len(first_cells(page)) == 20
    assert "The first 20 of 1,000 rows; 980 are left out here. The CSV has the first 302." in html(page)
    assert 'href="tenants?feature=search&amp;tenants=tenant-0001"' in html(page)
    assert first_cells(page)[0] == "![](http://127.0.0.1:9/x.png)"
    assert "These figures cannot be narrowed by feature" in html(page)


def test_a_search_finds_rows_that_are_not_shown_and_an_order_puts_the_unknown_last(page: AppTest) -> None:
    page.text_input(key="search-t").set_value("TENANT-02").run()
    assert "100 rows of 302 have what is sought; the first 20 are shown. 698 more rows were not searched" in html(page)
    assert first_cells(page)[0] == "tenant-0200"
    page.selectbox(key="order-t").set_value("Cost, most first").run()
    assert first_cells(page)[0] == "tenant-0298"
    page.text_input(key="search-t").set_value("tenant-0299").run()
    assert first_cells(page) == ["tenant-0299"]
    assert ">unknown</td>" in html(page)


def test_a_very_long_name_is_bounded_and_whole_where_one_points() -> None:
    rows = pd.DataFrame({"tenant": ["x" * 300, "acme"]})
    drawn = _html("Tenants", rows, [Column("tenant", "Tenant")], lambda _row: "tenants?tenants=x")
    assert f'<span class="long" title="{"x" * 300}">{"x" * 300}</span></a>' in drawn
    assert drawn.count('class="long"') == 1
    fewer = _html("Calls", rows, [Column("tenant", "Tenant", lines=2)], None)
    assert f'<span class="long" style="-webkit-line-clamp:2" title="{"x" * 300}' in fewer


def test_a_value_and_its_range_have_one_unit_in_each_row() -> None:
    rows = pd.DataFrame({"name": ["a", "b"], "low": [50.0, 1.0], "central": [876.0, 3.0], "high": [6100.0, None]})
    columns = [Column("name", "Name")]
    columns += [Column(name, name, "emissions", like="high") for name in ("low", "central", "high")]
    drawn = _html("Emissions", rows, columns, None)
    assert re.findall(r'<td class="figure">([^<]*)</td>', drawn) == [
        "0.0500 kg", "0.876 kg", "6.10 kg", "1.00 g", "3.00 g", "unknown",
    ]  # fmt: skip


def test_figures_below_others_in_a_cell_are_ordered_by_and_exact_where_one_points() -> None:
    more = (Column("p95", "95 of 100", "number", write=lambda ms: f"{ms:.0f} ms"),)
    columns = [Column("name", "Name"), Column("p50", "Answer, median", "number", below=more)]
    drawn = _html("Latency", pd.DataFrame({"name": ["a"], "p50": [12.5], "p95": [90.25]}), columns, None)
    assert 'Answer, median <span class="below">95 of 100</span></th>' in drawn
    assert '<td class="figure" title="12.5">12.50 <span class="below" title="90.25">90 ms</span></td>' in drawn
    assert {"Answer, median, most first", "Answer: 95 of 100, most first"} <= set(_orders(columns))


def test_each_column_of_the_pages_tables_has_an_order_of_its_own() -> None:
    modules = [import_module(found.name) for found in walk_packages(pages.__path__, f"{pages.__name__}.")]
    tables = {
        f"{module.__name__}.{name}": columns
        for module in modules
        for name, columns in vars(module).items()
        if isinstance(columns, tuple) and columns and all(isinstance(column, Column) for column in columns)
    }
    assert len(tables) > 15
    for name, columns in tables.items():
        each = [one for column in columns for one in (column, *column.below)]
        assert {column.name for column in each if column.kind != "told"} == {
            column for column, _ in _orders(columns).values()
        }, name


def test_the_file_is_whole_and_defused_and_says_filters_zone_and_moment(sample_store: Store) -> None:
    at = pd.Timestamp("2024-11-01 08:30:05", tz="UTC").to_pydatetime()
    october = period("2024-10", None, None, "Europe/Berlin")
    moment = Moment(at, at, at, at, calls=1, waiting=0, behind_seconds=0, commitments=0)
    filters = Filters(october, october.previous, ("=evil",), moment, where={"feature": ("search", "")})
    rows = pd.DataFrame({"tenant": ["=cmd|1"], "=head": [0.00000075]})
    [row] = csv.DictReader(io.StringIO(_file(sample_store, lambda: rows, filters).decode()))
    assert row == {
        "tenant": "'=cmd|1",
        "'=head": "0.00000075",
        "period_from": "2024-09-30T22:00:00+00:00",
        "period_to": "2024-10-31T23:00:00+00:00",
        "timezone": "Europe/Berlin",
        "filters": "'=evil; Feature: search, (no feature)",
        "ledger_up_to": "2024-11-01T08:30:05+00:00",
    }


def test_a_file_says_no_filter_and_no_period_that_its_rows_do_not_follow(
    sample_store: Store, serve: Callable[[Store], None]
) -> None:
    serve(sample_store)
    at = pd.Timestamp("2024-11-01 08:30:05", tz="UTC").to_pydatetime()
    october = period("2024-10", None, None, "Asia/Kolkata")
    moment = Moment(at, at, at, at, calls=1, waiting=0, behind_seconds=0, commitments=0)
    filters = Filters(october, october.previous, ("northwind",), moment, where={"feature": ("search",)})

    def said(name: str, **more: object) -> tuple[str, str]:
        rows = reports.report(name, **filters.parameters, **more)
        made = rows.assign(one=1)[["one"]]
        row = next(csv.DictReader(io.StringIO(_file(sample_store, lambda: made, filters).decode())))
        return row["filters"], row["period_from"]

    begin = "2024-09-30T18:30:00+00:00"
    assert said("finance/headline") == ("northwind; Feature: search", begin)
    assert said("calls/looked_through", rows=5) == ("all tenants", begin)
    assert said("filters/as_of") == ("all tenants", "")
    # Also of what is answered from memory.
    assert said("filters/as_of") == ("all tenants", "")


def test_the_file_reads_as_its_reader_may(sample_store: Store, serve: Callable[[Store], None]) -> None:
    serve(sample_store)
    seen: list[Store] = []
    at = pd.Timestamp("2024-11-01 08:30:05", tz="UTC").to_pydatetime()
    october = period("2024-10", None, None, "UTC")
    filters = Filters(october, october.previous, (), Moment(at, at, at, at, 1, 0, 0, 0))
    narrow = sample_store.scoped({"max_execution_time": 5})

    def whole() -> pd.DataFrame:
        seen.append(open_store.current())
        return pd.DataFrame({"tenant": ["a"]})

    _file(narrow, whole, filters)
    assert seen == [narrow]
